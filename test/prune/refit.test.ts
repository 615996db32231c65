import { describe, expect, it } from 'vitest';
import { eliminateInputs } from '../../src/prune/eliminate.ts';
import { type Operands, operandMoments, pruneOperands, sampleOperands } from '../../src/prune/operands.ts';
import { type RefitRequest, refit } from '../../src/prune/refit.ts';
import { createFloatMemory } from '../../src/quantise/float/kernels.ts';
import { Random } from '../support/random.ts';

const CHANNELS = 12;
const OUTPUTS = 5;

/** Correlated operands: each channel is a mixture of a few sources, some never negative. */
function correlated(random: Random, count: number): Operands {
  const mixing = Array.from({ length: CHANNELS }, () => [0, 1, 2, 3].map(() => random.int(-40, 40) / 40));
  const values = new Int16Array(count * CHANNELS);
  for (let sample = 0; sample < count; sample++) {
    const sources = [0, 1, 2, 3].map(() => random.int(-100, 100));
    mixing.forEach((row, channel) => {
      const value = row.reduce((sum, weight, at) => sum + weight * sources[at]!, 0) + random.int(-6, 6);
      values[sample * CHANNELS + channel] = Math.max(-255, Math.min(255, Math.round(value + 20)));
    });
  }
  return { channels: CHANNELS, count, values };
}

function outputs(weights: ArrayLike<number>, { values, count }: Operands, bias: ArrayLike<number>): Float64Array {
  const result = new Float64Array(count * OUTPUTS);
  for (let s = 0; s < count; s++) {
    for (let o = 0; o < OUTPUTS; o++) {
      let sum = bias[o]!;
      for (let c = 0; c < CHANNELS; c++) sum += weights[o * CHANNELS + c]! * values[s * CHANNELS + c]!;
      result[s * OUTPUTS + o] = sum;
    }
  }
  return result;
}

const error = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, at) => sum + (value - b[at]!) ** 2, 0) / a.length;

const request = (weights: Int16Array, options: Partial<RefitRequest>): RefitRequest => ({
  weights,
  outputs: OUTPUTS,
  rowWeights: new Float64Array(OUTPUTS).fill(1),
  dropped: new Uint8Array(CHANNELS),
  inputCost: new Float64Array(CHANNELS).fill(1),
  price: 0,
  ridge: 1e-6,
  low: -127,
  high: 127,
  bitCost: new Float64Array(CHANNELS),
  grids: [1],
  ...options,
});

describe('refitting a pruned layer', () => {
  const random = new Random(7);
  const operands = correlated(random, 600);
  const weights = Int16Array.from({ length: OUTPUTS * CHANNELS }, () => random.int(-60, 60));
  const memory = createFloatMemory();
  const target = outputs(weights, operands, new Float64Array(OUTPUTS));

  it('changes nothing where nothing is pruned', () => {
    const same = refit(operandMoments(operands, operands, memory), request(weights, {}));
    expect([...same.weights]).toEqual([...weights]);
    expect([...same.biasShift]).toEqual([0, 0, 0, 0, 0]);
  });

  it('makes up for dropped inputs far better than leaving the others alone', () => {
    const dropped = Uint8Array.from({ length: CHANNELS }, (_, channel) => Number(channel >= 9));
    const fitted = refit(operandMoments(operands, operands, memory), request(weights, { dropped }));
    fitted.weights.forEach((weight, at) => {
      if (at % CHANNELS >= 9) expect(weight).toBe(0);
    });
    const plain = weights.map((weight, at) => (at % CHANNELS >= 9 ? 0 : weight));
    const left = error(outputs(fitted.weights, operands, fitted.biasShift), target);
    expect(left).toBeLessThan(error(outputs(plain, operands, new Float64Array(OUTPUTS)), target) / 5);
  });

  it('drops more the higher the price, and makes up for thresholds on activations', () => {
    const thresholded = pruneOperands(operands, 0, { activationThreshold: 12, activationShift: 0 });
    const moments = operandMoments(operands, thresholded, memory);
    const kept = [1, 1e5, 1e6, 1e7].map((price) => refit(moments, request(weights, { price })).kept);
    expect(kept).toEqual([...kept].sort((a, b) => b - a));
    expect(kept[3]).toBeLessThan(kept[0]!);
    const fitted = refit(moments, request(weights, { price: 1 }));
    const left = error(outputs(fitted.weights, thresholded, fitted.biasShift), target);
    expect(left).toBeLessThan(error(outputs(weights, thresholded, new Float64Array(OUTPUTS)), target));
  });

  it('finds inputs that the others can stand in for', () => {
    const doubled = operands.values.slice();
    // Channel 4 repeats channel 2: one of them costs nothing.
    for (let s = 0; s < operands.count; s++) doubled[s * CHANNELS + 4] = doubled[s * CHANNELS + 2]!;
    const twins = { ...operands, values: doubled };
    const moments = operandMoments(twins, twins, memory);
    const scale = new Float64Array(OUTPUTS).fill(1);
    const { order, loss } = eliminateInputs(moments, moments, weights, scale, [1, 2, 3, 6], 1e-7);
    expect([2, 4]).toContain(order.at(-1));
    expect(loss[0]).toBeLessThan(loss[2]! / 1000);
    expect([...loss]).toEqual([...loss].sort((a, b) => a - b));
    expect(new Set(order).size).toBe(CHANNELS);
  });

  it('judges an elimination on samples that the refit did not see', () => {
    // 14 samples of 12 inputs: the others make up for anything, on these samples.
    const few = correlated(new Random(3), 14);
    const [seen, all] = [few, operands].map((of) => operandMoments(of, of, memory));
    const scale = new Float64Array(OUTPUTS).fill(1);
    const known = eliminateInputs(seen!, seen!, weights, scale, [1, 4], 1e-7).loss;
    const honest = eliminateInputs(seen!, all!, weights, scale, [1, 4], 1e-7).loss;
    expect(known[1]).toBeGreaterThan(0);
    expect(honest[1]).toBeGreaterThan(2 * known[1]!);
    // Without a refit to speak of, the loss on the very samples is the plain error of dropped products.
    const { order, loss } = eliminateInputs(all!, all!, weights, scale, [4], 1e5);
    const dropped = weights.map((weight, at) => (order.indexOf(at % CHANNELS) >= CHANNELS - 4 ? 0 : weight));
    const whole = outputs(weights, operands, new Float64Array(OUTPUTS));
    const shift = Float64Array.from({ length: OUTPUTS }, (_, o) => {
      let sum = 0;
      for (let c = 0; c < CHANNELS; c++)
        sum += (weights[o * CHANNELS + c]! - dropped[o * CHANNELS + c]!) * all!.mean[c]!;
      return sum;
    });
    expect(loss[0]! / (error(outputs(dropped, operands, shift), whole) * OUTPUTS)).toBeCloseTo(1, 3);
  });

  it('takes weights from a coarser grid the more a still bit spares, and makes up for the rounding', () => {
    const moments = operandMoments(operands, operands, memory);
    const bitCost = (cost: number) => ({ bitCost: new Float64Array(CHANNELS).fill(cost), price: 1e-3 });
    const options = { grids: [1, 2, 4, 8, 16], inputCost: new Float64Array(CHANNELS) };
    const fitted = [0, 1e5, 1e7, 1e12].map((cost) =>
      refit(moments, request(weights, { ...options, ...bitCost(cost) })),
    );
    const grids = fitted.map(({ grid }) => grid);
    expect(grids[0]).toBe(1);
    expect(grids.at(-1)).toBe(16);
    expect(grids).toEqual([...grids].sort((a, b) => a - b));
    expect(new Set(grids).size).toBeGreaterThan(2);
    for (const { weights: settled, grid, biasShift } of fitted) {
      expect(settled.every((weight) => weight % grid === 0 && Math.abs(weight) <= 127)).toBe(true);
      const nearest = weights.map((weight) => Math.round(weight / grid) * grid);
      const plain = outputs(nearest, operands, new Float64Array(OUTPUTS));
      expect(error(outputs(settled, operands, biasShift), target)).toBeLessThanOrEqual(error(plain, target) / 2);
    }
  });
});

describe('sampling operands', () => {
  it('meets pixels of every frame and takes the zero point off', () => {
    const tensor = { name: 't', height: 4, width: 4, channels: 1, scale: 1, zeroPoint: -128 };
    const frames = [0, 1].map((frame) => Int8Array.from({ length: 16 }, (_, pixel) => pixel + 16 * frame - 128));
    const { values, count } = sampleOperands(tensor, frames, 8);
    expect(count).toBe(8);
    expect([...values.subarray(0, 4)].every((value) => value < 16)).toBe(true);
    expect([...values.subarray(4)].every((value) => value >= 16)).toBe(true);
    expect(new Set(values).size).toBe(8);
  });
});
