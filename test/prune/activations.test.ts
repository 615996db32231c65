import { describe, expect, it } from 'vitest';
import { countedActivation } from '../../src/network/numerics.ts';
import { chooseActivationPruning } from '../../src/prune/activations.ts';
import type { Operands } from '../../src/prune/operands.ts';
import { makeWindow, NetworkBuilder } from '../support/network-builder.ts';
import { Random } from '../support/random.ts';

const CHANNELS = 6;
const random = new Random(11);
const builder = new NetworkBuilder(random);
const output = builder.mac('conv', builder.input(1, 1, CHANNELS, -128), 4, makeWindow(1));
const network = builder.build('one layer', [output]);
const layer = network.layers[0]!;
if (layer.op !== 'conv') throw new Error('not a convolution');
const from = network.tensors[0]!;
/** Behind a ReLU: half of the operands are 0, the others mostly small. */
const operands: Operands = {
  channels: CHANNELS,
  count: 2000,
  values: Int16Array.from({ length: 2000 * CHANNELS }, () =>
    random.oneIn(2) ? 0 : Math.min(255, Math.floor(-30 * Math.log(random.int(1, 10_000) / 10_000))),
  ),
};
const scale = new Float64Array(4).fill(0.01);
const choose = (multiplication: number, bit: number) =>
  chooseActivationPruning(layer, from, operands, scale, { multiplication, bit, lossPerCode: 1e-3 });

describe('pruning activations of a layer', () => {
  it('prunes nothing but zeros where energy is worth nothing', () => {
    expect(choose(0, 0)).toEqual({ activationThreshold: 1, activationShift: 0 });
  });

  it('rounds away bits where they are dear, and prunes whole operands where those are', () => {
    const bits = [1e-7, 1e-4, 1e-1].map((bit) => choose(0, bit).activationShift);
    expect(bits).toEqual([...bits].sort((a, b) => a - b));
    expect([bits[0], bits[2]]).toEqual([0, 3]);
    const thresholds = [1e-7, 1e-3, 1].map((multiplication) => choose(multiplication, 0).activationThreshold);
    expect(thresholds).toEqual([...thresholds].sort((a, b) => a - b));
    expect([thresholds[0], thresholds[2]]).toEqual([1, 32]);
  });

  it('gains most of all thresholds and shifts, sample by sample', () => {
    const prices = { multiplication: 2e-2, bit: 1e-2, lossPerCode: 1e-3 };
    const gain = (activationThreshold: number, activationShift: number): number => {
      let sum = 0;
      for (let channel = 0; channel < CHANNELS; channel++) {
        const x = Array.from({ length: operands.count }, (_, sample) => operands.values[sample * CHANNELS + channel]!);
        const errors = x.map(
          (value) => countedActivation(value, -128, { activationThreshold, activationShift }) - value,
        );
        const mean = errors.reduce((total, error) => total + error, 0) / errors.length;
        const variance = errors.reduce((total, error) => total + (error - mean) ** 2, 0) / errors.length;
        const pruned = x.filter((value) => value !== 0 && value < activationThreshold).length;
        const active = x.filter((value) => value !== 0 && value >= activationThreshold).length;
        for (let output = 0; output < 4; output++) {
          const weight = layer.weights[output * CHANNELS + channel]!;
          if (weight === 0) continue;
          sum += (pruned * prices.multiplication + active * activationShift * prices.bit) / x.length;
          // Counted twice: see CAUTION.
          sum -= 2 * prices.lossPerCode * (0.01 * weight) ** 2 * variance;
        }
      }
      return sum;
    };
    const chosen = chooseActivationPruning(layer, from, operands, scale, prices);
    const best = gain(chosen.activationThreshold, chosen.activationShift);
    expect(chosen.activationThreshold * chosen.activationShift).toBeGreaterThan(1);
    for (const threshold of [1, 2, 4, 6, 8, 12, 16, 24, 32]) {
      for (const shift of [0, 1, 2, 3]) expect(gain(threshold, shift)).toBeLessThanOrEqual(best + 1e-12);
    }
  });
});
