import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { countActivity } from '../../src/energy/activity.ts';
import { noCounts, OperandRegisters } from '../../src/energy/array.ts';
import type { ConvLayer } from '../../src/network/network.ts';
import { networkAtLevel } from '../../src/prune/levels.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { bottleneckNetwork, randomPlan } from '../prune/support.ts';
import { mobileNetV2Network } from '../support/mobilenet-v2.ts';
import { Random } from '../support/random.ts';
import { randomInputs } from '../support/random-network.ts';

describe('operand registers', () => {
  it('count the bits that change, and hold what is pruned', () => {
    const config = { ...namedConfig('tiny'), pixels: 2, lanes: 1, inputs: 1 };
    const registers = new OperandRegisters(config);
    const counts = noCounts();
    const step = (w: number, x0: number, x1: number): void => {
      registers.operands.set([x0, x1]);
      registers.step(
        counts,
        Int8Array.of(w),
        0,
        0,
        { weightThreshold: 4, activationThreshold: 3, activationShift: 0, productShift: 0, alternate: false },
        0,
      );
    };
    step(7, 3, 2); // weight 0 -> 7: 3 bits; x0 0 -> 3: 2 bits; x1 held
    expect(counts).toMatchObject({ active: 1, gated: 1, weightToggles: 3, activationToggles: 2, nonzero: 1 });
    step(-3, 200, 200); // weight below its threshold: nothing moves
    expect(counts).toMatchObject({ active: 1, gated: 3, weightToggles: 3, activationToggles: 2, gatedWeight: 2 });
    step(-1 - 128 + 1, -3, 0); // -128: 7 -> 128: 4 bits; x0 3 -> 0b111111101: 8 bits; x1 is a zero
    expect(counts).toMatchObject({ active: 2, gated: 4, weightToggles: 7, activationToggles: 10, gatedZero: 1 });
    expect(counts.steps).toBe(3);
  });

  it('count the bits that change in the sums of the adder tree, a held product being 0', () => {
    const config = { ...namedConfig('tiny'), pixels: 1, lanes: 1, inputs: 4 };
    const registers = new OperandRegisters(config);
    const counts = noCounts();
    const step = (x: readonly number[]): void => {
      registers.operands.set(x);
      const pruning = {
        weightThreshold: 0,
        activationThreshold: 2,
        activationShift: 0,
        productShift: 0,
        alternate: false,
      };
      registers.step(counts, Int8Array.of(1, 1, 2, -1), 0, 0, pruning, 0);
    };
    // The first sum lies 6144 higher, the second as much lower, also before the first step and after the last.
    step([3, 4, 5, 3]); // 7 and 7, then 14: 3 + 3 + 3 bits
    expect(counts.treeToggles).toBe(9);
    step([3, 1, 1, 3]); // 1 is held: 3 and -3, then 0: 1 + (-6137 ^ -6147: 10) + 3
    expect(counts.treeToggles).toBe(9 + 1 + 10 + 3);
    registers.idle(counts); // 3 and -3 go: 2 + (-6147 ^ -6144: 11)
    expect(counts.treeToggles).toBe(23 + 13);
  });
});

describe('the activity of a frame', () => {
  it('meets every product of two operands that are not 0 exactly once in pointwise layers', () => {
    let compared = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const random = new Random(seed);
      const config = namedConfig(random.pick(['tiny', 'pynq-z2', 'virtex7']));
      const network = bottleneckNetwork(random, 16);
      const plan = randomPlan(network, config, random);
      const compiled = compile(network, config, { pruning: plan });
      const inputs = randomInputs(network, seed);
      for (const level of [0, 4]) {
        const at = networkAtLevel(network, plan, level);
        const tensors = runReference(at, inputs);
        const activity = countActivity(compiled, tensors, { level });
        compiled.graph.stages.forEach((stage, index) => {
          const { steps, active, gated, nonzero, kind } = activity[index]!;
          const residual = stage.residual === undefined ? 0 : 1;
          if (residual === 0) {
            expect(active + gated).toBe(steps * config.pixels * config.lanes * config.inputs);
          }
          if (kind !== 'pointwise' && kind !== 'fullyConnected') return;
          const layer = at.layers[stage.layers[0]!] as ConvLayer;
          // Outputs that the level leaves out are computed by the network, not by the accelerator.
          const skips = plan.levels[level - 1]?.skipped.find(({ producer }) => producer === stage.layers[0]!);
          if (skips !== undefined) return;
          expect(nonzero).toBe(countProducts(layer, tensors[layer.inputs[0]!]!, at.tensors[layer.inputs[0]!]!));
          compared += 1;
        });
      }
    }
    console.log(`${compared} layers compared`);
    expect(compared).toBeGreaterThan(15);
  });

  it('is estimated from a sample', () => {
    const config = namedConfig('pynq-z2');
    const network = mobileNetV2Network({ resolution: 64 });
    const compiled = compile(network, config);
    const tensors = runReference(network, randomInputs(network, 1));
    const total = (every: number) => {
      const sums = { steps: 0, activationToggles: 0, weightToggles: 0, treeToggles: 0, nonzero: 0 };
      for (const stage of countActivity(compiled, tensors, { every })) {
        for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += stage[name];
      }
      return sums;
    };
    const [all, some] = [total(1), total(8)];
    expect(some.steps / all.steps).toBeCloseTo(1, 9);
    for (const name of ['activationToggles', 'weightToggles', 'treeToggles', 'nonzero'] as const) {
      expect(Math.abs(some[name] / all[name] - 1), name).toBeLessThan(0.02);
    }
    // However thin the sample, it holds something of every stage.
    for (const stage of countActivity(compiled, tensors, { every: 1e6 })) {
      expect(stage.active, stage.name).toBeGreaterThan(0);
      expect(stage.steps, stage.name).toBeCloseTo(stage.weightReads, 6);
    }
  });
});

/** Products x * w with neither 0 nor below the layer's thresholds. */
function countProducts(layer: ConvLayer, codes: Int8Array, from: { channels: number; zeroPoint: number }): number {
  const { channels, zeroPoint } = from;
  const kept = new Float64Array(channels);
  layer.weights.forEach((weight, index) => {
    if (weight !== 0) kept[index % channels]! += 1;
  });
  let products = 0;
  codes.forEach((code, index) => {
    const x = Math.abs(code - zeroPoint);
    if (x > 0 && x >= layer.activationThreshold) products += kept[index % channels]!;
  });
  return products;
}
