import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { activationAreas, memoryOccupancy } from '../../src/report/occupancy.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { memoryBytes } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { smallNetwork } from './support.ts';

describe('the occupancy of the on-chip memories', () => {
  it.each(['tiny', 'pynq-z2', 'virtex7'])('starts and ends empty and never passes the capacity of %s', (name) => {
    const config = namedConfig(name);
    const compiled = compile(smallNetwork(), config);
    const cycles = simulateCycles(config, compiled.program.instructions);
    const memories = memoryOccupancy(compiled, cycles);
    expect(memories.map(({ memory }) => memory)).toEqual(['activation', 'weight', 'parameter']);
    let checked = 0;
    for (const { memory, capacityBytes, points } of memories) {
      expect(capacityBytes).toBe(memoryBytes(config)[memory]);
      expect(points[0]![0]).toBe(0);
      expect(points.at(-1)!).toEqual([expect.any(Number), 0]);
      expect(Math.max(...points.map(([, bytes]) => bytes))).toBeGreaterThan(0);
      points.forEach(([cycle, bytes], index) => {
        expect(bytes).toBeGreaterThanOrEqual(0);
        expect(bytes).toBeLessThanOrEqual(capacityBytes);
        expect(cycle).toBeGreaterThan(points[index - 1]?.[0] ?? -1);
        checked += 1;
      });
    }
    expect(checked).toBeGreaterThan(10);
  });

  it('keeps areas of the activation memory that live at the same time apart', () => {
    const config = namedConfig('pynq-z2');
    const compiled = compile(smallNetwork(), config);
    const areas = activationAreas(compiled, simulateCycles(config, compiled.program.instructions));
    let pairs = 0;
    for (const [index, a] of areas.entries()) {
      expect(a.base + a.bytes).toBeLessThanOrEqual(memoryBytes(config).activation);
      for (const b of areas.slice(index + 1)) {
        if (a.start >= b.end || b.start >= a.end) continue;
        pairs += 1;
        expect(a.base >= b.base + b.bytes || b.base >= a.base + a.bytes, `${a.tensor}, ${b.tensor}`).toBe(true);
      }
    }
    expect(pairs).toBeGreaterThan(0);
  });
});
