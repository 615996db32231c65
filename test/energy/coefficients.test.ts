import { describe, expect, it } from 'vitest';
import { anchorResiduals, reportResiduals } from '../../src/energy/calibration.ts';
import { COEFFICIENTS, coefficientsOf, STATIC_POWER } from '../../src/energy/coefficients.ts';
import { LEAST_WATTS, measured, picojoules, processRatio, quantile, spread, usable } from '../../src/energy/derive.ts';
import { HIERARCHY, REPORTS } from '../../src/energy/evidence.ts';
import { coefficientRows } from '../../src/energy/model.ts';
import { CONFIGS } from '../../src/spec/configs.ts';

const report = (name: string) => REPORTS.find((candidate) => candidate.name === name)!;

describe('the rows of evidence', () => {
  it('are at least ten a family, whole, and each named once', () => {
    for (const family of ['xc7', 'xcup'] as const) {
      expect(REPORTS.filter((row) => row.family === family).length).toBeGreaterThanOrEqual(10);
    }
    expect(new Set(REPORTS.map(({ name }) => name)).size).toBe(REPORTS.length);
    for (const row of REPORTS) {
      expect(row.source).toMatch(/^[\w.-]+\/[\w.-]+ \S+\.(rpt|md)$/);
      const { watts, ...rest } = row;
      const numbers = [...Object.values(rest), ...Object.values(watts)].filter((value) => typeof value === 'number');
      expect(numbers).toHaveLength(15);
      for (const value of numbers) expect(value).toBeGreaterThanOrEqual(0);
      expect(watts.static).toBeGreaterThan(0.05);
    }
    for (const row of HIERARCHY) expect(report(row.report)).toBeDefined();
  });
});

describe('derived coefficients', () => {
  it('are energy a cell and cycle: 127 mW in 96 block RAMs at 100 MHz are 13.2 pJ', () => {
    expect(picojoules(report('int8 tensor unit'), 'blockRam')).toBeCloseTo(13.23, 2);
    expect(picojoules(report('int8 tensor unit'), 'dsp')).toBeCloseTo(4.21, 2);
  });

  it('are stated at the nominal supply: a report at 0.72 V counts 1.39 times', () => {
    const { units, watts } = measured(report('SRCNN, third'), 'dsp');
    expect(picojoules(report('SRCNN, third'), 'dsp') / ((watts * 1e6) / (units * 100))).toBeCloseTo(1.3937, 3);
  });

  it('leave out what a report rounds away, small clock trees, and the clocks of unrouted designs', () => {
    expect(usable(report('ECG network'), 'blockRam')).toBe(false);
    expect(usable(report('colour conversion'), 'clock')).toBe(false);
    expect(usable(report('polynomial multiplier'), 'clock')).toBe(false);
    expect(usable(report('polynomial multiplier'), 'dsp')).toBe(true);
    expect(LEAST_WATTS).toBe(0.004);
  });

  it('are the median and quartiles', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
    expect(quantile([7], 0.75)).toBe(7);
    // Of ten block RAM figures the fifth and sixth.
    const values = REPORTS.filter((row) => row.family === 'xc7' && usable(row, 'blockRam'))
      .map((row) => picojoules(row, 'blockRam'))
      .sort((a, b) => a - b);
    expect(values).toHaveLength(10);
    expect(spread('xc7', 'blockRam').mid).toBeCloseTo((values[4]! + values[5]!) / 2, 10);
  });

  it('follow the rows: twice the power is twice the energy', () => {
    const before = spread('xc7', 'dsp').mid;
    const doubled = REPORTS.map((row) => ({ ...row, watts: { ...row.watts, dsp: row.watts.dsp * 2 } }));
    expect(spread('xc7', 'dsp', doubled).mid).toBeCloseTo(before * 2, 6);
  });

  it('cost more on 28 nm than on 16 nm', () => {
    expect(processRatio().low).toBeGreaterThan(1);
    for (const name of [
      'flipFlopClock',
      'operandToggle',
      'ramAccess',
      'product',
      'treeToggle',
      'requantise',
    ] as const) {
      expect(COEFFICIENTS.xc7[name].mid).toBeGreaterThan(COEFFICIENTS.xcup[name].mid);
    }
  });

  it('have a band, a unit, a source and a date, each', () => {
    let entries = 0;
    for (const table of Object.values(COEFFICIENTS)) {
      for (const { name, low, mid, high, unit, source, date } of coefficientRows(table)) {
        expect(low, name).toBeLessThan(mid);
        expect(mid, name).toBeLessThan(high);
        expect(unit, name).not.toBe('');
        expect(source.length, name).toBeGreaterThan(10);
        expect(date, name).toBe('2026-11-25');
        entries += 1;
      }
    }
    expect(entries).toBe(48);
  });

  it('spread a product of the reports over the bits of its adder tree', () => {
    // 16 products: 8 sums of 17 bits, 4 of 18, 2 of 19, 1 of 20; 12.5 % to 50 % of them toggle.
    const bits = (8 * 17 + 4 * 18 + 2 * 19 + 20) / 16;
    for (const family of ['xc7', 'xcup'] as const) {
      const { product, treeToggle } = COEFFICIENTS[family];
      expect(treeToggle.mid * bits * 0.25).toBeCloseTo(product.mid, 9);
      expect(treeToggle.high * bits * 0.125).toBeCloseTo(product.high, 9);
    }
  });

  it('know the static power of the named Xilinx configurations', () => {
    for (const name of ['pynq-z2', 'zcu104', 'virtex7']) {
      const config = CONFIGS.get(name)!;
      expect(coefficientsOf(config).staticPower, name).toBe(STATIC_POWER[config.device]);
    }
    expect(coefficientsOf({ family: 'xc7', device: 'another' }).staticPower).toBe(COEFFICIENTS.xc7.staticPower);
  });
});

describe('residuals', () => {
  it('leave a report out of its own prediction', () => {
    const without = REPORTS.filter(({ name }) => name !== 'regular expressions');
    const entry = reportResiduals().find(
      ({ report: row, quantity }) => row.name === 'regular expressions' && quantity === 'blockRam',
    )!;
    const expected = (spread('xcup', 'blockRam', without).mid * 412.5 * 180) / 1e6;
    expect(entry.residual.predicted.mid).toBeCloseTo(expected, 9);
  });

  it('meet the clocks of the reports within a factor of two, in all but a small design on a large die', () => {
    const clocks = reportResiduals().filter(({ quantity }) => quantity === 'clock');
    expect(clocks.length).toBeGreaterThan(15);
    const far = clocks.filter(({ residual: { measured: found, predicted } }) => {
      const factor = predicted.mid / found;
      return factor > 2 || factor < 0.5;
    });
    expect(far.map(({ report: row }) => row.name)).toEqual(['bit error tester']);
  });

  it('say that the clock does not explain the idle slope of the anchor, and that activity explains the rest', () => {
    const [idle, running] = anchorResiduals();
    expect(idle!.within).toBe(false);
    expect(idle!.residual).toBeLessThan(-0.3);
    expect(running!.within).toBe(true);
    expect(Math.abs(running!.residual)).toBeLessThan(0.3);
  });
});
