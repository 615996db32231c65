/** Energy of the clock where registers hold: by count, and against the average of the reports. */
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { enabledCycles } from '../../src/energy/accesses.ts';
import { countActivity } from '../../src/energy/activity.ts';
import { COEFFICIENTS, coefficientsOf, REPORTS_ENABLED } from '../../src/energy/coefficients.ts';
import { CORNERS, clockPower, enableEnergy, frameEnergy, pacedFrame } from '../../src/energy/model.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { ENABLES, estimateResources } from '../../src/synth/estimate.ts';
import { mobileNetV2Network } from '../support/mobilenet-v2.ts';
import { randomInputs } from '../support/random-network.ts';

const config = namedConfig('pynq-z2');
const network = mobileNetV2Network({ resolution: 64 });
const compiled = compile(network, config);
const cycles = simulateCycles(config, compiled.program.instructions);
const activity = countActivity(compiled, runReference(network, randomInputs(network, 1)), { every: 8 });
const resources = estimateResources(config);
const table = coefficientsOf(config);

describe('a flip-flop behind an enable', () => {
  it.each(Object.keys(COEFFICIENTS) as (keyof typeof COEFFICIENTS)[])(
    'takes the average of the reports when it moves as often as theirs, and more or less otherwise: %s',
    (family) => {
      const cells = { dsp: 0, blockRam: 0, flipFlops: 300, enabled: { codes: 200, residual: 100 } };
      const held = clockPower(COEFFICIENTS[family], cells);
      const moving = enableEnergy(COEFFICIENTS[family], cells);
      const power = (share: number, corner: (typeof CORNERS)[number]) =>
        held[corner] + share * (moving.codes[corner] + moving.residual[corner]);
      for (const corner of CORNERS) {
        const average = COEFFICIENTS[family].flipFlopClock[corner] * 300;
        expect(power(REPORTS_ENABLED, corner) / average).toBeCloseTo(1, 9);
        expect(moving.codes[corner]).toBeCloseTo(2 * moving.residual[corner], 9);
      }
      for (const share of [0, 0.1, 0.3, 0.5, 1]) {
        expect(power(share, 'low')).toBeLessThan(power(share, 'mid'));
        expect(power(share, 'mid')).toBeLessThan(power(share, 'high'));
      }
      // The high end spares nothing.
      expect(power(0, 'high')).toBeCloseTo(power(1, 'high'), 9);
      expect(power(0, 'mid')).toBeLessThan(power(1, 'mid'));
    },
  );
});

describe("a frame's clock", () => {
  it('is that of still registers in every cycle, and what moves with codes and with turns of the residual', () => {
    const { flipFlops, enabled, dsp, blockRam } = resources;
    const held = table.heldClock.mid / (table.heldClock.mid + (1 - table.heldClock.mid) * REPORTS_ENABLED);
    const moving = held / table.heldClock.mid;
    const sum = (name: 'parameterReads' | 'residualGroups') => activity.reduce((all, stage) => all + stage[name], 0);
    // All pixels of a group are requantised at once; two turns of the residual follow one another.
    const codes = sum('parameterReads');
    const residual = 2 * sum('residualGroups');
    expect(residual).toBeGreaterThan(0);
    expect(residual).toBeLessThan(codes);
    const always = flipFlops - enabled.codes - enabled.residual;
    const group = (count: number, moved: number) => count * (moved * moving + (cycles.cycles - moved) * held);
    const expected =
      table.flipFlopClock.mid *
        (always * cycles.cycles + group(enabled.codes, codes) + group(enabled.residual, residual)) +
      (table.dspClock.mid * dsp + table.ramClock.mid * blockRam) * cycles.cycles;
    const { clock } = frameEnergy(compiled, activity, cycles).components;
    expect(clock.mid / expected).toBeCloseTo(1, 9);
  });

  it('falls with the codes requantised, group by group of registers', () => {
    const full = frameEnergy(compiled, activity, cycles).components.clock;
    for (const name of ['parameterReads', 'residualGroups'] as const) {
      const fewer = activity.map((stage) => ({ ...stage, [name]: stage[name] / 2 }));
      const { clock } = frameEnergy(compiled, fewer, cycles).components;
      expect(clock.mid).toBeLessThan(full.mid);
      expect(clock.high).toBeCloseTo(full.high, 0);
    }
    for (const enable of ENABLES) expect(resources.enabled[enable]).toBeGreaterThan(0);
  });

  it('goes on with still registers while a frame waits for the next', () => {
    const pace = frameEnergy(compiled, activity, cycles);
    const quick = frameEnergy(compiled, activity, { ...cycles, cycles: cycles.cycles - 1000 });
    expect(pacedFrame(pace, pace)).toEqual(pace);
    const paced = pacedFrame(pace, quick);
    expect(paced.components.clock.mid / pace.components.clock.mid).toBeCloseTo(1, 9);
    expect(paced.components.static).toEqual(pace.components.static);
    const none = activity.map((stage) => ({ ...stage, parameterReads: 0, residualGroups: 0 }));
    const still = frameEnergy(compiled, none, cycles);
    expect(still.components.clock.mid / (still.idleClock.mid * cycles.cycles)).toBeCloseTo(1, 9);
  });

  it('moves a group of pixels as often as it is cut into chunks and turns', () => {
    const counts = { parameterReads: 10, residualGroups: 3 };
    const shape = (pixels: number, requantisePixels: number, residualPixels: number) =>
      enabledCycles({ ...config, pixels, requantisePixels, residualPixels }, counts);
    expect(shape(4, 4, 1)).toEqual({ codes: 10, residual: 12 });
    expect(shape(4, 1, 1)).toEqual({ codes: 40, residual: 12 });
    expect(shape(4, 4, 4)).toEqual({ codes: 10, residual: 3 });
  });
});
