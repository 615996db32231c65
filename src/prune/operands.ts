/** Operands (x - z) of a layer on calibration frames, sampled over pixels, and their statistics. */

import type { Tensor } from '../network/network.ts';
import { type ActivationPruning, countedActivation } from '../network/numerics.ts';
import type { FloatMemory } from '../quantise/float/kernels.ts';
import { Gram } from './gram.ts';
import type { OperandMoments } from './refit.ts';

/** Operand vectors of some pixels, [sample][channel]. */
export interface Operands {
  readonly channels: number;
  readonly count: number;
  readonly values: Int16Array;
}

/** Evenly spread pixels of every frame, at most about `limit` in all. `frames` holds the tensor's codes. */
export function sampleOperands(tensor: Tensor, frames: readonly Int8Array[], limit: number): Operands {
  const { channels, zeroPoint } = tensor;
  const pixels = tensor.height * tensor.width;
  const perFrame = Math.max(1, Math.min(pixels, Math.ceil(limit / frames.length)));
  const values = new Int16Array(perFrame * frames.length * channels);
  const step = pixels / perFrame;
  let at = 0;
  frames.forEach((codes, frame) => {
    // Another offset for every frame, so that all columns and rows are met.
    const offset = ((frame * 0.6180339887) % 1) * step;
    for (let sample = 0; sample < perFrame; sample++) {
      const pixel = Math.min(pixels - 1, Math.floor(sample * step + offset)) * channels;
      for (let channel = 0; channel < channels; channel++) values[at++] = codes[pixel + channel]! - zeroPoint;
    }
  });
  return { channels, count: perFrame * frames.length, values };
}

/** What pruning leaves of the operands. */
export function pruneOperands(operands: Operands, zeroPoint: number, pruning: ActivationPruning): Operands {
  if (pruning.activationThreshold <= 1 && pruning.activationShift === 0) return operands;
  return { ...operands, values: operands.values.map((value) => countedActivation(value, zeroPoint, pruning)) };
}

export function means({ channels, count, values }: Operands): Float64Array {
  const sums = new Float64Array(channels);
  for (let at = 0, channel = 0; at < values.length; at++) {
    sums[channel]! += values[at]!;
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
  return sums.map((sum) => sum / count);
}

/** Share of the samples in which a channel's operand is not 0. */
export function activeShares({ channels, count, values }: Operands): Float64Array {
  const sums = new Float64Array(channels);
  for (let at = 0, channel = 0; at < values.length; at++) {
    if (values[at] !== 0) sums[channel]! += 1;
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
  return sums.map((sum) => sum / count);
}

/** Moments of the same samples in the unpruned and in the pruned network. */
export function operandMoments(original: Operands, pruned: Operands, memory: FloatMemory): OperandMoments {
  const { channels, count } = pruned;
  const mean = means(pruned);
  const originalMean = original === pruned ? mean : means(original);
  const covariance = centred(gram(pruned, pruned, memory), mean, mean, count);
  const cross = original === pruned ? covariance : centred(gram(original, pruned, memory), originalMean, mean, count);
  return { channels, count, mean, originalMean, covariance, cross };
}

function gram(a: Operands, b: Operands, memory: FloatMemory): Float64Array {
  const product = new Gram(a.channels, b.channels, memory);
  product.add(a.values, b.values, a.count);
  return product.sum;
}

function centred(sum: Float64Array, rows: Float64Array, columns: Float64Array, count: number): Float64Array {
  const n = columns.length;
  return sum.map((value, at) => value / count - rows[Math.floor(at / n)]! * columns[at % n]!);
}

/** Sum over channels of the variance of codes [pixel][channel] over pixels and frames; every other frame is looked at. */
export function totalVariance(frames: readonly Int8Array[], channels: number): number {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (let frame = 0; frame < frames.length; frame += 2) {
    const codes = frames[frame]!;
    for (let at = 0; at + channels <= codes.length; at += channels * 3) {
      count += 1;
      for (let channel = 0; channel < channels; channel++) {
        const code = codes[at + channel]!;
        sums[channel]! += code;
        squares[channel]! += code * code;
      }
    }
  }
  let total = 0;
  for (let channel = 0; channel < channels; channel++) {
    total += squares[channel]! / count - (sums[channel]! / count) ** 2;
  }
  return Math.max(total, 1e-6);
}
