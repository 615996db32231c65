/** From the integer network to a program: the passes in their order. */
import { UserError } from '../errors.ts';
import { checkAccumulators } from '../network/accumulator.ts';
import type { Network } from '../network/network.ts';
import type { PruningPlan } from '../prune/levels.ts';
import type { Config } from '../spec/config.ts';
import { emitProgram, type Program } from './emit.ts';
import { levelGraph, type StageLevels } from './levels.ts';
import { lowerLayers } from './lower/lower.ts';
import type { MachineGraph } from './machine-graph.ts';
import { type Placements, placeTensors } from './place.ts';
import { type Plan, planSegments } from './plan.ts';
import { prefetchWeights } from './prefetch.ts';
import { scheduleOperations } from './schedule.ts';

export interface CompileOptions {
  /** Run neighbouring layers strip by strip through row rings (default true). Off for comparison. */
  readonly fusion?: boolean;
  /** Pruning levels of this network that the program can be run at; without them every level is level 0. */
  readonly pruning?: PruningPlan;
}

export interface Compiled {
  readonly config: Config;
  readonly network: Network;
  readonly graph: MachineGraph;
  readonly plan: Plan;
  readonly placements: Placements;
  readonly program: Program;
  /** Weights and parameters of all pruning levels, one entry a stage; undefined where it was compiled without. */
  readonly levels?: readonly StageLevels[];
  /** The pruning levels that it was compiled with. */
  readonly pruning?: PruningPlan;
}

/** Share of the activation memory that a plan may use, tried one after the other until placement succeeds. */
const SLACK = [1, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5];

/** Compiles a network for a configuration; throws UserError where a layer cannot be held or done. */
export function compile(network: Network, config: Config, options: CompileOptions = {}): Compiled {
  if (network.multiplierBits > config.multiplierBits) {
    throw new UserError(
      'does-not-fit',
      `the network was quantised with ${network.multiplierBits}-bit multipliers, configuration '${config.name}' has ${config.multiplierBits}`,
      { file: network.name },
      'Quantise it again for this configuration.',
    );
  }
  checkAccumulators(network);
  const { graph, levels } = levelGraph(network, config, lowerLayers(network, config), options.pruning);
  const { plan, placements } = planAndPlace(config, graph, options.fusion ?? true);
  const schedule = scheduleOperations(config, graph, plan);
  const prefetched = prefetchWeights(config, graph, schedule);
  const program = emitProgram(config, graph, plan, placements, schedule, prefetched, levels);
  return {
    config,
    network,
    graph,
    plan,
    placements,
    program,
    ...(levels === undefined ? {} : { levels }),
    ...(options.pruning === undefined ? {} : { pruning: options.pruning }),
  };
}

function planAndPlace(config: Config, graph: MachineGraph, fusion: boolean): { plan: Plan; placements: Placements } {
  for (const share of SLACK) {
    const plan = planSegments(config, graph, { fusion, activationWords: Math.floor(config.activationDepth * share) });
    const placements = placeTensors(config, graph, plan);
    if (placements !== undefined) return { plan, placements };
  }
  throw new UserError(
    'does-not-fit',
    `the tensors of the network cannot be placed in the activation memory of configuration '${config.name}'`,
    {},
    'Use a configuration with a larger activationDepth.',
  );
}
