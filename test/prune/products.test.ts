import { describe, expect, it } from 'vitest';
import type { ConvLayer, DepthwiseLayer } from '../../src/network/network.ts';
import { countedProduct } from '../../src/network/numerics.ts';
import { mostProductShift } from '../../src/prune/levels.ts';
import type { Operands } from '../../src/prune/operands.ts';
import { chooseProductShift } from '../../src/prune/products.ts';
import { makeWindow, NetworkBuilder } from '../support/network-builder.ts';
import { Random } from '../support/random.ts';

const CHANNELS = 12;
const OUTPUTS = 5;
const random = new Random(17);
const builder = new NetworkBuilder(random);
const input = builder.input(5, 5, CHANNELS, -128);
const layers = builder.build('two layers', [
  builder.mac('conv', input, OUTPUTS, makeWindow(1)),
  builder.mac('depthwise', input, CHANNELS, makeWindow(3)),
]).layers as readonly [ConvLayer, DepthwiseLayer];
const [pointwise, depthwise] = layers;
/** Half of them 0, the others multiples of `step`. */
const operandsOf = (step: number): Operands => ({
  channels: CHANNELS,
  count: 200,
  values: Int16Array.from({ length: 200 * CHANNELS }, () => (random.oneIn(2) ? 0 : step * random.int(1, 200 / step))),
});
const scale = (layer: ConvLayer | DepthwiseLayer) => new Float64Array(layer.bias.length).fill(0.01);
const choose = (layer: ConvLayer | DepthwiseLayer, operands: Operands, bit: number, most = 8) =>
  chooseProductShift(layer, operands, scale(layer), most, { bit, lossPerCode: 1e-3 });

describe('rounding the products of a layer', () => {
  it.each([
    ['pointwise', pointwise],
    ['depthwise', depthwise],
  ] as const)('takes more bits the more one is worth, none for nothing (%s)', (_, layer) => {
    const operands = operandsOf(1);
    const shifts = [0, 1e-6, 1e-4, 1e-2, 1].map((bit) => choose(layer, operands, bit).productShift);
    expect(shifts).toEqual([...shifts].sort((a, b) => a - b));
    expect([shifts[0], shifts.at(-1)]).toEqual([0, 8]);
    expect(new Set(shifts).size).toBeGreaterThan(2);
    expect(choose(layer, operands, 1, 5).productShift).toBe(5);
  });

  it('does not pay for bits that are 0 in every product', () => {
    const weights = pointwise.weights.map((weight) => weight & -16);
    // Multiples of 64: up to six bits nothing is spared, and nothing is gained from a shift there.
    const { productShift } = choose({ ...pointwise, weights }, operandsOf(4), 1, 6);
    expect(productShift).toBe(0);
    expect(choose({ ...pointwise, weights }, operandsOf(4), 1, 8).productShift).toBe(8);
  });

  it('tells the mean error of every sum, ties of odd channels down', () => {
    for (const step of [1, 8]) {
      const operands = operandsOf(step);
      const weights = pointwise.weights.map((weight) => weight & -4);
      const { productShift, meanError } = choose({ ...pointwise, weights }, operands, 1);
      expect(productShift).toBe(8);
      for (let output = 0; output < OUTPUTS; output++) {
        let sum = 0;
        operands.values.forEach((x, at) => {
          const product = x * weights[output * CHANNELS + (at % CHANNELS)]!;
          sum += countedProduct(product, 8, at % 2 === 1) - product;
        });
        expect(meanError[output]).toBeCloseTo(sum / operands.count, 6);
      }
    }
  });

  it('takes the taps of a window as independent, their ties up', () => {
    const operands = operandsOf(4);
    const layer = { ...depthwise, activationShift: 2, weights: depthwise.weights.map(() => 3) };
    const { productShift, meanError } = choose(layer, operands, 1);
    expect(productShift).toBe(8);
    for (let channel = 0; channel < CHANNELS; channel++) {
      let active = 0;
      operands.values.forEach((x, at) => {
        if (at % CHANNELS === channel && x !== 0) active += 1 / operands.count;
      });
      // Multiples of 4 are rounded up by 2 more often than down.
      expect(meanError[channel]).toBeCloseTo(9 * active * 2, 9);
    }
  });

  it('goes as far as 16 bits and the array allow', () => {
    const most = (layer: ConvLayer | DepthwiseLayer, weights: readonly number[], channelsPerWord = 16) =>
      mostProductShift(layer, Int16Array.from(weights), channelsPerWord);
    expect(most(pointwise, [-127, 127])).toBe(8);
    expect(most(pointwise, [-128, 127])).toBe(7);
    expect(most(pointwise, [-129, 3])).toBe(0);
    expect(most(pointwise, [128])).toBe(0);
    expect(most(pointwise, [1], 1)).toBe(0);
    expect(most(depthwise, [1], 1)).toBe(8);
  });
});
