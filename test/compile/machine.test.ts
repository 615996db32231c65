import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { UserError } from '../../src/errors.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { randomInputs, randomLayerNetwork } from '../support/random-network.ts';
import { runMachine } from '../support/run-machine.ts';

describe('a compiled program on the machine', () => {
  it('computes the bits of the reference for random layers on random configurations', () => {
    let compared = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = new Random(seed);
        const config = randomConfig(random);
        const network = randomLayerNetwork(seed, { multiplierBits: config.multiplierBits, pruning: false });
        try {
          const compiled = compile(network, config);
          const inputs = randomInputs(network, seed);
          const run = runMachine(compiled, inputs, runReference(network, inputs));
          expect(run.firstDifference).toBeUndefined();
          compared += run.compared;
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          refused += 1;
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 300), seed: Number(process.env.SEED ?? 1) },
    );
    console.log(`${compared} codes compared, ${refused} layers refused`);
    expect(compared).toBeGreaterThan(10_000);
  });
});
