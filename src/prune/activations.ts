/** How a layer's activations are pruned at a price: threshold, and low bits that are rounded away. */
import type { ConvLayer, DepthwiseLayer, Tensor } from '../network/network.ts';
import { type ActivationPruning, countedActivation } from '../network/numerics.ts';
import type { Operands } from './operands.ts';

/** Thresholds tried; more than this hurts every layer. */
const THRESHOLDS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32];
const SHIFTS = [0, 1, 2, 3];
/**
 * The estimate takes errors as independent and knows nothing of what the refit does to those before: it is counted so
 * often. Of 0.5, 1 and 2, 2 saved most at the same divergence (docs/pruning.md).
 */
const CAUTION = 2;

export interface ActivationPrices {
  /** Divergence that an active multiplication at every pixel may cost, and a low bit of it. */
  readonly multiplication: number;
  readonly bit: number;
  /** Divergence of a squared output code. */
  readonly lossPerCode: number;
}

/**
 * The threshold and shift with the largest gain: energy of what stands still, less the error that it leaves. The bias
 * makes up for a channel's mean error; errors of channels are taken as independent.
 */
export function chooseActivationPruning(
  layer: ConvLayer | DepthwiseLayer,
  { channels, zeroPoint }: Tensor,
  operands: Operands,
  scale: Float64Array,
  prices: ActivationPrices,
): ActivationPruning {
  const count = operands.values.length / channels;
  const { power, used } = readers(layer, channels, scale);
  const counts = histogram(operands, channels);
  let best = { activationThreshold: 1, activationShift: 0 };
  let most = 0;
  for (const activationShift of SHIFTS) {
    for (const activationThreshold of THRESHOLDS) {
      const pruning = { activationThreshold, activationShift };
      const counted = Int16Array.from({ length: VALUES }, (_, at) => countedActivation(at - 255, zeroPoint, pruning));
      let gain = 0;
      for (let channel = 0; channel < channels; channel++) {
        let pruned = 0;
        let active = 0;
        let sum = 0;
        let squares = 0;
        for (let at = 0; at < VALUES; at++) {
          const share = counts[channel * VALUES + at]!;
          if (share === 0 || at === 255) continue;
          const x = at - 255;
          if (Math.abs(x) < activationThreshold) pruned += share;
          else active += share;
          const error = counted[at]! - x;
          sum += share * error;
          squares += share * error * error;
        }
        const variance = squares / count - (sum / count) ** 2;
        const spared = pruned * prices.multiplication + active * activationShift * prices.bit;
        gain += (spared / count) * used[channel]! - CAUTION * prices.lossPerCode * power[channel]! * variance;
      }
      if (gain > most) {
        most = gain;
        best = pruning;
      }
    }
  }
  return best;
}

/** Values of x - z: -255..255. */
const VALUES = 511;

/** How often each value occurs, [channel][value + 255]. */
function histogram({ values }: Operands, channels: number): Uint32Array {
  const counts = new Uint32Array(channels * VALUES);
  for (let at = 0, channel = 0; at < values.length; at++) {
    counts[channel * VALUES + values[at]! + 255]! += 1;
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
  return counts;
}

/** Of each input channel: sum of its squared weights in output codes, and how many weights it has. */
function readers(layer: ConvLayer | DepthwiseLayer, channels: number, scale: Float64Array) {
  const power = new Float64Array(channels);
  const used = new Float64Array(channels);
  const perOutput = layer.weights.length / layer.bias.length;
  layer.weights.forEach((weight, at) => {
    if (weight === 0) return;
    const output = layer.op === 'conv' ? Math.floor(at / perOutput) : at % channels;
    power[at % channels]! += (scale[output]! * weight) ** 2;
    used[at % channels]! += 1;
  });
  return { power, used };
}
