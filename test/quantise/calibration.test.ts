import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vary } from '../../src/quantise/augment.ts';
import { createFloatExecutor } from '../../src/quantise/float/execute.ts';
import {
  addToHistogram,
  emptyHistogram,
  forEachBin,
  histogramTotal,
  mergeHistogram,
} from '../../src/quantise/histogram.ts';
import { codeOf, quantisationOf, quantiseValues, realOf } from '../../src/quantise/lower/codes.ts';
import { observedRange } from '../../src/quantise/observers.ts';
import { inputCodes, normalise } from '../../src/quantise/preprocess.ts';
import { quantiseGraph } from '../../src/quantise/quantise.ts';
import {
  channelMeans,
  collectStatistics,
  emptyStatistics,
  mergeStatistics,
  observe,
} from '../../src/quantise/statistics.ts';
import { GraphMaker, randomNumbers, randomReals, size, smallMobileNet, windowOf } from './support.ts';

const reals = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1 });

function histogramOf(...parts: number[][]): ReturnType<typeof emptyHistogram> {
  const histogram = emptyHistogram();
  for (const part of parts) {
    addToHistogram(histogram, Float32Array.from(part), Math.min(...part), Math.max(...part));
  }
  return histogram;
}

describe('histograms of calibration', () => {
  it('are the same however the values are ordered and split', () => {
    fc.assert(
      fc.property(reals, reals, (a, b) => {
        const together = histogramOf(a, b);
        const merged = histogramOf(b);
        mergeHistogram(merged, histogramOf(a));
        expect(histogramTotal(merged)).toBe(a.length + b.length);
        const wider = Math.max(together.exponent, merged.exponent);
        for (const histogram of [together, merged]) {
          expect(histogram.zeros).toBe([...a, ...b].filter((value) => value === 0).length);
          expect(histogram.exponent).toBe(wider);
        }
        expect(merged.counts.every((count, bin) => count === together.counts[bin])).toBe(true);
      }),
    );
  });

  it('hold each value in a bin about 1/4096 of the largest value wide', () => {
    fc.assert(
      fc.property(reals, (values) => {
        const seen: number[] = [];
        forEachBin(histogramOf(values), (value, count) => {
          for (let i = 0; i < count; i++) seen.push(value);
        });
        const sorted = [...Float32Array.from(values)].sort((a, b) => a - b);
        const largest = Math.max(...sorted.map(Math.abs), 2 ** -28);
        seen.forEach((value, index) => {
          expect(Math.abs(value - sorted[index]!)).toBeLessThanOrEqual(largest / 2048);
        });
      }),
    );
  });
});

describe('observers', () => {
  const statisticsOf = (values: Float32Array): ReturnType<typeof emptyStatistics> => {
    const statistics = emptyStatistics(1);
    observe(statistics, values, 'x');
    return statistics;
  };
  const error = (values: Float32Array, { low, high }: { low: number; high: number }): number => {
    const quantisation = quantisationOf(low, high);
    return values.reduce((sum, value) => sum + (value - realOf(codeOf(value, quantisation), quantisation)) ** 2, 0);
  };

  it('cover everything, all but a share, or what errs least', () => {
    const random = randomNumbers(9);
    // A bell of 20,000 values and one far outlier.
    const values = Float32Array.from({ length: 20_000 }, () => random() + random() + random() - 1.5);
    values[17] = 40;
    const statistics = statisticsOf(values);
    expect(observedRange(statistics, { kind: 'minMax' }).high).toBe(40);
    const most = observedRange(statistics, { kind: 'percentile', covered: 99.9 });
    expect(most.high).toBeLessThan(1.6);
    expect(most.low).toBeGreaterThan(-1.6);
    const least = observedRange(statistics, { kind: 'mse' });
    expect(error(values, least)).toBeLessThan(error(values, { low: -1.5, high: 40 }));
    expect(error(values, least)).toBeLessThan(error(values, most) * 1.01);
  });

  it('never err more by `mse` than by the extremes', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -8, max: 64 }), { minLength: 50, maxLength: 200 }), (list) => {
        const values = Float32Array.from(list);
        const statistics = statisticsOf(values);
        const extremes = observedRange(statistics, { kind: 'minMax' });
        fc.pre(extremes.high > extremes.low);
        // The search sees bins, not values: it may be off by what a bin's width can do.
        const slack = (values.length * (extremes.high - extremes.low) ** 2) / 2048 / 255;
        expect(error(values, observedRange(statistics, { kind: 'mse' }))).toBeLessThanOrEqual(
          error(values, extremes) + slack,
        );
      }),
    );
  });
});

describe('codes', () => {
  it('hold 0 exactly and every value of their range to half a step', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 0, noNaN: true }),
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        (low, high) => {
          const quantisation = quantisationOf(low, high);
          expect(realOf(codeOf(0, quantisation), quantisation)).toBe(0);
          for (const value of [low, high, (low + high) / 2]) {
            expect(Math.abs(realOf(codeOf(value, quantisation), quantisation) - value)).toBeLessThanOrEqual(
              quantisation.scale * 1.0001,
            );
          }
        },
      ),
    );
  });
});

describe('statistics', () => {
  const graph = smallMobileNet(2);
  const random = randomNumbers(3);
  const frames = Array.from({ length: 6 }, () => [randomReals(size(graph.tensors.get('input')!.shape), random)]);

  it('of parts merge into those of the whole', () => {
    const whole = collectStatistics(graph, { count: 6, frame: (index) => frames[index]! });
    const merged = collectStatistics(graph, { count: 2, frame: (index) => frames[index]! });
    mergeStatistics(merged, collectStatistics(graph, { count: 4, frame: (index) => frames[index + 2]! }));
    let compared = 0;
    for (const [name, statistics] of whole) {
      const other = merged.get(name)!;
      expect(other.minimum).toEqual(statistics.minimum);
      expect(other.maximum).toEqual(statistics.maximum);
      expect(other.histogram).toEqual(statistics.histogram);
      expect(other.values).toBe(statistics.values);
      channelMeans(statistics).forEach((mean, c) => {
        expect(channelMeans(other)[c]).toBeCloseTo(mean, 9);
        compared++;
      });
    }
    expect(compared).toBeGreaterThan(50);
  });

  it('let bias correction take back the mean shift of rounded weights', () => {
    // One large weight an output channel makes the step coarse for the other 199, whose inputs are around 1.
    const maker = new GraphMaker({ height: 4, width: 4, channels: 200 }, 8);
    const output = maker.conv('input', 6, windowOf(1));
    const node = maker.nodes[0]!;
    if (node.op !== 'conv' || node.weights.kind !== 'real') throw new Error('a float conv was made');
    for (let o = 0; o < 6; o++) node.weights.values[o * 200 + o] = 8;
    const layer = maker.graph(output);
    const inputs = Array.from({ length: 4 }, () => [randomReals(3200, random, 0.5).map((value) => value + 1)]);
    const seen = collectStatistics(layer, { count: 4, frame: (index) => inputs[index]! });
    const shifts = (biasCorrection: boolean): number[] => {
      const quantised = createFloatExecutor(quantiseGraph(layer, seen, { biasCorrection }));
      const means = new Array<number>(6).fill(0);
      for (const frame of inputs) {
        const expected = createFloatExecutor(layer)(frame).get(output)!;
        quantised(frame)
          .get(output)!
          .forEach((value, i) => {
            means[i % 6]! += (value - expected[i]!) / 64;
          });
      }
      return means.map(Math.abs);
    };
    const [plain, corrected] = [shifts(false), shifts(true)];
    expect(Math.max(...corrected)).toBeLessThan(Math.max(...plain) / 10);
  });
});

describe('pictures as inputs', () => {
  const picture = { height: 2, width: 2, pixels: Uint8Array.of(0, 128, 255, 10, 20, 30, 255, 255, 255, 1, 2, 3) };
  const order = (kind: 'rgb' | 'bgr' | 'grey') => ({ mean: [0, 10, 20], deviation: [1, 2, 4], order: kind }) as const;

  it('are normalised colour by colour, in the order of the network', () => {
    expect([...normalise(picture, order('rgb'))].slice(0, 6)).toEqual([0, 59, 58.75, 10, 5, 2.5]);
    expect([...normalise(picture, order('bgr'))].slice(0, 3)).toEqual([58.75, 59, 0]);
    expect(normalise(picture, { mean: [0, 0, 0], deviation: [1, 1, 1], order: 'grey' })[2]).toBeCloseTo(255, 4);
  });

  it('become the codes that their reals would', () => {
    for (const kind of ['rgb', 'bgr', 'grey'] as const) {
      const quantisation = { scale: 0.37, zeroPoint: -20 };
      expect(inputCodes(picture, order(kind), quantisation)).toEqual(
        quantiseValues(normalise(picture, order(kind)), quantisation),
      );
    }
  });

  it('vary with the seed and only with it', () => {
    const random = randomNumbers(1);
    const photo = { height: 16, width: 16, pixels: Uint8Array.from({ length: 768 }, () => 256 * random()) };
    const make = (seed: number): Uint8Array => vary(photo, randomNumbers(seed)).pixels;
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
    const still = { shift: 0, scale: 0, turn: 0, brightness: 0 };
    expect(vary(photo, randomNumbers(1), still).pixels).toEqual(photo.pixels);
  });
});
