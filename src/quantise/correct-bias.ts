/**
 * Pass: bias correction. Rounding the weights of an output channel shifts its mean by
 * sum of (rounded weight - weight) * mean input of that weight's channel; the bias takes it back.
 * (Taps that fall into padding are counted as if they met the mean: the shift is an average over the map.)
 */
import type { Graph } from '../graph/graph.ts';
import { scaleOf } from './activation-ranges.ts';
import { biasCode } from './channel-scale.ts';
import {
  channelOfWeight,
  type FilterNode,
  realBias,
  realWeights,
  tensorOf,
  weightScale,
  weightsPerChannel,
} from './float/weights.ts';
import { channelMeans, type Statistics } from './statistics.ts';

/** `quantised` is `graph` after its filters were quantised; `statistics` are `graph`'s. */
export function correctBias(graph: Graph, quantised: Graph, statistics: Statistics): Graph {
  const nodes = quantised.nodes.map((node, index) => {
    const original = graph.nodes[index]!;
    const isFilter = node.op === 'conv' || node.op === 'depthwise';
    if (!isFilter || original.op !== node.op) return node;
    return correct(graph, original, quantised, node, channelMeans(statistics.get(node.inputs[0]!)!));
  });
  return { ...quantised, nodes };
}

function correct(
  graph: Graph,
  original: FilterNode,
  quantised: Graph,
  node: FilterNode,
  means: Float64Array,
): FilterNode {
  if (node.weights.kind !== 'codes') throw new Error(`filters of layer '${node.name}' are not quantised yet`);
  const channels = tensorOf(graph, node.output).shape.channels;
  const perChannel = weightsPerChannel(graph, node);
  const weights = realWeights(graph, original);
  const { codes, scales } = node.weights;
  const shift = new Float64Array(channels);
  for (let i = 0; i < weights.length; i++) {
    const channel = channelOfWeight(node, i, perChannel, channels);
    const error = codes[i]! * weightScale(scales, channel) - weights[i]!;
    shift[channel] = shift[channel]! + error * means[i % means.length]!;
  }
  const inputScale = scaleOf(quantised, node.inputs[0]!);
  const bias = realBias(graph, original);
  const corrected = Int32Array.from(bias, (value, channel) => {
    return biasCode(value - shift[channel]!, inputScale, weightScale(scales, channel));
  });
  return { ...node, bias: { kind: 'codes', codes: corrected } };
}
