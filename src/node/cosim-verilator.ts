/** `RtlBench` on Verilator. */
import type { BenchOptions, RtlBench } from '../cosim/bench.ts';
import { RESET_CYCLES } from '../cosim/wasm-bench.ts';
import { type Variable, VerilatorModel } from './verilator.ts';
import type { VerilatorBuild } from './verilator-build.ts';

/** `build` is of a wrapper with trace ports (`wrapperText` with `trace`), `top` its name; `wave`: VCD file to write. */
export async function verilatorBench(
  build: VerilatorBuild,
  top: string,
  options: BenchOptions,
  wave?: string,
): Promise<RtlBench> {
  const model = new VerilatorModel(build);
  if (wave !== undefined) await model.openWave(wave);
  const { memoryBytes, memoryLatency, stalls } = options;
  const memory = model.addMemory({
    prefix: 'm_axi_',
    latency: memoryLatency,
    size: memoryBytes,
    ...(stalls && { stalls }),
  });
  await model.failures(true);
  model.poke('rst_ni', 0);
  await model.step(RESET_CYCLES);
  model.poke('rst_ni', 1);
  await model.step(1);
  const watch = model.watch('trace_events_o', ['trace_cycle_o', 'trace_events_o']);
  const variables = new Map<string, Variable>();
  const sums: string[] = [];
  const check = (response: number | undefined, offset: number): void => {
    if (response === undefined) throw new Error(`register ${offset} does not answer`);
  };
  return {
    async writeRegister(offset, value) {
      check((await model.writeRegister(offset, value)).response, offset);
    },
    async readRegister(offset) {
      const { response, data } = await model.readRegister(offset);
      check(response, offset);
      return data >>> 0;
    },
    async writeMemory(address, bytes) {
      model.writeMemory(memory, address, bytes);
    },
    async readMemory(address, count) {
      return model.readMemory(memory, address, count);
    },
    async addError(range) {
      model.addError(memory, range);
    },
    async clearErrors() {
      model.clearErrors(memory);
    },
    async runUntilEvent(mask, limit) {
      return (await model.runUntilMask('trace_events_o', mask, limit)).cycles;
    },
    async step(cycles) {
      await model.step(cycles);
    },
    async events() {
      return (await model.readWatch(watch)).map(([cycle, events]) => ({
        cycle: Number(cycle),
        events: Number(events),
      }));
    },
    async readRows(path, first, count) {
      let variable = variables.get(path);
      if (variable === undefined) {
        variable = await model.variable(path, top);
        variables.set(path, variable);
      }
      const raw = await model.readRows(variable, first, count);
      const stored = raw.length / count;
      const bytes = Math.ceil(variable.width / 8);
      if (stored === bytes) return raw;
      const result = new Uint8Array(bytes * count);
      for (let row = 0; row < count; row++) result.set(raw.subarray(row * stored, row * stored + bytes), row * bytes);
      return result;
    },
    async statistics() {
      return model.statistics(memory);
    },
    async addProbes(probes) {
      for (const { path, what, sum } of probes) {
        if (!sums.includes(sum)) sums.push(sum);
        model.addProbe(await model.variable(path, top), what, sums.indexOf(sum));
      }
    },
    async probed() {
      return new Map((await model.readProbes()).map((count, index) => [sums[index]!, count]));
    },
    async failures() {
      return (await model.failures()).map(({ cycle, source }) => `cycle ${cycle}: ${source}`);
    },
    async close() {
      await model.close();
    },
  };
}
