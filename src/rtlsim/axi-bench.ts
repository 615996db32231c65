/** Runs a design on the WebAssembly simulator together with its AXI4 memories and an AXI4-Lite host. */
import { AxiMemory, type AxiMemoryOptions } from './axi-memory.ts';
import { findBus, liteSignals } from './axi-ports.ts';
import type { Simulator } from './simulator.ts';

/** The end of an AXI4-Lite access; `response` is undefined when nothing answered within the limit. */
export interface LiteResult {
  readonly response: number | undefined;
  /** Word read; 0 for a write. */
  readonly data: number;
  readonly cycles: number;
}

/** Cycles that an AXI4-Lite access may take. */
export const liteLimit = 1000;

type LitePort = { set(value: number): void; get(): number; value: number };

export class AxiBench {
  readonly sim: Simulator;
  readonly memories: AxiMemory[] = [];
  private lite: Record<(typeof liteSignals)[number], LitePort> | undefined;
  private readonly litePrefix: string;

  /** `litePrefix`: start of the names of the design's AXI4-Lite ports, where it has any. */
  constructor(sim: Simulator, litePrefix = 's_axi_') {
    this.sim = sim;
    this.litePrefix = litePrefix;
  }

  addMemory(options: AxiMemoryOptions): AxiMemory {
    const memory = new AxiMemory(this.sim, options);
    this.memories.push(memory);
    return memory;
  }

  /** One clock cycle; `beforeEdge` sees the settled signals. False when an assertion failed. */
  cycle(beforeEdge?: () => void): boolean {
    for (const memory of this.memories) memory.drive();
    this.sim.settle();
    for (const memory of this.memories) memory.sample();
    beforeEdge?.();
    const failures = this.sim.failures.length;
    this.sim.step(1);
    return this.sim.failures.length === failures;
  }

  /** Runs `count` cycles, fewer when an assertion fails; returns the cycles run. */
  step(count: number): number {
    for (let done = 0; done < count; done++) if (!this.cycle()) return done + 1;
    return count;
  }

  /** Runs until `signal` has `value` (looked at before each cycle) or `limit` cycles; returns the cycles run. */
  runUntil(signal: string, value: number, limit: number): number {
    const read = this.sim.reader(signal);
    for (let done = 0; done < limit; done++) {
      if (read() === value) return done;
      if (!this.cycle()) return done + 1;
    }
    return limit;
  }

  writeRegister(address: number, data: number, limit: number = liteLimit): LiteResult {
    return this.access(true, address, data, limit);
  }

  readRegister(address: number, limit: number = liteLimit): LiteResult {
    return this.access(false, address, 0, limit);
  }

  private access(isWrite: boolean, address: number, data: number, limit: number): LiteResult {
    this.lite ??= this.findLite();
    const p = this.lite;
    (isWrite ? p.awaddr : p.araddr).set(address);
    (isWrite ? p.awvalid : p.arvalid).set(1);
    if (isWrite) {
      p.wdata.set(data);
      p.wstrb.set(15);
      p.wvalid.set(1);
      p.bready.set(1);
    } else p.rready.set(1);
    let response: number | undefined;
    let value = 0;
    let cycles = 0;
    while (response === undefined && cycles < limit) {
      let taken: LitePort[] = [];
      this.cycle(() => {
        const pairs = [
          [p.awvalid, p.awready],
          [p.wvalid, p.wready],
          [p.arvalid, p.arready],
        ] as const;
        taken = pairs.filter(([valid, ready]) => valid.value === 1 && ready.get() === 1).map(([valid]) => valid);
        if (p.bready.value === 1 && p.bvalid.get() === 1) response = p.bresp.get();
        if (p.rready.value === 1 && p.rvalid.get() === 1) {
          response = p.rresp.get();
          value = p.rdata.get();
        }
      });
      cycles++;
      for (const valid of taken) valid.set(0);
    }
    for (const port of [p.awvalid, p.wvalid, p.arvalid, p.bready, p.rready]) port.set(0);
    return { response, data: value, cycles };
  }

  private findLite(): Record<(typeof liteSignals)[number], LitePort> {
    const ports = this.sim.ports();
    const bus = findBus(
      ports.map(({ name }) => name),
      this.litePrefix,
      liteSignals,
    );
    const result = {} as Record<(typeof liteSignals)[number], LitePort>;
    for (const signal of liteSignals) {
      const port = ports.find(({ name }) => name === bus.get(signal));
      const write = port?.direction === 'input' ? this.sim.writer(port.name) : () => {};
      const get = port?.direction === 'output' ? this.sim.reader(port.name) : () => 0;
      const item: LitePort = {
        value: 0,
        get,
        set: (value) => {
          item.value = value;
          write(value);
        },
      };
      result[signal] = item;
    }
    return result;
  }
}
