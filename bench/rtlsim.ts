/**
 * Speed of the WebAssembly register-transfer simulator beside Verilator, on a dot-product core of M lanes by N inputs
 * for two pixels (2 M N products a cycle).
 *
 *   npx esbuild bench/rtlsim.ts --bundle --platform=node --format=esm --packages=external \
 *     --outfile=node_modules/.bench/rtlsim.mjs && node node_modules/.bench/rtlsim.mjs [M,N ...]
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { VerilatorModel } from '../src/node/verilator.ts';
import { buildVerilator, verilatorVersion } from '../src/node/verilator-build.ts';
import { elaborate, readSources } from '../src/node/yosys.ts';
import { randomBits } from '../src/rtlsim/initialise.ts';
import { compileNetlist } from '../src/rtlsim/simulator.ts';

const root = process.env.DEPTHWRIGHT_ROOT ?? process.cwd();
const cache = process.env.DEPTHWRIGHT_CACHE ?? join(root, 'node_modules/.cache/depthwright');
const cycles = 100_000;
const runs = 6;

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

/** Best rate of several runs, thousands of cycles a second. */
async function rate(step: (cycles: number) => unknown): Promise<number> {
  let best = 0;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await step(cycles);
    best = Math.max(best, cycles / (performance.now() - start));
  }
  return best;
}

mkdirSync(cache, { recursive: true });
const version = await verilatorVersion();
const sizes = process.argv.length > 2 ? process.argv.slice(2) : ['8,16', '32,16'];
for (const size of sizes) {
  const [M, N] = size.split(',').map(Number) as [number, number];
  const sources = await readSources([join(root, 'test/rtlsim/fixtures/dot.sv')]);
  const design = { sources, top: 'dot', parameters: { M, N } };
  let start = performance.now();
  const netlist = await elaborate(design);
  const yosys = performance.now() - start;
  start = performance.now();
  const sim = await compileNetlist(netlist, 'dot');
  const compile = performance.now() - start;
  const inputs = sim.ports().filter(({ direction }) => direction === 'input');
  stimulate(inputs, (name, value) => sim.poke(name, value));
  const ours = await rate((count) => sim.step(count));
  console.log(
    `${2 * M * N} products: wasm ${ours.toFixed(0)} k cycles/s (yosys ${(yosys / 1000).toFixed(1)} s, ` +
      `code ${(compile / 1000).toFixed(1)} s, ${(sim.codeBytes / 1024).toFixed(0)} KiB)`,
  );
  if (version === undefined) {
    console.log('  Verilator is not installed: no comparison');
    continue;
  }
  start = performance.now();
  const model = new VerilatorModel(await buildVerilator(design, cache));
  const build = performance.now() - start;
  stimulate(inputs, (name, value) => model.poke(name, value));
  const theirs = await rate((count) => model.step(count));
  const equal = sim.cycle === cycles * runs && sim.peek('check_o') === (await model.peek('check_o'));
  console.log(
    `  ${version.split(' ').slice(0, 2).join(' ')}: ${theirs.toFixed(0)} k cycles/s (build ${(build / 1000).toFixed(1)} s); ` +
      `wasm runs at ${((100 * ours) / theirs).toFixed(0)} %, checksum after ${sim.cycle} cycles ${equal ? 'equal' : 'DIFFERENT'}`,
  );
  await model.close();
  if (!equal) process.exitCode = 1;
}
