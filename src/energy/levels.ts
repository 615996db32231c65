/** Figures of every pruning level: cycles, energy, and what each cause saves. */
import type { Compiled } from '../compile/compile.ts';
import { compile } from '../compile/compile.ts';
import type { Network } from '../network/network.ts';
import { type LayerPruning, networkAtLevel, type PruningLevel, type PruningPlan } from '../prune/levels.ts';
import { simulateCycles } from '../simulate/cycles/cycles.ts';
import { createKernels } from '../simulate/kernels/kernels.ts';
import type { Config } from '../spec/config.ts';
import { countActivity, type StageActivity } from './activity.ts';
import { type Band, type FrameEnergy, frameEnergy, savedShare } from './model.ts';

/** Mean activity of the frames (one input each) at a level; `network` is the level's. */
export async function meanActivity(
  compiled: Compiled,
  network: Network,
  level: number,
  frames: readonly Int8Array[],
  every: number,
): Promise<StageActivity[]> {
  const kernels = await createKernels(network, { keepTensors: true });
  let total: StageActivity[] | undefined;
  for (const frame of frames) {
    const activity = countActivity(compiled, kernels.runAll([frame]), { level, every });
    if (total === undefined) total = activity;
    else for (const [stage, sum] of total.entries()) addActivity(sum, activity[stage]!);
  }
  if (total === undefined) throw new Error('no frames to count activity on');
  for (const sum of total) scaleActivity(sum, 1 / frames.length);
  return total;
}

/** The mean of parts of the frames, given how many frames each part is the mean of. */
export function joinMeans(
  parts: readonly { readonly mean: StageActivity[]; readonly frames: number }[],
): StageActivity[] {
  const all = parts.reduce((sum, { frames }) => sum + frames, 0);
  for (const { mean, frames } of parts) for (const stage of mean) scaleActivity(stage, frames / all);
  const [first, ...rest] = parts.map(({ mean }) => mean);
  for (const mean of rest) for (const [stage, sum] of first!.entries()) addActivity(sum, mean[stage]!);
  return first!;
}

/** Mean activity of frames at a level of a plan: `levelActivity`, or many cores that do the same. */
export type LevelActivity = (
  compiled: Compiled,
  plan: PruningPlan,
  level: number,
  frames: readonly Int8Array[],
  every: number,
) => Promise<StageActivity[]>;

export const levelActivity: LevelActivity = (compiled, plan, level, frames, every) =>
  meanActivity(compiled, networkAtLevel(compiled.network, plan, level), level, frames, every);

export async function levelEnergy(
  compiled: Compiled,
  plan: PruningPlan,
  level: number,
  frames: readonly Int8Array[],
  every: number,
  count: LevelActivity = levelActivity,
): Promise<FrameEnergy> {
  const activity = await count(compiled, plan, level, frames, every);
  return frameEnergy(compiled, activity, simulateCycles(compiled.config, compiled.program.instructions, { level }));
}

/** What saves at a level, each on top of the ones before it. */
export const CAUSES = ['zeroActivations', 'weights', 'activations', 'products', 'skippedSteps'] as const;
export type Cause = (typeof CAUSES)[number];

/**
 * The share of level 0's dynamic energy that each cause saves, in the order of CAUSES: gating operands that are 0
 * anyway; weights pruned or of a coarser grid; activations below their thresholds or rounded; products rounded; steps that
 * are not taken.
 */
export async function savingsByCause(
  network: Network,
  config: Config,
  plan: PruningPlan,
  level: number,
  frames: readonly Int8Array[],
  every: number,
  count: LevelActivity = levelActivity,
): Promise<{ readonly [cause in Cause]: Band }> {
  const full = plan.levels[level - 1]!;
  const gating: PruningLevel = {
    layers: full.layers.map(({ layer, weightThreshold }) => ({
      layer,
      weightThreshold: Math.min(1, weightThreshold),
      activationThreshold: 1,
    })),
    skipped: [],
  };
  const without = (parts: Partial<LayerPruning>): PruningLevel => ({
    layers: full.layers.map((entry) => ({ ...entry, ...parts })),
    skipped: [],
  });
  const weights = without({ activationThreshold: 1, activationShift: 0, productShift: 0 });
  const activations = without({ productShift: 0 });
  const products = without({});
  const steps: PruningPlan = { ...plan, levels: [gating, weights, activations, products, full] };
  const compiled = compile(network, config, { pruning: steps });
  const energies: FrameEnergy[] = [];
  for (let at = 0; at <= CAUSES.length; at++)
    energies.push(await levelEnergy(compiled, steps, at, frames, every, count));
  const saved = CAUSES.map((_, index) => savedShare(energies[0]!, energies[index + 1]!, 'dynamic'));
  return Object.fromEntries(
    CAUSES.map((cause, index) => {
      const before = saved[index - 1] ?? { low: 0, mid: 0, high: 0 };
      const now = saved[index]!;
      return [cause, { low: now.low - before.low, mid: now.mid - before.mid, high: now.high - before.high }];
    }),
  ) as { [cause in Cause]: Band };
}

function addActivity(sum: StageActivity, other: StageActivity): void {
  for (const [name, value] of Object.entries(other)) {
    if (typeof value === 'number') (sum as unknown as { [name: string]: number })[name]! += value;
  }
}

function scaleActivity(sum: StageActivity, factor: number): void {
  for (const [name, value] of Object.entries(sum)) {
    if (typeof value === 'number') (sum as unknown as { [name: string]: number })[name] = value * factor;
  }
}
