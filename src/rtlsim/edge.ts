/** The change of state at the clock edge: checks, memory writes, registers. */
import binaryen from 'binaryen';
import type { Expression, FunctionBuilder } from './emit.ts';
import { chunksOf, sizeOf, typeOf } from './emit.ts';
import type { Memory, Model, Register, Signal, WritePort } from './model.ts';
import type { Bit } from './netlist.ts';
import { textBit } from './netlist.ts';
import { slicesOf } from './slices.ts';

/** Byte address (frame-relative part excluded) of the row an address names; the spare row when it is outside. */
export function rowAddress(
  f: FunctionBuilder,
  memory: Memory,
  address: readonly Bit[],
  spare: boolean,
): () => Expression {
  let row: Expression = f.value(address.slice(0, 32), 'i32', 'zero');
  if (memory.start !== 0) row = f.m.i32.sub(row, f.m.i32.const(memory.start));
  const everyAddressExists = memory.start === 0 && 2 ** address.length <= memory.size;
  if (spare && !everyAddressExists) {
    const kept = f.keep('i32', row);
    const inside = f.m.i32.lt_u(kept(), f.m.i32.const(memory.size));
    row = f.m.select(inside, kept(), f.m.i32.const(memory.size));
  }
  return f.keep('i32', row);
}

const scaled = (f: FunctionBuilder, memory: Memory, row: Expression): Expression =>
  f.m.i32.add(f.frame(), memory.stride === 1 ? row : f.m.i32.mul(row, f.m.i32.const(memory.stride)));

/** Reads one row into `signal` (its slot, when it is wide). */
export function readRow(f: FunctionBuilder, memory: Memory, address: readonly Bit[], signal: Signal): void {
  const row = rowAddress(f, memory, address, true);
  if (memory.width > 64) {
    const pointer = f.keep('i32', scaled(f, memory, row()));
    for (let k = 0; k < chunksOf(memory.width); k++)
      f.storeChunk({ absolute: false, offset: signal.slot }, k, f.m.i64.load(memory.slot + 8 * k, 1, pointer()));
  } else f.define(signal, loadRow(f, memory, row()), true);
}

function loadRow(f: FunctionBuilder, memory: Memory, row: Expression): Expression {
  const at = scaled(f, memory, row);
  if (memory.stride === 1) return f.m.i32.load8_u(memory.slot, 1, at);
  if (memory.stride === 2) return f.m.i32.load16_u(memory.slot, 1, at);
  return f.m[typeOf(memory.width)].load(memory.slot, 1, at);
}

export function emitChecks(f: FunctionBuilder, model: Model): void {
  for (const check of model.checks) {
    const wrong = f.m.i32.and(f.bit(check.enable), f.m.i32.eqz(f.bit(check.condition)));
    f.push(f.m.if(wrong, f.m.call('fail', [f.frame(), f.m.i32.const(check.id)], binaryen.none)));
  }
}

/** Runs of data bits under the same enable bit: [first, length, enable]. */
function enableRuns(write: WritePort): { first: number; length: number; enable: Bit }[] {
  const runs: { first: number; length: number; enable: Bit }[] = [];
  for (const [i, enable] of write.enable.entries()) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.enable === enable) last.length++;
    else runs.push({ first: i, length: 1, enable });
  }
  return runs.filter((run) => run.enable !== 0);
}

/** Stores `length` bits at bit `first` of a row; whole bytes directly, anything else by read, merge and write. */
function storeField(
  f: FunctionBuilder,
  memory: Memory,
  pointer: () => Expression,
  first: number,
  data: readonly Bit[],
): void {
  const whole = first === 0 && data.length === memory.width;
  for (let done = 0; done < data.length; ) {
    const at = first + done;
    const chunk = Math.floor(at / 64);
    const length = Math.min(data.length - done, 64 - (at % 64));
    const bits = data.slice(done, done + length);
    done += length;
    const aligned = at % 8 === 0;
    const offset = memory.slot + at / 8;
    if (aligned && length === 8) f.push(f.m.i32.store8(offset, 1, pointer(), f.value(bits, 'i32', 'zero')));
    else if (aligned && length === 16) f.push(f.m.i32.store16(offset, 1, pointer(), f.value(bits, 'i32', 'zero')));
    else if (aligned && length === 32) f.push(f.m.i32.store(offset, 1, pointer(), f.value(bits, 'i32', 'zero')));
    else if (memory.stride < 8) {
      const mask = ((1n << BigInt(length)) - 1n) << BigInt(at);
      const value = f.m.i32.shl(f.value(bits, 'i32', 'zero'), f.m.i32.const(at));
      const size = memory.stride as 1 | 2 | 4;
      const load = size === 1 ? f.m.i32.load8_u : size === 2 ? f.m.i32.load16_u : f.m.i32.load;
      const store = size === 1 ? f.m.i32.store8 : size === 2 ? f.m.i32.store16 : f.m.i32.store;
      const old = f.m.i32.and(load(memory.slot, 1, pointer()), f.constant('i32', ~mask));
      f.push(store(memory.slot, 1, pointer(), whole ? value : f.m.i32.or(old, value)));
    } else if (length === 64 || (whole && at % 64 === 0))
      f.push(f.m.i64.store(memory.slot + 8 * chunk, 1, pointer(), f.value(bits, 'i64', 'zero')));
    else {
      const mask = ((1n << BigInt(length)) - 1n) << BigInt(at % 64);
      const value = f.m.i64.shl(f.value(bits, 'i64', 'zero'), f.constant('i64', BigInt(at % 64)));
      const old = f.m.i64.and(f.m.i64.load(memory.slot + 8 * chunk, 1, pointer()), f.constant('i64', ~mask));
      f.push(f.m.i64.store(memory.slot + 8 * chunk, 1, pointer(), f.m.i64.or(old, value)));
    }
  }
}

export function emitMemoryWrites(f: FunctionBuilder, model: Model): void {
  for (const memory of model.memories) {
    const enables = [...new Set(memory.writes.flatMap(({ enable }) => enable))].filter((bit) => bit !== 0);
    // One test for all parts of a word, most of the time.
    const guarded = memory.writes.length > 1 && enables.length <= 64 && !enables.includes(1);
    const body = f.block(() => {
      const rows = new Map<string, Row>();
      for (const write of memory.writes) emitWrite(f, memory, write, rows);
    });
    const type = typeOf(enables.length);
    f.push(guarded ? f.m.if(f.m[type].ne(f.value(enables, type, 'zero'), f.constant(type, 0n)), body) : body);
  }
}

/** Where a row lies, and its number. */
interface Row {
  readonly number: () => Expression;
  readonly pointer: () => Expression;
}

/** `rows`: those addressed by writes before, by address bits. */
function emitWrite(f: FunctionBuilder, memory: Memory, write: WritePort, rows: Map<string, Row>): void {
  const key = write.address.join();
  let row = rows.get(key);
  if (row === undefined) {
    const number = rowAddress(f, memory, write.address, false);
    row = { number, pointer: f.keep('i32', scaled(f, memory, number())) };
    rows.set(key, row);
  }
  const { number, pointer } = row;
  const everyAddressExists = memory.start === 0 && 2 ** write.address.length <= memory.size;
  const stores = f.block(() => {
    for (const { first, length, enable } of enableRuns(write)) {
      const data = write.data.slice(first, first + length);
      const store = f.block(() => storeField(f, memory, pointer, first, data));
      f.push(enable === 1 ? store : f.m.if(f.bit(enable), store));
    }
  });
  f.push(everyAddressExists ? stores : f.m.if(f.m.i32.lt_u(number(), f.m.i32.const(memory.size)), stores));
}

/** Chooses by a control bit, whichever level is active. */
function choose(f: FunctionBuilder, control: { bit: Bit; active: 0 | 1 }, yes: Expression, no: Expression): Expression {
  const bit = f.bit(control.bit);
  return control.active === 1 ? f.m.select(bit, yes, no) : f.m.select(bit, no, yes);
}

function resetBits(register: Register): Bit[] {
  return Array.from({ length: register.q.width }, (_, i) => textBit(register.reset!.value, i));
}

/** The next value of a register of at most 64 bits. */
function nextValue(f: FunctionBuilder, register: Register): Expression {
  const { q, enable, reset } = register;
  const type = typeOf(q.width);
  const qBits = qBitsOf(f.model, register);
  let value: Expression;
  if (register.transparent) {
    const { memory, address } = register.transparent;
    value = loadRow(f, memory, rowAddress(f, memory, address, true)());
  } else value = f.value(register.d, type, q.width === sizeOf(type) ? 'raw' : 'zero');
  const hold = (v: Expression): Expression => (enable ? choose(f, enable, v, f.value(qBits, type, 'zero')) : v);
  const clear = (v: Expression): Expression =>
    reset ? choose(f, reset, f.value(resetBits(register), type, 'zero'), v) : v;
  return register.enableOverReset ? hold(clear(value)) : clear(hold(value));
}

const qCache = new WeakMap<Model, Bit[][]>();
/** The bits a register drives. */
function qBitsOf(model: Model, register: Register): readonly Bit[] {
  let all = qCache.get(model);
  if (all === undefined || all.length !== model.signals.length) {
    all = model.signals.map(() => []);
    for (let bit = 2; bit < model.driver.length; bit++)
      if (model.driver[bit]! >= 0) all[model.driver[bit]!]![model.driverOffset[bit]!] = bit;
    qCache.set(model, all);
  }
  return all[register.q.id]!;
}

/** Wide registers ordered so that each is written after those that read it; `copied` must be read beforehand. */
function wideOrder(model: Model, registers: readonly Register[]): { sorted: Register[]; copied: Set<Register> } {
  const byQ = new Map(registers.map((register) => [register.q, register]));
  const sources = new Map<Register, Set<Register>>();
  for (const register of registers) {
    const set = new Set<Register>();
    for (const slice of slicesOf(model, register.d)) {
      const source = slice.signal && byQ.get(slice.signal);
      if (source !== undefined) set.add(source);
    }
    sources.set(register, set);
  }
  const sorted: Register[] = [];
  const copied = new Set<Register>();
  const state = new Map<Register, number>();
  const visit = (register: Register): void => {
    state.set(register, 1);
    for (const source of sources.get(register)!) {
      if (state.get(source) === 1) copied.add(register);
      else if (state.get(source) === undefined) visit(source);
    }
    state.set(register, 2);
    sorted.push(register);
  };
  for (const register of registers) if (!state.has(register)) visit(register);
  return { sorted: sorted.reverse(), copied };
}

function commitWide(
  f: FunctionBuilder,
  register: Register,
  source: (k: number) => Expression,
  control: (bit: Bit) => Expression,
): void {
  const place = { absolute: false, offset: register.q.slot };
  const n = chunksOf(register.q.width);
  const copy = (from: (k: number) => Expression): Expression =>
    f.block(() => {
      for (let k = 0; k < n; k++) f.storeChunk(place, k, from(k));
    });
  const test = ({ bit, active }: { bit: Bit; active: 0 | 1 }): Expression =>
    active === 1 ? control(bit) : f.m.i32.eqz(control(bit));
  const { enable, reset } = register;
  let body = copy(source);
  const constant = reset && resetBits(register);
  const clear = (): Expression => copy((k) => f.chunk(constant!, k));
  if (register.enableOverReset) {
    if (reset) body = f.m.if(test(reset), clear(), body);
    if (enable) body = f.m.if(test(enable), body);
  } else {
    if (enable) body = f.m.if(test(enable), body);
    if (reset) body = f.m.if(test(reset), clear(), body);
  }
  f.push(body);
}

/** Counts the bits in which a word is about to change. */
function countToggles(f: FunctionBuilder, slot: number, difference: Expression[]): void {
  let count = f.m.i64.load(slot, 1, f.frame());
  for (const item of difference) count = f.m.i64.add(count, f.m.i64.popcnt(item));
  f.push(f.m.i64.store(slot, 1, f.frame(), count));
}

/** Gives `registers` their next values, all read before any is written. */
export function emitRegisters(
  f: FunctionBuilder,
  registers: readonly Register[],
  toggles: ReadonlyMap<Register, number>,
): void {
  const { model } = f;
  const narrow = registers.filter((register) => register.q.width <= 64);
  const wide = registers.filter((register) => register.q.width > 64);
  const controls = new Map<Bit, () => Expression>();
  for (const register of wide)
    for (const control of [register.enable, register.reset])
      if (control && !controls.has(control.bit)) controls.set(control.bit, f.keep('i32', f.bit(control.bit)));
  const pending = narrow.map((register) => {
    const type = typeOf(register.q.width);
    const next = f.keep(type, nextValue(f, register));
    const slot = toggles.get(register);
    if (slot !== undefined) {
      const change = f.m[type].xor(next(), f.value(qBitsOf(model, register), type, 'zero'));
      countToggles(f, slot, [f.convert(change, type, 'i64', false)]);
    }
    return { register, next };
  });
  const { sorted, copied } = wideOrder(model, wide);
  const sources = new Map<Register, (k: number) => Expression>();
  for (const register of wide) {
    const n = chunksOf(register.q.width);
    const counted = toggles.get(register);
    if (register.transparent) {
      const { memory, address } = register.transparent;
      const pointer = f.keep('i32', scaled(f, memory, rowAddress(f, memory, address, true)()));
      sources.set(register, (k) => f.m.i64.load(memory.slot + 8 * k, 1, pointer()));
    } else if (copied.has(register) || counted !== undefined) {
      const place = f.newScratch(n);
      for (let k = 0; k < n; k++) f.storeChunk(place, k, f.chunk(register.d, k));
      sources.set(register, (k) => f.loadChunk(place, k));
    } else sources.set(register, (k) => f.chunk(register.d, k));
  }
  for (const register of sorted) {
    const counted = toggles.get(register);
    const n = chunksOf(register.q.width);
    const place = { absolute: false, offset: register.q.slot };
    let before: { absolute: boolean; offset: number } | undefined;
    if (counted !== undefined) {
      before = f.newScratch(n);
      for (let k = 0; k < n; k++) f.storeChunk(before, k, f.loadChunk(place, k));
    }
    commitWide(f, register, sources.get(register)!, (bit) => controls.get(bit)!());
    if (before !== undefined)
      countToggles(
        f,
        counted!,
        Array.from({ length: n }, (_, k) => f.m.i64.xor(f.loadChunk(before, k), f.loadChunk(place, k))),
      );
  }
  for (const { register, next } of pending) f.storeSlot(register.q.slot, register.q.width, next());
}
