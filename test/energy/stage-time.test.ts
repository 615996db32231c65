import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { stageShares } from '../../src/energy/stage-time.ts';
import { summarise } from '../../src/report/summary.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { smallNetwork } from '../report/support.ts';

describe('the shares of the stages in a frame', () => {
  it('add up to 1 and are in the ratio of their cycles and waits', () => {
    const compiled = compile(smallNetwork(), namedConfig('pynq-z2'));
    const cycles = simulateCycles(compiled.config, compiled.program.instructions);
    const shares = stageShares(compiled, cycles);
    const times = summarise(compiled, cycles).layers.map((layer) => layer.cycles + layer.stallCycles);
    const all = times.reduce((sum, time) => sum + time, 0);
    expect(shares.length).toBeGreaterThan(8);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(shares).toEqual(times.map((time) => time / all));
    expect(all).toBeLessThanOrEqual(cycles.cycles);
  });
});
