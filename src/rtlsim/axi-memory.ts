/**
 * An AXI4 memory for the WebAssembly simulator: fixed latency, one beat a cycle, in order over all bursts, with
 * optional random stalls and errors. `cosim/axi_memory.h` is the same model for Verilator; a test holds the two equal.
 *
 * Timing: beat i of a read burst accepted in cycle t is presented in the later of cycle t + latency + i and the cycle
 * after the previous beat was taken. Write data is accepted every cycle; a burst's response comes `latency` cycles
 * after its last beat (or its address, if that comes later).
 */
import { UserError } from '../errors.ts';
import { type AxiSignal, axiSignals, findBus } from './axi-ports.ts';
import type { Simulator } from './simulator.ts';

export interface AxiMemoryOptions {
  /** Start of the names of the design's AXI4 ports, such as 'm_axi_'. */
  readonly prefix: string;
  /** Cycles from acceptance to the first beat, at least 1. */
  readonly latency: number;
  /** Bytes. */
  readonly size: number;
  /** Address of byte 0. Default 0. */
  readonly base?: number;
  /** Bursts accepted before the first is complete, each way. Default 16. */
  readonly outstanding?: number;
  /** Random stalls: seed (not 0) and how many of 256 cycles each channel is held back. Default: none. */
  readonly stalls?: { readonly seed: number; readonly rate: number };
}

/** Addresses that answer with an error: 2 is SLVERR, 3 is DECERR. */
export interface ErrorRange {
  readonly first: number;
  readonly end: number;
  readonly response: 2 | 3;
}

export interface AxiStatistics {
  readonly readBeats: number;
  readonly writeBeats: number;
  readonly readBursts: number;
  readonly writeBursts: number;
  /** What the design did against the protocol, with the cycle. */
  readonly violations: readonly string[];
}

interface Burst {
  readonly address: number;
  readonly length: number;
  readonly id: number;
  readonly accepted: number;
  done: number;
  worst: number;
}

export const axiMemoryDefaults = { outstanding: 16 } as const;

/** Write beats held for an address that has not come. */
const dataLimit = 256;
const decodeError = 3;

const violationLimit = 100;

/** Checks that both implementations make of their options. */
export function checkAxiOptions({ latency, stalls }: AxiMemoryOptions): void {
  if (!Number.isInteger(latency) || latency < 1)
    throw new UserError('bad-arguments', `a memory latency of ${latency} cycles`, {}, 'Give a whole number from 1.');
  if (stalls !== undefined && ((stalls.seed | 0) === 0 || stalls.rate < 0 || stalls.rate > 255))
    throw new UserError('bad-arguments', 'random stalls need a seed other than 0 and a rate of 0 to 255');
}

export class AxiMemory {
  readonly bytes: Uint8Array;
  readonly errors: ErrorRange[] = [];
  readonly violations: string[] = [];
  private readBeats = 0;
  private writeBeats = 0;
  private readBursts = 0;
  private writeBursts = 0;
  private readonly base: number;
  private readonly latency: number;
  private readonly outstanding: number;
  private readonly rate: number;
  private random: number;
  private readonly beat: number;
  private cycle = 0;
  private rValid = false;
  private bValid = false;
  private readonly reads: Burst[] = [];
  private readonly writes: Burst[] = [];
  private readonly data: { bytes: Uint8Array; strobes: Uint8Array | undefined; last: boolean }[] = [];
  private readonly responses: { due: number; id: number; response: number }[] = [];
  private readonly set: Readonly<Record<AxiSignal, (value: number) => void>>;
  private readonly get: Readonly<Record<AxiSignal, () => number>>;
  private readonly has: ReadonlySet<AxiSignal>;
  private readonly rData: Uint8Array;
  private readonly wData: () => Uint8Array;
  private readonly wStrobes: (() => Uint8Array) | undefined;
  private arReady = false;
  private awReady = false;
  private wReady = false;

  constructor(sim: Simulator, options: AxiMemoryOptions) {
    checkAxiOptions(options);
    this.bytes = new Uint8Array(options.size);
    this.base = options.base ?? 0;
    this.latency = options.latency;
    this.outstanding = options.outstanding ?? axiMemoryDefaults.outstanding;
    this.rate = options.stalls?.rate ?? 0;
    this.random = (options.stalls?.seed ?? 0) >>> 0;
    const ports = sim.ports();
    const bus = findBus(
      ports.map(({ name }) => name),
      options.prefix,
      axiSignals,
    );
    this.has = new Set(bus.keys());
    const set = {} as Record<AxiSignal, (value: number) => void>;
    const get = {} as Record<AxiSignal, () => number>;
    for (const signal of axiSignals) {
      const port = ports.find(({ name }) => name === bus.get(signal));
      set[signal] = port?.direction === 'input' && port.width <= 32 ? sim.writer(port.name) : () => {};
      get[signal] = port?.direction === 'output' && signal !== 'wdata' ? sim.reader(port.name) : () => 0;
    }
    this.set = set;
    this.get = get;
    this.beat = ports.find(({ name }) => name === bus.get('rdata'))!.width / 8;
    this.rData = sim.inputBytes(bus.get('rdata')!);
    this.wData = bytesReader(sim, bus.get('wdata')!);
    this.wStrobes = bus.has('wstrb') ? bytesReader(sim, bus.get('wstrb')!) : undefined;
  }

  statistics(): AxiStatistics {
    const { readBeats, writeBeats, readBursts, writeBursts, violations } = this;
    return { readBeats, writeBeats, readBursts, writeBursts, violations };
  }

  /** Puts this cycle's values on the inputs of the design. */
  drive(): void {
    const { set } = this;
    const stallAr = this.held();
    const stallR = this.held();
    const stallAw = this.held();
    const stallW = this.held();
    const stallB = this.held();
    this.arReady = this.reads.length < this.outstanding && !stallAr;
    set.arready(Number(this.arReady));
    const burst = this.reads[0];
    if (!this.rValid && burst !== undefined && !stallR && this.cycle >= burst.accepted + this.latency + burst.done)
      this.present(burst);
    set.rvalid(Number(this.rValid));
    this.awReady = this.writes.length < this.outstanding && !stallAw;
    set.awready(Number(this.awReady));
    this.wReady = this.data.length < dataLimit && !stallW;
    set.wready(Number(this.wReady));
    const answer = this.responses[0];
    if (!this.bValid && answer !== undefined && !stallB && this.cycle >= answer.due) {
      this.bValid = true;
      set.bresp(answer.response);
      set.bid(answer.id);
    }
    set.bvalid(Number(this.bValid));
  }

  /** Takes what the design put on its outputs, just before the clock edge. */
  sample(): void {
    const { get } = this;
    if (this.rValid && get.rready() !== 0) {
      this.rValid = false;
      this.readBeats++;
      const burst = this.reads[0]!;
      if (++burst.done > burst.length) this.reads.shift();
    }
    if (this.bValid && get.bready() !== 0) {
      this.bValid = false;
      this.responses.shift();
    }
    if (this.arReady && get.arvalid() !== 0) {
      this.reads.push(this.burst('araddr', 'arlen', 'arsize', 'arburst', 'arid'));
      this.readBursts++;
    }
    if (this.awReady && get.awvalid() !== 0) {
      this.writes.push(this.burst('awaddr', 'awlen', 'awsize', 'awburst', 'awid'));
      this.writeBursts++;
    }
    if (this.wReady && get.wvalid() !== 0) {
      this.data.push({ bytes: this.wData().slice(), strobes: this.wStrobes?.().slice(), last: get.wlast() !== 0 });
      this.writeBeats++;
    }
    while (this.writes.length > 0 && this.data.length > 0) this.write(this.writes[0]!);
    this.cycle++;
  }

  private held(): boolean {
    if (this.rate === 0) return false;
    let state = this.random;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.random = state >>> 0;
    return this.random >>> 24 < this.rate;
  }

  private violation(text: string): void {
    if (this.violations.length < violationLimit) this.violations.push(`cycle ${this.cycle}: ${text}`);
  }

  private burst(address: AxiSignal, length: AxiSignal, size: AxiSignal, kind: AxiSignal, id: AxiSignal): Burst {
    const at = this.get[address]();
    const beats = this.get[length]();
    const first = at - (at % this.beat);
    if (this.has.has(kind) && this.get[kind]() !== 1) this.violation('burst is not incrementing');
    if (this.has.has(size) && 2 ** this.get[size]() !== this.beat) this.violation('beats are not as wide as the bus');
    const page = (byte: number): number => Math.floor(byte / 4096);
    if (page(at) !== page(first + (beats + 1) * this.beat - 1)) this.violation('burst crosses a 4 kB boundary');
    return { address: first, length: beats, id: this.get[id](), accepted: this.cycle, done: 0, worst: 0 };
  }

  private responseAt(address: number): number {
    for (const { first, end, response } of this.errors)
      if (address + this.beat > first && address < end) return response;
    return address < this.base || address + this.beat > this.base + this.bytes.length ? decodeError : 0;
  }

  private present(burst: Burst): void {
    const address = burst.address + burst.done * this.beat;
    const response = this.responseAt(address);
    this.rValid = true;
    const at = address - this.base;
    if (response !== 0) this.rData.fill(0);
    else for (let i = 0; i < this.beat; i++) this.rData[i] = this.bytes[at + i]!;
    this.set.rresp(response);
    this.set.rlast(Number(burst.done === burst.length));
    this.set.rid(burst.id);
  }

  private write(burst: Burst): void {
    const { bytes, strobes, last } = this.data.shift()!;
    const address = burst.address + burst.done * this.beat;
    const response = this.responseAt(address);
    if (response > burst.worst) burst.worst = response;
    if (response === 0)
      for (let i = 0; i < this.beat; i++)
        if (strobes === undefined || (strobes[i >> 3]! >> (i & 7)) & 1) this.bytes[address - this.base + i] = bytes[i]!;
    const isLast = burst.done === burst.length;
    if (last !== isLast) this.violation('WLAST is not on the last beat');
    burst.done++;
    if (!isLast) return;
    this.responses.push({ due: this.cycle + this.latency, id: burst.id, response: burst.worst });
    this.writes.shift();
  }
}

/** Bytes of an output, without a copy where it is one word in memory. */
function bytesReader(sim: Simulator, port: string): () => Uint8Array {
  const direct = sim.wordBytes(port);
  if (direct !== undefined)
    return () => {
      sim.settle();
      return direct;
    };
  const { width } = sim.ports().find(({ name }) => name === port)!;
  return () => {
    const bytes = new Uint8Array(Math.ceil(width / 8));
    let rest = sim.peek(port);
    for (let i = 0; rest > 0n; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    return bytes;
  };
}
