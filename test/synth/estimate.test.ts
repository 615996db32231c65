/** The resource estimate against synthesis: in this run for small designs, against recorded counts for all others. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { rtlDesign, rtlHash } from '../../src/node/rtl-sources.ts';
import { synthesise } from '../../src/node/synth.ts';
import { type Config, multipliers } from '../../src/spec/config.ts';
import { CONFIGS, namedConfig } from '../../src/spec/configs.ts';
import { beyond, DEVICES } from '../../src/synth/devices.ts';
import { estimateResources } from '../../src/synth/estimate.ts';
import type { Resources } from '../../src/synth/families.ts';
import type { SynthRecord } from '../../src/synth/record.ts';
import { UNNAMED } from '../support/unnamed-configs.ts';

vi.setConfig({ testTimeout: 1_200_000 });

const command = 'node --import ./tools/typescript.mjs bench/synthesis.ts --tool native';
const records = JSON.parse(await readFile(new URL('../../bench/synthesis.json', import.meta.url), 'utf8')) as Record<
  string,
  SynthRecord
>;

/** Largest deviation of look-up tables and flip-flops. */
const tolerance = 0.15;

/** `note` says that the counts are of RTL that has changed since. */
function expectEstimate(config: Config, counted: Resources, note = ''): void {
  const { dsp, memoryBlocks, luts, flipFlops } = estimateResources(config);
  const deviation = (estimate: number, count: number): number => Math.abs(estimate / count - 1);
  expect(dsp, note).toBe(counted.dsp);
  if (note === '') expect(memoryBlocks).toBe(counted.bram);
  else
    expect(deviation(memoryBlocks, counted.bram), `memory: ${memoryBlocks}, ${counted.bram}. ${note}`).toBeLessThan(
      0.02,
    );
  expect(deviation(luts, counted.lut), `LUT: ${luts}, ${counted.lut}. ${note}`).toBeLessThan(tolerance);
  expect(deviation(flipFlops, counted.ff), `flip-flops: ${flipFlops}, ${counted.ff}. ${note}`).toBeLessThan(tolerance);
}

const known = [...CONFIGS.values(), ...UNNAMED];

describe('the resource estimate', () => {
  it.each(Object.entries(records))('is what synthesis counted for %s', async (key, record) => {
    const name = key.split(' ')[0]!;
    const config = known.find((one) => one.name === name);
    expect(config, `${key} is no configuration`).toBeDefined();
    if (key === name) expect(record.family).toBe(config!.family);
    // Any change of the RTL makes a record stale. That alone is no fault, and remaking a large one takes long.
    const stale = record.rtl !== rtlHash(await rtlDesign(config!));
    const note = stale ? `The counts of ${key} are of other RTL: run ${command} ${name}` : '';
    if (stale) console.warn(note);
    expectEstimate({ ...config!, family: record.family }, record.total, note);
  });

  for (const { name } of known)
    if (records[name] === undefined) it.todo(`has no counts of ${name}: run ${command} ${name}`);

  it('is held against some counts', () => expect(Object.keys(records).length).toBeGreaterThan(3));

  it('is right by parts and not by chance', () => {
    const { parts, luts, flipFlops, dsp } = estimateResources(namedConfig('virtex7'));
    const all = Object.values(parts);
    expect(Math.abs(all.reduce((total, part) => total + part.luts, 0) - luts)).toBeLessThan(1);
    expect(Math.abs(all.reduce((total, part) => total + part.flipFlops, 0) - flipFlops)).toBeLessThan(1);
    expect(parts.array.dsp).toBe(512);
    expect(dsp).toBeLessThanOrEqual(600);
  });
});

describe('devices', () => {
  it('are known for every named configuration that names one, and lack what a design has more of', () => {
    const devices = [...CONFIGS.values()].map(({ device }) => device).filter((device) => !device.startsWith('any'));
    expect(devices.filter((device) => DEVICES[device] === undefined)).toEqual([]);
    expect(devices.length).toBeGreaterThan(3);
    const { luts, flipFlops, dsp, memoryBlocks } = DEVICES.XC7Z020!;
    expect(beyond('XC7Z020', { luts, flipFlops, dsp, memoryBlocks })).toEqual([]);
    expect(beyond('XC7Z020', { luts: luts + 1, flipFlops, dsp: dsp + 1, memoryBlocks })).toEqual(['luts', 'dsp']);
    expect(beyond('toString', { luts, flipFlops, dsp, memoryBlocks })).toEqual([]);
  });

  it('hold pynq-z2', () => expect(beyond('XC7Z020', estimateResources(namedConfig('pynq-z2')))).toEqual([]));
});

describe("the design of 'tiny', mapped to Xilinx 7", () => {
  it('has a DSP slice for two products, short paths, mapped cells that do what the RTL says, and the estimated size', async () => {
    const config = namedConfig('tiny');
    const { dsp } = estimateResources(config);
    const report = await synthesise({ ...(await rtlDesign(config)), family: 'xc7', vectors: 100, expectedDsp: dsp });
    expect(report.problems).toEqual([]);
    expect(report.unknown).toEqual([]);
    expect(report.total.dsp).toBe(12);
    const pairs = report.modules.filter(({ name }) => name === 'dw_multiply_pair');
    expect(pairs.map(({ instances, own }) => [instances, own.dsp])).toEqual([[multipliers(config) / 2, 1]]);
    // The bar is 6; the path of 7, of the instructions, is in docs/synthesis.md. Whether the parts of it in dw_instructions
    // and dw_dispatch count 6 or 7 differs with changes elsewhere.
    const long = report.modules.filter(({ levels }) => levels > 6);
    expect(long.map(({ name }) => name)).toContain('depthwright_core');
    expect(
      long.filter(
        ({ name, levels }) => levels > 7 || !['depthwright_core', 'dw_instructions', 'dw_dispatch'].includes(name),
      ),
    ).toEqual([]);
    expect(
      report.modules.filter(({ gates }) => gates.status !== 'equal').map(({ name, gates }) => [name, gates]),
    ).toEqual([]);
    expectEstimate(config, report.total);
    // What the model of energy takes to hold: every flip-flop after the sums has an enable, and they are as many.
    const after = report.modules.filter(({ name }) =>
      ['dw_requantise', 'dw_residual', 'dw_round_clamp', 'dw_soft_multiply', 'dw_tables'].includes(name),
    );
    expect(new Set(after.map(({ name }) => name)).size).toBe(5);
    for (const { name, own, enabled } of after) expect([name, enabled]).toEqual([name, own.ff]);
    const post = report.modules.filter(({ name }) => name === 'dw_post');
    const count = [...after, ...post].reduce((sum, { instances, enabled }) => sum + instances * enabled, 0);
    const { codes, residual } = estimateResources(config).enabled;
    expect(Math.abs((codes + residual) / count - 1)).toBeLessThan(0.05);
  });
});
