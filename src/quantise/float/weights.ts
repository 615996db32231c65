/** Real values of a layer's parameters, whichever way the model file states them. */
import type { ConvNode, DepthwiseNode, Graph, GraphTensor } from '../../graph/graph.ts';

export type FilterNode = ConvNode | DepthwiseNode;

/** A tensor that the graph must have: importers guarantee it, so its absence is a bug. */
export function tensorOf(graph: Graph, name: string): GraphTensor {
  const tensor = graph.tensors.get(name);
  if (tensor === undefined) throw new Error(`graph '${graph.name}' has no tensor '${name}'`);
  return tensor;
}

/** Weights of one output channel in a filter bank: conv kernelHeight x kernelWidth x inChannels, depthwise without the last. */
export function weightsPerChannel(graph: Graph, node: FilterNode): number {
  const taps = node.window.kernelHeight * node.window.kernelWidth;
  return node.op === 'conv' ? taps * tensorOf(graph, node.inputs[0]!).shape.channels : taps;
}

/** Output channel of the weight at a flat index: conv is [outChannel][...], depthwise [...][channel]. */
export function channelOfWeight(node: FilterNode, index: number, perChannel: number, channels: number): number {
  return node.op === 'conv' ? Math.floor(index / perChannel) : index % channels;
}

/** Scale of an output channel; a single stated scale holds for all channels. */
export function weightScale(scales: Float64Array, channel: number): number {
  return scales.length === 1 ? scales[0]! : scales[channel]!;
}

/** Real weights, in the layout of the node. Codes become code * scale of their channel. */
export function realWeights(graph: Graph, node: FilterNode): Float32Array {
  const { weights } = node;
  if (weights.kind === 'real') return weights.values;
  const channels = tensorOf(graph, node.output).shape.channels;
  const perChannel = weightsPerChannel(graph, node);
  const values = new Float32Array(weights.codes.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = weights.codes[i]! * weightScale(weights.scales, channelOfWeight(node, i, perChannel, channels));
  }
  return values;
}

/** Real bias, one value an output channel; zeros where the layer has none. Codes become code * s_x * s_w. */
export function realBias(graph: Graph, node: FilterNode): Float32Array {
  const channels = tensorOf(graph, node.output).shape.channels;
  if (node.bias === undefined) return new Float32Array(channels);
  if (node.bias.kind === 'real') return node.bias.values;
  const inputScale = tensorOf(graph, node.inputs[0]!).quantisation?.scale;
  if (inputScale === undefined || node.weights.kind !== 'codes') {
    throw new Error(`layer '${node.name}' has bias codes without the scales that give them a meaning`);
  }
  const { scales } = node.weights;
  const { codes } = node.bias;
  return Float32Array.from(codes, (code, channel) => code * inputScale * weightScale(scales, channel));
}
