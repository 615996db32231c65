/**
 * Observers: which range of reals the 256 codes of a tensor shall cover, given what calibration saw.
 * A narrower range than the extremes makes the step finer and saturates the few values outside.
 */
import { forEachBin, histogramTotal } from './histogram.ts';
import { quantisationOf } from './lower/codes.ts';
import type { TensorStatistics } from './statistics.ts';

/** `minMax` covers everything seen, `percentile` leaves out the same share at both ends, `mse` minimises the mean squared error. */
export type Observer =
  | { readonly kind: 'minMax' }
  | { readonly kind: 'percentile' /** Share of values covered, in percent, e.g. 99.99. */; readonly covered: number }
  | { readonly kind: 'mse' };

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The range of one tensor; the extremes where there is no histogram. 0 lies inside. */
export function observedRange(statistics: TensorStatistics, observer: Observer): Range {
  const extremes = extremeRange(statistics);
  if (histogramTotal(statistics.histogram) === 0) return extremes;
  switch (observer.kind) {
    case 'minMax':
      return extremes;
    case 'percentile':
      return percentileRange(statistics, extremes, observer.covered);
    case 'mse':
      return smallestErrorRange(statistics, extremes);
  }
}

export function extremeRange({ minimum, maximum }: TensorStatistics): Range {
  return {
    low: minimum.reduce((a, b) => Math.min(a, b), 0),
    high: maximum.reduce((a, b) => Math.max(a, b), 0),
  };
}

function percentileRange(statistics: TensorStatistics, extremes: Range, covered: number): Range {
  const outside = (histogramTotal(statistics.histogram) * (100 - covered)) / 100 / 2;
  let below = 0;
  let low = extremes.low;
  let high = extremes.high;
  let lowFound = false;
  const total = histogramTotal(statistics.histogram);
  forEachBin(statistics.histogram, (value, count) => {
    if (!lowFound && below + count > outside) {
      low = Math.max(extremes.low, value);
      lowFound = true;
    }
    below += count;
    if (total - below >= outside) high = Math.min(extremes.high, value);
  });
  return { low: Math.min(0, low), high: Math.max(0, high) };
}

/** Searches both ends in turn, coarse then fine, by the squared error summed over the histogram. */
function smallestErrorRange({ histogram }: TensorStatistics, extremes: Range): Range {
  const values: number[] = [];
  const counts: number[] = [];
  forEachBin(histogram, (value, count) => {
    values.push(Math.min(extremes.high, Math.max(extremes.low, value)));
    counts.push(count);
  });
  const error = ({ low, high }: Range): number => {
    if (low === high) return Number.POSITIVE_INFINITY;
    const { scale, zeroPoint } = quantisationOf(low, high);
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      const code = Math.min(127, Math.max(-128, Math.round(values[i]! / scale) + zeroPoint));
      const difference = scale * (code - zeroPoint) - values[i]!;
      sum += counts[i]! * difference * difference;
    }
    return sum;
  };
  let best = extremes;
  let smallest = error(best);
  for (const step of [0.1, 0.02, 0.005]) {
    for (const end of ['low', 'high', 'low', 'high'] as const) {
      const centre = best[end] / (extremes[end] || 1);
      for (let k = -10; k <= 10; k++) {
        const share = Math.min(1, Math.max(0, centre + k * step));
        const candidate = { ...best, [end]: extremes[end] * share };
        const found = error(candidate);
        if (found < smallest) {
          smallest = found;
          best = candidate;
        }
      }
    }
  }
  return best;
}
