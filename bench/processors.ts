/** Energy of a MobileNetV2 frame on processors: this machine's, measured, and published graphics processors. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Band } from '../src/energy/model.ts';
import { dataFile } from './data.ts';

export interface ProcessorFrame {
  readonly name: string;
  /** Frames a second and the watts that they take; undefined where only the energy is known. */
  readonly framesPerSecond: number | undefined;
  readonly watts: Band | undefined;
  readonly millijoules: Band;
  /** Where the watts, and frames that were not measured here, come from. */
  readonly source: string;
}

const MODELS = [
  { name: 'float', file: 'models/mobilenet_v2_1.0_224_float.onnx', extra: {} },
  { name: 'int8', file: 'models/mobilenet_v2_1.0_224_qdq.onnx', extra: { session: { x64quantprecision: '1' } } },
];

/** Seconds that each model runs, after a warm-up. */
const SECONDS = 6;

/** Rated watts a core. Low: a thread of a part with many cores; high: a core of one with few. */
interface Rating {
  readonly family: number;
  readonly wattsPerCore: Band;
  readonly source: string;
}

const RATINGS: readonly Rating[] = [
  {
    family: 26,
    wattsPerCore: { low: 400 / 256, mid: 400 / 96, high: 155 / 8 },
    source:
      'rated, not measured: share of 400 W of 96 cores (EPYC 9655); low, a thread of 128 cores at 400 W (9745), high, a core of 8 at 155 W (9015): tweaktown.com news 97071; the machine hides its exact model',
  },
  {
    family: 25,
    wattsPerCore: { low: 225 / 128, mid: 280 / 64, high: 180 / 8 },
    source:
      'rated, not measured: share of 280 W of 64 cores (EPYC 7763); low, a thread at 225 W, high, a core of 8 at 180 W (72F3): techgage.com, AMD EPYC Milan launch; the machine may hide its exact model',
  },
];

/** Multiply-accumulates of MobileNetV2 1.0 224. */
const MACS = 300.77e6;

/** Published frames a second and watts of MobileNetV2, 224 x 224. */
export const GRAPHICS: readonly ProcessorFrame[] = [
  {
    name: 'Jetson AGX Xavier, TensorRT, FP16, batches of one',
    framesPerSecond: 723,
    watts: { low: 15, mid: 30, high: 30 },
    millijoules: perFrame({ low: 15, mid: 30, high: 30 }, 723),
    source:
      'published throughput (NVIDIA-AI-IOT/torch2trt, docs/benchmarks/jetson_xavier.md) over rated power: the 30 W mode; low, the 15 W mode (ShreyasSkandanS/nvidia_xavier_utils)',
  },
  {
    name: 'A100, scaled from MobileNet',
    framesPerSecond: undefined,
    watts: undefined,
    millijoules: scaled((MACS / (18.2e9 / 3.7)) * 1000),
    source:
      'published efficiency: 18.20 GOPS/W are 3.7 times an A100 (Mobile-X, IEEE TCAS-II 2024, abstract: 108.3 GOPS at 190.9 frames/s, so an operation is a multiply-accumulate), times the 300.77 M of MobileNetV2',
  },
];

function scaled(mid: number): Band {
  return { low: mid, mid, high: mid };
}

function perFrame({ low, mid, high }: Band, framesPerSecond: number): Band {
  const scale = 1000 / framesPerSecond;
  return { low: low * scale, mid: mid * scale, high: high * scale };
}

/** Package energy counters in microjoules, empty where the machine has none. */
export function packageCounters(folder = '/sys/class/powercap'): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((zone) => join(folder, zone))
    .filter((zone) => existsSync(join(zone, 'energy_uj')) && existsSync(join(zone, 'name')))
    .filter((zone) => readFileSync(join(zone, 'name'), 'utf8').startsWith('package'))
    .map((zone) => join(zone, 'energy_uj'));
}

function joules(counters: readonly string[]): number {
  return counters.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8')) * 1e-6, 0);
}

/** Rated watts of the cores that this machine shows, from its processor's family in /proc/cpuinfo's words. */
export function ratedWatts(cpuinfo: string, cores: number): { readonly watts: Band; readonly source: string } {
  const family = Number(/^cpu family\s*:\s*(\d+)/m.exec(cpuinfo)?.[1]);
  const rating = RATINGS.find((candidate) => candidate.family === family);
  if (rating === undefined || !cpuinfo.includes('AuthenticAMD')) {
    throw new Error(
      `no rated power is known of this processor (family ${family}): state the watts of its cores with --watts LOW,MID,HIGH`,
    );
  }
  const { low, mid, high } = rating.wattsPerCore;
  return { watts: { low: low * cores, mid: mid * cores, high: high * cores }, source: rating.source };
}

/** onnxruntime on all cores. `stated` watts replace counters and ratings. */
export async function measureProcessor(stated: Band | undefined): Promise<ProcessorFrame[]> {
  const runtime = await import('onnxruntime-node');
  const cores = cpus().length;
  const counters = stated === undefined ? packageCounters() : [];
  const found: ProcessorFrame[] = [];
  for (const { name, file, extra } of MODELS) {
    const path = dataFile(file);
    if (path === undefined) continue;
    const session = await runtime.InferenceSession.create(path, {
      intraOpNumThreads: cores,
      interOpNumThreads: 1,
      extra,
    });
    const input = new runtime.Tensor('float32', new Float32Array(3 * 224 * 224).fill(0.5), [1, 3, 224, 224]);
    const feeds = { [session.inputNames[0]!]: input };
    for (let run = 0; run < 10; run++) await session.run(feeds);
    const energy = joules(counters);
    const used = process.cpuUsage();
    const start = performance.now();
    let frames = 0;
    while (performance.now() - start < SECONDS * 1000) {
      await session.run(feeds);
      frames += 1;
    }
    const seconds = (performance.now() - start) / 1000;
    const framesPerSecond = frames / seconds;
    // Other work on the machine takes time, not this process's energy: rated watts count for the share of the cores had.
    const { user, system } = process.cpuUsage(used);
    const share = Math.min(1, ((user + system) * 1e-6) / (seconds * cores));
    const power = processorWatts(stated, counters, (joules(counters) - energy) / seconds, cores, share);
    found.push({
      name: `${cpus()[0]!.model.trim()}, ${cores} cores, onnxruntime, ${name}`,
      framesPerSecond,
      watts: power.watts,
      millijoules: perFrame(power.watts, framesPerSecond),
      source: power.source,
    });
    await session.release();
  }
  return found;
}

function processorWatts(
  stated: Band | undefined,
  counters: readonly string[],
  counted: number,
  cores: number,
  share: number,
): { readonly watts: Band; readonly source: string } {
  if (stated !== undefined) return { watts: times(stated, share), source: `stated with --watts${had(share)}` };
  if (counters.length > 0) {
    return { watts: { low: counted, mid: counted, high: counted }, source: 'measured: package energy counters' };
  }
  const { watts, source } = ratedWatts(readFileSync('/proc/cpuinfo', 'utf8'), cores);
  return { watts: times(watts, share), source: `${source}${had(share)}` };
}

const times = ({ low, mid, high }: Band, by: number): Band => ({ low: low * by, mid: mid * by, high: high * by });
const had = (share: number): string => `; times ${(share * 100).toFixed(0)} %, the share of the cores that it had`;

/** How many times the energy of the accelerator a processor's frame takes. */
export function energyRatio(processor: Band, accelerator: Band): Band {
  return {
    low: processor.low / accelerator.high,
    mid: processor.mid / accelerator.mid,
    high: processor.high / accelerator.low,
  };
}
