import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventMask, readFrame, startFrame } from '../../src/cosim/frame.ts';
import { compareTiming } from '../../src/cosim/timing.ts';
import type { RtlSimulator } from '../../src/node/cosim.ts';
import { rtlDesign } from '../../src/node/rtl-sources.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { Machine } from '../../src/simulate/machine.ts';
import type { Config } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { openBench, simulators, thorough } from './support/benches.ts';
import { HALF, transferProgram } from './support/transfers.ts';

const stub = {
  name: 'dw_compute.sv',
  text: readFileSync(new URL('./support/dw_compute_stub.sv', import.meta.url), 'utf8'),
};
const LIMIT = 2_000_000;
const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);

async function runTransfers(
  config: Config,
  simulator: RtlSimulator,
  programSeed: number,
  stalls?: { seed: number; rate: number },
) {
  const { instructions, memory } = transferProgram(config, new Random(programSeed), 40);
  const design = await rtlDesign(config, { trace: true, folders: ['lib', 'control', 'top'], add: [stub] });
  const bench = await openBench(design, simulator, {
    memoryBytes: memory.length,
    memoryLatency: config.memoryLatency,
    ...(stalls && { stalls }),
  });
  try {
    await bench.writeMemory(0, memory);
    await startFrame(bench, { count: instructions.length });
    await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
    await bench.step(1);
    const records = await bench.events();
    const frame = await readFrame(bench);
    const failures = await bench.failures();
    const { violations } = await bench.statistics();
    const expected = memory.slice();
    const machine = new Machine(config, expected);
    machine.run(instructions);
    const cycles = simulateCycles(config, instructions);
    const got = await bench.readMemory(HALF, HALF);
    let different = 0;
    for (let at = 0; at < HALF; at++) if (got[at] !== expected[HALF + at]) different += 1;
    const memories = [
      { name: 'weights', rows: config.weightDepth, bytes: machine.weights },
      { name: 'parameters', rows: config.parameterDepth, bytes: machine.parameters },
      { name: 'tables', rows: machine.tableBytes.length / config.axiBytes, bytes: machine.tableBytes },
    ];
    for (const { name, rows, bytes } of memories) {
      const held = await bench.readRows(`u_core.u_compute.${name}`, 0, rows);
      const wanted = new Uint8Array(bytes.buffer);
      expect(held.length).toBe(wanted.length);
      for (let at = 0; at < wanted.length; at++) if (held[at] !== wanted[at]) different += 1;
    }
    return { frame, failures, violations, different, timing: compareTiming(instructions, cycles, records), cycles };
  } finally {
    await bench.close();
  }
}

describe.each(simulators)('loads and stores without the compute unit, on %s', (simulator) => {
  it.each(thorough ? ['tiny', 'pynq-z2'] : ['tiny'])(
    `move every byte in the cycle that the model says: %s (seed ${seed})`,
    async (name) => {
      const config = namedConfig(name);
      const result = await runTransfers(config, simulator, seed);
      expect(result.failures).toEqual([]);
      expect(result.violations).toEqual([]);
      expect(result.frame.error).toBeUndefined();
      expect(result.frame.done).toBe(true);
      expect(result.different).toBe(0);
      expect(result.timing.compared).toBeGreaterThan(60);
      expect(result.timing.differences).toEqual([]);
      expect(result.frame.counters).toMatchObject({
        cycles: result.cycles.cycles,
        readBytes: result.cycles.readBytes,
        writeBytes: result.cycles.writeBytes,
      });
    },
  );

  it(`move every byte under random stalls on all channels (seed ${seed})`, async () => {
    const result = await runTransfers(namedConfig('tiny'), simulator, seed, { seed: 77, rate: 120 });
    expect(result.failures).toEqual([]);
    expect(result.violations).toEqual([]);
    expect(result.frame.done).toBe(true);
    expect(result.different).toBe(0);
  });

  it(`fit every configuration (seed ${seed})`, async () => {
    const random = new Random(seed);
    const runs = thorough ? 8 : 1;
    for (let run = 0; run < runs; run++) {
      const config = randomConfig(random);
      const result = await runTransfers(config, simulator, seed + run);
      expect({ config, ...result.timing }.differences, JSON.stringify(config)).toEqual([]);
      expect(result.different, JSON.stringify(config)).toBe(0);
      expect(result.failures).toEqual([]);
      expect(result.violations).toEqual([]);
    }
  });
});
