/** What calibration remembers of every activation of a float graph. */
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { createFloatExecutor } from './float/execute.ts';
import { tensorOf } from './float/weights.ts';
import { addToHistogram, emptyHistogram, type Histogram, mergeHistogram } from './histogram.ts';

/** Frames to calibrate on; must give the same values whenever it is asked. */
export interface CalibrationSource {
  readonly count: number;
  /** Real inputs of frame `index` (0 .. count - 1), in the graph's order, each [height][width][channel]. */
  readonly frame: (index: number) => readonly Float32Array[];
}

export interface TensorStatistics {
  /** Smallest and largest real of each channel. */
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
  /** Sum of each channel over all pixels and frames. */
  readonly sum: Float64Array;
  /** Values summed in each channel: pixels * frames. */
  values: number;
  readonly histogram: Histogram;
}

/** By tensor name: the graph's inputs and the output of every node. */
export type Statistics = Map<string, TensorStatistics>;

/** Runs all frames through the float graph. */
export function collectStatistics(graph: Graph, source: CalibrationSource): Statistics {
  if (source.count < 1) {
    throw new UserError('bad-arguments', 'there are no images to calibrate on', {}, 'Give at least one.');
  }
  const run = createFloatExecutor(graph);
  const statistics: Statistics = new Map();
  for (let index = 0; index < source.count; index++) {
    for (const [name, values] of run(source.frame(index))) {
      const channels = tensorOf(graph, name).shape.channels;
      let known = statistics.get(name);
      if (known === undefined) {
        known = emptyStatistics(channels);
        statistics.set(name, known);
      }
      observe(known, values, name);
    }
  }
  return statistics;
}

/** Adds what other frames showed. */
export function mergeStatistics(statistics: Statistics, other: Statistics): void {
  for (const [name, from] of other) {
    const to = statistics.get(name);
    if (to === undefined) {
      statistics.set(name, from);
      continue;
    }
    for (let c = 0; c < to.sum.length; c++) {
      to.minimum[c] = Math.min(to.minimum[c]!, from.minimum[c]!);
      to.maximum[c] = Math.max(to.maximum[c]!, from.maximum[c]!);
      to.sum[c] = to.sum[c]! + from.sum[c]!;
    }
    to.values += from.values;
    mergeHistogram(to.histogram, from.histogram);
  }
}

/** Mean of every channel. */
export function channelMeans({ sum, values }: TensorStatistics): Float64Array {
  return sum.map((total) => total / values);
}

export function emptyStatistics(channels: number): TensorStatistics {
  return {
    minimum: new Float32Array(channels).fill(Number.POSITIVE_INFINITY),
    maximum: new Float32Array(channels).fill(Number.NEGATIVE_INFINITY),
    sum: new Float64Array(channels),
    values: 0,
    histogram: emptyHistogram(),
  };
}

/** Counts one frame of a tensor, [height][width][channel]. */
export function observe(statistics: TensorStatistics, values: Float32Array, name: string): void {
  const { minimum, maximum, sum } = statistics;
  const channels = sum.length;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < values.length; at += channels) {
    for (let c = 0; c < channels; c++) {
      const value = values[at + c]!;
      if (value < minimum[c]!) minimum[c] = value;
      if (value > maximum[c]!) maximum[c] = value;
      sum[c] = sum[c]! + value;
    }
  }
  for (let c = 0; c < channels; c++) {
    if (!Number.isFinite(sum[c]!)) {
      throw new UserError(
        'bad-model',
        'its values are not finite while calibrating',
        { tensor: name },
        'Check the weights of the layer that makes it and the range of the input.',
      );
    }
    low = Math.min(low, minimum[c]!);
    high = Math.max(high, maximum[c]!);
  }
  statistics.values += values.length / channels;
  addToHistogram(statistics.histogram, values, low, high);
}
