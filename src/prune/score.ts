/** How far a pruned network is from the unpruned one, and how often it is right. */
import type { Network } from '../network/network.ts';
import { topClass } from '../quantise/metrics.ts';

export interface Score {
  readonly frames: number;
  /** Divergence from the unpruned network's answer a frame, nats (see `divergence`). */
  readonly divergence: number;
  /** Share of frames with the unpruned network's class. */
  readonly agreement: number;
  /** Share of frames with the labelled class; undefined without labels. */
  readonly top1: number | undefined;
}

/** Codes of the first output of every frame: `codes` of the network judged, `original` of the unpruned one. */
export function score(
  network: Network,
  codes: readonly Int8Array[],
  original: readonly Int8Array[],
  labels?: readonly number[],
): Score {
  let distance = 0;
  let agree = 0;
  let right = 0;
  codes.forEach((answer, frame) => {
    distance += divergence(network, original[frame]!, answer);
    if (topClass(answer) === topClass(original[frame]!)) agree += 1;
    if (labels !== undefined && topClass(answer) === labels[frame]) right += 1;
  });
  const { length } = codes;
  return {
    frames: length,
    divergence: distance / length,
    agreement: agree / length,
    top1: labels === undefined ? undefined : right / length,
  };
}

/**
 * Kullback-Leibler divergence of the class probabilities, where the output is a vector of scores; otherwise the squared
 * error relative to the original's variance, which is of the same order for small errors.
 */
export function divergence(network: Network, original: Int8Array, codes: Int8Array): number {
  const { height, width, scale } = network.tensors[network.outputs[0]!.tensor]!;
  if (height * width > 1 || original.length < 2) return relativeError(original, codes);
  const p = logProbabilities(original, scale);
  const q = logProbabilities(codes, scale);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.exp(p[i]!) * (p[i]! - q[i]!);
  return Math.max(0, sum);
}

function logProbabilities(codes: Int8Array, scale: number): Float64Array {
  let largest = -128;
  for (const code of codes) largest = Math.max(largest, code);
  let total = 0;
  for (const code of codes) total += Math.exp((code - largest) * scale);
  return Float64Array.from(codes, (code) => (code - largest) * scale - Math.log(total));
}

function relativeError(original: Int8Array, codes: Int8Array): number {
  let mean = 0;
  for (const code of original) mean += code / original.length;
  let error = 0;
  let power = 0;
  for (let i = 0; i < original.length; i++) {
    error += (codes[i]! - original[i]!) ** 2;
    power += (original[i]! - mean) ** 2;
  }
  return power === 0 ? Number(error > 0) : error / power;
}
