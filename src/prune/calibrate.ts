/**
 * Calibration: the pruning levels of a network for an accuracy budget.
 *
 * 1. How sensitive is the answer to each layer, and which hidden channels matter (all on the unpruned network).
 * 2. Search the price of a picojoule at which the answer's divergence, on frames that the fit did not see, uses up the
 *    budget.
 * 3. Fit the levels on all frames, from that price downwards by a constant factor.
 *
 * What is heavy is done by `CalibrationWork`, so that a caller can spread it over cores and remember results.
 */
import { UserError } from '../errors.ts';
import type { Network } from '../network/network.ts';
import type { Config } from '../spec/config.ts';
import { PRUNING_LEVELS } from '../spec/isa.ts';
import { type Costs, type Objective, pruningCosts } from './costs.ts';
import type { FittedLevel } from './fit.ts';
import { networkIdentity, type PruningPlan, type SkippedWords } from './levels.ts';
import { orderChannels } from './order.ts';
import { divergence } from './score.ts';
import { measuredLayers } from './sensitivity.ts';
import { chooseSkips, keptInputs, type SkipCurve } from './skips.ts';

export interface FitJob {
  readonly price: number;
  readonly costs: Costs;
  readonly sensitivity: ReadonlyMap<number, number>;
  readonly skipped: readonly SkippedWords[];
  readonly keptInputs: ReadonlyMap<number, number>;
  readonly channelsPerWord: number;
  readonly ownWeights: boolean;
  /** Frames that the layers are fitted on; the others are run through and judged. */
  readonly fitted: number;
}

export interface CalibrationWork {
  /** Number of calibration frames. */
  readonly frames: number;
  /** Jobs that run at the same time. */
  readonly parallel: number;
  sensitivities(network: Network, layers: readonly number[]): Promise<readonly number[]>;
  curves(network: Network, config: Config): Promise<readonly SkipCurve[]>;
  fit(network: Network, job: FitJob): Promise<FittedLevel>;
  /** Codes of the unpruned network's first output for every frame. */
  answers(network: Network): Promise<readonly Int8Array[]>;
  step(text: string): void;
}

export interface CalibrationOptions {
  /** Accuracy that the highest level may cost, points of top-1. */
  readonly budget: number;
  /** Levels, level 0 included: 2 to 8. */
  readonly levels: number;
  readonly objective: Objective;
  readonly ownWeights: boolean;
}

export interface Calibration {
  readonly orders: ReadonlyMap<number, Int32Array>;
  /** The network with its hidden channels in that order. */
  readonly network: Network;
  readonly plan: PruningPlan;
  /** Divergence that a picojoule may cost, by level from 1. */
  readonly prices: readonly number[];
  /** Divergence on frames that the fit did not see at the search's prices. */
  readonly search: readonly { readonly price: number; readonly divergence: number }[];
}

/**
 * Points of top-1 lost for a nat of divergence: 20 to 45 were measured on two MobileNetV2 between 0.05 and 0.17 nats. Top-1
 * itself is too coarse for the search: one of 25 frames is 4 points.
 */
export const POINTS_PER_NAT = 40;
/** Share of the frames that the search fits on. */
const FITTED_SHARE = 0.75;
/** Price of a level relative to the one below. */
const LEVEL_FACTOR = 1.25;
/** Price that the search starts from, nats a picojoule. */
const FIRST_PRICE = 4e-10;

export async function calibrate(
  network: Network,
  config: Config,
  work: CalibrationWork,
  options: CalibrationOptions,
): Promise<Calibration> {
  checkOptions(options, work.frames);
  const costs = pruningCosts(config, options.objective);
  work.step('measuring how sensitive each layer is, and which hidden channels matter');
  const layers = measuredLayers(network);
  const [found, curves] = await Promise.all([work.sensitivities(network, layers), work.curves(network, config)]);
  const sensitivity = new Map(layers.map((layer, index) => [layer, found[index]!]));
  const orders = new Map(curves.map(({ producer, order }) => [producer, order]));
  const ordered = orderChannels(network, orders);
  const job = (price: number, fitted: number): FitJob => {
    const skipped = chooseSkips(network, config, curves, sensitivity, costs, price);
    const kept = keptInputs(network, config, skipped);
    return {
      price,
      costs,
      sensitivity,
      skipped,
      keptInputs: kept,
      channelsPerWord: config.inputs,
      ownWeights: options.ownWeights,
      fitted,
    };
  };
  const fitted = Math.ceil(work.frames * FITTED_SHARE);
  const answers = await work.answers(ordered);
  const unseen = async (price: number): Promise<number> => {
    const { outputs } = await work.fit(ordered, job(price, fitted));
    let sum = 0;
    for (let frame = fitted; frame < work.frames; frame++) sum += divergence(ordered, answers[frame]!, outputs[frame]!);
    return sum / (work.frames - fitted);
  };
  work.step('searching the price that uses up the budget');
  const { price, search } = await searchPrice(unseen, options.budget / POINTS_PER_NAT, work.parallel);
  work.step('fitting the levels');
  const count = options.levels - 1;
  const prices = Array.from({ length: count }, (_, index) => price / LEVEL_FACTOR ** (count - 1 - index));
  const levels = await Promise.all(prices.map((at) => work.fit(ordered, job(at, work.frames))));
  const plan: PruningPlan = {
    network: networkIdentity(ordered),
    channelsPerWord: config.inputs,
    levels: levels.map(({ level }) => level),
  };
  return { orders, network: ordered, plan, prices, search };
}

function checkOptions({ budget, levels }: CalibrationOptions, frames: number): void {
  if (!(budget > 0) || budget > 100) {
    throw new UserError('bad-arguments', `a budget of ${budget} points cannot be kept`, {}, 'Allow 0.1 to 100 points.');
  }
  if (!Number.isInteger(levels) || levels < 2 || levels > PRUNING_LEVELS + 1) {
    throw new UserError('bad-arguments', `there cannot be ${levels} levels`, {}, 'Ask for 2 to 8, level 0 included.');
  }
  if (frames < 8) {
    throw new UserError(
      'bad-arguments',
      `${frames} images are too few to calibrate levels on`,
      {},
      'Give at least 8; some hundred are better.',
    );
  }
}

/** Prices outwards from the first until one lies on each side of the target, then between them on a log scale. */
async function searchPrice(
  divergenceAt: (price: number) => Promise<number>,
  target: number,
  parallel: number,
): Promise<Pick<Calibration, 'search'> & { readonly price: number }> {
  const search: { price: number; divergence: number }[] = [];
  const measure = async (prices: readonly number[]): Promise<void> => {
    const found = await Promise.all(prices.map(divergenceAt));
    prices.forEach((price, index) => {
      search.push({ price, divergence: found[index]! });
    });
    search.sort((a, b) => a.price - b.price);
  };
  await measure(parallel > 1 ? [FIRST_PRICE, FIRST_PRICE * 4] : [FIRST_PRICE]);
  for (let round = 0; round < 4; round++) {
    const below = search.filter(({ divergence: at }) => at <= target).at(-1);
    const above = search.find(({ price, divergence: at }) => at > target && price > (below?.price ?? 0));
    if (below === undefined) await measure(spread(search[0]!.price / 8, parallel, 2.8));
    else if (above === undefined) await measure(spread(below.price * 3, parallel, 3));
    else if (above.price / below.price < 1.3) break;
    else {
      // Divergence is near a power of the price.
      const slope = Math.log(above.divergence / below.divergence) / Math.log(above.price / below.price);
      const guess = below.price * (target / below.divergence) ** (1 / Math.max(slope, 0.2));
      const safe = Math.min(above.price / 1.1, Math.max(below.price * 1.1, guess));
      await measure(parallel > 1 ? [safe / 1.12, safe * 1.12] : [safe]);
    }
  }
  const best = search.filter(({ divergence: at }) => at <= target).at(-1);
  if (best === undefined) {
    throw new UserError(
      'bad-arguments',
      'even the mildest level costs more than the budget',
      {},
      'Allow a larger --budget, or calibrate on more images.',
    );
  }
  return { price: best.price, search };
}

const spread = (price: number, parallel: number, factor: number): number[] =>
  parallel > 1 ? [price, price * factor] : [price];
