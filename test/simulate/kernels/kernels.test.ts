import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Layer, Network } from '../../../src/network/network.ts';
import { formKey, macMagnitudes, packParameters } from '../../../src/simulate/kernels/emit/requantise.ts';
import { createKernels } from '../../../src/simulate/kernels/kernels.ts';
import { runReference } from '../../../src/simulate/reference/reference.ts';
import { mobileNetV2Network } from '../../support/mobilenet-v2.ts';
import { makeWindow, NetworkBuilder } from '../../support/network-builder.ts';
import { Random } from '../../support/random.ts';
import { type RandomLayerOptions, randomInputs, randomLayerNetwork } from '../../support/random-network.ts';

/** Compares every value of every tensor; gives how many were compared. */
async function compare(network: Network, inputSeeds: readonly number[]): Promise<number> {
  const runner = await createKernels(network, { keepTensors: true });
  let compared = 0;
  for (const seed of inputSeeds) {
    const inputs = randomInputs(network, seed);
    const expected = runReference(network, inputs);
    const actual = runner.runAll(inputs);
    expected.forEach((values, tensor) => {
      const wrong = values.findIndex((value, index) => value !== actual[tensor]![index]);
      if (wrong >= 0 || values.length !== actual[tensor]!.length) {
        const { name, height, width, channels } = network.tensors[tensor]!;
        throw new Error(
          `input seed ${seed}, tensor ${name} (${height} x ${width} x ${channels}), value ${wrong}: ` +
            `${actual[tensor]![wrong]} instead of ${values[wrong]}`,
        );
      }
      compared += values.length;
    });
  }
  return compared;
}

/** Compares the outputs of kernels that share memory. */
async function compareOutputs(network: Network, inputSeeds: readonly number[]): Promise<void> {
  const runner = await createKernels(network);
  for (const seed of inputSeeds) {
    const inputs = randomInputs(network, seed);
    const expected = runReference(network, inputs);
    const actual = runner.run(inputs);
    expect(actual).toEqual(network.outputs.map(({ tensor }) => expected[tensor]));
  }
}

async function compareRandom(runs: number, options: RandomLayerOptions): Promise<number> {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      compared += await compare(randomLayerNetwork(seed, options), [seed, seed + 1]);
    }),
    { numRuns: runs },
  );
  return compared;
}

describe('the kernels give the bits of the reference', () => {
  const cases: readonly [Layer['op'], number][] = [
    ['conv', 150],
    ['depthwise', 150],
    ['add', 40],
    ['mul', 60],
    ['averagePool', 60],
    ['maxPool', 60],
    ['table', 10],
    ['concat', 60],
    ['resize', 30],
  ];
  it.each(cases)('for random layers of kind %s', async (op, runs) => {
    expect(await compareRandom(runs, { op })).toBeGreaterThan(runs);
  });

  it('in each form of requantisation', async () => {
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 400; seed++) {
      const network = randomLayerNetwork(seed, { op: 'depthwise', maxExtent: 3 });
      const layer = network.layers[0]!;
      if (layer.op !== 'depthwise') continue;
      const magnitudes = macMagnitudes(network, layer);
      const { form } = packParameters(layer.requantise, 0, layer.bias.length, magnitudes);
      if ((seen.get(formKey(form)) ?? 0) > 8) continue;
      expect(await compare(network, [seed, seed + 1])).toBeGreaterThan(0);
      seen.set(formKey(form), (seen.get(formKey(form)) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['h', 'hc', 'w', 'wc']);
  });

  it('where a double cannot hold the product and the value lies next to a tie', async () => {
    // (2^30 - 1) (2^30 + 1) / 2^61 = 1/2 - 2^-61 rounds to 0; its double neighbour 1/2 would round to 1.
    const bias = Int32Array.of(2 ** 30 - 1, -(2 ** 30) + 1, 2 ** 30, -(2 ** 30), 2 ** 31 - 1, -(2 ** 31));
    for (const [multiplier, shift] of [
      [2 ** 30 + 1, 61],
      [2 ** 30 + 1, 60],
      [2 ** 30, 61],
      [2 ** 31 - 1, 63],
      [2 ** 31 - 1, 17],
      [2 ** 31 - 1, 16],
    ] as const) {
      const builder = new NetworkBuilder(new Random(1), 31);
      const input = builder.input(1, 1, 1, 0);
      const channels = bias.length;
      const output = builder.mac('conv', input, channels, makeWindow(1), {
        weights: new Int16Array(channels),
        bias,
        requantise: {
          multiplier: new Uint32Array(channels).fill(multiplier),
          shift: new Uint8Array(channels).fill(shift),
          low: -128,
          high: 127,
        },
      });
      expect(await compare(builder.build('ties', [output]), [1])).toBe(1 + channels);
    }
  });

  it('in maps larger than the cache whose tensors share memory', async () => {
    const builder = new NetworkBuilder(new Random(4));
    const input = builder.input(39, 43, 48, -7);
    const padding = { top: 1, left: 1, bottom: 1, right: 1 };
    const expand = builder.mac('conv', input, 61, makeWindow(1));
    const depthwise = builder.mac('depthwise', expand, 61, makeWindow(3, { padding, strideY: 2 }));
    const project = builder.mac('conv', depthwise, 24, makeWindow(1));
    const network = builder.build('large', [project]);
    expect((await createKernels(network)).memoryBytes).toBeLessThan(
      (await createKernels(network, { keepTensors: true })).memoryBytes,
    );
    await compareOutputs(network, [1, 2]);
  });

  it('at the end of a map whose last outputs are computed twice, without touching what lies behind', async () => {
    const builder = new NetworkBuilder(new Random(6));
    const input = builder.input(7, 7, 180, 3);
    const padding = { top: 1, left: 1, bottom: 1, right: 1 };
    const output = builder.mac('depthwise', input, 180, makeWindow(3, { padding }));
    // The second frame would find weights overwritten by the first.
    expect(await compare(builder.build('overlap', [output]), [1, 2, 3])).toBeGreaterThan(0);
  });

  it('for pointwise layers of many pixels and channels', async () => {
    expect(await compareRandom(20, { op: 'conv', maxKernel: 1, maxExtent: 30, maxChannels: 150 })).toBeGreaterThan(0);
  });

  it('for a network of residual blocks, whether or not tensors share memory', async () => {
    const network = mobileNetV2Network({ resolution: 32, seed: 5 });
    expect(await compare(network, [1, 2])).toBeGreaterThan(100_000);
    await compareOutputs(network, [1, 2]);
  });

  it('for a mean over more pixels than are unrolled', async () => {
    const builder = new NetworkBuilder(new Random(7), 31);
    const input = builder.input(20, 20, 21, -100);
    const mean = builder.averagePool(input, makeWindow(20), builder.rescale(1, 1 / 300), -128);
    expect(await compare(builder.build('mean', [mean]), [1, 2, 3, 4])).toBeGreaterThan(0);
  });

  it('for patches wider than the cache and kernels larger than are unrolled', async () => {
    const builder = new NetworkBuilder(new Random(8));
    const input = builder.input(5, 23, 260, 4);
    const padding = { top: 4, left: 4, bottom: 4, right: 4 };
    const window = makeWindow(9, { padding });
    const conv = builder.mac('conv', input, 3, makeWindow(5, { padding: { top: 2, left: 2, bottom: 2, right: 2 } }));
    const depthwise = builder.mac('depthwise', conv, 3, window, { activationThreshold: 9 });
    expect(await compare(builder.build('wide', [depthwise]), [1])).toBeGreaterThan(0);
  });
});

describe('the kernels', () => {
  it('refuse inputs of the wrong number or size', async () => {
    const network = randomLayerNetwork(3, { op: 'add' });
    const runner = await createKernels(network);
    expect(() => runner.run([])).toThrow(/inputs/);
    expect(() => runner.run(randomInputs(network, 1).map((input) => new Int8Array(input.length + 1)))).toThrow(/codes/);
    expect(() => runner.runAll(randomInputs(network, 1))).toThrow(/keepTensors/);
  });
});
