import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { energyRatio, GRAPHICS, packageCounters, ratedWatts } from '../../bench/processors.ts';

describe('the energy of processors', () => {
  it('takes the package counters of the machine and no others', () => {
    const folder = mkdtempSync(join(tmpdir(), 'powercap-'));
    try {
      for (const [zone, name] of [
        ['intel-rapl:0', 'package-0'],
        ['intel-rapl:0:0', 'core'],
        ['intel-rapl:1', 'package-1'],
      ] as const) {
        mkdirSync(join(folder, zone));
        writeFileSync(join(folder, zone, 'name'), `${name}\n`);
        writeFileSync(join(folder, zone, 'energy_uj'), '1\n');
      }
      expect(packageCounters(folder).sort()).toEqual(
        ['intel-rapl:0', 'intel-rapl:1'].map((zone) => join(folder, zone, 'energy_uj')),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(packageCounters(join(folder, 'absent'))).toEqual([]);
  });

  it('rates known processors by core, and asks for the watts of others', () => {
    const cpuinfo = (vendor: string, family: number) => `vendor_id\t: ${vendor}\ncpu family\t: ${family}\n`;
    expect(ratedWatts(cpuinfo('AuthenticAMD', 26), 2).watts.mid).toBeCloseTo(8.33, 2);
    expect(ratedWatts(cpuinfo('AuthenticAMD', 25), 64).watts.mid).toBe(280);
    expect(() => ratedWatts(cpuinfo('GenuineIntel', 6), 4)).toThrow('--watts');
    expect(() => ratedWatts(cpuinfo('GenuineIntel', 26), 4)).toThrow('--watts');
  });

  it('divides corners the far way round', () => {
    const ratio = energyRatio({ low: 60, mid: 160, high: 400 }, { low: 2, mid: 8, high: 20 });
    expect(ratio).toEqual({ low: 3, mid: 20, high: 200 });
  });

  it('has sources for published graphics processors', () => {
    expect(GRAPHICS.length).toBeGreaterThan(1);
    for (const { millijoules, source } of GRAPHICS) {
      expect(millijoules.mid).toBeGreaterThan(1);
      expect(source).toMatch(/published/);
    }
    expect(GRAPHICS[0]!.millijoules.mid).toBeCloseTo(41.49, 2);
  });
});
