/** `RtlBench` on the WebAssembly simulator. */
import { AxiBench } from '../rtlsim/axi-bench.ts';
import type { AxiMemory } from '../rtlsim/axi-memory.ts';
import type { Simulator } from '../rtlsim/simulator.ts';
import { VcdWriter, type WaveSink } from '../rtlsim/vcd.ts';
import type { BenchOptions, Probe, RtlBench, TraceRecord } from './bench.ts';

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
  const sums = new Map<string, number>();
  const samplers: { readonly sum: string; readonly sample: () => number }[] = [];
  const vcd = wave && new VcdWriter(simulator, wave);
  const record = (): void => {
    vcd?.cycle();
    for (const { sum, sample } of samplers) sums.set(sum, sums.get(sum)! + sample());
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
    async addProbes(probes) {
      for (const probe of probes) {
        sums.set(probe.sum, sums.get(probe.sum) ?? 0);
        samplers.push({ sum: probe.sum, sample: sampler(simulator, probe) });
      }
    },
    async probed() {
      return new Map(sums);
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

/** Gives the count of a probe in each cycle in which it is called. */
function sampler(simulator: Simulator, { path, what }: Probe): () => number {
  const read = simulator.reader(path);
  let before = read();
  return () => {
    const now = read();
    const count = ones(what === 'ones' ? now : now ^ before);
    before = now;
    return count;
  };
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Cycles for which reset is held. */
export const RESET_CYCLES = 4;
