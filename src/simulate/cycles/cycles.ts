/**
 * The cycle model: when every instruction of a program starts and ends, and what it waited for.
 *
 * Fetch, dispatch, load, compute and store advance together, one clock cycle at a time; what a unit decides in a cycle
 * others see in the next. Together with `spec/timing.ts` and `spec/sequence.ts` this is the contract that the RTL is
 * held to, cycle for cycle, with a memory of fixed latency and one beat a cycle.
 */
import { type Config, parameterBytes } from '../../spec/config.ts';
import { INSTRUCTION_BYTES, type Instruction, type Stage } from '../../spec/isa.ts';
import { groupBytes } from '../../spec/layout.ts';
import {
  ADDRESS_REGISTER,
  BURST_BEATS,
  BURST_BYTES,
  BURST_INTERVAL,
  FETCH_BURST,
  FETCH_DEPTH,
  OUTSTANDING_READS,
  QUEUE_DEPTH,
  retireLatency,
  SETUP_CYCLES,
  STORE_BUFFER,
  STORE_READ_LATENCY,
  TRANSFER_SETUP,
} from '../../spec/timing.ts';
import { windowTables } from '../../spec/window.ts';
import type { ComputeFields } from '../compute.ts';
import { DescriptorFile } from '../descriptors.ts';
import { Issue } from './issue.ts';
import { burstBytes, ReadChannel } from './memory.ts';

export type StallCause = 'none' | 'fetch' | 'setup' | 'load' | 'compute' | 'store';

export interface InstructionTiming {
  /** Compute: cycle of the first step. Load, store: cycle of the first address. */
  readonly start: number;
  /** Compute: cycle of the last step. Load, store: cycle of the last word. */
  readonly end: number;
  /** First cycle in which others see it retired. */
  readonly retired: number;
  /** Compute: cycles between the end of the instruction before and the start, and what they were spent on. */
  readonly stall: number;
  readonly cause: StallCause;
}

export interface CycleResult {
  /** From the start command to the end of the frame. */
  readonly cycles: number;
  /** One entry an instruction; undefined for HEADER, SET and END. */
  readonly timings: readonly (InstructionTiming | undefined)[];
  /** Bytes over the AXI bus. */
  readonly readBytes: number;
  readonly writeBytes: number;
}

export interface CycleOptions {
  /** Read latency of external memory; the configuration's by default. */
  readonly memoryLatency?: number;
  /** Pruning level of the frame; 0 by default. */
  readonly level?: number;
  /** Step through quiet cycles as well; for tests of the model itself. */
  readonly everyCycle?: boolean;
}

type Fields = { readonly [name: string]: number };

/** Runs the timing of a program. Throws where it would hang, which no program of our compiler does. */
export function simulateCycles(
  config: Config,
  program: readonly Instruction[],
  options: CycleOptions = {},
): CycleResult {
  return new CycleModel(config, program, options).run();
}

interface Transfer {
  readonly index: number;
  readonly fields: Fields;
  bytes: number;
  address: number;
  /** First cycle in which the next burst is offered. */
  ready: number;
}

class CycleModel {
  private readonly config: Config;
  private readonly program: readonly Instruction[];
  private readonly latency: number;
  private readonly level: number;
  private readonly everyCycle: boolean;
  private readonly halo: number;
  private readonly timings: (InstructionTiming | undefined)[];
  private t = 0;
  private readBytes = 0;
  private writeBytes = 0;

  // Fetch and dispatch.
  private requested = 0;
  private readonly buffer: number[] = [];
  private fetchInFlight = 0;
  private fetchHold: number[] = [];
  private fetchBeats = 0;
  private delivered = 0;
  private readonly queues = { load: [] as number[], compute: [] as number[], store: [] as number[] };
  private done = false;

  // Retired counts as others see them, and counts to come.
  private readonly retired = { load: 0, compute: 0, store: 0 };
  private readonly retiring: { readonly t: number; readonly unit: 'load' | 'compute' | 'store' }[] = [];
  private busy = 0;

  // Read channel.
  private readonly channel: ReadChannel;
  private readonly addresses: { readonly t: number; readonly beats: number; readonly owner: 'fetch' | 'load' }[] = [];
  private outstanding = 0;

  // Load unit: address side, then data side.
  private loading: Transfer | undefined;
  private loadStart = -1;
  private readonly loads: {
    readonly index: number;
    readonly start: number;
    words: number;
    readonly wordBeats: number;
    readonly activation: boolean;
  }[] = [];
  private wordBeats = 0;
  private pendingWord = false;

  // Compute unit.
  private readonly descriptors: DescriptorFile;
  private next: { readonly index: number; readonly popped: number; readonly stage: Stage } | undefined;
  private current: Issue | undefined;
  /** Cycle of the last step of the one before `current`. */
  private lastStep = -1;
  /** Computations, oldest first, whose reads or writes may still be in the pipeline: several where they are short. */
  private readonly issued: Issue[] = [];
  private lastClose = Number.NEGATIVE_INFINITY;

  // Store unit.
  private storing:
    | (Transfer & { start: number; words: number; column: number; set: number; waiting: number })
    | undefined;
  private storeWords: number[] = [];
  private storeBurst = 0;
  private storeWordBeats = 0;

  constructor(config: Config, program: readonly Instruction[], options: CycleOptions) {
    const latency = options.memoryLatency ?? config.memoryLatency;
    this.level = options.level ?? 0;
    this.everyCycle = options.everyCycle ?? false;
    this.config = config;
    this.program = program;
    this.latency = latency;
    this.channel = new ReadChannel(latency);
    this.halo = windowTables(config).haloGroups;
    this.timings = new Array(program.length).fill(undefined);
    this.descriptors = new DescriptorFile();
  }

  run(): CycleResult {
    const limit = 1e10;
    let lastProgress = 0;
    let signature = 0;
    while (!this.done) {
      this.tick();
      const now = this.retired.load + this.retired.compute + this.retired.store + this.requested;
      if (now !== signature || this.current !== undefined) {
        signature = now;
        lastProgress = this.t;
      }
      if (this.t - lastProgress > 100_000 + this.latency * 100 || this.t > limit) {
        throw new Error(`the program hangs at cycle ${lastProgress}`);
      }
      if (!this.done) this.t = this.everyCycle ? this.t + 1 : this.skip(this.t + 1);
    }
    return { cycles: this.t, timings: this.timings, readBytes: this.readBytes, writeBytes: this.writeBytes };
  }

  /** While the sequencer works and nobody else can do anything, time passes in one step. */
  private skip(t: number): number {
    const quiet =
      this.current !== undefined &&
      this.buffer.length === 0 &&
      this.fetchHold.length === 0 &&
      this.addresses.length === 0 &&
      this.requested === this.program.length &&
      this.loading === undefined &&
      this.queues.load.length === 0 &&
      this.outstanding === 0 &&
      !this.pendingWord &&
      this.storing === undefined &&
      this.queues.store.length === 0 &&
      (this.queues.compute.length === 0 ||
        (this.next !== undefined && this.program[this.queues.compute[0]!]!.opcode === 'COMPUTE'));
    if (!quiet) return t;
    const retire = this.retiring.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...this.retiring.map((r) => r.t));
    return Math.max(t, Math.min(this.current!.last, retire));
  }

  private tick(): void {
    const { t } = this;
    for (let index = 0; index < this.retiring.length; ) {
      if (this.retiring[index]!.t <= t) {
        this.retired[this.retiring[index]!.unit] += 1;
        this.busy -= 1;
        this.retiring.splice(index, 1);
      } else index += 1;
    }
    // What each unit sees of the others is their state at the start of the cycle; the order below keeps it so.
    const { load, compute, store } = this.queues;
    const queued = { load: load.length, compute: compute.length, store: store.length };
    this.store();
    this.compute();
    this.readAddress();
    this.dispatch(queued);
    this.fetchPush();
    this.readData();
  }

  private waitsMet(fields: Fields): boolean {
    return this.unmet(fields) === 'none';
  }

  private unmet(fields: Fields): StallCause {
    if (fields.waitLoad! > this.retired.load) return 'load';
    if (fields.waitCompute! > this.retired.compute) return 'compute';
    if (fields.waitStore! > this.retired.store) return 'store';
    return 'none';
  }

  // ---- fetch and dispatch

  /** One instruction a cycle moves from the beat register to the buffer. */
  private fetchPush(): void {
    const index = this.fetchHold.shift();
    if (index !== undefined) {
      this.buffer.push(index);
      this.fetchInFlight -= 1;
    }
  }

  private fetchWants(): boolean {
    const left = this.program.length - this.requested;
    return left > 0 && this.buffer.length + this.fetchInFlight + FETCH_BURST <= FETCH_DEPTH;
  }

  /** `queued`: instructions in the queues at the start of the cycle. */
  private dispatch(queued: { readonly load: number; readonly compute: number; readonly store: number }): void {
    const index = this.buffer[0];
    if (index === undefined) return;
    const { opcode } = this.program[index]!;
    if (opcode === 'HEADER') this.buffer.shift();
    else if (opcode === 'END') {
      if (this.busy === 0 && queued.compute === 0) {
        this.done = true;
      }
    } else {
      const unit = opcode === 'LOAD' ? 'load' : opcode === 'STORE' ? 'store' : 'compute';
      if (queued[unit] < QUEUE_DEPTH) {
        this.buffer.shift();
        this.queues[unit].push(index);
        if (opcode !== 'SET') this.busy += 1;
      }
    }
  }

  // ---- read channel

  private readAddress(): void {
    const { t, config } = this;
    while (this.addresses[0] !== undefined && this.addresses[0].t <= t) {
      const { beats, owner } = this.addresses.shift()!;
      this.channel.request(t, { owner, beats });
    }
    if (this.outstanding < OUTSTANDING_READS) {
      if (this.fetchWants()) {
        const count = Math.min(FETCH_BURST, this.program.length - this.requested);
        this.grant('fetch', count * INSTRUCTION_BYTES);
        this.requested += count;
        this.fetchInFlight += count;
      } else if (this.loading !== undefined && t >= this.loading.ready && this.waitsMet(this.loading.fields)) {
        const { loading } = this;
        if (this.loadStart < 0) {
          this.loadStart = t;
          this.beginData(loading);
        }
        const bytes = burstBytes(loading.address, loading.bytes, config.axiBytes, BURST_BEATS, BURST_BYTES);
        this.grant('load', bytes);
        loading.address += bytes;
        loading.bytes -= bytes;
        loading.ready = t + BURST_INTERVAL;
        if (loading.bytes === 0) {
          this.loading = undefined;
          return;
        }
      }
    }
    if (this.loading === undefined) {
      const index = this.queues.load.shift();
      if (index !== undefined) {
        const fields = this.program[index]!.fields as Fields;
        const bytes = this.transferBytes(fields);
        const address = fields.memoryAddress! + this.level * (fields.levelStride ?? 0);
        this.loading = { index, fields, bytes, address, ready: t + TRANSFER_SETUP };
        this.loadStart = -1;
      }
    }
  }

  private grant(owner: 'fetch' | 'load', bytes: number): void {
    this.outstanding += 1;
    const beats = Math.ceil(bytes / this.config.axiBytes);
    this.readBytes += beats * this.config.axiBytes;
    this.addresses.push({ t: this.t + ADDRESS_REGISTER, beats, owner });
  }

  private transferBytes(fields: Fields): number {
    return fields.count! * this.wordBytes(fields.target!) * (fields.target === 2 ? fields.pitch! : 1);
  }

  private wordBytes(target: number): number {
    const { config } = this;
    if (target === 0) return config.lanes * config.inputs;
    if (target === 1) return config.lanes * parameterBytes(config);
    return target === 2 ? groupBytes(config) : 256;
  }

  private beginData({ index, fields, bytes }: Transfer): void {
    const wordBytes = fields.target === 3 ? this.config.axiBytes : this.wordBytes(fields.target!);
    this.loads.push({
      index,
      start: this.t,
      words: bytes / wordBytes,
      wordBeats: wordBytes / this.config.axiBytes,
      activation: fields.target === 2,
    });
  }

  private readData(): void {
    const { t } = this;
    let lastWord = false;
    if (this.pendingWord) {
      const load = this.loads[0]!;
      lastWord = load.words === 1;
      if (!load.activation || !this.engineWrites()) {
        this.pendingWord = false;
        load.words -= 1;
        if (load.words === 0) {
          this.loads.shift();
          this.retire('load', load.index, load.start, t, t + 1);
        }
      }
    }
    const burst = this.channel.offered(t);
    if (burst === undefined) return;
    if (burst.owner === 'fetch') this.takeFetchBeat();
    else if (!this.pendingWord && !lastWord) {
      this.takeBeat();
      this.wordBeats += 1;
      if (this.wordBeats === this.loads[0]!.wordBeats) {
        this.wordBeats = 0;
        this.pendingWord = true;
      }
    }
  }

  private takeBeat(): void {
    if (this.channel.take(this.t)) this.outstanding -= 1;
  }

  /** A beat of several instructions is unpacked one a cycle; a narrow one completes an instruction now and then. */
  private takeFetchBeat(): void {
    const perBeat = this.config.axiBytes / INSTRUCTION_BYTES;
    if (this.fetchHold.length > 0) return;
    this.takeBeat();
    if (perBeat >= 1) {
      const count = Math.min(perBeat, this.program.length - this.delivered);
      for (let k = 0; k < count; k++) this.fetchHold.push(this.delivered + k);
      this.delivered += count;
      return;
    }
    this.fetchBeats += perBeat;
    if (this.fetchBeats === 1) {
      this.fetchBeats = 0;
      this.fetchHold.push(this.delivered);
      this.delivered += 1;
    }
  }

  private retire(unit: 'load' | 'compute' | 'store', index: number, start: number, end: number, visible: number): void {
    this.retiring.push({ t: visible, unit });
    this.timings[index] = { start, end, retired: visible, stall: 0, cause: 'none' };
  }

  // ---- compute

  private compute(): void {
    const { t, config } = this;
    if (this.current !== undefined && t > this.current.last) {
      this.lastStep = this.current.last;
      this.current = undefined;
    }
    while (this.issued[0] !== undefined && this.issued[0].done < t) this.issued.shift();
    const { next } = this;
    let vacated = false;
    if (
      next !== undefined &&
      t >= next.popped + SETUP_CYCLES &&
      (this.current === undefined || t >= this.current.last)
    ) {
      const fields = this.program[next.index]!.fields as Fields;
      if (this.waitsMet(fields)) {
        const free = this.current?.last ?? this.lastStep;
        this.current = new Issue(
          config,
          next.stage,
          fields as unknown as ComputeFields,
          this.halo,
          t + 1,
          this.lastClose,
          this.level,
        );
        this.issued.push(this.current);
        this.lastClose = this.current.lastClose;
        const stall = t + 1 - (free + 1);
        this.retiring.push({ t: this.current.last + retireLatency(config), unit: 'compute' });
        this.timings[next.index] = {
          start: t + 1,
          end: this.current.last,
          retired: this.current.last + retireLatency(config),
          stall,
          cause: stall === 0 ? 'none' : this.cause,
        };
        this.next = undefined;
        vacated = true;
      } else this.cause = this.unmet(fields);
    } else if (this.current === undefined) this.cause = next === undefined ? 'fetch' : 'setup';
    this.takeCompute(vacated);
  }

  private cause: StallCause = 'fetch';

  private takeCompute(vacated: boolean): void {
    const index = this.queues.compute[0];
    if (index === undefined) return;
    const { opcode, fields } = this.program[index]!;
    if (opcode === 'SET') {
      this.queues.compute.shift();
      this.descriptors.write(fields);
      return;
    }
    if (this.next !== undefined || vacated) return;
    this.queues.compute.shift();
    this.next = { index, popped: this.t, stage: this.descriptors.read(fields.slot as number) };
  }

  private engineWrites(): boolean {
    return this.issued.some((issue) => issue.writes(this.t));
  }

  private engineReads(set: number): boolean {
    return this.issued.some((issue) => ((issue.readSets(this.t) >> set) & 1) === 1);
  }

  // ---- store

  private store(): void {
    const { t, config } = this;
    const beatsPerWord = groupBytes(config) / config.axiBytes;
    const active = this.storing;
    if (active === undefined) {
      const index = this.queues.store.shift();
      if (index === undefined) return;
      const fields = this.program[index]!.fields as Fields;
      const bytes = this.transferBytes(fields);
      this.storing = {
        index,
        fields,
        bytes,
        address: fields.memoryAddress!,
        ready: t + TRANSFER_SETUP,
        start: -1,
        words: bytes / groupBytes(config),
        column: 0,
        set: fields.rowSet!,
        waiting: -1,
      };
      this.storeWords = [];
      this.storeBurst = 0;
      this.storeWordBeats = 0;
      return;
    }
    // Read side: from the cycle after the first address, asks for a word where its row set is free.
    if (
      active.start >= 0 &&
      active.words > 0 &&
      this.storeWords.length < STORE_BUFFER &&
      !this.engineReads(active.set)
    ) {
      this.storeWords.push(t + STORE_READ_LATENCY);
      active.words -= 1;
      active.column += 1;
      if (active.column === active.fields.pitch) {
        active.column = 0;
        active.set = (active.set + 1) % 4;
      }
    }
    // Data side: a burst begins with a cycle for its address; then a beat a cycle from the oldest word that has arrived.
    if (active.waiting >= 0) {
      if (t >= active.waiting) {
        this.storing = undefined;
        this.retire('store', active.index, active.start, t, t + 1);
      }
    } else if (this.storeBurst === 0) {
      if (t < active.ready || (active.start < 0 && !this.waitsMet(active.fields))) return;
      if (active.start < 0) active.start = t;
      active.ready = t + BURST_INTERVAL;
      this.storeBurst = burstBytes(active.address, active.bytes, config.axiBytes, BURST_BEATS, BURST_BYTES);
    } else if (this.storeWords[0] !== undefined && this.storeWords[0] <= t) {
      this.storeBurst -= config.axiBytes;
      active.bytes -= config.axiBytes;
      active.address += config.axiBytes;
      this.writeBytes += config.axiBytes;
      this.storeWordBeats += 1;
      if (this.storeWordBeats === beatsPerWord) {
        this.storeWordBeats = 0;
        this.storeWords.shift();
      }
      // The response comes a memory latency after the last beat, which a register hands to the bus.
      if (active.bytes === 0) active.waiting = t + ADDRESS_REGISTER + this.latency;
    }
  }
}
