/**
 * Post-training quantisation: a float graph and images to calibrate on become the integer network.
 * The passes, in order: calibrate, quantise activations, quantise filters, correct biases, lower.
 */
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Network } from '../network/network.ts';
import { quantiseActivations } from './activation-ranges.ts';
import { correctBias } from './correct-bias.ts';
import { quantiseFilters } from './filter-codes.ts';
import { isQuantised, type LowerOptions, lowerQuantised } from './lower/lower.ts';
import type { Observer } from './observers.ts';
import { type CalibrationSource, collectStatistics, type Statistics } from './statistics.ts';

export interface QuantiseOptions extends LowerOptions {
  /** How the range of an activation follows from what calibration saw; by default the least mean squared error. */
  readonly observer?: Observer;
  /** Whether biases take back the mean shift of rounded weights: true by default. */
  readonly biasCorrection?: boolean;
}

/** The integer network of a float graph. */
export function quantise(graph: Graph, calibration: CalibrationSource, options: QuantiseOptions = {}): Network {
  return lowerQuantised(quantiseGraph(graph, collectStatistics(graph, calibration), options), options);
}

/** The integer network of any graph: a quantised one keeps its codes, a float one needs images to calibrate on. */
export function toNetwork(
  graph: Graph,
  calibration: CalibrationSource | undefined,
  options: QuantiseOptions = {},
): Network {
  if (isQuantised(graph)) return lowerQuantised(graph, options);
  if (calibration === undefined) {
    throw new UserError(
      'bad-arguments',
      `the network '${graph.name}' is not quantised yet`,
      {},
      'Give images to calibrate it with.',
    );
  }
  return quantise(graph, calibration, options);
}

/** The graph with codes for activations, weights and biases, as a quantised model file would state it. */
export function quantiseGraph(graph: Graph, statistics: Statistics, options: QuantiseOptions = {}): Graph {
  const activations = quantiseActivations(graph, statistics, options.observer ?? { kind: 'mse' });
  const filters = quantiseFilters(activations);
  return options.biasCorrection === false ? filters : correctBias(graph, filters, statistics);
}
