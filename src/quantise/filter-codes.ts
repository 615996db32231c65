/** Pass: per-channel symmetric int8 weights and int32 biases, for a graph whose activations are quantised. */
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { scaleOf } from './activation-ranges.ts';
import { biasCode, fitChannelScale, LARGEST_WEIGHT_CODE } from './channel-scale.ts';
import {
  channelOfWeight,
  type FilterNode,
  realBias,
  realWeights,
  tensorOf,
  weightsPerChannel,
} from './float/weights.ts';
import { roundHalfAway } from './lower/codes.ts';

/** The graph with codes for weights and biases: scale of a channel = its largest weight / 127, bias scale = s_x * s_w. */
export function quantiseFilters(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => {
    return node.op === 'conv' || node.op === 'depthwise' ? quantiseFilter(graph, node) : node;
  });
  return { ...graph, nodes };
}

function quantiseFilter(graph: Graph, node: FilterNode): FilterNode {
  const channels = tensorOf(graph, node.output).shape.channels;
  const inputScale = scaleOf(graph, node.inputs[0]!);
  const weights = realWeights(graph, node);
  const bias = realBias(graph, node);
  const perChannel = weightsPerChannel(graph, node);
  if (weights.length !== perChannel * channels || bias.length !== channels) {
    throw new UserError(
      'bad-model',
      `it needs ${perChannel * channels} weights and ${channels} bias values and has ${weights.length} and ${bias.length}`,
      { layer: node.name },
    );
  }
  const scales = new Float64Array(channels);
  for (let i = 0; i < weights.length; i++) {
    const channel = channelOfWeight(node, i, perChannel, channels);
    if (!Number.isFinite(weights[i]!)) {
      throw new UserError('bad-model', `weight ${i} is not a finite number`, { layer: node.name });
    }
    scales[channel] = Math.max(scales[channel]!, Math.abs(weights[i]!));
  }
  for (let channel = 0; channel < channels; channel++) {
    scales[channel] = fitChannelScale(scales[channel]! / LARGEST_WEIGHT_CODE, bias[channel]!, inputScale);
  }
  const codes = new Int16Array(weights.length);
  for (let i = 0; i < codes.length; i++) {
    codes[i] = roundHalfAway(weights[i]! / scales[channelOfWeight(node, i, perChannel, channels)]!);
  }
  const biasCodes = Int32Array.from(bias, (value, channel) => biasCode(value, inputScale, scales[channel]!));
  return { ...node, weights: { kind: 'codes', codes, scales }, bias: { kind: 'codes', codes: biasCodes } };
}
