/** Pass 2: what pruning levels change: thresholds and skipped words in descriptors, parameters and weights in memory. */
import type { Network } from '../network/network.ts';
import { checkPlan, levelOf, networkAtLevel, type PruningPlan, skippedChannels } from '../prune/levels.ts';
import type { Config } from '../spec/config.ts';
import { PRODUCT_BITS, PRUNING_LEVELS, SHIFT_BITS, SKIP_BITS } from '../spec/isa.ts';
import { lowerLayers } from './lower/lower.ts';
import type { MachineGraph, MachineStage, StageCodes } from './machine-graph.ts';

/** What external memory holds of a stage for every level, level 0 first; the same array where a level changes nothing. */
export interface StageLevels {
  readonly weights: readonly Int8Array[];
  readonly parameters: readonly Uint8Array[];
}

export interface LevelledGraph {
  readonly graph: MachineGraph;
  /** One entry a stage; undefined without a plan. */
  readonly levels: readonly StageLevels[] | undefined;
}

/** Levels that the plan does not reach are level 0. */
export function levelGraph(
  network: Network,
  config: Config,
  graph: MachineGraph,
  plan: PruningPlan | undefined,
): LevelledGraph {
  if (plan === undefined) return { graph, levels: undefined };
  checkPlan(network, plan);
  const counts = plan.levels.length;
  const lowered = Array.from({ length: counts }, (_, index) =>
    lowerLayers(networkAtLevel(network, withoutWeightThresholds(plan), index + 1), config),
  );
  const levels = graph.stages.map((stage, index) => {
    const data = Array.from({ length: PRUNING_LEVELS + 1 }, (_, level) =>
      level === 0 || level > counts ? stage : lowered[level - 1]!.stages[index]!,
    );
    if (data.some((at) => at.weights.length !== stage.weights.length)) {
      throw new Error(`layer '${stage.name}' is lowered differently at its pruning levels`);
    }
    const own = data.some((at, level) => level > 0 && at !== stage && hasOwnWeights(plan, level, stage));
    return {
      weights: data.map((at) => (own ? at.weights : stage.weights)),
      parameters: data.map((at) => at.parameters),
    };
  });
  const stages = graph.stages.map((stage) => ({
    ...stage,
    codes: { ...stage.codes, ...pruningCodes(network, plan, stage) },
  }));
  return { graph: { ...graph, stages }, levels };
}

/** Thresholds are applied by the machine, so that the stored weights stay whole. */
function withoutWeightThresholds(plan: PruningPlan): PruningPlan {
  return {
    ...plan,
    levels: plan.levels.map(({ layers }) => ({
      layers: layers.map((entry) => ({ ...entry, weightThreshold: 0 })),
      skipped: [],
    })),
  };
}

function hasOwnWeights(plan: PruningPlan, level: number, stage: MachineStage): boolean {
  return levelOf(plan, level).layers.some((entry) => entry.weights !== undefined && stage.layers.includes(entry.layer));
}

function pruningCodes(network: Network, plan: PruningPlan, stage: MachineStage): StageCodes {
  let weightThresholds = 0n;
  let activationThresholds = 0n;
  let activationShifts = 0;
  let productShifts = 0;
  let skippedInputs = 0;
  let skippedOutputs = 0;
  plan.levels.forEach(({ layers }, index) => {
    for (const entry of layers) {
      if (!stage.layers.includes(entry.layer)) continue;
      weightThresholds |= BigInt(entry.weightThreshold) << BigInt(7 * index);
      activationThresholds |= BigInt(entry.activationThreshold) << BigInt(8 * index);
      activationShifts |= (entry.activationShift ?? 0) << (SHIFT_BITS * index);
      productShifts |= (entry.productShift ?? 0) << (PRODUCT_BITS * index);
    }
    for (const { producer, between, consumer, words } of skippedChannels(network, plan, index + 1)) {
      const entry = words * 2 ** (SKIP_BITS * index);
      if (stage.layers.includes(consumer)) skippedInputs += entry;
      else if ([producer, ...between].some((layer) => stage.layers.includes(layer))) skippedOutputs += entry;
    }
  });
  return { weightThresholds, activationThresholds, activationShifts, productShifts, skippedInputs, skippedOutputs };
}
