/**
 * Whole networks through the RTL: every layer, counter and cycle against the models, with Verilator's speed.
 *
 *   node --import ./tools/typescript.mjs bench/cosim.ts [RUN or MODEL CONFIGURATION [simulator]] [--level N --pruning DIR]
 *
 * RUN is one of `RUNS` below (default: those that need no evaluation data); MODEL a file or a builder. Simulators are
 * kept in `.cache/rtl`. Exit code 1 where anything differs.
 */
import { parseArgs } from 'node:util';
import { compile } from '../src/compile/compile.ts';
import { describeDifference } from '../src/cosim/verify.ts';
import { type CosimResult, cosimulate, type RtlSimulator } from '../src/node/cosim.ts';
import { pictureCodes } from '../src/node/frame.ts';
import { loadModel } from '../src/node/model-source.ts';
import { readPlan } from '../src/node/plan-folder.ts';
import { prepareNetwork, requirePreprocess } from '../src/node/prepare.ts';
import { atLevel } from '../src/prune/levels.ts';
import { applyPlanFile } from '../src/prune/plan-file.ts';
import { createKernels } from '../src/simulate/kernels/kernels.ts';
import { namedConfig } from '../src/spec/configs.ts';
import { randomInputs } from '../test/support/random-network.ts';
import { dataFile } from './data.ts';

interface Run {
  /** File of the evaluation data, or builder; undefined: the embedded hand-landmark network on its photographs. */
  readonly model: string | undefined;
  readonly config: string;
  readonly data?: true;
}

const RUNS: Readonly<Record<string, Run>> = {
  hand: { model: undefined, config: 'pynq-z2' },
  'mobilenet-v2': { model: 'mobilenet_v2_1.0_224', config: 'virtex7' },
  'mobilenet-v2-real': { model: 'models/tf2_mobilenet_v2_1.0_224_ptq.tflite', config: 'virtex7', data: true },
  vww: { model: 'models/vww_96_int8.tflite', config: 'pynq-z2', data: true },
  keywords: { model: 'models/kws_ref_model.tflite', config: 'pynq-z2', data: true },
};
const SEED = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { level: { type: 'string', default: '0' }, pruning: { type: 'string' } },
});
const [first, second, third] = positionals;
const named = first === undefined ? undefined : RUNS[first];
if (first === undefined) for (const run of Object.values(RUNS)) if (run.data === undefined) await whole(run, undefined);
if (named !== undefined) await whole(named, second);
else if (first !== undefined) await whole({ model: first, config: second ?? 'pynq-z2' }, third);

/** One network on all its frames. */
async function whole({ model: name, config: configName, data }: Run, simulator: string | undefined): Promise<void> {
  const file = data === undefined ? name : dataFile(name!);
  if (data !== undefined && file === undefined) return console.log(`skipped: ${name}, no evaluation data`);
  const config = namedConfig(configName);
  console.error(`${name ?? 'hand landmarks'} on ${configName}: quantising and compiling`);
  const model = loadModel(file);
  const prepared = await prepareNetwork(model, { multiplierBits: config.multiplierBits });
  const level = Number(values.level);
  const levels = values.pruning === undefined ? undefined : applyPlanFile(prepared.network, readPlan(values.pruning));
  const network = levels?.network ?? prepared.network;
  const compiled = compile(network, config, levels === undefined ? {} : { pruning: levels.plan });
  const kernels = await createKernels(atLevel(network, compiled.pruning, level), { keepTensors: true });
  const frames: { input: string; codes: Int8Array[] }[] = [];
  for (const photograph of model.photographs)
    frames.push({ input: photograph, codes: [await pictureCodes(network, photograph, requirePreprocess(model))] });
  if (frames.length === 0) frames.push({ input: `noise of seed ${SEED}`, codes: randomInputs(network, SEED) });
  for (const { input, codes } of frames) {
    let started = performance.now();
    let shown = 0;
    const result = await cosimulate(compiled, codes, kernels.runAll(codes), {
      cache: '.cache/rtl',
      level,
      ...(simulator !== undefined && { simulator: simulator as RtlSimulator }),
      onPhase: (phase) => {
        console.error(`${network.name} on ${configName}, ${input}: ${phase}`);
        started = performance.now();
      },
      onProgress: (done, total) => {
        const percent = Math.floor((10 * done) / total) * 10;
        if (percent <= shown) return;
        shown = percent;
        console.error(`  ${percent} % of ${total} COMPUTEs`);
      },
    });
    report(
      { network: network.name, configuration: configName, input, level },
      result,
      (performance.now() - started) / 1000,
    );
  }
}

function report(what: object, result: CosimResult, seconds: number): void {
  const { simulator, equal, cyclesEqual, compared, cycles, expectedCycles } = result;
  console.log(
    JSON.stringify({
      ...what,
      simulator,
      equal,
      cyclesEqual,
      compared,
      cycles,
      expectedCycles,
      seconds: Number(seconds.toFixed(1)),
      cyclesPerSecond: Math.round(cycles / seconds),
    }),
  );
  if (result.firstDifference !== undefined) console.log(describeDifference(result.firstDifference));
  if (result.firstTimingDifference !== undefined) console.log(JSON.stringify(result.firstTimingDifference));
  for (const problem of result.problems) console.log(problem);
  if (!equal || cyclesEqual === false) process.exitCode = 1;
}
