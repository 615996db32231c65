/** Calibration work spread over cores, every result remembered in a checkpoint folder. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Tinypool } from 'tinypool';
import type { StageActivity } from '../energy/activity.ts';
import { joinMeans, type LevelActivity } from '../energy/levels.ts';
import type { Network } from '../network/network.ts';
import { packArrays, unpackArrays } from '../network/serialise.ts';
import type { CalibrationWork } from '../prune/calibrate.ts';
import type { FittedLevel } from '../prune/fit.ts';
import { networkIdentity, type PruningPlan } from '../prune/levels.ts';
import type { SkipCurve } from '../prune/skips.ts';
import type { Progress } from './progress.ts';
import type { ActivityJob } from './prune-worker.ts';

export interface PrunePoolOptions {
  /** Input codes of the calibration frames. */
  readonly frames: readonly Int8Array[];
  /** Folder for results of finished steps; made where absent. */
  readonly checkpoint: string;
  readonly progress: Progress;
  readonly threads?: number;
  /** The worker's module; default the built one beside this file. */
  readonly worker?: URL;
}

export interface PrunePool extends CalibrationWork {
  /** Counts activity on the first frames of the pool, which the caller's frames must be. */
  readonly activity: LevelActivity;
  /** Results made so far, and found in the checkpoint. */
  steps(): { readonly made: number; readonly found: number };
  /** Stops the workers; with `finished` the checkpoint goes. */
  close(finished: boolean): Promise<void>;
}

export function createPrunePool(options: PrunePoolOptions): PrunePool {
  const threads = options.threads ?? availableParallelism();
  const worker = options.worker ?? new URL('./prune-worker.js', import.meta.url);
  const pool = new Tinypool({
    filename: worker.href,
    runtime: 'worker_threads',
    minThreads: threads,
    maxThreads: threads,
    workerData: options.frames,
  });
  const framesHash = createHash('sha256');
  for (const frame of options.frames) framesHash.update(frame);
  const base = framesHash.digest('hex');
  /** Names of the plans that activity was counted for. */
  const plans = new Map<PruningPlan, string>();
  let identity: { readonly network: Network; readonly text: string } | undefined;
  const identityOf = (network: Network): string => {
    if (identity?.network !== network) identity = { network, text: networkIdentity(network) };
    return identity.text;
  };
  let made = 0;
  let found = 0;
  const remember = async <T>(network: Network, what: string, key: unknown, make: () => Promise<T>): Promise<T> => {
    const { json, bytes } = packArrays(key);
    const name = createHash('sha256')
      .update(`${SEARCH_VERSION} ${base} ${identityOf(network)} ${what} ${json}`)
      .update(bytes)
      .digest('hex');
    const file = join(options.checkpoint, `${what}-${name.slice(0, 24)}`);
    const known = readCheckpoint(file);
    if (known !== undefined) {
      found += 1;
      return known as T;
    }
    const result = await make();
    writeCheckpoint(options.checkpoint, file, result);
    made += 1;
    return result;
  };
  return {
    frames: options.frames.length,
    parallel: threads,
    step: (text) => options.progress.step(text),
    sensitivities: async (network, layers) => {
      const shares = Array.from({ length: threads }, (_, share) => layers.filter((_, at) => at % threads === share));
      const parts = await Promise.all(
        shares.map((share) =>
          remember(network, 'sensitivity', share, async () =>
            Float64Array.from((await pool.run({ network, layers: share }, { name: 'measure' })) as number[]),
          ),
        ),
      );
      return layers.map((_, at) => parts[at % threads]![Math.floor(at / threads)]!);
    },
    curves: (network, config) =>
      remember(
        network,
        'curves',
        config.inputs,
        () => pool.run({ network, config }, { name: 'curves' }) as Promise<SkipCurve[]>,
      ),
    answers: (network) =>
      remember(
        network,
        'answers',
        0,
        () => pool.run({ network, from: 0 }, { name: 'answers' }) as Promise<Int8Array[]>,
      ),
    fit: (network, job) =>
      remember(network, 'fit', { ...job, sensitivity: [...job.sensitivity], keptInputs: [...job.keptInputs] }, () => {
        return pool.run({ network, job }, { name: 'fit' }) as Promise<FittedLevel>;
      }),
    async activity({ network, config }, plan, level, { length }, every) {
      if (!plans.has(plan)) plans.set(plan, `${identityOf(network)} ${plans.size}`);
      const key = plans.get(plan)!;
      const shares = Array.from({ length: Math.min(threads, length) }, (_, share) =>
        Array.from({ length }, (_, frame) => frame).filter((frame) => frame % threads === share),
      );
      const parts = shares.map(async (frames) => {
        const job: ActivityJob = { network, config, plan, key, level, every, frames };
        return { mean: (await pool.run(job, { name: 'activity' })) as StageActivity[], frames: frames.length };
      });
      return joinMeans(await Promise.all(parts));
    },
    steps: () => ({ made, found }),
    async close(finished) {
      await pool.destroy();
      if (finished) removeCheckpoint(options.checkpoint);
    },
  };
}

/** Of what the steps compute: results of another version are not found. Raise it when a step gives other results. */
const SEARCH_VERSION = 3;

/** Names of checkpoint files, half-written ones included. */
const CHECKPOINT = /^(sensitivity|curves|answers|fit)-[0-9a-f]{24}(\.part)?$/;

/** Removes what calibrations left in the folder, and the folder where nothing else lies in it. */
function removeCheckpoint(folder: string): void {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder);
  const ours = names.filter((name) => CHECKPOINT.test(name));
  for (const name of ours) rmSync(join(folder, name), { force: true });
  if (ours.length === names.length) rmdirSync(folder);
}

/** A result that an interrupted calibration left; a damaged one is made anew. */
function readCheckpoint(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    const content = new Uint8Array(readFileSync(file));
    const length = new DataView(content.buffer).getUint32(0, true);
    const json = new TextDecoder().decode(content.subarray(4, 4 + length));
    return unpackArrays({ json, bytes: content.subarray(4 + length) });
  } catch {
    return undefined;
  }
}

function writeCheckpoint(folder: string, file: string, value: unknown): void {
  const { json, bytes } = packArrays(value);
  const text = new TextEncoder().encode(json);
  const content = new Uint8Array(4 + text.length + bytes.length);
  new DataView(content.buffer).setUint32(0, text.length, true);
  content.set(text, 4);
  content.set(bytes, 4 + text.length);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.part`, content);
  renameSync(`${file}.part`, file);
}
