/**
 * What it takes to count the activity of photographs, and how far a sample is from a full count.
 *
 *   node --import ./tools/typescript.mjs bench/activity.ts [--model FILE|NAME] [--config NAME] [--frames N] [--mean N]
 *
 * `--mean`: photographs of a level's mean, sampled, on one core.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { compile } from '../src/compile/compile.ts';
import { countActivity, countProgram, type StageActivity } from '../src/energy/activity.ts';
import { meanActivity } from '../src/energy/levels.ts';
import { createKernels } from '../src/simulate/kernels/kernels.ts';
import { loadMemory } from '../src/simulate/program-io.ts';
import { namedConfig } from '../src/spec/configs.ts';
import { photographFrames } from './frames.ts';

const SAMPLES = [4, 20, 50, 100];
const MEAN_SAMPLE = 20;
const COUNTS = ['active', 'nonzero', 'weightToggles', 'activationToggles', 'treeToggles'] as const;
type Count = (typeof COUNTS)[number];

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'models/tf2_mobilenet_v2_1.0_224_ptq.tflite' },
    config: { type: 'string', default: 'virtex7' },
    frames: { type: 'string', default: '5' },
    mean: { type: 'string', default: '100' },
  },
});
const config = namedConfig(options.config);
const [wanted, all] = [Number(options.frames), Number(options.mean)];
const { network, frames: loaded } = await photographFrames(options.model, config, Math.max(wanted, all));
const frames = loaded.slice(0, wanted);
const compiled = compile(network, config);
const kernels = await createKernels(network, { keepTensors: true });
const sums = (stages: readonly StageActivity[]): Map<Count, number> =>
  new Map(COUNTS.map((name) => [name, stages.reduce((sum, stage) => sum + stage[name], 0)]));
const seconds = (started: number): number => (performance.now() - started) / 1000;

const table = new Table({ head: ['one run in', 's a photograph', ...COUNTS.map((name) => `${name}, worst error`)] });
const full: Map<Count, number>[] = [];
console.log(`${network.name}, ${config.name}, ${frames.length} photographs`);
let started = performance.now();
const tensors = frames.map((frame) => kernels.runAll([frame]).map((codes) => codes.slice()));
console.log(`values: ${(seconds(started) / frames.length).toFixed(3)} s a photograph`);
const error = (count: number, of: number): number => (of === 0 ? count : count / of - 1);
for (const every of [1, ...SAMPLES]) {
  started = performance.now();
  const counted = tensors.map((values) => sums(countActivity(compiled, values, { every })));
  const took = seconds(started) / frames.length;
  if (every === 1) full.push(...counted);
  const worst = COUNTS.map((name) =>
    Math.max(...counted.map((count, frame) => Math.abs(error(count.get(name)!, full[frame]!.get(name)!)))),
  );
  table.push([every, took.toFixed(3), ...worst.map((share) => `${(100 * share).toFixed(3)} %`)]);
}
started = performance.now();
const exact = sums(countProgram(compiled, loadMemory(compiled, [frames[0]!])));
const took = seconds(started);
table.push([
  'program executed',
  took.toFixed(3),
  ...COUNTS.map((name) => `${(100 * Math.abs(error(full[0]!.get(name)!, exact.get(name)!))).toFixed(4)} %`),
]);
console.log(table.toString());
started = performance.now();
await meanActivity(compiled, network, 0, loaded.slice(0, all), MEAN_SAMPLE);
console.log(`mean of ${all} photographs, one run in ${MEAN_SAMPLE}: ${seconds(started).toFixed(1)} s`);
