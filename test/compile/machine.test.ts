import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { UserError } from '../../src/errors.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { makeWindow, NetworkBuilder } from '../support/network-builder.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { randomInputs, randomLayerNetwork } from '../support/random-network.ts';
import { runMachine } from '../support/run-machine.ts';

describe('a compiled program on the machine', () => {
  for (const padding of [0, 1]) {
    for (const name of ['virtex7', 'pynq-z2', 'tiny']) {
      it(`runs a stem convolution padded by ${padding} on ${name}`, () => {
        const random = new Random(11 + padding);
        const builder = new NetworkBuilder(random, 16);
        const image = builder.input(18, 22, 3);
        const after = 1 - padding;
        const window = makeWindow(3, {
          strideY: 2,
          strideX: 2,
          padding: { top: padding, left: padding, bottom: after, right: after },
        });
        const network = builder.build('stem', [builder.mac('conv', image, 20, window)]);
        const compiled = compile(network, namedConfig(name));
        const kernel = compiled.graph.stages[0]!.windowKernel?.name;
        expect(kernel).toBe(name === 'tiny' ? undefined : padding === 0 ? 'stemEven' : 'stemOdd');
        const inputs = randomInputs(network, 5);
        const run = runMachine(compiled, inputs, runReference(network, inputs));
        expect(run.firstDifference).toBeUndefined();
        expect(run.compared).toBe(2 * 9 * 11 * 20);
      });
    }
  }

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
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
    console.log(`${compared} codes compared, ${refused} layers refused`);
    expect(compared).toBeGreaterThan(10_000);
  });
});
