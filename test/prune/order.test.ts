import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hiddenChannels } from '../../src/prune/hidden.ts';
import { orderByImportance, orderChannels } from '../../src/prune/order.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { Random } from '../support/random.ts';
import { randomInputs } from '../support/random-network.ts';
import { bottleneckNetwork } from './support.ts';

describe('the order of hidden channels', () => {
  it('changes no other tensor, and moves the hidden ones', () => {
    let compared = 0;
    let moved = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = new Random(seed);
        const network = bottleneckNetwork(random, 16);
        const groups = hiddenChannels(network);
        const orders = new Map(
          groups.map(({ producer, channels }) => [
            producer,
            orderByImportance(Array.from({ length: channels }, () => random.int(0, 1000))),
          ]),
        );
        const inputs = randomInputs(network, seed);
        const before = runReference(network, inputs);
        const after = runReference(orderChannels(network, orders), inputs);
        const hidden = new Map(
          groups.flatMap(({ producer, between }) =>
            [producer, ...between].map((layer) => [network.layers[layer]!.output, orders.get(producer)!] as const),
          ),
        );
        before.forEach((codes, tensor) => {
          const order = hidden.get(tensor);
          const { channels } = network.tensors[tensor]!;
          const expected =
            order === undefined ? codes : codes.map((_, at) => codes[at - (at % channels) + order[at % channels]!]!);
          expect(after[tensor]).toEqual(expected);
          compared += codes.length;
          if (order !== undefined) moved += 1;
        });
      }),
      { numRuns: 30 },
    );
    console.log(`${compared} codes compared, ${moved} tensors moved`);
    expect(compared).toBeGreaterThan(5000);
    expect(moved).toBeGreaterThan(50);
  });

  it('is by falling importance, equal channels as they were', () => {
    expect([...orderByImportance([1, 5, 1, 7])]).toEqual([3, 1, 0, 2]);
  });

  it('must name every channel once', () => {
    const network = bottleneckNetwork(new Random(1), 16);
    const { producer, channels } = hiddenChannels(network)[0]!;
    const twice = new Map([[producer, new Int32Array(channels)]]);
    expect(() => orderChannels(network, twice)).toThrow(/not an order/);
  });
});
