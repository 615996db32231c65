import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { countActivity } from '../../src/energy/activity.ts';
import { coefficientsOf } from '../../src/energy/coefficients.ts';
import { blockCycles, enabledBlocks, wideAccess } from '../../src/energy/memory.ts';
import { frameEnergy, memoryAccesses } from '../../src/energy/model.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { mobileNetV2Network } from '../support/mobilenet-v2.ts';
import { randomInputs } from '../support/random-network.ts';

const virtex7 = namedConfig('virtex7');
const WHOLE = Number.POSITIVE_INFINITY;

describe('enabled block RAMs', () => {
  it('are all of an undivided memory: 228 of the weights of virtex7, 15 of a bank', () => {
    expect(enabledBlocks(virtex7.weightDepth, 2048, WHOLE)).toBe(228);
    expect(enabledBlocks(virtex7.activationDepth, 128, WHOLE)).toBe(15);
    expect(enabledBlocks(virtex7.parameterDepth, 1024, WHOLE)).toBe(16);
  });

  it('are those of one segment of 512 words, of 72 bits or half a block for every 32', () => {
    expect(enabledBlocks(4096, 2048, 512)).toBe(32);
    expect(enabledBlocks(4096, 128, 512, true)).toBe(2);
    expect(enabledBlocks(4096, 72, 512)).toBe(1);
    expect(enabledBlocks(4096, 73, 512)).toBe(2);
  });

  it('never are more than the whole memory, and never fewer than one', () => {
    for (const depth of [1, 100, 512, 513, 3072, 4096, 65536]) {
      for (const width of [1, 8, 72, 128, 2048]) {
        const whole = enabledBlocks(depth, width, WHOLE);
        let before = 0;
        for (const segment of [512, 1024, 2048, 4096, WHOLE]) {
          const blocks = enabledBlocks(depth, width, segment);
          expect(blocks).toBeGreaterThanOrEqual(Math.max(1, before));
          expect(blocks).toBeLessThanOrEqual(whole);
          before = blocks;
        }
      }
    }
  });

  it('are wide up to 1024 words', () => {
    expect(wideAccess(512, WHOLE)).toBe(true);
    expect(wideAccess(4096, WHOLE)).toBe(false);
    expect(wideAccess(4096, 512)).toBe(true);
  });

  it('add up over the accesses of a stage', () => {
    const accesses = { weightReads: 10, weightWrites: 4, parameterReads: 1, bankReads: 40, bankWrites: 8 };
    expect(blockCycles({ ...virtex7, segmentDepth: 65536 }, accesses)).toEqual({
      wide: 16,
      narrow: 14 * 228 + 48 * 15,
    });
    expect(blockCycles({ ...virtex7, segmentDepth: 512 }, accesses)).toEqual({
      wide: 14 * 32 + 16 + 48 * 2,
      narrow: 0,
    });
  });
});

describe("a frame's memory energy", () => {
  const config = namedConfig('pynq-z2');
  const network = mobileNetV2Network({ resolution: 64 });
  const compiled = compile(network, config);
  const cycles = simulateCycles(config, compiled.program.instructions);
  const activity = countActivity(compiled, runReference(network, randomInputs(network, 1)), { every: 8 });

  it('counts the accesses of the stage and a write for each word of weights loaded', () => {
    const stage = { ...activity[0]!, weightReads: 3, parameterReads: 2, bankReads: 6, bankWrites: 5 };
    // A word holds 8 x 16 weights.
    expect(memoryAccesses(compiled, stage, 10 * 128)).toEqual({
      weightReads: 3,
      weightWrites: 10,
      parameterReads: 2,
      bankReads: 6,
      bankWrites: 5,
    });
  });

  it('is the access energy times the enabled block-cycles of the stages', () => {
    const table = coefficientsOf(config);
    const sizes = compiled.graph.stages.map(({ weights, parameters }) => weights.length + parameters.length);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    let expected = 0;
    activity.forEach((stage, index) => {
      const loaded = (cycles.readBytes * sizes[index]!) / all;
      const { wide, narrow } = blockCycles(config, memoryAccesses(compiled, stage, loaded));
      expected += table.ramAccess.mid * wide + table.ramAccessNarrow.mid * narrow;
    });
    expect(expected).toBeGreaterThan(0);
    const { components } = frameEnergy(compiled, activity, cycles);
    expect(components.memory.mid / expected).toBeCloseTo(1, 9);
  });

  it('does not grow with block RAMs that are never enabled, beyond their clock leaf', () => {
    const resources = { dsp: 100, blockRam: 100, flipFlops: 10_000 };
    const before = frameEnergy(compiled, activity, cycles, resources);
    const after = frameEnergy(compiled, activity, cycles, { ...resources, blockRam: 200 });
    expect(after.components.memory).toEqual(before.components.memory);
    const leaves = coefficientsOf(config).ramClock.mid * 100 * cycles.cycles;
    expect(after.components.clock.mid - before.components.clock.mid).toBeCloseTo(leaves, 0);
    expect(leaves / before.components.clock.mid).toBeLessThan(0.02);
  });

  it('leaves logic to the adder trees and the codes written', () => {
    const table = coefficientsOf(config);
    const sum = (name: 'treeToggles' | 'requantised') => activity.reduce((all, stage) => all + stage[name], 0);
    const { logic } = frameEnergy(compiled, activity, cycles).components;
    const expected = table.treeToggle.mid * sum('treeToggles') + table.requantise.mid * sum('requantised');
    expect(sum('treeToggles')).toBeGreaterThan(0);
    expect(logic.mid / expected).toBeCloseTo(1, 9);
    // Products that are not 0 do not count by themselves.
    const changed = activity.map((stage) => ({ ...stage, nonzero: 0 }));
    expect(frameEnergy(compiled, changed, cycles).components.logic.mid).toBe(logic.mid);
  });
});
