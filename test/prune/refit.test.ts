import { describe, expect, it } from 'vitest';
import type { AddLayer, ConvLayer } from '../../src/network/network.ts';
import { eliminateInputs } from '../../src/prune/eliminate.ts';
import { FrameTensors } from '../../src/prune/layer-runner.ts';
import { type Operands, operandMoments, pruneOperands, sampleOperands } from '../../src/prune/operands.ts';
import { type Refit, type RefitRequest, refit, rowWeights } from '../../src/prune/refit.ts';
import { residualError } from '../../src/prune/residual.ts';
import { createFloatMemory } from '../../src/quantise/float/kernels.ts';
import { makeWindow, NetworkBuilder } from '../support/network-builder.ts';
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

describe('settled weights', () => {
  it('are such that no change of one alone is better', () => {
    const random = new Random(31);
    const operands = correlated(random, 600);
    const weights = Int16Array.from({ length: OUTPUTS * CHANNELS }, () => random.int(-60, 60));
    const moments = operandMoments(operands, operands, createFloatMemory());
    const [price, grid, cost] = [3e5, 8, 1];
    const fitted = refit(moments, request(weights, { price, grids: [grid], ridge: 0.1 }));
    let trace = 0;
    for (let c = 0; c < CHANNELS; c++) trace += moments.covariance[c * CHANNELS + c]!;
    const h = (i: number, j: number) =>
      moments.covariance[i * CHANNELS + j]! + (i === j ? (0.1 * trace) / CHANNELS + 1e-3 : 0);
    const worth = (row: readonly number[], output: number): number => {
      let sum = 0;
      for (let i = 0; i < CHANNELS; i++) {
        const error = weights[output * CHANNELS + i]! - row[i]!;
        for (let j = 0; j < CHANNELS; j++) sum += error * h(i, j) * (weights[output * CHANNELS + j]! - row[j]!);
        if (row[i] !== 0) sum += price * cost;
      }
      return sum;
    };
    let better = 0;
    let tried = 0;
    for (let output = 0; output < OUTPUTS; output++) {
      const row = Array.from(fitted.weights.subarray(output * CHANNELS, (output + 1) * CHANNELS));
      const now = worth(row, output);
      row.forEach((weight, at) => {
        for (const other of [0, weight - grid, weight + grid]) {
          tried += 1;
          if (worth(row.with(at, other), output) < now - 1e-6 * now) better += 1;
        }
      });
    }
    expect(tried).toBe(3 * OUTPUTS * CHANNELS);
    expect(better).toBe(0);
  });
});

describe('the error that passes a layer', () => {
  /** Two pointwise layers and the sum of the second's outputs with those of the first. */
  const random = new Random(23);
  const builder = new NetworkBuilder(random);
  const first = builder.mac('conv', builder.input(6, 7, CHANNELS, -5), CHANNELS, makeWindow(1));
  const second = builder.mac('conv', first, CHANNELS, makeWindow(1));
  const network = builder.build('residual', [builder.add(first, second)]);
  const layers = network.layers as readonly [ConvLayer, ConvLayer, AddLayer];
  const memory = createFloatMemory();
  const frames = Array.from({ length: 20 }, () => [
    Int8Array.from({ length: 6 * 7 * CHANNELS }, () => random.int(-128, 127)),
  ]);

  it('is what the other operand of the addition lacks, and the refit brings it back as far as it can', async () => {
    const [original, pruned] = [0, 1].map(() => new FrameTensors(network, frames)) as [FrameTensors, FrameTensors];
    await original.run(layers[0]);
    await pruned.run({ ...layers[0], weights: layers[0].weights.map((weight) => weight & -32) });
    const from = network.tensors[first]!;
    const limit = 20 * 6 * 7;
    const whole = sampleOperands(from, original.of(first), limit);
    const left = sampleOperands(from, pruned.of(first), limit);
    const scale = rowWeights(layers[1]);
    const target = residualError(network, layers[1], left, scale, { original, pruned, memory }, limit)!;
    const unit = layers[2].multipliers[0] / layers[2].multipliers[1];
    const lost = whole.values.map((value, at) => value - left.values[at]!);
    const mean = (values: ArrayLike<number>, channel: number) => {
      let sum = 0;
      for (let at = channel; at < values.length; at += CHANNELS) sum += values[at]! / left.count;
      return sum;
    };
    for (let output = 0; output < CHANNELS; output++) {
      expect(target.mean[output]).toBeCloseTo((mean(lost, output) * unit) / scale[output]!, 6);
      for (let channel = 0; channel < CHANNELS; channel++) {
        let product = 0;
        for (let at = 0; at < lost.length; at += CHANNELS) product += lost[at + output]! * left.values[at + channel]!;
        const covariance = product / left.count - mean(lost, output) * mean(left.values, channel);
        const found = (target.cross[output * CHANNELS + channel]! * scale[output]!) / unit;
        expect(Math.abs(found - covariance)).toBeLessThan(1e-3 * Math.max(1, Math.abs(covariance)));
      }
    }
    expect(lost.some((value) => value !== 0)).toBe(true);
    // The sum of both, in accumulator units of the second layer, is nearer to the unpruned one with the target than without.
    const wanted = (at: number, output: number) => (whole.values[at + output]! * unit) / scale[output]!;
    const missed = (fitted: Refit): number => {
      let sum = 0;
      for (let at = 0; at < left.values.length; at += CHANNELS) {
        for (let output = 0; output < CHANNELS; output++) {
          let error =
            wanted(at, output) - (left.values[at + output]! * unit) / scale[output]! - fitted.biasShift[output]!;
          for (let channel = 0; channel < CHANNELS; channel++) {
            const weight = output * CHANNELS + channel;
            error += layers[1].weights[weight]! * whole.values[at + channel]!;
            error -= fitted.weights[weight]! * left.values[at + channel]!;
          }
          sum += (scale[output]! * error) ** 2;
        }
      }
      return sum;
    };
    const options = { outputs: CHANNELS, rowWeights: scale, price: 1e-9 };
    const moments = operandMoments(whole, left, memory);
    const [without, withTarget] = [undefined, target].map((given) =>
      missed(refit(moments, request(layers[1].weights, { ...options, target: given }))),
    );
    expect(withTarget).toBeLessThan(0.9 * without!);
  });

  it('is none before an addition whose other operand is still to come, and without one', async () => {
    const tensors = new FrameTensors(network, frames);
    await tensors.run(layers[0]);
    const operands = sampleOperands(network.tensors[0]!, tensors.of(0), 100);
    const data = { original: tensors, pruned: tensors, memory };
    expect(residualError(network, layers[0], operands, rowWeights(layers[0]), data, 100)).toBeUndefined();
    const alone = { ...network, layers: network.layers.slice(0, 2) };
    expect(residualError(alone, layers[1], operands, rowWeights(layers[1]), data, 100)).toBeUndefined();
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
