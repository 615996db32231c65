/**
 * Post-training quantisation: a float graph and images to calibrate on become the integer network.
 * The passes, in order: calibrate, split swishes, equalise channels, quantise activations, quantise filters, correct biases, lower.
 */
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Network } from '../network/network.ts';
import { quantiseActivations } from './activation-ranges.ts';
import { correctBias } from './correct-bias.ts';
import { type Equalised, type EqualiseOptions, equalise } from './equalise.ts';
import { quantiseFilters } from './filter-codes.ts';
import { isQuantised, type LowerOptions, lowerQuantised } from './lower/lower.ts';
import type { Observer } from './observers.ts';
import { splitSwishes } from './split-swish.ts';
import { type CalibrationSource, collectStatistics, type Statistics } from './statistics.ts';

export interface QuantiseOptions extends LowerOptions {
  /** How the range of an activation follows from what calibration saw; by default the least mean squared error. */
  readonly observer?: Observer;
  /** How far channels that depthwise layers read are equalised; false leaves them as they are. */
  readonly equalisation?: EqualiseOptions | false;
  /** Whether biases take back the mean shift of rounded weights: true by default. */
  readonly biasCorrection?: boolean;
}

const EQUALISATION: EqualiseOptions = { headroom: 1.5, largest: 64 };

export interface Quantised {
  readonly network: Network;
  /**
   * Float graph whose tensors the network's are to be compared with, by name: the given one, some of its channels
   * multiplied by constants.
   */
  readonly reference: Graph;
}

/** The integer network of a float graph. */
export function quantise(graph: Graph, calibration: CalibrationSource, options: QuantiseOptions = {}): Network {
  return quantiseWithReference(graph, calibration, options).network;
}

/** The integer network of a float graph, and the float graph that shows its noise layer by layer. */
export function quantiseWithReference(
  graph: Graph,
  calibration: CalibrationSource,
  options: QuantiseOptions = {},
): Quantised {
  const { equalisation = EQUALISATION } = options;
  const prepared = equalisation === false ? plain(graph, calibration) : equaliseAll(graph, calibration, equalisation);
  const codes = quantiseGraph(prepared.graph, prepared.statistics, options);
  return { network: lowerQuantised(codes, options), reference: prepared.graph };
}

function plain(graph: Graph, calibration: CalibrationSource): Equalised {
  return { graph, statistics: collectStatistics(graph, calibration) };
}

function equaliseAll(graph: Graph, calibration: CalibrationSource, options: EqualiseOptions): Equalised {
  const seen = collectStatistics(graph, calibration);
  const split = splitSwishes(graph, seen);
  return equalise(split, split === graph ? seen : collectStatistics(split, calibration), options);
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

/** The graph, not equalised further, with codes for activations, weights and biases, as a quantised model file would state it. */
export function quantiseGraph(graph: Graph, statistics: Statistics, options: QuantiseOptions = {}): Graph {
  const activations = quantiseActivations(graph, statistics, options.observer ?? { kind: 'mse' });
  const filters = quantiseFilters(activations);
  return options.biasCorrection === false ? filters : correctBias(graph, filters, statistics);
}
