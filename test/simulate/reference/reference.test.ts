import { describe, expect, it } from 'vitest';
import type { Network } from '../../../src/network/network.ts';
import { runReference } from '../../../src/simulate/reference/reference.ts';
import { mobileNetV2Network } from '../../support/mobilenet-v2.ts';
import { makeWindow, NetworkBuilder } from '../../support/network-builder.ts';
import { Random } from '../../support/random.ts';
import { randomInputs, randomLayerNetwork } from '../../support/random-network.ts';

const unit = { multiplier: Uint32Array.of(2), shift: Uint8Array.of(1), low: -128, high: 127 };
const half = { ...unit, multiplier: Uint32Array.of(1) };

/** Output of the last layer as a plain array. */
function run(network: Network, ...inputs: number[][]): number[] {
  const values = runReference(
    network,
    inputs.map((input) => Int8Array.from(input)),
  );
  return [...values[network.layers.at(-1)!.output]!];
}

describe('the reference', () => {
  const padding = { top: 1, left: 1, bottom: 1, right: 1 };

  it('convolves x - z and lets taps outside the map contribute nothing', () => {
    const builder = new NetworkBuilder(new Random(1));
    const input = builder.input(2, 2, 1, 5);
    const output = builder.mac('conv', input, 1, makeWindow(3, { padding }), {
      weights: Int16Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9),
      bias: Int32Array.of(1),
      requantise: unit,
    });
    // x - z = 1 2 / 3 4
    expect(run(builder.build('n', [output]), [6, 7, 8, 9])).toEqual([78, 68, 48, 38]);
  });

  it('keeps weights of a convolution in [outChannel][ky][kx][inChannel] order', () => {
    const builder = new NetworkBuilder(new Random(1));
    const input = builder.input(1, 2, 2);
    const output = builder.mac('conv', input, 2, makeWindow([1, 2]), {
      weights: Int16Array.of(1, 0, 0, 0, 0, 2, 0, 3),
      bias: new Int32Array(2),
      requantise: { ...unit, multiplier: Uint32Array.of(2, 2), shift: Uint8Array.of(1, 1) },
    });
    expect(run(builder.build('n', [output]), [10, 11, 12, 13])).toEqual([10, 22 + 39]);
  });

  it('filters each channel by itself in a depthwise layer, weights [ky][kx][channel]', () => {
    const builder = new NetworkBuilder(new Random(1));
    const input = builder.input(1, 3, 2);
    const output = builder.mac('depthwise', input, 2, makeWindow([1, 2], { dilationX: 2 }), {
      weights: Int16Array.of(1, 2, 3, 4),
      bias: Int32Array.of(0, 100),
      requantise: { ...unit, multiplier: Uint32Array.of(2, 1), shift: Uint8Array.of(1, 1) },
      high: 90,
    });
    expect(run(builder.build('n', [output]), [1, 2, 50, 50, 3, 4])).toEqual([10, 60]);
  });

  it('counts an activation below the pruning threshold as zero', () => {
    const builder = new NetworkBuilder(new Random(1));
    const input = builder.input(1, 1, 4, 10);
    const output = builder.mac('conv', input, 1, makeWindow(1), {
      weights: Int16Array.of(1, 1, 1, 1),
      bias: Int32Array.of(0),
      requantise: unit,
      activationThreshold: 3,
    });
    expect(run(builder.build('n', [output]), [12, 13, 7, 8])).toEqual([0]);
    expect(run(builder.build('n', [output]), [12, 14, 10, 10])).toEqual([4]);
  });

  it('rounds a sum of addends once, ties upward', () => {
    const builder = new NetworkBuilder(new Random(1));
    const a = builder.input(1, 1, 3, 1);
    const b = builder.input(1, 1, 3, 2);
    const output = builder.add(a, b, { multipliers: [1, 3], shift: 1, zeroPoint: -4, low: -6, high: 100 });
    expect(run(builder.build('n', [output]), [2, 2, -9], [2, 3, -9])).toEqual([-3, -2, -6]);
  });

  it('multiplies by a second input of one pixel at every pixel', () => {
    const builder = new NetworkBuilder(new Random(1));
    const a = builder.input(1, 2, 2, 1);
    const b = builder.input(1, 1, 2, -1);
    const output = builder.mul(a, b, half, 7);
    expect(run(builder.build('n', [output]), [2, 3, 4, 5], [4, 0])).toEqual([3 + 7, 1 + 7, 8 + 7, 2 + 7]);
  });

  it('averages by its multiplier and takes the maximum of the codes inside the map', () => {
    const builder = new NetworkBuilder(new Random(1));
    const input = builder.input(2, 2, 1, -3);
    const mean = builder.averagePool(input, makeWindow(2), { ...unit, shift: Uint8Array.of(3) }, 0);
    expect(run(builder.build('n', [mean]), [-3, -2, -1, 0])).toEqual([2]);
    const other = new NetworkBuilder(new Random(1));
    const map = other.input(2, 2, 1, 0);
    const pooled = other.maxPool(map, makeWindow(2, { padding }), -100, 9);
    expect(run(other.build('n', [pooled]), [-120, -50, 3, 40])).toEqual([-100, -50, -50, 3, 9, 9, 3, 9, 9]);
  });

  it('looks codes up, joins channels and repeats pixels', () => {
    const builder = new NetworkBuilder(new Random(1));
    const input = builder.input(1, 2, 1, -3);
    const square = builder.table(
      input,
      Int8Array.from({ length: 256 }, (_, i) => (i - 128) ** 2 / 256),
    );
    const joined = builder.concat([square, input], [unit, unit], 1);
    const output = builder.resize(joined, 2, 2);
    expect(run(builder.build('n', [output]), [-32, 64])).toEqual([
      5, -28, 5, -28, 17, 68, 17, 68, 5, -28, 5, -28, 17, 68, 17, 68,
    ]);
  });

  it('stops at an accumulator that leaves int32 instead of wrapping', () => {
    const builder = new NetworkBuilder(new Random(1));
    const input = builder.input(1, 1, 1, -128);
    const bias = Int32Array.of(2 ** 31 - 10);
    builder.mac('conv', input, 1, makeWindow(1), { weights: Int16Array.of(1), bias, requantise: unit });
    expect(() => run(builder.build('n', []), [0])).toThrow(/overflows/);
  });

  it('runs every random network of every kind of layer within its clamp', () => {
    let compared = 0;
    for (let seed = 0; seed < 300; seed++) {
      const network = randomLayerNetwork(seed);
      const values = runReference(network, randomInputs(network, seed));
      const layer = network.layers[0]!;
      const clamp = 'requantise' in layer ? layer.requantise : 'low' in layer ? layer : { low: -128, high: 127 };
      for (const value of values[layer.output]!) {
        if (value < clamp.low || value > clamp.high) expect.fail(`seed ${seed}: ${value}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(10_000);
  });

  it('spreads codes through a MobileNetV2 of seeded weights', () => {
    const network = mobileNetV2Network({ resolution: 32 });
    const logits = runReference(network, randomInputs(network, 3))[network.outputs[0]!.tensor]!;
    expect(new Set(logits).size).toBeGreaterThan(20);
  });
});
