/** Convolution and depthwise nodes with codes for weights become integer layers. */

import { UserError } from '../../errors.ts';
import type { Bias, ConvNode, DepthwiseNode } from '../../graph/graph.ts';
import type { ConvLayer, DepthwiseLayer, Tensor, TensorIndex } from '../../network/network.ts';
import { biasCode, fitChannelScale } from '../channel-scale.ts';
import { weightScale } from '../float/weights.ts';
import { clampCodes } from './codes.ts';
import { requantiseOf, rescaleFactor } from './context.ts';

/** Lowers a filter bank; weights and bias codes stay as they are, except in channels whose real bias overflows. */
export function lowerFilters(
  node: ConvNode | DepthwiseNode,
  input: Tensor,
  output: Tensor,
  indices: { readonly input: TensorIndex; readonly output: TensorIndex },
  multiplierBits: number,
): ConvLayer | DepthwiseLayer {
  const { channels } = output;
  if (node.weights.kind !== 'codes') {
    throw new UserError(
      'unsupported',
      'the weights are real numbers in a network whose activations are quantised',
      { layer: node.name },
      'Quantise the whole network, or none of it.',
    );
  }
  const { window } = node;
  const depth = node.op === 'conv' ? input.channels : 1;
  const expected = channels * window.kernelHeight * window.kernelWidth * depth;
  if (node.weights.codes.length !== expected) {
    throw new UserError('bad-model', `it needs ${expected} weights and has ${node.weights.codes.length}`, {
      layer: node.name,
    });
  }
  const { scales } = node.weights;
  checkScales(node.name, scales, channels);
  const weights = node.weights.codes.slice();
  const channelScales = Float64Array.from({ length: channels }, (_, channel) => weightScale(scales, channel));
  const bias = lowerBias(node, node.bias, weights, channelScales, input.scale);
  const factors = [...channelScales].map((scale) => rescaleFactor(input.scale, output.scale, scale));
  return {
    op: node.op,
    name: node.name,
    inputs: [indices.input],
    output: indices.output,
    window,
    weights,
    bias,
    requantise: requantiseOf(node.name, factors, clampCodes(node.clamp, output), multiplierBits),
    activationThreshold: 0,
    activationShift: 0,
    productShift: 0,
  };
}

/** Bias codes; a real bias that its channel's scale cannot express coarsens that scale, and its weights with it. */
function lowerBias(
  node: ConvNode | DepthwiseNode,
  bias: Bias | undefined,
  weights: Int16Array,
  scales: Float64Array,
  inputScale: number,
): Int32Array {
  const channels = scales.length;
  const codes = new Int32Array(channels);
  if (bias === undefined) return codes;
  const given = bias.kind === 'codes' ? bias.codes.length : bias.values.length;
  if (given !== channels) {
    throw new UserError('bad-model', `it has ${channels} output channels and ${given} bias values`, {
      layer: node.name,
    });
  }
  if (bias.kind === 'codes') return bias.codes.slice();
  const perChannel = weights.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    const scale = fitChannelScale(scales[channel]!, bias.values[channel]!, inputScale);
    if (scale !== scales[channel]) {
      const ratio = scales[channel]! / scale;
      for (let i = 0; i < perChannel; i++) {
        const at = node.op === 'conv' ? channel * perChannel + i : i * channels + channel;
        weights[at] = Math.round(weights[at]! * ratio);
      }
      scales[channel] = scale;
    }
    codes[channel] = biasCode(bias.values[channel]!, inputScale, scale);
  }
  return codes;
}

/** Scales down to subnormal and 0 mark dead channels and are legal; negative or unreadable ones are not. */
function checkScales(layer: string, scales: Float64Array, channels: number): void {
  if (scales.length !== 1 && scales.length !== channels) {
    throw new UserError('bad-model', `it has ${channels} output channels and ${scales.length} weight scales`, {
      layer,
    });
  }
  const wrong = scales.findIndex((scale) => !(scale >= 0) || !Number.isFinite(scale));
  if (wrong >= 0) {
    throw new UserError('bad-model', `the weight scale ${scales[wrong]} of channel ${wrong} is not a number >= 0`, {
      layer,
    });
  }
}
