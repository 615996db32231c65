import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { UserError } from '../../src/errors.ts';
import { hiddenChannels } from '../../src/prune/hidden.ts';
import { networkAtLevel, networkIdentity } from '../../src/prune/levels.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { createKernels } from '../../src/simulate/kernels/kernels.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { mobileNetV2Network } from '../support/mobilenet-v2.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { randomInputs } from '../support/random-network.ts';
import { bottleneckNetwork, computedCodes, randomPlan } from './support.ts';

const RUNS = { numRuns: Number(process.env.RUNS ?? 60) };

describe('a program compiled with pruning levels', () => {
  it('computes at every level what the network of the level does, and no slower', () => {
    let compared = 0;
    let refused = 0;
    let faster = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = new Random(seed);
        const config = randomConfig(random);
        const network = bottleneckNetwork(random, config.multiplierBits);
        const plan = randomPlan(network, config, random);
        const level = random.int(0, 7);
        try {
          const compiled = compile(network, config, { pruning: plan });
          const inputs = randomInputs(network, seed);
          const run = computedCodes(compiled, plan, level, inputs);
          expect(run.firstDifference).toBeUndefined();
          compared += run.compared;
          const [full, pruned] = [0, level].map(
            (at) => simulateCycles(config, compiled.program.instructions, { level: at }).cycles,
          );
          // Data of another level lie elsewhere, so that bursts may be cut at other places.
          expect(pruned).toBeLessThanOrEqual(full! * 1.05);
          if (pruned! < full!) faster += 1;
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          refused += 1;
        }
      }),
      RUNS,
    );
    console.log(`${compared} codes compared, ${refused} networks refused, ${faster} levels faster than level 0`);
    expect(compared).toBeGreaterThan(10_000);
    expect(faster).toBeGreaterThan(5);
  });

  it('has the kernels agree with the reference at every level', async () => {
    let compared = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const random = new Random(seed);
      const network = bottleneckNetwork(random, 16);
      const plan = randomPlan(network, namedConfig('tiny'), random);
      for (let level = 0; level <= plan.levels.length; level++) {
        const at = networkAtLevel(network, plan, level);
        const inputs = randomInputs(network, seed);
        const kernels = await createKernels(at, { keepTensors: true });
        const expected = runReference(at, inputs);
        kernels.runAll(inputs).forEach((codes, tensor) => {
          expect(codes).toEqual(expected[tensor]);
          compared += codes.length;
        });
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it('holds on a small MobileNetV2 on a real configuration', () => {
    const network = mobileNetV2Network({ resolution: 32 });
    const config = namedConfig('virtex7');
    const plan = randomPlan(network, config, new Random(3));
    const compiled = compile(network, config, { pruning: plan });
    const inputs = randomInputs(network, 3);
    const run = computedCodes(compiled, plan, 7, inputs);
    expect(run.firstDifference).toBeUndefined();
    expect(run.compared).toBeGreaterThan(10_000);
    const cycles = [0, 7].map((level) => simulateCycles(config, compiled.program.instructions, { level }).cycles);
    expect(cycles[1]).toBeLessThan(cycles[0]!);
  });

  it('is without a plan the program that it always was', () => {
    const network = bottleneckNetwork(new Random(1), 16);
    const config = namedConfig('tiny');
    const plain = compile(network, config).program;
    expect(plain.instructions.every(({ fields }) => (fields.levelStride ?? 0) === 0)).toBe(true);
    const empty = { network: networkIdentity(network), channelsPerWord: config.inputs, levels: [] };
    expect(compile(network, config, { pruning: empty }).program.image).toEqual(plain.image);
  });

  it('gives level 0 the very network', () => {
    const network = bottleneckNetwork(new Random(2), 16);
    const plan = randomPlan(network, namedConfig('tiny'), new Random(2));
    expect(networkAtLevel(network, plan, 0)).toBe(network);
  });

  it('refuses levels of another network, and levels that were never calibrated', () => {
    const network = bottleneckNetwork(new Random(2), 16);
    const config = namedConfig('tiny');
    const plan = randomPlan(network, config, new Random(2));
    const other = bottleneckNetwork(new Random(5), 16);
    expect(() => compile(other, config, { pruning: plan })).toThrow(/calibrated for another network/);
    expect(() => networkAtLevel(network, { ...plan, levels: plan.levels.slice(0, 2) }, 3)).toThrow(
      /level 3 was never calibrated/,
    );
  });

  it('finds the hidden channels of MobileNetV2: the expansions and what one layer alone reads', () => {
    const network = mobileNetV2Network({ resolution: 32 });
    const groups = hiddenChannels(network);
    expect(groups.map(({ channels }) => channels)).toEqual([
      32, 16, 96, 144, 144, 192, 192, 192, 384, 384, 384, 384, 576, 576, 576, 960, 960, 960, 320, 1280,
    ]);
  });
});
