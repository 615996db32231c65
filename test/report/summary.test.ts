import { describe, expect, it } from 'vitest';
import { type Compiled, compile } from '../../src/compile/compile.ts';
import { UserError } from '../../src/errors.ts';
import { layerMacs } from '../../src/network/network.ts';
import { type Summary, summarise } from '../../src/report/summary.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { retireLatency } from '../../src/spec/timing.ts';
import { mobileNetV2Network } from '../support/mobilenet-v2.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { randomLayerNetwork } from '../support/random-network.ts';

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Checks what holds for every program. */
function checkSums(compiled: Compiled): Summary {
  const cycles = simulateCycles(compiled.config, compiled.program.instructions);
  const summary = summarise(compiled, cycles);
  expect(summary.offChipBytes).toBe(cycles.readBytes + cycles.writeBytes);
  expect(total(summary.layers.map((layer) => layer.offChipBytes)) + summary.traffic.program).toBe(summary.offChipBytes);
  const { compute, stalls, tail } = summary.breakdown;
  expect(compute + total(Object.values(stalls)) + tail).toBe(summary.cycles);
  expect(tail).toBeGreaterThan(0);
  expect(summary.macs).toBe(total(compiled.network.layers.map((layer) => layerMacs(compiled.network, layer))));
  const names = summary.layers.flatMap((layer) => layer.layers);
  expect(new Set(names)).toEqual(new Set(compiled.network.layers.map((layer) => layer.name)));
  for (const layer of summary.layers) {
    expect(layer.cycles).toBeGreaterThan(0);
    expect(layer.end - layer.start + 1).toBeGreaterThanOrEqual(layer.cycles);
  }
  return summary;
}

describe('the summary', () => {
  it('adds up, to the byte and the cycle, for random layers on random configurations', () => {
    let checked = 0;
    for (let seed = 0; seed < 60; seed++) {
      const config = randomConfig(new Random(seed));
      try {
        checkSums(compile(randomLayerNetwork(seed, { multiplierBits: config.multiplierBits }), config));
        checked += 1;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }
    expect(checked).toBeGreaterThan(20);
  });

  it('adds up for MobileNetV2, which fits on chip and moves weights, parameters, input and output only', () => {
    const config = namedConfig('virtex7');
    const compiled = compile(mobileNetV2Network({ resolution: 96 }), config);
    const summary = checkSums(compiled);
    expect(summary.traffic).toMatchObject({ spill: 0, tables: 0, input: 48 * 48 * 16, output: 4 * 1008 });
    // Words that all blocks of a stage share come with each of its chunks.
    expect(summary.traffic.weights / summary.weightBytes).toBeGreaterThanOrEqual(1);
    expect(summary.traffic.weights / summary.weightBytes).toBeLessThan(1.001);
    expect(summary.onChipBytes.weight.write).toBe(summary.traffic.weights);
    expect(summary.breakdown.tail).toBeLessThan(retireLatency(config) + 3 * config.memoryLatency);
    for (const layer of summary.layers) expect(layer.utilisation, layer.name).toBeLessThanOrEqual(1);
    expect(summary.framesPerSecond).toBeCloseTo(200e6 / summary.cycles, 6);
    expect(summary.gops / summary.peakGops).toBeCloseTo(summary.utilisation, 9);
    const { kind, input, output, kernel, stride } = summary.layers[0]!;
    expect({ kind, input, output, kernel, stride }).toEqual({
      kind: 'standard',
      input: [96, 96, 3],
      output: [48, 48, 32],
      kernel: [3, 3],
      stride: [2, 2],
    });
    expect(summary.layers.some((layer) => layer.layers.length === 2)).toBe(true);
  });
});
