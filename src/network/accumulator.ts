/** Proof, from the actual weights, that an int32 accumulator cannot overflow. */
import { UserError } from '../errors.ts';
import type { ConvLayer, DepthwiseLayer, Network } from './network.ts';
import { countedActivation } from './numerics.ts';

export interface AccumulatorBound {
  /** No partial sum of the channel, in any order of its terms, lies outside min..max. */
  readonly min: number;
  readonly max: number;
  /** The output channel with the largest |partial sum|. */
  readonly channel: number;
}

/** Codes that the input tensor can hold and its zero point. */
export interface CodeRange {
  readonly low: number;
  readonly high: number;
  readonly zeroPoint: number;
}

/** What an accumulator sums. */
type Terms = Pick<ConvLayer | DepthwiseLayer, 'op' | 'weights' | 'bias'> &
  Partial<Pick<ConvLayer, 'activationShift' | 'productShift'>>;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/**
 * Smallest and largest partial sum of each output channel: bias + sum of (x - z) * w over any subset of the taps,
 * x anywhere in the range; a padded or pruned tap contributes 0, so 0 is always among a tap's values.
 */
export function channelBounds(layer: Terms, range: CodeRange): { min: Float64Array; max: Float64Array } {
  const channels = layer.bias.length;
  const min = Float64Array.from(layer.bias, (bias) => Math.min(0, bias));
  const max = Float64Array.from(layer.bias, (bias) => Math.max(0, bias));
  const rounded = (code: number) =>
    countedActivation(code - range.zeroPoint, range.zeroPoint, {
      activationThreshold: 0,
      activationShift: layer.activationShift ?? 0,
    });
  const lowest = Math.min(0, rounded(range.low));
  const highest = Math.max(0, rounded(range.high));
  const perChannel = layer.weights.length / channels;
  // Rounding moves a product by half of its step at most.
  const half = ((2 ** (layer.productShift ?? 0)) >> 1) * perChannel;
  // conv [outChannel][tap], depthwise [tap][channel]
  const [channelStep, tapStep] = layer.op === 'conv' ? [perChannel, 1] : [1, channels];
  const { weights } = layer;
  for (let channel = 0; channel < channels; channel++) {
    // Sums without a branch on the sign, which would be mispredicted half of the time.
    let sum = 0;
    let magnitude = 0;
    for (let tap = 0, index = channel * channelStep; tap < perChannel; tap++, index += tapStep) {
      sum += weights[index]!;
      magnitude += Math.abs(weights[index]!);
    }
    const positive = (magnitude + sum) / 2;
    const negative = (sum - magnitude) / 2;
    min[channel]! += positive * lowest + negative * highest - half;
    max[channel]! += positive * highest + negative * lowest + half;
  }
  return { min, max };
}

/** The widest of the channels' bounds. */
export function accumulatorBound(layer: Terms, range: CodeRange): AccumulatorBound {
  const { min, max } = channelBounds(layer, range);
  let channel = 0;
  for (let other = 1; other < min.length; other++) {
    if (Math.max(-min[other]!, max[other]!) > Math.max(-min[channel]!, max[channel]!)) channel = other;
  }
  return { min: min[channel]!, max: max[channel]!, channel };
}

/** Refuses a network one of whose accumulators could pass int32 for some input. */
export function checkAccumulators(network: Network): void {
  for (const layer of network.layers) {
    if (layer.op === 'averagePool') {
      const count = layer.window.kernelHeight * layer.window.kernelWidth;
      if (count * 255 > INT32_MAX) fail(layer.name, `a mean of ${count} values`);
    }
    if (layer.op !== 'conv' && layer.op !== 'depthwise') continue;
    const { zeroPoint } = network.tensors[layer.inputs[0]!]!;
    const bound = accumulatorBound(layer, { low: -128, high: 127, zeroPoint });
    if (bound.min < INT32_MIN || bound.max > INT32_MAX) {
      fail(layer.name, `channel ${bound.channel}, which reaches ${bound.min} to ${bound.max},`);
    }
  }
}

function fail(layer: string, what: string): never {
  throw new UserError(
    'does-not-fit',
    `${what} can overflow the 32-bit accumulator`,
    { layer },
    'Split the layer or use smaller weights.',
  );
}
