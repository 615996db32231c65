/** From a model and pictures to pruning levels with their figures, and the files that hold them. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compile } from '../compile/compile.ts';
import { levelEnergy, savingsByCause } from '../energy/levels.ts';
import { type Band, type FrameEnergy, gopsPerWatt, millijoules, savedShare, watts } from '../energy/model.ts';
import { UserError } from '../errors.ts';
import { layerMacs, type Network } from '../network/network.ts';
import { type CalibrationOptions, calibrate } from '../prune/calibrate.ts';
import { networkAtLevel, networkIdentity, type PruningPlan } from '../prune/levels.ts';
import { deserialisePlan, type PlanFile, serialisePlan } from '../prune/plan-file.ts';
import { type Score, score } from '../prune/score.ts';
import type { Config } from '../spec/config.ts';
import { createFramePool } from './frame-pool.ts';
import type { Progress } from './progress.ts';
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

/** What is known of a level. Shares of level 0's energy; top-1 in percent, agreement with level 0 where unlabelled. */
export interface LevelFigures {
  readonly level: number;
  readonly top1Calibration: number;
  readonly top1Holdout: number | undefined;
  readonly agreementHoldout: number | undefined;
  readonly dynamicSaved: Band;
  readonly totalSaved: Band;
  readonly cycles: number;
  readonly framesPerSecond: number;
  /** A frame: of the chip's dynamic energy, and with static power and DRAM. */
  readonly dynamicMillijoules: Band;
  readonly millijoules: Band;
  /** Watts while frames follow each other without a pause. */
  readonly watts: Band;
  readonly gopsPerWatt: Band;
}

export interface PruneResult {
  readonly file: PlanFile;
  readonly levels: readonly LevelFigures[];
  readonly energies: readonly FrameEnergy[];
  /** Shares of level 0's dynamic energy that the causes save at the highest level. */
  readonly causes: Awaited<ReturnType<typeof savingsByCause>>;
  readonly search: readonly { readonly price: number; readonly divergence: number }[];
}

/** Frames that activity is counted on, and one run of steps in so many. */
const ACTIVITY_FRAMES = 100;
const ACTIVITY_EVERY = 60;

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
    const energies: FrameEnergy[] = [];
    for (let level = 0; level <= plan.levels.length; level++) {
      energies.push(await levelEnergy(compiled, plan, level, frames, ACTIVITY_EVERY, pool.activity));
    }
    const macs = network.layers.reduce((sum, layer) => sum + layerMacs(network, layer), 0);
    const levels = energies.map((energy, level) => figures(level, energies[0]!, energy, scores[level]!, macs));
    const few = frames.slice(0, 20);
    const top = plan.levels.length;
    const causes = await savingsByCause(ordered, config, plan, top, few, ACTIVITY_EVERY, pool.activity);
    finished = true;
    const file = {
      source: networkIdentity(network),
      orders: [...orders].map(([p, order]) => [p, order] as const),
      plan,
    };
    return { file, levels, energies, causes, search };
  } finally {
    await pool.close(finished);
  }
}

interface LevelScore {
  readonly calibration: Score;
  readonly holdout: Score | undefined;
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

function figures(
  level: number,
  before: FrameEnergy,
  energy: FrameEnergy,
  { calibration, holdout }: LevelScore,
  macs: number,
): LevelFigures {
  const percent = (value: Score) => 100 * (value.top1 ?? value.agreement);
  return {
    level,
    top1Calibration: percent(calibration),
    top1Holdout: holdout === undefined ? undefined : percent(holdout),
    agreementHoldout: holdout === undefined ? undefined : 100 * holdout.agreement,
    dynamicSaved: savedShare(before, energy, 'dynamic'),
    totalSaved: savedShare(before, energy, 'total'),
    cycles: energy.cycles,
    framesPerSecond: energy.framesPerSecond,
    dynamicMillijoules: millijoules(energy, 'dynamic'),
    millijoules: millijoules(energy, 'total'),
    watts: watts(energy, 'total'),
    gopsPerWatt: gopsPerWatt(energy, macs),
  };
}

export const PLAN_JSON = 'pruning.json';
export const PLAN_BYTES = 'pruning.bin';

export function planFiles(file: PlanFile): Map<string, string | Uint8Array> {
  const { json, bytes } = serialisePlan(file);
  return new Map<string, string | Uint8Array>([
    [PLAN_JSON, json],
    [PLAN_BYTES, bytes],
  ]);
}

/** Reads the folder that `depthwright prune` wrote. */
export function readPlan(folder: string): PlanFile {
  try {
    const json = readFileSync(join(folder, PLAN_JSON), 'utf8');
    return deserialisePlan({ json, bytes: new Uint8Array(readFileSync(join(folder, PLAN_BYTES))) });
  } catch (error) {
    if (error instanceof UserError) throw error.at({ file: folder });
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      'bad-arguments',
      `the folder holds no pruning levels (${code ?? String(error)})`,
      { file: folder },
      'Make them with `depthwright prune MODEL --images DIR --out FOLDER`.',
    );
  }
}

/** Where an unfinished calibration leaves its results: beside the output folder. */
export const checkpointFolder = (out: string): string => `${resolve(out)}.unfinished`;
