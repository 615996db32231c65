/** In which order inputs of a layer can be done without, and what it costs when the others are refitted. */
import { cholesky, inverseFromCholesky } from './cholesky.ts';
import type { OperandMoments } from './refit.ts';

export interface Elimination {
  /** All inputs, the most important first: the last ones go first. */
  readonly order: Int32Array;
  /** Squared error in output codes, summed over outputs, when the last k of `order` are gone; k = 0 .. limit. */
  readonly loss: Float64Array;
}

/**
 * Removes inputs one by one, each time the one whose removal costs least with the rest refitted (optimal brain
 * surgeon on whole inputs), up to `limit`. Inputs that stay are ordered by what their removal would cost then.
 */
export function eliminateInputs(
  { channels: n, covariance }: OperandMoments,
  weights: ArrayLike<number>,
  rowWeights: Float64Array,
  limit: number,
  ridge: number,
): Elimination {
  const outputs = rowWeights.length;
  const inverse = regularisedInverse(covariance, n, ridge);
  // [input][output], in output codes.
  const columns = new Float64Array(n * outputs);
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < n; i++) columns[i * outputs + o] = weights[o * n + i]! * rowWeights[o]!;
  const alive = new Uint8Array(n).fill(1);
  const removed: number[] = [];
  const loss = new Float64Array(limit + 1);
  const cost = (i: number): number => {
    let sum = 0;
    for (let at = i * outputs; at < (i + 1) * outputs; at++) sum += columns[at]! * columns[at]!;
    return sum / inverse[i * n + i]!;
  };
  for (let k = 1; k <= limit; k++) {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      if (alive[i] === 0) continue;
      const price = cost(i);
      if (price < least) {
        least = price;
        best = i;
      }
    }
    loss[k] = loss[k - 1]! + least;
    removed.push(best);
    alive[best] = 0;
    const pivot = inverse[best * n + best]!;
    for (let i = 0; i < n; i++) {
      const share = inverse[i * n + best]! / pivot;
      if (alive[i] === 0 || share === 0) continue;
      for (let o = 0; o < outputs; o++) columns[i * outputs + o]! -= share * columns[best * outputs + o]!;
      for (let j = 0; j < n; j++) if (alive[j] === 1) inverse[i * n + j]! -= share * inverse[best * n + j]!;
    }
  }
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => alive[i] === 1);
  const costs = new Map(kept.map((i) => [i, cost(i)]));
  kept.sort((a, b) => costs.get(b)! - costs.get(a)! || a - b);
  return { order: Int32Array.from([...kept, ...removed.reverse()]), loss };
}

function regularisedInverse(covariance: Float64Array, n: number, ridge: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += covariance[i * n + i]!;
  for (let strength = ridge; strength < 1e6; strength *= 10) {
    const h = covariance.slice();
    for (let i = 0; i < n; i++) h[i * n + i]! += (strength * trace) / n + 1e-3;
    const lower = cholesky(h, n);
    if (lower !== undefined) return inverseFromCholesky(lower, n);
  }
  throw new Error('the covariance of a layer cannot be made positive definite');
}
