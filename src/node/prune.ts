/** From a model and pictures to pruning levels with their figures, and the files that hold them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compile } from '../compile/compile.ts';
import { levelEnergy, savingsByCause } from '../energy/levels.ts';
import {
  type ComponentEnergy,
  type FrameEnergy,
  gopsPerWatt,
  millijoules,
  pacedFrame,
  savedShare,
  watts,
} from '../energy/model.ts';
import { stageShares } from '../energy/stage-time.ts';
import { UserError } from '../errors.ts';
import { layerMacs, type Network } from '../network/network.ts';
import { type CalibrationOptions, calibrate } from '../prune/calibrate.ts';
import { networkAtLevel, networkIdentity, type PruningPlan } from '../prune/levels.ts';
import { deserialisePlan, type PlanFile, serialisePlan } from '../prune/plan-file.ts';
import { type Score, score } from '../prune/score.ts';
import {
  FIGURES_FORMAT,
  type LayerFigures,
  type LevelFigures,
  type PruningFigures,
  parseFigures,
} from '../report/pruning-figures.ts';
import { simulateCycles } from '../simulate/cycles/cycles.ts';
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

function levelFigures(
  level: number,
  before: FrameEnergy,
  energy: FrameEnergy,
  { calibration, holdout }: LevelScore,
  macs: number,
): LevelFigures {
  const percent = (value: Score) => 100 * (value.top1 ?? value.agreement);
  const paced = pacedFrame(before, energy);
  return {
    level,
    top1Calibration: percent(calibration),
    top1Holdout: holdout === undefined ? null : percent(holdout),
    agreementHoldout: holdout === undefined ? null : 100 * holdout.agreement,
    dynamicSaved: savedShare(before, energy, 'dynamic'),
    totalSaved: savedShare(before, energy, 'total'),
    cycles: energy.cycles,
    framesPerSecond: energy.framesPerSecond,
    dynamicMillijoules: millijoules(energy, 'dynamic'),
    millijoules: millijoules(energy, 'total'),
    watts: watts(energy, 'total'),
    fixedRate: {
      watts: watts(paced, 'total'),
      dynamicWatts: watts(paced, 'dynamic'),
      dynamicSaved: savedShare(before, paced, 'dynamic'),
      totalSaved: savedShare(before, paced, 'total'),
    },
    gopsPerWatt: gopsPerWatt(energy, macs),
    components: scaled(energy.components, 1e-9),
  };
}

/** Picojoules to another unit. */
function scaled(components: ComponentEnergy, factor: number): ComponentEnergy {
  return Object.fromEntries(
    Object.entries(components).map(([name, { low, mid, high }]) => [
      name,
      { low: low * factor, mid: mid * factor, high: high * factor },
    ]),
  ) as unknown as ComponentEnergy;
}

/** Layers at the first and the last level; static power and clock by the time that each takes of the frame. */
function layerFigures(
  [before, after]: readonly [FrameEnergy, FrameEnergy],
  shares: readonly (readonly number[])[],
): LayerFigures[] {
  const at = ({ components, stages }: FrameEnergy, index: number, share: number): ComponentEnergy => {
    const { static: leak, clock } = scaled(components, share * 1e-6);
    return { ...scaled(stages[index]!.energy, 1e-6), static: leak, clock };
  };
  return before.stages.map(({ name }, index) => ({
    name,
    before: at(before, index, shares[0]![index]!),
    after: at(after, index, shares[1]![index]!),
  }));
}

/** A cause's band is a difference of two bands, whose ends may have changed places. */
function inOrder(causes: PruningFigures['causes']): PruningFigures['causes'] {
  return Object.fromEntries(
    Object.entries(causes).map(([cause, { low, mid, high }]) => [
      cause,
      { low: Math.min(low, mid, high), mid, high: Math.max(low, mid, high) },
    ]),
  ) as unknown as PruningFigures['causes'];
}

export const PLAN_JSON = 'pruning.json';
const PLAN_BYTES = 'pruning.bin';
/** Hashes of both, as `sha256sum -c` reads them. */
const PLAN_HASHES = 'pruning.sha256';

export function planFiles(file: PlanFile): Map<string, string | Uint8Array> {
  const { json, bytes } = serialisePlan(file);
  return new Map<string, string | Uint8Array>([
    [PLAN_JSON, json],
    [PLAN_BYTES, bytes],
    [PLAN_HASHES, planHashes(json, bytes)],
  ]);
}

function planHashes(json: string | Uint8Array, bytes: Uint8Array): string {
  const hash = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
  return `${hash(json)}  ${PLAN_JSON}\n${hash(bytes)}  ${PLAN_BYTES}\n`;
}

/** Reads the folder that `depthwright prune` wrote. */
export function readPlan(folder: string): PlanFile {
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UserError(
        'bad-arguments',
        `the folder holds no pruning levels (${name}: ${code ?? String(error)})`,
        { file: folder },
        'Make them with `depthwright prune MODEL --images DIR --out FOLDER`.',
      );
    }
  };
  const json = read(PLAN_JSON);
  const bytes = read(PLAN_BYTES);
  if (read(PLAN_HASHES).toString('utf8') !== planHashes(json, bytes)) {
    throw new UserError(
      'bad-arguments',
      `${PLAN_JSON} or ${PLAN_BYTES} has changed since the levels were calibrated`,
      { file: folder },
      'Calibrate again.',
    );
  }
  try {
    return deserialisePlan({ json: json.toString('utf8'), bytes: new Uint8Array(bytes) });
  } catch (error) {
    if (error instanceof UserError) throw error.at({ file: folder });
    throw error;
  }
}

export const FIGURES_JSON = 'figures.json';

/** Figures beside the levels; undefined where there are none (in a build folder). */
export function readFigures(folder: string): PruningFigures | undefined {
  const file = join(folder, FIGURES_JSON);
  if (!existsSync(file)) return undefined;
  try {
    return parseFigures(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof UserError) throw error.at({ file });
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError('bad-arguments', `the file cannot be read (${code ?? String(error)})`, { file });
  }
}

/** Where an unfinished calibration leaves its results: beside the output folder. */
export function checkpointFolder(out: string): string {
  const folder = `${resolve(out)}.unfinished`;
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new UserError(
      'output-not-writable',
      'finished steps cannot be kept there: it is a file',
      { file: folder },
      'Choose another --out.',
    );
  }
  return folder;
}
