import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { UserError } from '../../src/errors.ts';
import { type Config, parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { PRUNING_LEVELS } from '../../src/spec/isa.ts';
import { hasVerilator, thorough } from '../rtl/support/benches.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { randomInputs, randomLayerNetwork } from '../support/random-network.ts';
import { ComputeBench } from './support/compute-bench.ts';
import { withRandomLevels } from './support/random-levels.ts';

const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);
const LAYERS = 60;
/** Shapes where banks, lanes and requantisation meet differently. */
const SHAPES: [string, Partial<Config>][] = [
  ['one pixel, one input', { pixels: 1, lanes: 1, inputs: 1 }],
  ['one pixel, 16 lanes', { pixels: 1, lanes: 16, inputs: 16 }],
  ['8 pixels requantised one by one', { pixels: 8, lanes: 2, inputs: 2, requantisePixels: 1, residualPixels: 1 }],
  ['8 pixels at once, residuals by two', { pixels: 8, lanes: 2, inputs: 4, requantisePixels: 8, residualPixels: 2 }],
  ['31-bit multipliers, 4 blocks a word', { pixels: 4, lanes: 2, inputs: 8, multiplierBits: 31, narrowDsp: false }],
];

/** Runs random layers at level 0 and at a random pruning level. */
async function runLayers(config: Config, firstSeed: number) {
  const bench = await ComputeBench.open(config, process.env.DEPTHWRIGHT_CACHE);
  const complaints: string[] = [];
  let compared = 0;
  let cycles = 0;
  let layers = 0;
  try {
    for (let at = 0; layers < LAYERS && at < 3 * LAYERS; at++) {
      const random = new Random(firstSeed + at);
      const network = randomLayerNetwork(firstSeed + at, {
        multiplierBits: config.multiplierBits,
        maxExtent: 9,
        maxChannels: 24,
      });
      try {
        const compiled = compile(network, config);
        const level = random.oneIn(2) ? 0 : random.int(1, PRUNING_LEVELS);
        const program = withRandomLevels(compiled, random);
        const result = await bench.run(program, randomInputs(network, firstSeed + at), level);
        compared += result.compared;
        cycles += result.cyclesCompared;
        layers += 1;
        if (result.firstDifference !== undefined)
          complaints.push(`${network.name}, level ${level}: ${result.firstDifference}`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }
  } finally {
    await bench.close();
  }
  return { complaints, compared, cycles, layers };
}

async function expectEqual(config: Config, firstSeed: number): Promise<void> {
  const { complaints, compared, cycles, layers } = await runLayers(config, firstSeed);
  expect(complaints).toEqual([]);
  expect(layers).toBe(LAYERS);
  expect(compared).toBeGreaterThan(0);
  expect(cycles).toBeGreaterThan(3 * LAYERS);
  console.log(`${layers} layers, ${compared} bytes and ${cycles} cycles compared`);
}

// Building a design takes longer than a quick test run may; the whole machine has its quick test in test/rtl.
describe.skipIf(!thorough || !hasVerilator)('the compute unit in Verilator', () => {
  it(`writes the bytes of the machine in the cycles of the model on 'tiny' (seed ${seed})`, async () => {
    await expectEqual(namedConfig('tiny'), seed);
  });

  it.each(SHAPES)(`does so with %s (seed ${seed})`, async (_, shape) => {
    const base = randomConfig(new Random(seed), { activationDepth: 2048, weightDepth: 4096 });
    const windowKernels = (shape.inputs ?? 1) >= 16 ? base.windowKernels : (['depthwise3', 'depthwise5'] as const);
    const config = parseConfig({
      ...base,
      requantisePixels: shape.pixels,
      residualPixels: shape.pixels,
      multiplierBits: 16,
      axiBytes: 1,
      windowKernels: (shape.inputs ?? 1) < 4 ? ['depthwise3'] : windowKernels,
      ...shape,
    });
    await expectEqual(config, seed + 1000);
  });
});
