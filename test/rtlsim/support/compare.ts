/** Runs one design on the WebAssembly simulator and on Verilator with the same random inputs and compares everything. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VerilatorModel } from '../../../src/node/verilator.ts';
import { buildVerilator, verilatorVersion } from '../../../src/node/verilator-build.ts';
import { elaborate, readSources, type SourceFile } from '../../../src/node/yosys.ts';
import { randomBits } from '../../../src/rtlsim/initialise.ts';
import type { JsonNetlist } from '../../../src/rtlsim/netlist.ts';
import { compileNetlist, type Simulator, type SimulatorOptions } from '../../../src/rtlsim/simulator.ts';

export const hasVerilator: boolean = (await verilatorVersion()) !== undefined;
export const verilatorNote: string = hasVerilator ? '' : ' (skipped: Verilator is not installed)';

/** Where builds are kept: the first run of the tests builds, later ones find. */
export const verilatorCache: string =
  process.env.DEPTHWRIGHT_CACHE ?? fileURLToPath(new URL('../../../node_modules/.cache/depthwright', import.meta.url));
mkdirSync(verilatorCache, { recursive: true });

export const fixtures = (names: readonly string[]): Promise<SourceFile[]> =>
  readSources(names.map((name) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))));

export interface Design {
  readonly files: readonly string[];
  readonly top: string;
  readonly parameters?: Readonly<Record<string, number>>;
}

const netlists = new Map<string, Promise<JsonNetlist>>();
/** The netlist of a design, elaborated once. */
export function netlistOf(design: Design): Promise<JsonNetlist> {
  const key = JSON.stringify(design);
  const known = netlists.get(key);
  if (known !== undefined) return known;
  const { files, top, parameters = {} } = design;
  const made = fixtures(files).then((sources) => elaborate({ sources, top, parameters }));
  netlists.set(key, made);
  return made;
}

export async function simulatorOf(design: Design, options: SimulatorOptions = {}): Promise<Simulator> {
  return compileNetlist(await netlistOf(design), design.top, options);
}

export async function verilatorOf(design: Design, internals: 'annotated' | 'all' = 'all'): Promise<VerilatorModel> {
  const sources = await fixtures(design.files);
  const { top, parameters = {} } = design;
  return new VerilatorModel(await buildVerilator({ sources, top, parameters, internals, fast: false }, verilatorCache));
}

export interface Comparison {
  readonly signals: number;
  readonly compared: number;
  readonly differences: string[];
}

/** A random word in which runs of equal bits are as likely as noise. */
function randomWord(random: () => number, width: number): bigint {
  const kind = random() & 7;
  if (kind === 0) return 0n;
  if (kind === 1) return (1n << BigInt(width)) - 1n;
  if (kind === 2) return 1n << BigInt(random() % width);
  let value = 0n;
  for (let bits = 0; bits < width; bits += 32) value = (value << 32n) | BigInt(random());
  return BigInt.asUintN(width, value);
}

/** Compares all outputs before every edge, and every register by name, over `cycles` random cycles after two of reset. */
export async function compareWithVerilator(
  design: Design,
  cycles: number,
  seed: number,
  options: SimulatorOptions = {},
): Promise<Comparison> {
  const sim = await simulatorOf(design, options);
  const model = await verilatorOf(design);
  try {
    const random = randomBits(seed);
    const ports = sim.ports();
    const outputs = ports.filter((port) => port.direction === 'output');
    const registers: { path: string; read: () => Promise<bigint> }[] = [];
    for (const path of sim.state().registers) {
      const variable = await model.variable(path, design.top).catch(() => undefined);
      if (variable !== undefined) registers.push({ path, read: () => model.read(variable) });
    }
    const differences: string[] = [];
    let compared = 0;
    for (let cycle = 0; cycle < cycles; cycle++) {
      for (const { name, direction, width } of ports) {
        if (direction === 'output') continue;
        const value = name === 'rst_ni' ? BigInt(cycle >= 2) : randomWord(random, width);
        sim.poke(name, value);
        model.poke(name, value);
      }
      const paths = [...outputs.map(({ name }) => name), ...registers.map(({ path }) => path)];
      const theirs = await Promise.all([
        ...outputs.map(({ name }) => model.peek(name)),
        ...registers.map(({ read }) => read()),
      ]);
      for (const [i, path] of paths.entries()) {
        const ours = sim.peek(path);
        compared++;
        if (ours !== theirs[i] && differences.length < 20)
          differences.push(`cycle ${cycle}: ${path} is ${ours.toString(16)}, Verilator has ${theirs[i]!.toString(16)}`);
      }
      sim.step(1);
      await model.step(1);
    }
    return { signals: outputs.length + registers.length, compared, differences };
  } finally {
    await model.close();
  }
}
