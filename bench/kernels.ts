/**
 * Speed of the bit-exact simulation of MobileNetV2 1.0 224 (seeded weights), beside onnxruntime-node on the trained
 * network where the data folder has it.
 *
 *   npx esbuild bench/kernels.ts --bundle --platform=node --format=esm --packages=external \
 *     --outfile=node_modules/.bench/kernels.mjs && node node_modules/.bench/kernels.mjs
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { layerMacs, type Network } from '../src/network/network.ts';
import { createFramePool } from '../src/node/frame-pool.ts';
import { createKernels, type KernelRunner } from '../src/simulate/kernels/kernels.ts';
import { runReference } from '../src/simulate/reference/reference.ts';
import { bundle } from '../test/support/bundle.ts';
import { dataRoot } from '../test/support/data.ts';
import { mobileNetV2Network } from '../test/support/mobilenet-v2.ts';
import { randomInputs } from '../test/support/random-network.ts';

export interface Timing {
  readonly bestMs: number;
  readonly medianMs: number;
  /** Processor time of the whole process a run: what other programs on the machine disturb least. */
  readonly cpuMs: number;
  readonly runs: number;
}

/** Times `run` alone, after as many warm-up runs as the compiler of the engine needs. */
async function time(run: () => unknown, runs = 100, warmUp = 30): Promise<Timing> {
  const times: number[] = [];
  let cpu = process.cpuUsage();
  for (let index = 0; index < warmUp + runs; index++) {
    if (index === warmUp) cpu = process.cpuUsage();
    const start = performance.now();
    await run();
    if (index >= warmUp) times.push(performance.now() - start);
  }
  const used = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return { bestMs: times[0]!, medianMs: times[runs >> 1]!, cpuMs: (used.user + used.system) / 1000 / runs, runs };
}

const show = ({ bestMs, medianMs, cpuMs, runs }: Timing): string =>
  `best ${bestMs.toFixed(2)} ms, median ${medianMs.toFixed(2)} ms, processor ${cpuMs.toFixed(2)} ms of ${runs}`;

/** Best time and rate of each kind of layer, one core. */
function timeLayers(runner: KernelRunner): Map<string, { ms: number; macs: number }> {
  const kinds = new Map<string, { ms: number; macs: number }>();
  runner.network.layers.forEach((layer, index) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 30; round++) {
      const start = performance.now();
      for (let repeat = 0; repeat < 4; repeat++) runner.runLayer(index);
      best = Math.min(best, (performance.now() - start) / 4);
    }
    const pointwise = layer.op === 'conv' && layer.window.kernelHeight * layer.window.kernelWidth === 1;
    const kind = pointwise ? 'pointwise' : layer.op;
    const sum = kinds.get(kind) ?? { ms: 0, macs: 0 };
    kinds.set(kind, { ms: sum.ms + best, macs: sum.macs + layerMacs(runner.network, layer) });
  });
  return kinds;
}

/** Frames a second on all cores. */
async function timePool(network: Network, threads: number): Promise<number> {
  const root = fileURLToPath(new URL('..', pathToFileURL(process.argv[1]!)));
  const worker = join(root, '.bench', 'frame-worker.mjs');
  await bundle('src/node/frame-worker.ts', worker, 'node', ['tinypool']);
  const pool = createFramePool(network, { threads, worker: pathToFileURL(worker) });
  const inputs = randomInputs(network, 3);
  const runMany = (count: number) => Promise.all(Array.from({ length: count }, () => pool.run(inputs)));
  await runMany(40 * threads);
  const frames = 100 * threads;
  const start = performance.now();
  await runMany(frames);
  const seconds = (performance.now() - start) / 1000;
  await pool.close();
  return frames / seconds;
}

/** Compares every tensor of one frame; gives the number of values. */
async function verify(network: Network): Promise<number> {
  const inputs = randomInputs(network, 3);
  const runner = await createKernels(network, { keepTensors: true });
  const actual = runner.runAll(inputs);
  let compared = 0;
  runReference(network, inputs).forEach((values, tensor) => {
    const wrong = values.findIndex((value, index) => value !== actual[tensor]![index]);
    if (wrong >= 0) throw new Error(`tensor ${network.tensors[tensor]!.name}: value ${wrong} differs`);
    compared += values.length;
  });
  if (compared === 0) throw new Error('nothing compared');
  return compared;
}

async function timeOnnxRuntime(file: string): Promise<Timing> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Exact for full-range int8 on x86 without VNNI.
    extra: { session: { x64quantprecision: '1' } },
  });
  const values = Float32Array.from({ length: 3 * 224 * 224 }, (_, index) => ((index * 37) % 255) / 127.5 - 1);
  const feeds = { [session.inputNames[0]!]: new Tensor('float32', values, [1, 3, 224, 224]) };
  return time(() => session.run(feeds));
}

async function main(): Promise<void> {
  for (const multiplierBits of [16, 31]) {
    const network = mobileNetV2Network({ multiplierBits });
    const start = performance.now();
    const runner = await createKernels(network);
    const created = performance.now() - start;
    const inputs = randomInputs(network, 3);
    const firstStart = performance.now();
    runner.run(inputs);
    const first = performance.now() - firstStart;
    console.log(`kernels, ${multiplierBits}-bit multipliers, one core: ${show(await time(() => runner.run(inputs)))}`);
    console.log(`  created in ${created.toFixed(0)} ms, first frame ${first.toFixed(0)} ms`);
    for (const [kind, { ms, macs }] of timeLayers(runner)) {
      console.log(
        `  ${kind.padEnd(12)} ${ms.toFixed(2)} ms${macs > 0 ? `, ${(macs / ms / 1e6).toFixed(1)} GMAC/s` : ''}`,
      );
    }
    if (multiplierBits === 16) console.log(`  equal to the reference on ${await verify(network)} values`);
  }
  const threads = availableParallelism();
  const rate = await timePool(mobileNetV2Network(), threads);
  console.log(`frame pool, ${threads} threads: ${rate.toFixed(1)} frames a second`);
  for (const name of ['mobilenet_v2_1.0_224_qdq.onnx', 'mobilenet_v2_1.0_224_float.onnx']) {
    const file = dataRoot === undefined ? '' : join(dataRoot, 'models', name);
    if (existsSync(file)) console.log(`onnxruntime-node, ${name}, one thread: ${show(await timeOnnxRuntime(file))}`);
    else console.log(`onnxruntime-node, ${name}: skipped, no data folder`);
  }
}

await main();
