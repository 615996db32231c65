/**
 * Bits that change in the flip-flops of the multiplier array, counted in a register-transfer simulation of whole frames,
 * and what the energy model takes them to be proportional to. Operand registers, memory accesses and bus beats are held
 * equal to the model's counts; exit code 1 where one differs.
 *
 *   node --import ./tools/typescript.mjs bench/toggles.ts [--model FILE|NAME] [--config NAME] [--plan FOLDER] [--json]
 *
 * Verilator only. Without the levels of `depthwright prune`, five levels are made up: zeros are held; weights below their layer's
 * median, too; activations below 8, too; activations are rounded to multiples of 4; and products to multiples of 32. Simulators are kept in
 * `.cache/rtl`.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { compile } from '../src/compile/compile.ts';
import { compareActivity, expectedActivity, rtlActivity } from '../src/cosim/activity.ts';
import { eventMask, readFrame, startFrame } from '../src/cosim/frame.ts';
import { countProgram } from '../src/energy/activity.ts';
import type { Network } from '../src/network/network.ts';
import { verilatorBench } from '../src/node/cosim-verilator.ts';
import { readPlan } from '../src/node/plan-folder.ts';
import { rtlDesign } from '../src/node/rtl-sources.ts';
import { buildVerilator } from '../src/node/verilator-build.ts';
import type { PruningPlan } from '../src/prune/levels.ts';
import { applyPlanFile } from '../src/prune/plan-file.ts';
import { loadMemory } from '../src/simulate/program-io.ts';
import { namedConfig } from '../src/spec/configs.ts';
import { photographFrames } from './frames.ts';
import { madeUpLevels } from './toggles/levels.ts';
import { CLASSES, REGISTER_SIGNALS, registerProbes } from './toggles/registers.ts';

const LIMIT = 100_000_000;
/** The products of the model fall to 0 in the cycles that the sequence shows, not in those that an instruction waits. */
const TREE_TOLERANCE = 0.01;

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'models/mobilenet_v1_0.25_128_quant.tflite' },
    config: { type: 'string', default: 'pynq-z2' },
    plan: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const config = namedConfig(options.config);
const { network: loaded, frames, source } = await photographFrames(options.model, config, 1);
const { network, plan }: { network: Network; plan: PruningPlan } =
  options.plan === undefined
    ? { network: loaded, plan: madeUpLevels(loaded, config) }
    : applyPlanFile(loaded, readPlan(options.plan));
const compiled = compile(network, config, { pruning: plan });
const memory = loadMemory(compiled, frames);
const design = await rtlDesign(config, { trace: true });
console.error(`building '${config.name}' with Verilator`);
const build = await buildVerilator({ ...design, visible: REGISTER_SIGNALS }, resolve('.cache/rtl'));

interface Level {
  readonly level: number;
  readonly cycles: number;
  readonly toggles: ReadonlyMap<string, number>;
  /** Events of the model. */
  readonly operandToggles: number;
  readonly active: number;
  readonly nonzero: number;
  readonly treeToggles: number;
}

async function measure(level: number): Promise<Level> {
  const setup = { memoryBytes: memory.length, memoryLatency: config.memoryLatency };
  const bench = await verilatorBench(build, design.top, setup);
  try {
    await bench.writeMemory(0, memory);
    await bench.addProbes(registerProbes(config));
    await startFrame(bench, { count: compiled.program.instructions.length, level });
    await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
    await bench.step(1);
    const { done, error, counters } = await readFrame(bench);
    if (!done) throw new Error(`the frame did not end: ${JSON.stringify(error)}`);
    const expected = expectedActivity(compiled, memory, level);
    for (const { event, expected: want, got } of compareActivity(expected, await rtlActivity(bench))) {
      console.log(`level ${level}: ${event}: the model counts ${want}, the RTL ${got}`);
      process.exitCode = 1;
    }
    const stages = countProgram(compiled, memory, level);
    const sum = (name: 'active' | 'nonzero' | 'treeToggles'): number =>
      stages.reduce((all, stage) => all + stage[name], 0);
    return {
      level,
      cycles: counters.cycles,
      toggles: await bench.probed(),
      operandToggles: expected.weightToggles + expected.activationToggles,
      active: sum('active'),
      nonzero: sum('nonzero'),
      treeToggles: sum('treeToggles'),
    };
  } finally {
    await bench.close();
  }
}

const levels: Level[] = [];
for (let level = 0; level <= plan.levels.length; level++) {
  console.error(`running level ${level}`);
  levels.push(await measure(level));
}
const reference = levels[0]!;
const head = ['bits a cycle', ...levels.map(({ level }) => `level ${level}`)];
const table = new Table({ head: [...head, ...levels.slice(1).map(({ level }) => `${level} / 0`)] });
const row = (name: string, of: (level: Level) => number): void => {
  const rates = levels.map((level) => of(level) / level.cycles);
  const ratios = levels.slice(1).map((level) => (of(level) / of(reference)).toFixed(3));
  table.push([name, ...rates.map((rate) => rate.toFixed(1)), ...ratios]);
};
const total = (level: Level, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + (level.toggles.get(name) ?? 0), 0);
const classes = CLASSES.filter(({ paths }) => paths(config).length > 0);
const trees = classes.filter(({ name }) => name.startsWith('adder tree')).map(({ name }) => name);
for (const { name } of classes) row(name, (level) => total(level, [name]));
for (const group of ['dsp', 'logic', 'outside'] as const) {
  const names = classes.filter((entry) => entry.group === group).map(({ name }) => name);
  row(`all of '${group}'`, (level) => total(level, names));
}
for (const level of levels) {
  if (Math.abs(level.treeToggles / total(level, trees) - 1) < TREE_TOLERANCE) continue;
  console.log(`level ${level.level}: trees: the model counts ${level.treeToggles}, the RTL ${total(level, trees)}`);
  process.exitCode = 1;
}
row('RTL: all levels of the adder tree', (level) => total(level, trees));
row('model: adder tree', ({ treeToggles }) => treeToggles);
row('model: operand toggles', ({ operandToggles }) => operandToggles);
row('model: active products', ({ active }) => active);
row('model: products not 0', ({ nonzero }) => nonzero);
if (options.json) {
  console.log(JSON.stringify(levels.map((level) => ({ ...level, toggles: Object.fromEntries(level.toggles) }))));
} else {
  console.log(`${network.name}, ${source}, ${config.name}, ${reference.cycles} cycles at level 0`);
  console.log(table.toString());
}
