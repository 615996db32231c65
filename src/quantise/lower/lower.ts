/**
 * A graph whose tensors and weights are all quantised becomes the integer network, one layer a node, its scales, zero
 * points and biases as they are. This is the only place where real factors turn into multipliers and shifts.
 */
import { UserError } from '../../errors.ts';
import type { Graph, GraphNode, GraphTensor, PoolNode, ResizeNode } from '../../graph/graph.ts';
import { NO_CLAMP } from '../../graph/graph.ts';
import type { Layer, Network, Tensor, TensorIndex } from '../../network/network.ts';
import { activationFunction } from '../activations.ts';
import { tensorOf } from '../float/weights.ts';
import { clampCodes } from './codes.ts';
import { addTensor, type LowerContext } from './context.ts';
import { lowerMean, lowerPart, lowerProduct, lowerSum, tableOf } from './elementwise.ts';
import { lowerFilters } from './filters.ts';

export interface LowerOptions {
  /** Width of requantisation multipliers in bits, 2..31: 16 by default, 31 for the closest match with TensorFlow Lite. */
  readonly multiplierBits?: number;
}

/** Lowers a graph that is already quantised (TFLite int8 or uint8, ONNX QDQ, or the output of our own quantiser). */
export function lowerQuantised(graph: Graph, options: LowerOptions = {}): Network {
  checkQuantised(graph);
  const context: LowerContext = { multiplierBits: options.multiplierBits ?? 16, tensors: [], indices: new Map() };
  const inputs = graph.inputs.map(({ tensor }) => addTensor(context, tensorOf(graph, tensor)));
  const layers = graph.nodes.flatMap((node) => lowerNode(graph, node, context));
  const outputs = graph.outputs.map(({ name, tensor, hostOperators }) => {
    return { name, tensor: indexOf(context, tensor), hostOperators };
  });
  const { multiplierBits, tensors } = context;
  return { name: graph.name, multiplierBits, tensors, inputs, outputs, layers, notes: graph.notes };
}

/** Whether the file fixes the quantisation of every tensor that the accelerator stores. */
export function isQuantised(graph: Graph): boolean {
  return storedTensors(graph).every((tensor) => tensor.quantisation !== undefined);
}

function storedTensors(graph: Graph): GraphTensor[] {
  const names = [...graph.inputs.map(({ tensor }) => tensor), ...graph.nodes.map(({ output }) => output)];
  return names.map((name) => tensorOf(graph, name));
}

function checkQuantised(graph: Graph): void {
  for (const { name, quantisation } of storedTensors(graph)) {
    if (quantisation === undefined) {
      throw new UserError(
        'unsupported',
        'the network is quantised only in part: this tensor has no scale and zero point',
        { tensor: name },
        'Quantise the whole network, or give the float network and images to calibrate it with.',
      );
    }
    const { scale, zeroPoint } = quantisation;
    if (!(scale > 0) || !Number.isFinite(scale)) {
      throw new UserError('bad-model', `the scale ${scale} is not a positive number`, { tensor: name });
    }
    if (!Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127) {
      throw new UserError('bad-model', `the zero point ${zeroPoint} lies outside -128..127`, { tensor: name });
    }
  }
}

function indexOf(context: LowerContext, name: string): TensorIndex {
  const index = context.indices.get(name);
  if (index === undefined) throw new Error(`tensor '${name}' is used before it is computed`);
  return index;
}

function lowerNode(graph: Graph, node: GraphNode, context: LowerContext): Layer[] {
  const { multiplierBits, tensors } = context;
  const inputs = node.inputs.map((name) => indexOf(context, name));
  const [x, second] = inputs.map((index) => tensors[index]!) as [Tensor, Tensor];
  if (node.op === 'maxPool' || node.op === 'resize') return lowerSelection(graph, node, context, x, inputs[0]!);
  const output = addTensor(context, tensorOf(graph, node.output));
  const y = tensors[output]!;
  const base = { name: node.name, inputs, output };
  switch (node.op) {
    case 'conv':
    case 'depthwise':
      return [lowerFilters(node, x, y, { input: inputs[0]!, output }, multiplierBits)];
    case 'add':
      return [{ op: 'add', ...base, ...lowerSum(node, x, second, y, multiplierBits) }];
    case 'mul':
      return [{ op: 'mul', ...base, requantise: lowerProduct(node, x, second, y, multiplierBits) }];
    case 'averagePool':
      return [{ op: 'averagePool', ...base, window: node.window, requantise: lowerMean(node, x, y, multiplierBits) }];
    case 'activation':
      return [{ op: 'table', ...base, table: tableOf(activationFunction(node), x, y) }];
    case 'rescale':
      return [{ op: 'table', ...base, table: tableOf((value) => value, x, y) }];
    case 'concat':
      return [
        { op: 'concat', ...base, rescale: inputs.map((index) => lowerPart(node, tensors[index]!, y, multiplierBits)) },
      ];
  }
}

/**
 * Layers that copy codes (maximum, nearest neighbour): where the file gives their output another scale than their
 * input's, a table that changes the scale follows.
 */
function lowerSelection(
  graph: Graph,
  node: PoolNode | ResizeNode,
  context: LowerContext,
  x: Tensor,
  input: TensorIndex,
): Layer[] {
  const stated = tensorOf(graph, node.output);
  const quantisation = { scale: x.scale, zeroPoint: x.zeroPoint };
  const same = stated.quantisation!.scale === x.scale && stated.quantisation!.zeroPoint === x.zeroPoint;
  const selectedTensor = same ? stated : { ...stated, name: `${stated.name} before rescaling`, quantisation };
  const selected = addTensor(context, selectedTensor);
  const base = { name: node.name, inputs: [input], output: selected };
  const layer: Layer =
    node.op === 'resize'
      ? { op: 'resize', ...base, factorY: node.factorY, factorX: node.factorX }
      : { op: 'maxPool', ...base, window: node.window, ...clampCodes(node.clamp, x) };
  if (same) return [layer];
  const output = addTensor(context, stated);
  const table = tableOf((value) => value, quantisation, stated.quantisation!, NO_CLAMP);
  return [layer, { op: 'table', name: `${node.name} rescale`, inputs: [selected], output, table }];
}
