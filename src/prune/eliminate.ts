/** In which order inputs of a layer can be done without, and what it costs when the others are refitted. */
import { cholesky, inverseFromCholesky } from './cholesky.ts';
import type { OperandMoments } from './refit.ts';

export interface Elimination {
  /** All inputs, the most important first: the last ones go first. */
  readonly order: Int32Array;
  /** Squared error in output codes on the unseen samples, summed over outputs, when the last `gone[i]` of `order` are gone. */
  readonly loss: Float64Array;
}

/**
 * Removes inputs one by one, each time the one whose removal costs least with the rest refitted (optimal brain
 * surgeon on whole inputs), up to the last of the rising numbers `gone`. Inputs that stay are ordered by what their
 * removal would cost then. The refit follows `seen`; what it leaves is judged on `unseen`, for a refit of many inputs makes up
 * for far more on the samples that it knows.
 */
export function eliminateInputs(
  seen: OperandMoments,
  unseen: OperandMoments,
  weights: ArrayLike<number>,
  rowWeights: Float64Array,
  gone: readonly number[],
  ridge: number,
): Elimination {
  const { channels: n, covariance } = seen;
  const outputs = rowWeights.length;
  const inverse = regularisedInverse(covariance, n, ridge);
  // [input][output], in output codes.
  const columns = new Float64Array(n * outputs);
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < n; i++) columns[i * outputs + o] = weights[o * n + i]! * rowWeights[o]!;
  const whole = columns.slice();
  const judged = secondMoments(unseen, seen.mean);
  const alive = new Uint8Array(n).fill(1);
  const removed: number[] = [];
  const loss = new Float64Array(gone.length);
  const limit = gone.at(-1) ?? 0;
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
    removed.push(best);
    alive[best] = 0;
    const pivot = inverse[best * n + best]!;
    for (let i = 0; i < n; i++) {
      const share = inverse[i * n + best]! / pivot;
      if (alive[i] === 0 || share === 0) continue;
      for (let o = 0; o < outputs; o++) columns[i * outputs + o]! -= share * columns[best * outputs + o]!;
      for (let j = 0; j < n; j++) if (alive[j] === 1) inverse[i * n + j]! -= share * inverse[best * n + j]!;
    }
    const at = gone.indexOf(k);
    if (at >= 0) loss[at] = squaredError(judged, whole, columns, alive, outputs);
  }
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => alive[i] === 1);
  const costs = new Map(kept.map((i) => [i, cost(i)]));
  kept.sort((a, b) => costs.get(b)! - costs.get(a)! || a - b);
  return { order: Int32Array.from([...kept, ...removed.reverse()]), loss };
}

/** E[(x - origin)(x - origin)^T]: what a bias that was fitted on other samples does not take away stays in. */
function secondMoments({ channels: n, mean, covariance }: OperandMoments, origin: Float64Array): Float64Array {
  return covariance.map((value, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return value + (mean[i]! - origin[i]!) * (mean[j]! - origin[j]!);
  });
}

/** Sum over outputs of d^T M d, d the change of an output's weights; dead inputs count as 0 now. */
function squaredError(
  moments: Float64Array,
  whole: Float64Array,
  columns: Float64Array,
  alive: Uint8Array,
  outputs: number,
): number {
  const n = alive.length;
  const change = whole.map((value, at) => (alive[Math.floor(at / outputs)] === 1 ? columns[at]! : 0) - value);
  const row = new Float64Array(outputs);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let j = 0; j < i; j++) {
      const moment = 2 * moments[i * n + j]!;
      for (let o = 0; o < outputs; o++) row[o] = row[o]! + moment * change[j * outputs + o]!;
    }
    const own = moments[i * n + i]!;
    for (let o = 0; o < outputs; o++) {
      const d = change[i * outputs + o]!;
      sum += d * (row[o]! + own * d);
    }
  }
  return sum;
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
