/** From a model and pictures to pruning levels with their figures, and the files that hold them. */
import { compile } from '../compile/compile.ts';
import { levelEnergy, savingsByCause } from '../energy/levels.ts';
import type { FrameEnergy } from '../energy/model.ts';
import { stageShares } from '../energy/stage-time.ts';
import { layerMacs, type Network } from '../network/network.ts';
import { type CalibrationOptions, calibrate } from '../prune/calibrate.ts';
import { networkAtLevel, networkIdentity, type PruningPlan } from '../prune/levels.ts';
import type { PlanFile } from '../prune/plan-file.ts';
import { score } from '../prune/score.ts';
import { FIGURES_FORMAT, type PruningFigures } from '../report/pruning-figures.ts';
import { simulateCycles } from '../simulate/cycles/cycles.ts';
import type { Config } from '../spec/config.ts';
import { createFramePool } from './frame-pool.ts';
import type { Progress } from './progress.ts';
import { inOrder, type LevelScore, layerFigures, levelFigures } from './prune-figures.ts';
import { createPrunePool } from './prune-pool.ts';

export interface LabelledCodes {
  /** Input codes of each frame. */
  readonly frames: readonly Int8Array[];
  /** Classes, where known. */
  readonly labels: readonly number[] | undefined;
}

export interface PruneRequest extends CalibrationOptions {
  readonly network: Network;
  readonly config: Config;
  readonly calibration: LabelledCodes;
  /** Frames that only judge; may be empty. */
  readonly holdout: LabelledCodes;
  readonly checkpoint: string;
  readonly progress: Progress;
  /** Worker modules of a bundle; default the built ones. */
  readonly workers?: { readonly prune: URL; readonly frame: URL };
}

export interface PruneResult {
  readonly file: PlanFile;
  readonly figures: PruningFigures;
  /** Steps of the calibration: made now, and found finished from an interrupted run. */
  readonly steps: { readonly made: number; readonly found: number };
}

/** Frames that activity and its causes are counted on. */
const ACTIVITY_FRAMES = 100;
const CAUSE_FRAMES = 20;
/** Cycles whose activity is looked at, about: of long networks only one run of steps in so many. */
const ACTIVITY_CYCLES = 600_000;
const ACTIVITY_EVERY_MOST = 60;

export async function prune(request: PruneRequest): Promise<PruneResult> {
  const { network, config, calibration, holdout, progress } = request;
  const pool = createPrunePool({
    frames: calibration.frames,
    checkpoint: request.checkpoint,
    progress,
    ...(request.workers === undefined ? {} : { worker: request.workers.prune }),
  });
  let finished = false;
  try {
    const { orders, network: ordered, plan, search } = await calibrate(network, config, pool, request);
    progress.step('judging the levels');
    const scores = await scoreLevels(ordered, plan, calibration, holdout, request);
    progress.step('counting activity and energy');
    const compiled = compile(ordered, config, { pruning: plan });
    const frames = calibration.frames.slice(0, ACTIVITY_FRAMES);
    const cyclesAt = (level: number) => simulateCycles(config, compiled.program.instructions, { level });
    const { cycles } = cyclesAt(0);
    const every = Math.max(1, Math.min(ACTIVITY_EVERY_MOST, Math.round((cycles * frames.length) / ACTIVITY_CYCLES)));
    const energies: FrameEnergy[] = [];
    for (let level = 0; level <= plan.levels.length; level++) {
      energies.push(await levelEnergy(compiled, plan, level, frames, every, pool.activity));
    }
    const macs = network.layers.reduce((sum, layer) => sum + layerMacs(network, layer), 0);
    const levels = energies.map((energy, level) => levelFigures(level, energies[0]!, energy, scores[level]!, macs));
    const few = frames.slice(0, CAUSE_FRAMES);
    const causes = await savingsByCause(ordered, config, plan, plan.levels.length, few, every, pool.activity);
    finished = true;
    const file = {
      source: networkIdentity(network),
      orders: [...orders].map(([p, order]) => [p, order] as const),
      plan,
    };
    const figures: PruningFigures = {
      format: FIGURES_FORMAT,
      model: network.name,
      config: config.name,
      objective: request.objective,
      budget: request.budget,
      labelled: calibration.labels !== undefined,
      pictures: {
        calibration: calibration.frames.length,
        holdout: holdout.frames.length,
        activity: frames.length,
        causes: few.length,
      },
      levels,
      causes: inOrder(causes),
      layers: layerFigures(
        [energies[0]!, energies.at(-1)!],
        [0, plan.levels.length].map((level) => stageShares(compiled, cyclesAt(level))),
      ),
      search,
    };
    return { file, figures, steps: pool.steps() };
  } finally {
    await pool.close(finished);
  }
}

async function scoreLevels(
  network: Network,
  plan: PruningPlan,
  calibration: LabelledCodes,
  holdout: LabelledCodes,
  { progress, workers }: PruneRequest,
): Promise<LevelScore[]> {
  const scores: LevelScore[] = [];
  let original: Int8Array[] | undefined;
  const frames = [...calibration.frames, ...holdout.frames];
  const cut = calibration.frames.length;
  for (let level = 0; level <= plan.levels.length; level++) {
    const count = progress.loop(`level ${level} on ${frames.length} images`, frames.length);
    const pool = createFramePool(
      networkAtLevel(network, plan, level),
      workers === undefined ? {} : { worker: workers.frame },
    );
    try {
      const answers = await Promise.all(
        frames.map(async (frame) => {
          const outputs = await pool.run([frame]);
          count();
          return outputs[0]!;
        }),
      );
      original ??= answers;
      const of = (from: number, end: number, labels: readonly number[] | undefined) =>
        score(network, answers.slice(from, end), original!.slice(from, end), labels);
      scores.push({
        calibration: of(0, cut, calibration.labels),
        holdout: frames.length > cut ? of(cut, frames.length, holdout.labels) : undefined,
      });
    } finally {
      await pool.close();
    }
  }
  return scores;
}
