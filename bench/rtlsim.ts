/**
 * Speed of the WebAssembly register-transfer simulator beside Verilator, both in the same run:
 *
 *   node --import ./tools/typescript.mjs bench/rtlsim.ts [CONFIGURATION or M,N ...]
 *
 * A configuration (default: tiny and pynq-z2) runs a frame of MobileNetV1 on the accelerator with its memory and driver;
 * afterwards every event and every row of the activation memory must be equal. M,N is a dot-product
 * core of M lanes by N inputs for two pixels (2 M N products a cycle). Simulators are kept in `.cache/rtl`.
 */
import { join } from 'node:path';
import { compile } from '../src/compile/compile.ts';
import type { RtlBench } from '../src/cosim/bench.ts';
import { startFrame } from '../src/cosim/frame.ts';
import { wasmBench } from '../src/cosim/wasm-bench.ts';
import { verilatorBench } from '../src/node/cosim-verilator.ts';
import { rtlDesign } from '../src/node/rtl-sources.ts';
import { VerilatorModel } from '../src/node/verilator.ts';
import { buildVerilator, verilatorVersion } from '../src/node/verilator-build.ts';
import { elaborate, readSources } from '../src/node/yosys.ts';
import { randomBits } from '../src/rtlsim/initialise.ts';
import { compileNetlist, type Simulator } from '../src/rtlsim/simulator.ts';
import { loadMemory } from '../src/simulate/program-io.ts';
import { namedConfig } from '../src/spec/configs.ts';
import { randomInputs } from '../test/support/random-network.ts';
import { zooNetwork } from '../test/support/zoo-network.ts';

const root = join(import.meta.dirname, '..');
const cache = process.env.DEPTHWRIGHT_CACHE ?? '.cache/rtl';
const RUNS = 6;
const DOT_CYCLES = 100_000;
/** A network, and cycles a run: some tenths of a second. */
const FRAMES: Readonly<Record<string, readonly [network: string, cycles: number]>> = {
  tiny: ['mobilenet_v1_0.25_32', 30_000],
};
const FRAME = ['mobilenet_v1_0.25_96', 8_000] as const;

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const version = await verilatorVersion();
for (const name of process.argv.length > 2 ? process.argv.slice(2) : ['tiny', 'pynq-z2']) {
  const numbers = name.split(',').map(Number);
  if (numbers.length === 2) await dotProducts(numbers[0]!, numbers[1]!);
  else await accelerator(name);
}

/** Rates of alternating runs, thousands of cycles a second: a machine that slows down slows both. */
async function rates(steps: readonly (() => Promise<unknown>)[], cycles: number): Promise<number[]> {
  const best = steps.map(() => 0);
  for (let run = 0; run < RUNS; run++) {
    for (const [index, step] of steps.entries()) {
      const start = performance.now();
      await step();
      best[index] = Math.max(best[index]!, cycles / (performance.now() - start));
    }
  }
  return best;
}

function report(ours: number, theirs: number | undefined, compared: string, equal: boolean): void {
  if (theirs === undefined)
    return console.log(`  wasm ${ours.toFixed(1)} k cycles/s; Verilator is not installed: no comparison`);
  const ratio = Math.floor((100 * ours) / theirs);
  console.log(
    `  wasm ${ours.toFixed(1)}, Verilator ${theirs.toFixed(1)} k cycles/s: ${ratio} %; ${compared} ${equal ? 'equal' : 'DIFFERENT'}`,
  );
  if (!equal) process.exitCode = 1;
}

async function accelerator(configName: string): Promise<void> {
  const config = namedConfig(configName);
  const [networkName, cycles] = FRAMES[configName] ?? FRAME;
  const network = await zooNetwork(networkName);
  const compiled = compile(network, config);
  const { memoryBytes, instructions } = compiled.program;
  const design = await rtlDesign(config, { trace: true });
  let start = performance.now();
  const simulator = await compileNetlist(await elaborate(design), design.top);
  console.log(
    `${configName}, ${networkName}: wasm ready in ${seconds(start)}, ${(simulator.codeBytes / 1024).toFixed(0)} KiB of code`,
  );
  const options = { memoryBytes, memoryLatency: config.memoryLatency };
  const benches: RtlBench[] = [wasmBench(simulator, options)];
  if (version !== undefined) {
    start = performance.now();
    const build = await buildVerilator(design, cache);
    console.log(
      `  ${version.split(' ').slice(0, 2).join(' ')}: ${build.built ? 'built' : 'found'} in ${seconds(start)}`,
    );
    benches.push(await verilatorBench(build, design.top, options));
  }
  const memory = loadMemory(compiled, randomInputs(network, 5));
  for (const bench of benches) {
    await bench.writeMemory(0, memory);
    await startFrame(bench, { count: instructions.length });
  }
  const [ours, theirs] = await rates(
    benches.map((bench) => () => bench.step(cycles)),
    cycles,
  );
  const { compared, equal } =
    theirs === undefined ? { compared: 0, equal: true } : await compareMemories(simulator, benches);
  report(ours!, theirs, `${compared} rows of memory and all events`, equal);
  for (const bench of benches) await bench.close();
}

/** Events so far, and every row of every activation bank. */
async function compareMemories(
  simulator: Simulator,
  benches: readonly RtlBench[],
): Promise<{ compared: number; equal: boolean }> {
  const [ours, theirs] = benches as [RtlBench, RtlBench];
  let equal = JSON.stringify(await ours.events()) === JSON.stringify(await theirs.events());
  let compared = 0;
  for (const path of simulator.state().memories) {
    if (!/u_bank\.words$/.test(path)) continue;
    const { rows } = simulator.memoryAt(path);
    const [a, b] = [await ours.readRows(path, 0, rows), await theirs.readRows(path, 0, rows)];
    compared += rows;
    if (Buffer.compare(a, b) !== 0) equal = false;
  }
  return { compared, equal: equal && compared > 0 };
}

/** Random words for every input but the reset, the same for both simulators. */
function stimulate(
  ports: readonly { name: string; width: number }[],
  poke: (name: string, value: bigint) => void,
): void {
  const random = randomBits(20_240_611);
  for (const { name, width } of ports) {
    let value = 0n;
    for (let bits = 0; bits < width; bits += 32) value = (value << 32n) | BigInt(random());
    poke(name, name === 'rst_ni' || name === 'en_i' ? 1n : name === 'clear_i' ? 0n : BigInt.asUintN(width, value));
  }
}

async function dotProducts(M: number, N: number): Promise<void> {
  const sources = await readSources([join(root, 'test/rtlsim/fixtures/dot.sv')]);
  const design = { sources, top: 'dot', parameters: { M, N } };
  const start = performance.now();
  const simulator = await compileNetlist(await elaborate(design), 'dot');
  console.log(
    `${2 * M * N} products: wasm ready in ${seconds(start)}, ${(simulator.codeBytes / 1024).toFixed(0)} KiB of code`,
  );
  const inputs = simulator.ports().filter(({ direction }) => direction === 'input');
  stimulate(inputs, (name, value) => simulator.poke(name, value));
  const steps: (() => Promise<unknown>)[] = [async () => simulator.step(DOT_CYCLES)];
  const model = version === undefined ? undefined : new VerilatorModel(await buildVerilator(design, cache));
  if (model !== undefined) {
    stimulate(inputs, (name, value) => model.poke(name, value));
    steps.push(() => model.step(DOT_CYCLES));
  }
  const [ours, theirs] = await rates(steps, DOT_CYCLES);
  const equal = model === undefined || simulator.peek('check_o') === (await model.peek('check_o'));
  report(ours!, theirs, `checksum after ${simulator.cycle} cycles`, equal);
  await model?.close();
}
