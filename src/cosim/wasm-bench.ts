/** `RtlBench` on the WebAssembly simulator. */
import { AxiBench } from '../rtlsim/axi-bench.ts';
import type { AxiMemory } from '../rtlsim/axi-memory.ts';
import type { Simulator } from '../rtlsim/simulator.ts';
import { VcdWriter, type WaveSink } from '../rtlsim/vcd.ts';
import type { BenchOptions, RtlBench, TraceRecord } from './bench.ts';

/** `simulator` holds a wrapper with trace ports (`wrapperText` with `trace`); `wave` takes a VCD file. */
export function wasmBench(simulator: Simulator, options: BenchOptions, wave?: WaveSink): RtlBench {
  simulator.restart();
  const bench = new AxiBench(simulator);
  const { memoryBytes, memoryLatency, stalls } = options;
  const memory: AxiMemory = bench.addMemory({
    prefix: 'm_axi_',
    latency: memoryLatency,
    size: memoryBytes,
    ...(stalls && { stalls }),
  });
  const readEvents = simulator.reader('trace_events_o');
  let records: TraceRecord[] = [];
  const vcd = wave && new VcdWriter(simulator, wave);
  const record = (): void => {
    vcd?.cycle();
    const events = readEvents();
    if (events !== 0) records.push({ cycle: Number(simulator.peek('trace_cycle_o')), events });
  };
  const cycle = (): void => {
    bench.cycle(record);
  };
  simulator.poke('rst_ni', 0);
  for (let i = 0; i < RESET_CYCLES; i++) cycle();
  simulator.poke('rst_ni', 1);
  cycle();
  records = [];
  const check = <T>(result: { readonly response: T | undefined }, offset: number): void => {
    if (result.response === undefined) throw new Error(`register ${offset} does not answer`);
  };
  return {
    async writeRegister(offset, value) {
      check(bench.writeRegister(offset, value), offset);
    },
    async readRegister(offset) {
      const result = bench.readRegister(offset);
      check(result, offset);
      return result.data >>> 0;
    },
    async writeMemory(address, bytes) {
      memory.bytes.set(bytes, address);
    },
    async readMemory(address, count) {
      return memory.bytes.slice(address, address + count);
    },
    async addError(range) {
      memory.errors.push(range);
    },
    async clearErrors() {
      memory.errors.length = 0;
    },
    async runUntilEvent(mask, limit) {
      for (let done = 0; done < limit; done++) {
        simulator.settle();
        if ((readEvents() & mask) !== 0 || simulator.failures.length > 0) return done;
        cycle();
      }
      return limit;
    },
    async step(cycles) {
      for (let i = 0; i < cycles; i++) cycle();
    },
    async events() {
      const result = records;
      records = [];
      return result;
    },
    async readRows(path, first, count) {
      const view = simulator.memoryAt(path);
      const bytes = Math.ceil(view.width / 8);
      const result = new Uint8Array(bytes * count);
      for (let row = 0; row < count; row++) {
        const at = (first + row) * view.stride;
        result.set(view.bytes.subarray(at, at + bytes), row * bytes);
      }
      return result;
    },
    async statistics() {
      return memory.statistics();
    },
    async failures() {
      return simulator.failures.map(({ assertion, instance, source, cycle: at }) =>
        [`cycle ${at}:`, instance, assertion, source].join(' '),
      );
    },
    async close() {
      vcd?.close();
    },
  };
}

/** Cycles for which reset is held. */
export const RESET_CYCLES = 4;
