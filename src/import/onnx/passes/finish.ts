/** From the draft to the graph: weights and biases both real or both codes, every layer a name of its own. */
import type { Bias, Graph, GraphNode, GraphTensor, Weights } from '../../../graph/graph.ts';
import type { DraftBias, DraftGraph, DraftNode, FilterDraft } from '../draft.ts';
import { refuse } from '../errors.ts';

/** Biases stay this far inside int32, so that a channel made coarser for its bias has room for its products. */
const LARGEST_BIAS = 2 ** 30;

export function finish(graph: DraftGraph, name: string): Graph {
  const notes = new Set(graph.notes);
  const names = new Set<string>();
  const nodes = graph.nodes.map((node): GraphNode => {
    let unique = node.name;
    for (let i = 2; names.has(unique); i++) unique = `${node.name} ${i}`;
    names.add(unique);
    return { ...finishNode(graph, node, notes), name: unique };
  });
  const kept = new Set([...graph.inputs.map(({ tensor }) => tensor), ...nodes.map(({ output }) => output)]);
  const tensors = new Map([...graph.tensors].filter(([tensor]) => kept.has(tensor)));
  const { inputs, outputs } = graph;
  return { name, format: 'onnx', inputs, outputs, tensors, nodes, notes: [...notes] };
}

function finishNode(graph: DraftGraph, node: DraftNode, notes: Set<string>): GraphNode {
  switch (node.op) {
    case 'conv':
    case 'depthwise':
      return finishFilter(node, graph.tensors.get(node.inputs[0]!)!, graph.tensors.get(node.output)!, notes);
    case 'affine':
    case 'clamp':
    case 'pad':
    case 'quantise':
      throw new Error(`${node.op} '${node.name}' was left over`);
    default:
      return node;
  }
}

function finishFilter(node: FilterDraft, input: GraphTensor, output: GraphTensor, notes: Set<string>): GraphNode {
  const { channels } = output.shape;
  const scale = input.quantisation?.scale;
  const weights =
    scale === undefined || !output.quantisation ? node.weights : (exactCodes(node, channels) ?? node.weights);
  const { op, name, inputs, window, clamp } = node;
  const base = { op, name, inputs, output: node.output, window, clamp };
  if (scale === undefined || weights.kind === 'real') {
    return { ...base, weights: realWeights(node, weights), bias: realBias(node.bias) };
  }
  if (!node.bias) return { ...base, weights, bias: undefined };
  return { ...base, ...codedBias(node, node.bias, weights, scale, notes) };
}

function realBias(bias: DraftBias | undefined): Bias | undefined {
  return bias && { kind: 'real', values: Float32Array.from(bias.values) };
}

function realWeights(node: FilterDraft, weights: Weights): Weights {
  if (weights.kind === 'real') return weights;
  const { codes, scales } = weights;
  const perChannel = codes.length / scales.length;
  const channel = (i: number): number => (node.op === 'conv' ? Math.floor(i / perChannel) : i % scales.length);
  return { kind: 'real', values: Float32Array.from(codes, (code, i) => code * scales[channel(i)]!) };
}

/** Codes for a real depthwise layer all of whose weights of a channel are equal: a scale or a mean, held exactly. */
function exactCodes(node: FilterDraft, channels: number): Weights | undefined {
  if (node.op !== 'depthwise' || node.weights.kind !== 'real') return undefined;
  const { values } = node.weights;
  if (!values.every((value, i) => value === values[i % channels])) return undefined;
  const scales = Float64Array.from({ length: channels }, (_, c) => Math.abs(values[c]!) / 127 || 1);
  return { kind: 'codes', codes: Int16Array.from(values, (value) => 127 * Math.sign(value)), scales };
}

/** The file's bias codes where their scale is (input scale x weight scale), else the nearest codes of that scale. */
function codedBias(
  node: FilterDraft,
  bias: DraftBias,
  weights: Weights & { readonly kind: 'codes' },
  inputScale: number,
  notes: Set<string>,
): { weights: Weights; bias: Bias } {
  const scales = weights.scales.slice();
  const weightCodes = weights.codes.slice();
  const channels = scales.length;
  const perChannel = weightCodes.length / channels;
  const codes = Int32Array.from(bias.values, (value, c) => {
    const stated = bias.codes && Math.abs(bias.codes.scales[c]! / (inputScale * scales[c]!) - 1) < 1e-5;
    if (stated) return bias.codes!.codes[c]!;
    if (!Number.isFinite(value)) throw refuse(node.op, `its bias of channel ${c} is not finite`);
    if (Math.abs(value) > LARGEST_BIAS * inputScale * scales[c]!) {
      const coarser = Math.abs(value) / (LARGEST_BIAS * inputScale);
      const ratio = scales[c]! / coarser;
      scales[c] = coarser;
      for (let i = 0; i < perChannel; i++) {
        const at = node.op === 'conv' ? c * perChannel + i : i * channels + c;
        weightCodes[at] = Math.round(weightCodes[at]! * ratio);
      }
      notes.add(`weights of '${node.name}' have a coarser scale where their bias is large against them`);
    }
    if (bias.codes) notes.add(`biases of '${node.name}' are rounded to the scale of their products`);
    return Math.round(value / (inputScale * scales[c]!));
  });
  return { weights: { kind: 'codes', codes: weightCodes, scales }, bias: { kind: 'codes', codes } };
}
