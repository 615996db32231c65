import { afterAll, describe, expect, it, vi } from 'vitest';
import { AxiBench } from '../../src/rtlsim/axi-bench.ts';
import { compareWithVerilator, hasVerilator, simulatorOf, verilatorNote, verilatorOf } from './support/compare.ts';

const everything = {
  files: ['operators.sv', 'divide.sv', 'memories.sv', 'pipeline.sv', 'dot.sv', 'everything.sv'],
  top: 'everything',
};
const seed = 20_240_611;

// Building the comparison takes minutes on a busy machine, the first time.
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(!hasVerilator)(`the WebAssembly simulator against Verilator${verilatorNote}`, () => {
  it.each([
    { name: 'modules kept apart', options: { inlineLimit: 0 } },
    { name: 'small modules inlined', options: {} },
    { name: 'all named wires kept', options: { wires: true } },
  ])(`agrees on every output and register in every cycle, $name (seed ${seed})`, async ({ options }) => {
    const { signals, compared, differences } = await compareWithVerilator(everything, 150, seed, options);
    expect(differences).toEqual([]);
    expect(signals).toBeGreaterThan(100);
    expect(compared).toBe(signals * 150);
  });

  it.each([
    { latency: 1, stalls: undefined },
    { latency: 23, stalls: undefined },
    { latency: 7, stalls: { seed: 99, rate: 100 } },
  ])(
    'runs the same AXI memory and host, cycle for cycle: $latency cycles, stalls $stalls',
    async ({ latency, stalls }) => {
      const design = { files: ['axi_copy.sv'], top: 'axi_copy', parameters: { DW: 64 } };
      const bursts = 40;
      const options = { prefix: 'm_axi_', latency, size: 16384, base: 0x1000, ...(stalls && { stalls }) };
      const bench = new AxiBench(await simulatorOf(design));
      const model = await verilatorOf(design, 'annotated');
      try {
        const memory = bench.addMemory(options);
        const theirs = model.addMemory(options);
        memory.bytes.forEach((_, i) => {
          memory.bytes[i] = (i * 7919) >> 5;
        });
        model.writeMemory(theirs, 0, memory.bytes);
        const wrong = { first: 0x1000 + 704, end: 0x1000 + 800, response: 2 } as const;
        memory.errors.push(wrong);
        model.addError(theirs, wrong);
        for (const level of [0, 1]) {
          bench.sim.poke('rst_ni', level);
          model.poke('rst_ni', level);
          bench.step(3);
          await model.step(3);
        }
        for (const [address, data] of [
          [0, 0x1000],
          [4, 0x3000],
          [8, bursts],
          [12, 1],
        ] as const)
          expect(bench.writeRegister(address, data)).toEqual(await model.writeRegister(address, data));
        const cycles = bench.runUntil('done_o', 1, 20_000);
        expect(cycles).toBeGreaterThan(bursts * 8);
        expect(await model.runUntil('done_o', 1, 20_000)).toEqual({ cycles, failures: 0 });
        expect(await model.readRegister(12)).toEqual(bench.readRegister(12));
        expect(bench.readRegister(12).data).toBe((96 / 8) << 16);
        expect(await model.statistics(theirs)).toEqual(memory.statistics());
        expect(memory.statistics()).toMatchObject({ readBeats: bursts * 8, writeBeats: bursts * 8, violations: [] });
        expect(Buffer.compare(await model.readMemory(theirs, 0, 16384), memory.bytes)).toBe(0);
      } finally {
        await model.close();
      }
    },
  );
});

afterAll(() => {
  if (!hasVerilator) console.log('comparison with Verilator skipped: it is not installed');
});
