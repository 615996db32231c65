/** How many low bits of a layer's products are rounded away at a price, and what the bias must make up for. */
import { alternatesTies, type ConvLayer, type DepthwiseLayer } from '../network/network.ts';
import { countedProduct } from '../network/numerics.ts';
import { activeShares, type Operands } from './operands.ts';

/**
 * Rounding errors differ from pixel to pixel and average out in what reads them, while sensitivities are measured with
 * changed weights, whose errors are alike in all pixels: the loss is counted with this share (docs/pruning.md).
 */
const INDEPENDENT = 0.5;
/** Outputs and samples that a shift is tried on; samples that the chosen one's mean error is taken over. */
const TRIAL_OUTPUTS = 24;
const TRIAL_SAMPLES = 64;
const MEAN_SAMPLES = 256;
/** Toggles that a still bit spares in the trees a product, and besides where it is not 0: fitted to counts (docs/pruning.md). */
const SPARED = { always: 0.33, active: 0.29 };

export interface ProductPrices {
  /** Divergence that a toggle a multiplication less may cost, over all pixels. */
  readonly bit: number;
  /** Divergence of a squared output code. */
  readonly lossPerCode: number;
}

export interface ProductPruning {
  readonly productShift: number;
  /** Mean error of the rounded sums of each output, accumulator units. */
  readonly meanError: Float64Array;
}

/**
 * `layer` is the one of the level, `operands` those that the level leaves, `scale` accumulator units to output codes.
 * A pointwise layer's errors are tried out on samples; taps of a window are taken as independent.
 */
export function chooseProductShift(
  layer: ConvLayer | DepthwiseLayer,
  operands: Operands,
  scale: Float64Array,
  most: number,
  prices: ProductPrices,
): ProductPruning {
  const outputs = scale.length;
  const pointwise = alternatesTies(layer);
  const shares = activeShares(operands);
  const errors = pointwise ? channelErrors(layer, operands, most) : tapErrors(layer, shares, most);
  const active = layer.weights.reduce((sum, w, at) => sum + (w === 0 ? 0 : shares[at % operands.channels]!), 0);
  const spared = prices.bit * (layer.weights.length * SPARED.always + active * SPARED.active);
  let productShift = 0;
  let largest = 0;
  for (let shift = errors.still + 1; shift <= most; shift++) {
    let loss = 0;
    for (const { output, variance } of errors.rows) loss += scale[output]! ** 2 * variance[shift]!;
    const share = (INDEPENDENT * outputs) / errors.rows.length;
    const gain = (shift - errors.still) * spared - share * prices.lossPerCode * loss;
    if (gain > largest) {
      largest = gain;
      productShift = shift;
    }
  }
  if (productShift === 0) return { productShift, meanError: new Float64Array(outputs) };
  if (pointwise) return { productShift, meanError: meanErrors(layer, operands, productShift) };
  return { productShift, meanError: Float64Array.from(errors.rows, ({ mean }) => mean[productShift]!) };
}

interface Errors {
  /** Low bits that are 0 in every product anyway. */
  readonly still: number;
  /** Of some outputs, by shift: mean and variance of what rounding adds to the sum. */
  readonly rows: readonly { readonly output: number; readonly mean: Float64Array; readonly variance: Float64Array }[];
}

function channelErrors(
  { weights }: ConvLayer | DepthwiseLayer,
  { channels, count, values }: Operands,
  most: number,
): Errors {
  const outputs = weights.length / channels;
  const samples = Math.min(count, TRIAL_SAMPLES);
  const step = Math.ceil(outputs / TRIAL_OUTPUTS);
  const rows: Errors['rows'][number][] = [];
  const error = new Float64Array(most + 1);
  let bits = 0;
  for (let output = 0; output < outputs; output += step) {
    const mean = new Float64Array(most + 1);
    const variance = new Float64Array(most + 1);
    for (let sample = 0; sample < samples; sample++) {
      const first = Math.floor((sample * count) / samples) * channels;
      error.fill(0);
      for (let channel = 0; channel < channels; channel++) {
        const product = values[first + channel]! * weights[output * channels + channel]!;
        if (product === 0) continue;
        bits |= product;
        for (let shift = 1; shift <= most; shift++) {
          error[shift]! += countedProduct(product, shift, channel % 2 === 1) - product;
        }
      }
      for (let shift = 1; shift <= most; shift++) {
        mean[shift]! += error[shift]! / samples;
        variance[shift]! += error[shift]! ** 2 / samples;
      }
    }
    for (let shift = 1; shift <= most; shift++) variance[shift]! -= mean[shift]! ** 2;
    rows.push({ output, mean, variance });
  }
  return { still: bits === 0 ? most : Math.log2(bits & -bits), rows };
}

/** Every output is looked at; products are multiples of 2^still, ties go up. */
function tapErrors(layer: ConvLayer | DepthwiseLayer, shares: Float64Array, most: number): Errors {
  const outputs = layer.bias.length;
  const perOutput = layer.weights.length / outputs;
  const still = layer.activationShift;
  const active = new Float64Array(outputs);
  layer.weights.forEach((weight, at) => {
    if (weight === 0) return;
    const output = layer.op === 'conv' ? Math.floor(at / perOutput) : at % outputs;
    active[output]! += shares[at % shares.length]!;
  });
  const byShift = (value: (shift: number) => number) =>
    Float64Array.from({ length: most + 1 }, (_, shift) => (shift > still ? value(shift) : 0));
  const rows = Array.from(active, (count, output) => ({
    output,
    mean: byShift(() => count * 2 ** (still - 1)),
    variance: byShift((shift) => (count * (4 ** shift - 4 ** still)) / 12),
  }));
  return { still, rows };
}

function meanErrors(
  { weights }: ConvLayer | DepthwiseLayer,
  { channels, count, values }: Operands,
  productShift: number,
): Float64Array {
  const samples = Math.min(count, MEAN_SAMPLES);
  const mean = new Float64Array(weights.length / channels);
  for (let sample = 0; sample < samples; sample++) {
    const first = Math.floor((sample * count) / samples) * channels;
    for (let output = 0, at = 0; output < mean.length; output++) {
      let error = 0;
      for (let channel = 0; channel < channels; channel++, at++) {
        const product = values[first + channel]! * weights[at]!;
        if (product !== 0) error += countedProduct(product, productShift, channel % 2 === 1) - product;
      }
      mean[output]! += error / samples;
    }
  }
  return mean;
}
