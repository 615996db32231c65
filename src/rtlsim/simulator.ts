/**
 * A compiled design: two states, one clock. Inputs are poked, outputs, registers and memories are peeked, and `step`
 * runs clock edges inside WebAssembly. A peek between two steps shows the outputs that follow from the present inputs
 * and state, as they are just before the next clock edge.
 */
import { UserError } from '../errors.ts';
import { compileModule, createMemory, PAGE_BYTES, type WasmInstance, type WasmMemory } from '../webassembly.ts';
import { flags, generate } from './codegen.ts';
import { initialise } from './initialise.ts';
import { inlineSmall } from './inline.ts';
import type { Plan } from './layout.ts';
import { buildModels } from './loops.ts';
import type { Model } from './model.ts';
import { type JsonNetlist, readNetlist } from './netlist.ts';
import { findMemory, findWord, instancesOf, listState, type Word } from './paths.ts';

export interface SimulatorOptions {
  /** Keep every named wire in memory, so that all can be peeked and traced; a fifth slower on a dot-product core. Default false. */
  readonly wires?: boolean;
  /** Modules of at most this many cells are compiled into their users. Default 60. */
  readonly inlineLimit?: number;
  /** Registers whose toggled bits are counted, by module name (as elaborated) and register name. Default none. */
  readonly toggles?: (module: string, register: string) => boolean;
  /** Registers and memories without an initial value start with random bits of this seed; 0 (default) starts at zero. */
  readonly randomStart?: number;
  /** A failed assertion stops a run after its cycle; without, failures in a long run carry its last cycle. Default true. */
  readonly stopOnFailure?: boolean;
}

/** An assertion that did not hold at the clock edge that ended `cycle` (the first edge ends cycle 0). */
export interface Failure {
  readonly assertion: string;
  /** Path of the instance, '' for the top. */
  readonly instance: string;
  /** `file:line.column-...` of the assertion. */
  readonly source: string;
  readonly cycle: number;
}

/** A memory's rows, directly: row r begins at byte r * stride, least significant byte first. */
export interface MemoryView {
  readonly width: number;
  readonly rows: number;
  readonly stride: number;
  readonly bytes: Uint8Array;
  read(row: number): bigint;
  write(row: number, value: bigint): void;
}

export interface ToggleCount {
  /** `instance.register` from the top. */
  readonly path: string;
  readonly width: number;
  readonly toggles: bigint;
}

/** Failures recorded in full; later ones only stop the run. */
const failureLimit = 100;

type Entry = (cycles: number, address: number, mask: number, value: number) => number;

export class Simulator {
  /** Clock edges so far. */
  cycle = 0;
  readonly failures: Failure[] = [];
  /** Size of the WebAssembly code, bytes. */
  readonly codeBytes: number;
  private readonly top: Model;
  private readonly base: number;
  private readonly plans: ReadonlyMap<Model, Plan>;
  private readonly options: SimulatorOptions;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly runCode: Entry;
  private readonly settleCode: () => void;
  private readonly evalCode: () => void;
  private readonly edgeCode: () => void;
  private readonly words = new Map<string, Word>();
  /** Inputs or state changed since outputs were last computed. */
  private dirty = true;
  private readonly instancePaths = new Map<number, { path: string; model: Model }>();

  /** Use `compileNetlist`. */
  constructor(
    top: Model,
    generated: ReturnType<typeof generate>,
    memory: WasmMemory,
    link: (env: Record<string, unknown>) => WasmInstance,
    options: SimulatorOptions,
  ) {
    this.top = top;
    this.base = generated.base;
    this.plans = generated.plans;
    this.options = options;
    this.codeBytes = generated.wasm.length;
    this.view = new DataView(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    for (const { path, model, base } of instancesOf(top, this.base)) this.instancePaths.set(base, { path, model });
    const { exports } = link({ memory, fail: (base: number, id: number) => this.fail(base, id) });
    this.runCode = exports.run as Entry;
    this.settleCode = exports.settle as () => void;
    this.evalCode = exports.eval as () => void;
    this.edgeCode = exports.edge as () => void;
    this.restart();
  }

  /** Back to the initial state; inputs are zero again. */
  restart(): void {
    this.bytes.fill(0);
    initialise(this.view, instancesOf(this.top, this.base), this.options.randomStart ?? 0);
    this.cycle = 0;
    this.failures.length = 0;
    this.dated = 0;
    this.dirty = true;
  }

  /** Sets an input port of the top module. */
  poke(port: string, value: number | bigint): void {
    const address = this.inputAddress(port);
    const { width } = this.input(port);
    let rest = BigInt.asUintN(width, BigInt(value));
    for (let i = 0; i < Math.ceil(width / 8); i++, rest >>= 8n) this.bytes[address + i] = Number(rest & 0xffn);
    this.dirty = true;
  }

  /** The unsigned value of a port, register or (with `wires`) any named wire. */
  peek(path: string): bigint {
    this.settle();
    return this.readWord(this.word(path));
  }

  /** Bits of a signal that can be peeked. */
  width(path: string): number {
    return this.word(path).width;
  }

  /** Says in every call whether a signal has changed since the call before (the first time: yes), and its value where so. */
  watcher(path: string): () => bigint | undefined {
    const word = this.word(path);
    const pieces = word.parts
      .filter(({ constant }) => constant === undefined)
      .map(({ address, shift, width }) => this.bytes.subarray(address, address + ((shift + width + 7) >> 3)));
    const before = pieces.map((piece) => piece.slice());
    let first = true;
    return () => {
      this.settle();
      let changed = first;
      first = false;
      for (const [i, piece] of pieces.entries()) {
        const old = before[i]!;
        for (let k = 0; k < piece.length; k++) if (piece[k] !== old[k]) changed = true;
        if (changed) old.set(piece);
      }
      return changed ? this.readWord(word) : undefined;
    };
  }

  /** A setter for an input of at most 32 bits, for use in every cycle. */
  writer(port: string): (value: number) => void {
    const address = this.inputAddress(port);
    const { width } = this.input(port);
    if (width > 32) throw new Error(`input '${port}' has more than 32 bits`);
    const mask = width === 32 ? -1 : (1 << width) - 1;
    return (value) => {
      this.view.setInt32(address, value & mask, true);
      this.dirty = true;
    };
  }

  /** A getter for a signal of at most 32 bits, for use in every cycle. */
  reader(path: string): () => number {
    const word = this.word(path);
    const part = word.parts[0];
    if (
      word.parts.length !== 1 ||
      part === undefined ||
      part.constant !== undefined ||
      word.width > 25 + (part.shift === 0 ? 7 : 0)
    )
      return () => Number(this.peek(path));
    const mask = word.width === 32 ? -1 : (1 << word.width) - 1;
    return () => {
      this.settle();
      return ((this.view.getInt32(part.address, true) >>> part.shift) & mask) >>> 0;
    };
  }

  /** The bytes of an input port, to be written in place; call `touch` afterwards. */
  inputBytes(port: string): Uint8Array {
    const { width } = this.input(port);
    return this.bytes.subarray(this.inputAddress(port), this.inputAddress(port) + Math.ceil(width / 8));
  }

  /** The bytes of an output or register that is one word in memory; call `settle` before reading. Undefined otherwise. */
  wordBytes(path: string): Uint8Array | undefined {
    const { parts, width } = this.word(path);
    const part = parts[0];
    if (parts.length !== 1 || part === undefined || part.constant !== undefined || part.shift !== 0) return undefined;
    return this.bytes.subarray(part.address, part.address + Math.ceil(width / 8));
  }

  /** Says that inputs or state were changed directly. */
  touch(): void {
    this.dirty = true;
  }

  /** Makes outputs (and wires, where kept) follow from inputs and state. */
  settle(): void {
    if (!this.dirty) return;
    this.dirty = false;
    if (this.options.wires === true) this.settleCode();
    else this.evalCode();
  }

  /** Runs clock edges; returns how many ran (fewer when an assertion failed). */
  step(cycles = 1): number {
    return this.run(cycles, 0, 0, 0);
  }

  /** Runs until `path` (at most 32 bits, whole in memory) has `value`, or `limit` cycles; returns the cycles run. */
  runUntil(path: string, value: number, limit: number): number {
    const { parts, width } = this.word(path);
    const part = parts[0];
    if (parts.length !== 1 || part === undefined || part.constant !== undefined || part.shift + width > 32)
      throw new UserError(
        'bad-arguments',
        `'${path}' cannot be waited for`,
        {},
        'Name a register or a port of the top.',
      );
    const mask = width === 32 ? -1 : ((1 << width) - 1) << part.shift;
    return this.run(limit, part.address, mask, value << part.shift);
  }

  /** Steps one cycle at a time; `see` gets the values just before each edge, in the order of `paths`, until it returns false. */
  trace(paths: readonly string[], cycles: number, see: (cycle: number, values: bigint[]) => boolean | undefined): void {
    const words = paths.map((path) => this.word(path));
    for (let i = 0; i < cycles; i++) {
      this.settle();
      if (
        see(
          this.cycle,
          words.map((word) => this.readWord(word)),
        ) === false
      )
        return;
      if (this.step(1) === 0) return;
    }
  }

  /** Direct access to a memory. */
  memoryAt(path: string): MemoryView {
    const { memory, address } = findMemory(this.top, this.base, path);
    const { stride, width, size } = memory;
    const bytes = this.bytes.subarray(address, address + stride * size);
    const used = Math.ceil(width / 8);
    return {
      width,
      rows: size,
      stride,
      bytes,
      read: (row) => {
        let value = 0n;
        for (let i = used - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[row * stride + i]!);
        return value;
      },
      write: (row, value) => {
        let rest = BigInt.asUintN(width, value);
        for (let i = 0; i < used; i++, rest >>= 8n) bytes[row * stride + i] = Number(rest & 0xffn);
        this.dirty = true;
      },
    };
  }

  /** Bits toggled so far in every counted register of every instance. */
  toggles(): ToggleCount[] {
    const counts: ToggleCount[] = [];
    for (const { path, model, base } of instancesOf(this.top, this.base))
      for (const [register, slot] of this.plans.get(model)!.toggleSlots)
        counts.push({
          path: path === '' ? register.q.name : `${path}.${register.q.name}`,
          width: register.q.width,
          toggles: this.view.getBigUint64(base + slot, true),
        });
    return counts;
  }

  /** Names of all memories and of all named registers. */
  state(): { memories: string[]; registers: string[] } {
    return listState(this.top, this.base);
  }

  /** Ports of the top module, clock excluded. */
  ports(): { name: string; direction: 'input' | 'output'; width: number }[] {
    return this.top.unit.ports
      .filter((port) => !this.top.clocks.has(port.name))
      .map(({ name, direction, bits }) => ({ name, direction, width: bits.length }));
  }

  private run(cycles: number, address: number, mask: number, value: number): number {
    if (cycles <= 0) return 0;
    this.view.setInt32(flags.stop, 0, true);
    if (cycles === 1 && mask === 0 && !this.dirty) {
      this.edgeCode();
      this.dirty = true;
      this.finish(1);
      return 1;
    }
    let total = 0;
    // The counter inside has 32 bits.
    while (total < cycles) {
      const part = Math.min(cycles - total, 0x40000000);
      const ran = this.runCode(part, address, mask, value);
      this.finish(ran);
      total += ran;
      if (ran < part || this.view.getInt32(flags.stop, true) !== 0) break;
    }
    this.dirty = this.options.wires === true;
    return total;
  }

  /** Counts cycles that ran; a failure that stopped them happened in the last. */
  private finish(ran: number): void {
    this.cycle += ran;
    for (; this.dated < this.failures.length; this.dated++) {
      const failure = this.failures[this.dated]!;
      this.failures[this.dated] = { ...failure, cycle: this.cycle - 1 };
    }
  }

  /** Failures whose cycle is known. */
  private dated = 0;

  private fail(base: number, id: number): void {
    if (this.options.stopOnFailure !== false) this.view.setInt32(flags.stop, 1, true);
    if (this.failures.length >= failureLimit) return;
    const { path, model } = this.instancePaths.get(base)!;
    const check = model.checks[id]!;
    this.failures.push({ assertion: check.name, instance: path, source: check.source, cycle: -1 });
  }

  private word(path: string): Word {
    let word = this.words.get(path);
    if (word === undefined) {
      word = findWord(this.top, this.base, path, this.options.wires === true);
      this.words.set(path, word);
    }
    return word;
  }

  private readWord({ parts }: Word): bigint {
    let value = 0n;
    for (const { address, shift, width, position, constant } of parts) {
      let bits = constant ?? 0n;
      if (constant === undefined) {
        for (let i = (shift + width + 7) >> 3; i > 0; i--) bits = (bits << 8n) | BigInt(this.bytes[address + i - 1]!);
        bits = BigInt.asUintN(width, bits >> BigInt(shift));
      }
      value |= bits << BigInt(position);
    }
    return value;
  }

  private input(port: string): { width: number; slot: number } {
    const found = this.top.inputs.find((item) => item.port.name === port);
    if (found === undefined)
      throw new UserError(
        'bad-arguments',
        `the top module has no input '${port}'`,
        {},
        `It has: ${this.top.inputs.map((item) => item.port.name).join(', ')}.`,
      );
    return { width: found.signal.width, slot: found.signal.slot };
  }

  private inputAddress(port: string): number {
    return this.base + this.input(port).slot;
  }
}

/** Default of `SimulatorOptions.inlineLimit`, cells. */
const defaultInlineLimit = 60;

/** Compiles a yosys netlist (`write_json`, not flattened, after `proc` and `memory_collect`) into a simulator of `top`. */
export async function compileNetlist(
  json: JsonNetlist,
  top: string,
  options: SimulatorOptions = {},
): Promise<Simulator> {
  const units = inlineSmall(readNetlist(json, top), top, options.inlineLimit ?? defaultInlineLimit);
  const models = [...buildModels(units, top).values()];
  const model = models[models.length - 1]!;
  if (model.clocks.size > 1)
    throw new UserError('unsupported', `'${top}' has several clocks: ${[...model.clocks.keys()].join(', ')}`);
  const toggles = options.toggles ?? (() => false);
  const generated = generate(models, { wires: options.wires === true, toggles });
  const link = await compileModule(generated.wasm);
  const memory = createMemory(Math.ceil(generated.bytes / PAGE_BYTES) + 1);
  return new Simulator(model, generated, memory, (env) => link({ env }), options);
}
