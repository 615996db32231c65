import { UserError } from '../errors.ts';
import type { Bias, Graph, GraphNode, GraphTensor, Shape, Weights } from './graph.ts';
import { nodeOutputShape } from './inference.ts';
import { sameShape, shapeSize, shapeText } from './shapes.ts';

/** Extents and elements of one activation that are still taken for a real network. */
const MAX_EXTENT = 1 << 16;
const MAX_ELEMENTS = 2 ** 28;
/** float32 below this is subnormal: an activation of that scale can hold no information. */
const LEAST_SCALE = 2 ** -126;

function bad(message: string, layer?: string, tensor?: string): UserError {
  const where = { ...(layer === undefined ? {} : { layer }), ...(tensor === undefined ? {} : { tensor }) };
  return new UserError('bad-model', message, where, 'Export the model again.');
}

/**
 * Checks everything that later stages rely on and returns the same graph: names are unique, every tensor has one
 * source that comes before its readers, shapes follow from the layers, weights are finite and of the right number,
 * scales and zero points are usable. Throws `UserError` of code 'bad-model'.
 */
export function validateGraph(graph: Graph): Graph {
  for (const [name, tensor] of graph.tensors) checkTensor(name, tensor);
  if (graph.inputs.length === 0) throw bad('the network has no input');
  if (graph.outputs.length === 0) throw bad('the network has no output');
  if (graph.nodes.length === 0) throw bad('the network has no layer that the accelerator could run');
  const ready = new Set<string>();
  for (const { tensor } of graph.inputs) {
    if (ready.has(tensor)) throw bad('it is an input twice', undefined, tensor);
    declared(graph, tensor);
    ready.add(tensor);
  }
  const writers = new Map<string, string>();
  for (const node of graph.nodes) {
    const other = writers.get(node.output);
    if (other !== undefined) throw bad(`layer '${other}' already writes its output`, node.name, node.output);
    writers.set(node.output, node.name);
  }
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      declared(graph, input, node.name);
      if (ready.has(input)) continue;
      const why = writers.has(input) ? 'is written only later: the graph has a cycle' : 'is written by nothing';
      throw bad(`its input ${why}`, node.name, input);
    }
    if (ready.has(node.output)) throw bad('its output is a network input', node.name, node.output);
    checkNode(graph, node);
    ready.add(node.output);
  }
  checkOutputs(graph, ready);
  return graph;
}

function checkOutputs(graph: Graph, ready: ReadonlySet<string>): void {
  const names = new Set<string>();
  for (const { name, tensor } of graph.outputs) {
    if (names.has(name)) throw bad('two outputs have this name', undefined, name);
    names.add(name);
    if (!ready.has(tensor)) throw bad('this output is written by nothing', undefined, name);
  }
}

function declared(graph: Graph, name: string, layer?: string): GraphTensor {
  const tensor = graph.tensors.get(name);
  if (!tensor) throw bad('this tensor does not exist', layer, name);
  return tensor;
}

function checkTensor(name: string, tensor: GraphTensor): void {
  const { shape, quantisation } = tensor;
  if (name !== tensor.name) throw new Error(`tensor '${tensor.name}' is filed under '${name}'`);
  const extents = [shape.height, shape.width, shape.channels];
  if (extents.some((extent) => !Number.isInteger(extent) || extent < 1 || extent > MAX_EXTENT)) {
    throw bad(`its shape is ${shapeText(shape)}; extents are 1 to ${MAX_EXTENT}`, undefined, name);
  }
  if (shapeSize(shape) > MAX_ELEMENTS) throw bad(`its shape ${shapeText(shape)} is too large`, undefined, name);
  if (!quantisation) return;
  if (!Number.isFinite(quantisation.scale) || quantisation.scale < LEAST_SCALE) {
    throw bad(`its scale is ${quantisation.scale}; a scale is positive, finite and not subnormal`, undefined, name);
  }
  const { zeroPoint } = quantisation;
  if (!Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127) {
    throw bad(`its zero point is ${zeroPoint} (as int8; uint8 less 128), not -128 to 127`, undefined, name);
  }
}

function checkNode(graph: Graph, node: GraphNode): void {
  const inputs = node.inputs.map((input) => graph.tensors.get(input)!.shape);
  const output = declared(graph, node.output, node.name).shape;
  const expected = nodeOutputShape(node, inputs);
  if (typeof expected === 'string') throw bad(expected, node.name);
  if (!sameShape(expected, output)) {
    throw bad(`its output is ${shapeText(expected)}, not ${shapeText(output)}`, node.name, node.output);
  }
  if ('clamp' in node && !(node.clamp.low <= node.clamp.high)) {
    throw bad(`its output is clamped to ${node.clamp.low}..${node.clamp.high}`, node.name);
  }
  if (node.op === 'conv' || node.op === 'depthwise') {
    const { kernelHeight, kernelWidth } = node.window;
    const depth = node.op === 'conv' ? inputs[0]!.channels : 1;
    checkWeights(node.name, node.weights, kernelHeight * kernelWidth * depth * output.channels, output);
    if (node.bias) checkBias(node.name, node.bias, node.weights, output.channels);
  }
}

function checkWeights(layer: string, weights: Weights, count: number, output: Shape): void {
  const values = weights.kind === 'real' ? weights.values : weights.codes;
  if (values.length !== count) throw bad(`it has ${values.length} weights, its shape needs ${count}`, layer);
  if (weights.kind === 'real') {
    if (!weights.values.every(Number.isFinite)) throw bad('its weights are not all finite', layer);
    return;
  }
  if (weights.scales.length !== output.channels) {
    throw bad(`it has ${weights.scales.length} weight scales for ${output.channels} channels`, layer);
  }
  const scale = weights.scales.find((value) => !Number.isFinite(value) || value <= 0);
  if (scale !== undefined) throw bad(`a weight scale is ${scale}; scales are positive and finite`, layer);
  if (!weights.codes.every((code) => code >= -255 && code <= 255)) throw bad('weight codes leave -255..255', layer);
}

function checkBias(layer: string, bias: Bias, weights: Weights, channels: number): void {
  const values = bias.kind === 'real' ? bias.values : bias.codes;
  if (values.length !== channels) throw bad(`it has ${values.length} biases for ${channels} channels`, layer);
  if (bias.kind === 'real' && !bias.values.every(Number.isFinite)) throw bad('its bias is not finite', layer);
  if (bias.kind !== weights.kind) throw bad('weights and bias are not both quantised', layer);
}
