/**
 * Whole networks through the RTL: every layer, counter and cycle against the models, with Verilator's speed.
 *
 *   node --import ./tools/typescript.mjs bench/cosim.ts [network configuration [simulator]]
 *
 * Simulators are kept in `.cache/rtl`. Exit code 1 where anything differs.
 */
import { compile } from '../src/compile/compile.ts';
import { describeDifference } from '../src/cosim/verify.ts';
import { cosimulate, type RtlSimulator } from '../src/node/cosim.ts';
import { createKernels } from '../src/simulate/kernels/kernels.ts';
import { namedConfig } from '../src/spec/configs.ts';
import { randomInputs } from '../test/support/random-network.ts';
import { zooNetwork } from '../test/support/zoo-network.ts';

const WHOLE: readonly (readonly [string, string])[] = [
  ['mobilenet_v1_0.25_96', 'tiny'],
  ['ds_cnn', 'pynq-z2'],
  ['mobilenet_v1_0.25_96', 'pynq-z2'],
  ['mobilenet_v2_1.0_224', 'virtex7'],
];
const SEED = 5;

const [network, configuration, simulator] = process.argv.slice(2);
const runs = network !== undefined && configuration !== undefined ? [[network, configuration] as const] : WHOLE;

for (const [name, configName] of runs) {
  const config = namedConfig(configName);
  const integer = await zooNetwork(name);
  const inputs = randomInputs(integer, SEED);
  const expected = (await createKernels(integer, { keepTensors: true })).runAll(inputs);
  const compiled = compile(integer, config);
  let started = performance.now();
  let shown = 0;
  const result = await cosimulate(compiled, inputs, expected, {
    cache: '.cache/rtl',
    ...(simulator !== undefined && { simulator: simulator as RtlSimulator }),
    onPhase: (phase) => {
      console.error(`${name} on ${configName}: ${phase}`);
      started = performance.now();
    },
    onProgress: (done, total) => {
      const percent = Math.floor((10 * done) / total) * 10;
      if (percent <= shown) return;
      shown = percent;
      console.error(`  ${percent} % of ${total} COMPUTEs`);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(
    JSON.stringify({
      network: name,
      configuration: configName,
      simulator: result.simulator,
      equal: result.equal,
      cyclesEqual: result.cyclesEqual,
      compared: result.compared,
      cycles: result.cycles,
      expectedCycles: result.expectedCycles,
      seconds: Number(seconds.toFixed(1)),
      cyclesPerSecond: Math.round(result.cycles / seconds),
    }),
  );
  if (result.firstDifference !== undefined) console.log(describeDifference(result.firstDifference));
  if (result.firstTimingDifference !== undefined) console.log(JSON.stringify(result.firstTimingDifference));
  for (const problem of result.problems) console.log(problem);
  if (!result.equal || result.cyclesEqual === false) process.exitCode = 1;
}
