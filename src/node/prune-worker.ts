/** Worker of `prune-pool.ts`: the heavy steps of calibration on frames that every worker holds. */
import Tinypool from 'tinypool';
import { type Compiled, compile } from '../compile/compile.ts';
import type { StageActivity } from '../energy/activity.ts';
import { levelActivity } from '../energy/levels.ts';
import type { Network } from '../network/network.ts';
import type { FitJob } from '../prune/calibrate.ts';
import { type FittedLevel, fitLevel, RIDGE, SAMPLES } from '../prune/fit.ts';
import type { PruningPlan } from '../prune/levels.ts';
import { sensitivities } from '../prune/sensitivity.ts';
import { type SkipCurve, skipCurves } from '../prune/skips.ts';
import { createKernels } from '../simulate/kernels/kernels.ts';
import type { Config } from '../spec/config.ts';

/** One input a frame. */
const frames = (Tinypool.workerData as readonly Int8Array[]).map((codes) => [codes]);

/** Frames that sensitivities are measured on. With 12 those of single layers erred by 40 % (docs/pruning.md). */
const SENSITIVITY_FRAMES = 48;

export function measure({ network, layers }: { network: Network; layers: readonly number[] }): Promise<number[]> {
  const step = Math.max(1, Math.floor(frames.length / SENSITIVITY_FRAMES));
  return sensitivities(
    network,
    layers,
    frames.filter((_, frame) => frame % step === 0),
  );
}

export function curves({ network, config }: { network: Network; config: Config }): Promise<SkipCurve[]> {
  return skipCurves(network, frames, config, SAMPLES, RIDGE);
}

export async function answers({ network, from }: { network: Network; from: number }): Promise<Int8Array[]> {
  const kernels = await createKernels(network);
  return frames.slice(from).map((inputs) => kernels.run(inputs)[0]!);
}

/** Fits on the first frames; the outputs are those of all frames at the fitted level. */
export async function fit({ network, job }: { network: Network; job: FitJob }): Promise<FittedLevel> {
  const fitted = await fitLevel(network, frames.slice(0, job.fitted), job);
  if (job.fitted === frames.length) return fitted;
  const rest = await answers({ network: { ...network, layers: fitted.layers }, from: job.fitted });
  return { ...fitted, outputs: [...fitted.outputs, ...rest] };
}

export interface ActivityJob {
  readonly network: Network;
  readonly config: Config;
  readonly plan: PruningPlan;
  /** Names network, configuration and plan: a worker compiles them once. */
  readonly key: string;
  readonly level: number;
  readonly every: number;
  /** Frames by index. */
  readonly frames: readonly number[];
}

let compiled: { readonly key: string; readonly program: Compiled } | undefined;

/** Mean activity of some frames at a level. */
export function activity({
  network,
  config,
  plan,
  key,
  level,
  every,
  frames: which,
}: ActivityJob): Promise<StageActivity[]> {
  if (compiled?.key !== key) compiled = { key, program: compile(network, config, { pruning: plan }) };
  return levelActivity(
    compiled.program,
    plan,
    level,
    which.map((index) => frames[index]![0]!),
    every,
  );
}
