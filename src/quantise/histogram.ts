/**
 * Histogram of reals whose range need not be known beforehand: the bin width is a power of 2 that doubles, two bins
 * becoming one, when a value falls outside. Counts are integers and bins nest, so the result depends neither on the
 * order of the values nor on how they were split among workers.
 */

/** Bins on each side of 0. */
const HALF = 4096;
/** Exponent of the narrowest bins. */
const FINEST = -40;

export interface Histogram {
  /** Bin i of `counts` holds the reals of [(i - 4096), (i - 4096) + 1) * 2^exponent, 0 itself excepted. */
  exponent: number;
  readonly counts: Float64Array;
  /** Values that were exactly 0. */
  zeros: number;
}

export function emptyHistogram(): Histogram {
  return { exponent: FINEST, counts: new Float64Array(2 * HALF), zeros: 0 };
}

/** Counts every value. `low` and `high` bound them (the caller knows them from its own pass). */
export function addToHistogram(histogram: Histogram, values: Float32Array, low: number, high: number): void {
  if (values.length === 0) return;
  cover(histogram, low, high);
  const { counts } = histogram;
  const perWidth = 2 ** -histogram.exponent;
  let zeros = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === 0) zeros++;
    else counts[Math.floor(value * perWidth) + HALF]!++;
  }
  histogram.zeros += zeros;
}

/** Adds the counts of `other`. */
export function mergeHistogram(histogram: Histogram, other: Histogram): void {
  while (histogram.exponent < other.exponent) widen(histogram);
  const ratio = 2 ** (other.exponent - histogram.exponent);
  for (let i = 0; i < other.counts.length; i++) {
    if (other.counts[i] !== 0) histogram.counts[Math.floor((i - HALF) * ratio) + HALF]! += other.counts[i]!;
  }
  histogram.zeros += other.zeros;
}

/** Visits the middle of every bin that holds something, in rising order of value, and 0 with its own count. */
export function forEachBin(histogram: Histogram, visit: (value: number, count: number) => void): void {
  const width = 2 ** histogram.exponent;
  for (let i = 0; i < 2 * HALF; i++) {
    if (i === HALF && histogram.zeros > 0) visit(0, histogram.zeros);
    const count = histogram.counts[i]!;
    if (count > 0) visit((i - HALF + 0.5) * width, count);
  }
}

/** Number of values counted. */
export function histogramTotal(histogram: Histogram): number {
  return histogram.counts.reduce((sum, count) => sum + count, histogram.zeros);
}

function cover(histogram: Histogram, low: number, high: number): void {
  if (histogram.zeros === 0 && histogram.exponent === FINEST && histogram.counts.every((count) => count === 0)) {
    // Nothing counted yet: the first width that may fit, instead of doubling step by step.
    histogram.exponent = Math.max(FINEST, Math.floor(Math.log2(Math.max(-low, high) / HALF)));
  }
  while (low < -HALF * 2 ** histogram.exponent || high >= HALF * 2 ** histogram.exponent) widen(histogram);
}

function widen(histogram: Histogram): void {
  const { counts } = histogram;
  const old = counts.slice();
  counts.fill(0);
  for (let i = 0; i < old.length; i++) counts[Math.floor((i - HALF) / 2) + HALF]! += old[i]!;
  histogram.exponent++;
}
