/**
 * Post-training quantisation: a float graph and images to calibrate on become the integer network.
 * The passes, in order: calibrate, quantise activations, quantise filters, lower.
 */
import type { Graph } from '../graph/graph.ts';
import type { Network } from '../network/network.ts';
import { quantiseActivations } from './activation-ranges.ts';
import { quantiseFilters } from './filter-codes.ts';
import { type LowerOptions, lowerQuantised } from './lower/lower.ts';
import type { Observer } from './observers.ts';
import { type CalibrationSource, collectStatistics } from './statistics.ts';

export interface QuantiseOptions extends LowerOptions {
  /** How the range of an activation follows from what calibration saw. */
  readonly observer?: Observer;
}

/** The integer network of a float graph. */
export function quantise(graph: Graph, calibration: CalibrationSource, options: QuantiseOptions = {}): Network {
  const statistics = collectStatistics(graph, calibration);
  const activations = quantiseActivations(graph, statistics, options.observer ?? { kind: 'mse' });
  return lowerQuantised(quantiseFilters(activations), options);
}
