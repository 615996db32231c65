/**
 * Refitting a pruned layer: which weights to drop, and what the kept ones and the bias become so that the layer's
 * outputs on calibration data stay near the unpruned ones.
 *
 * Outputs y = W x of the unpruned layer on unpruned inputs are to be met by W' x' on the pruned network's inputs. With
 * the covariance H = cov(x') + ridge and its inverse's Cholesky factor, weights are settled one input after the other;
 * what dropping or rounding one costs is spread over the inputs that are not settled yet (optimal brain surgeon, one
 * column at a time). Everything is in the layer's accumulator units; `rowWeights` turns them into output codes.
 */
import type { ConvLayer, DepthwiseLayer } from '../network/network.ts';
import { cholesky, inverseFromCholesky } from './cholesky.ts';
import type { TargetShift } from './residual.ts';

/** Moments of the layer's operands x - z: of the pruned network x', of the unpruned x. */
export interface OperandMoments {
  readonly channels: number;
  readonly count: number;
  readonly mean: Float64Array;
  readonly originalMean: Float64Array;
  /** cov(x') and cov(x, x'), [channel][channel]. */
  readonly covariance: Float64Array;
  readonly cross: Float64Array;
}

export interface RefitRequest {
  /** [out][in], integers. */
  readonly weights: ArrayLike<number>;
  readonly outputs: number;
  /** Accumulator units to output codes, an output channel. */
  readonly rowWeights: Float64Array;
  /** What the outputs should be besides. */
  readonly target?: TargetShift | undefined;
  /** Inputs that every output must drop (skipped channels): 1 each. */
  readonly dropped: Uint8Array;
  /** Energy that a kept weight of the input costs, and what each low bit that is 0 in all weights spares; any unit. */
  readonly inputCost: Float64Array;
  readonly bitCost: Float64Array;
  /** A weight is dropped where (squared output codes that it costs) < price * inputCost. 0 drops only zeros. */
  readonly price: number;
  /** Share of the mean variance added to every variance. */
  readonly ridge: number;
  /** Smallest and largest weight. */
  readonly low: number;
  readonly high: number;
  /** Weights are multiples of one of these powers of two: of the one that is worth most at the price. */
  readonly grids: readonly number[];
}

export interface Refit {
  /** [out][in], integers. */
  readonly weights: Int16Array;
  /** To be added to the bias, accumulator units, not rounded. */
  readonly biasShift: Float64Array;
  /** Weights that are not zero. */
  readonly kept: number;
  readonly grid: number;
}

/** Accumulator units to output codes. */
export function rowWeights({ requantise }: ConvLayer | DepthwiseLayer): Float64Array {
  return Float64Array.from(
    requantise.multiplier,
    (multiplier, channel) => multiplier / 2 ** requantise.shift[channel]!,
  );
}

/** Rows (outputs) that a grid is tried on. */
const TRIAL_ROWS = 24;

export function refit(moments: OperandMoments, request: RefitRequest): Refit {
  const { channels } = moments;
  const { outputs } = request;
  const order = settlingOrder(moments, request.dropped);
  const factor = inverseFactor(moments, order, request.ridge);
  const start = startWeights(moments, request, factor.solve);
  const settle = new RowSettler(moments, request, order, factor.upper, start);
  const step = Math.ceil(outputs / TRIAL_ROWS);
  const trial = new Int16Array(outputs * channels);
  let grid = request.grids[0]!;
  let most = Number.NEGATIVE_INFINITY;
  if (request.grids.length > 1) {
    for (const candidate of request.grids) {
      let gain = 0;
      for (let o = 0; o < outputs; o += step) gain += settle.row(o, candidate, trial);
      if (gain > most) {
        most = gain;
        grid = candidate;
      }
    }
  }
  const weights = new Int16Array(outputs * channels);
  for (let o = 0; o < outputs; o++) settle.row(o, grid, weights);
  improve(factor.damped, request, start, grid, weights);
  const kept = weights.reduce((count, weight) => count + Number(weight !== 0), 0);
  return { weights, kept, grid, biasShift: biasShifts(moments, request, weights) };
}

/** The nearest multiple of `grid` in low..high. */
function onGrid(value: number, grid: number, low: number, high: number): number {
  return Math.max(Math.ceil(low / grid), Math.min(Math.floor(high / grid), Math.round(value / grid))) * grid;
}

/** Settles the weights of one output after the other. */
class RowSettler {
  private readonly channels: number;
  private readonly request: RefitRequest;
  private readonly order: Int32Array;
  private readonly upper: Float64Array;
  private readonly start: Float64Array;
  private readonly values: Float64Array;

  constructor(
    { channels }: OperandMoments,
    request: RefitRequest,
    order: Int32Array,
    upper: Float64Array,
    start: Float64Array,
  ) {
    this.channels = channels;
    this.request = request;
    this.order = order;
    this.upper = upper;
    this.start = start;
    this.values = new Float64Array(channels);
  }

  /** Writes the weights of output `o`; gives what they are worth: price * energy spared - squared output codes lost. */
  row(o: number, grid: number, weights: Int16Array): number {
    const { channels: n, order, upper, start, values: row } = this;
    const { rowWeights, dropped, inputCost, bitCost, price, low, high } = this.request;
    const bits = Math.log2(grid);
    const scale = rowWeights[o]! * rowWeights[o]!;
    for (let k = 0; k < n; k++) row[k] = start[o * n + order[k]!]!;
    let worth = 0;
    for (let k = 0; k < n; k++) {
      const channel = order[k]!;
      const value = row[k]!;
      const diagonal = upper[k * n + k]!;
      let settled = 0;
      if (dropped[channel] !== 1) {
        const rounded = onGrid(value, grid, low, high);
        const spared = price * bits * bitCost[channel]!;
        const whole = price * inputCost[channel]!;
        const dropLoss = (scale * value * value) / (diagonal * diagonal);
        const gain = rounded === value && price === 0 ? 0 : whole - spared;
        settled = dropLoss < gain ? 0 : rounded;
        worth += settled === 0 ? whole : spared;
      }
      weights[o * n + channel] = settled;
      const error = (value - settled) / diagonal;
      if (error === 0) continue;
      worth -= scale * error * error;
      for (let later = k + 1; later < n; later++) row[later] = row[later]! - error * upper[k * n + later]!;
    }
    return worth;
  }
}

/** Passes over all weights of an output that look whether another value is better now that all others are settled. */
const SWEEPS = 2;

/**
 * Coordinate descent on what the rows were settled for: each weight in turn takes the value, on the grid or 0, that is best
 * for the others as they are.
 */
function improve(
  damped: Float64Array,
  { outputs, rowWeights, dropped, inputCost, bitCost, price, low, high }: RefitRequest,
  start: Float64Array,
  grid: number,
  weights: Int16Array,
): void {
  const n = dropped.length;
  const bits = Math.log2(grid);
  const pull = new Float64Array(n);
  for (let o = 0; o < outputs; o++) {
    const scale = rowWeights[o]! * rowWeights[o]!;
    if (scale === 0) continue;
    const first = o * n;
    // H (start - w): which way each weight would go.
    pull.fill(0);
    for (let i = 0; i < n; i++) {
      const error = start[first + i]! - weights[first + i]!;
      if (error === 0) continue;
      for (let j = 0, at = i * n; j < n; j++, at++) pull[j] = pull[j]! + error * damped[at]!;
    }
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      let changes = 0;
      for (let i = 0; i < n; i++) {
        if (dropped[i] === 1) continue;
        const now = weights[first + i]!;
        const own = damped[i * n + i]!;
        const wanted = now + pull[i]! / own;
        const rounded = onGrid(wanted, grid, low, high);
        const loss = (value: number) =>
          scale * own * (value - wanted) ** 2 + (value === 0 ? 0 : price * (inputCost[i]! - bits * bitCost[i]!));
        const value = loss(0) < loss(rounded) ? 0 : rounded;
        if (value === now || loss(value) >= loss(now)) continue;
        changes += 1;
        weights[first + i] = value;
        for (let j = 0, at = i * n; j < n; j++, at++) pull[j] = pull[j]! - (value - now) * damped[at]!;
      }
      if (changes === 0) break;
    }
  }
}

/** Dropped inputs first, then by falling variance: what is settled late can make up for what came before. */
function settlingOrder({ channels, covariance }: OperandMoments, dropped: Uint8Array): Int32Array {
  const variance = (c: number) => covariance[c * channels + c]!;
  return Int32Array.from({ length: channels }, (_, c) => c).sort(
    (a, b) => dropped[b]! - dropped[a]! || variance(b) - variance(a) || a - b,
  );
}

interface InverseFactor {
  /** Upper triangular U in settling order with U^T U = inverse of H. */
  readonly upper: Float64Array;
  /** H in natural order. */
  readonly damped: Float64Array;
  /** x H^-1 of a row in natural order. */
  readonly solve: (row: Float64Array) => Float64Array;
}

function inverseFactor(moments: OperandMoments, order: Int32Array, ridge: number): InverseFactor {
  const { channels: n, covariance } = moments;
  let trace = 0;
  for (let c = 0; c < n; c++) trace += covariance[c * n + c]!;
  for (let strength = Math.max(ridge, 1e-9), attempt = 0; attempt < 12; strength *= 10, attempt++) {
    const damped = covariance.slice();
    for (let at = 0; at < n * n; at += n + 1) damped[at] = damped[at]! + (strength * trace) / n + 1e-3;
    const h = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) h[i * n + j] = damped[order[i]! * n + order[j]!]!;
    const lower = cholesky(h, n);
    if (lower === undefined) continue;
    const inverse = inverseFromCholesky(lower, n);
    const inverseLower = cholesky(inverse, n);
    if (inverseLower === undefined) continue;
    const upper = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) upper[j * n + i] = inverseLower[i * n + j]!;
    const solve = (row: Float64Array): Float64Array => {
      const result = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        const value = row[order[i]!]!;
        if (value === 0) continue;
        for (let j = 0; j < n; j++) result[order[j]!] = result[order[j]!]! + value * inverse[i * n + j]!;
      }
      return result;
    };
    return { upper, solve, damped };
  }
  throw new Error('the covariance of a layer cannot be made positive definite');
}

/** W + (W (cov(x, x') - cov(x')) + cov(target, x')) H^-1: least squares towards the outputs wanted, the ridge pulling towards W. */
function startWeights(
  moments: OperandMoments,
  { weights, outputs, price, dropped, target }: RefitRequest,
  solve: InverseFactor['solve'],
): Float64Array {
  const { channels: n, covariance, cross } = moments;
  const start = Float64Array.from(weights);
  const nothing = price === 0 && !dropped.includes(1);
  const difference = new Float64Array(n * n);
  let any = target !== undefined;
  for (let i = 0; i < n * n; i++) {
    difference[i] = cross[i]! - covariance[i]!;
    if (difference[i] !== 0) any = true;
  }
  if (!any || nothing) return start;
  const row = new Float64Array(n);
  for (let o = 0; o < outputs; o++) {
    row.fill(0);
    for (let i = 0; i < n; i++) {
      const w = weights[o * n + i]!;
      if (w !== 0) for (let j = 0; j < n; j++) row[j] = row[j]! + w * difference[i * n + j]!;
    }
    if (target !== undefined) for (let j = 0; j < n; j++) row[j] = row[j]! + target.cross[o * n + j]!;
    const shift = solve(row);
    for (let j = 0; j < n; j++) start[o * n + j] = start[o * n + j]! + shift[j]!;
  }
  return start;
}

/** What the means of the outputs lose, which the bias takes back. */
function biasShifts(
  { channels: n, mean, originalMean }: OperandMoments,
  { weights: original, outputs, target }: RefitRequest,
  weights: Int16Array,
): Float64Array {
  const shifts = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let shift = target?.mean[o] ?? 0;
    for (let i = o * n, c = 0; c < n; i++, c++) shift += original[i]! * originalMean[c]! - weights[i]! * mean[c]!;
    shifts[o] = shift;
  }
  return shifts;
}
