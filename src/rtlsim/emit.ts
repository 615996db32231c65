/**
 * Writes one WebAssembly function of a module: local 0 is the address of the instance's frame.
 *
 * A value is 'clean' when the bits above its width are zero. Values in memory are clean; a local may hold a 'raw'
 * value as arithmetic left it, and is cleaned the first time somebody needs that.
 */
import binaryen from 'binaryen';
import type { Model, Signal } from './model.ts';
import type { Bit } from './netlist.ts';
import { type Slice, slicesOf } from './slices.ts';

export type Expression = binaryen.ExpressionRef;
export type Type = 'i32' | 'i64';
/** Bits above the value's width: anything, zero, or copies of its sign. */
export type Mode = 'raw' | 'zero' | 'sign';

/** Where a word lies: in the frame, or at an absolute address (scratch). */
export interface Place {
  readonly absolute: boolean;
  readonly offset: number;
}

export const sizeOf = (type: Type): number => (type === 'i32' ? 32 : 64);
export const typeOf = (width: number): Type => (width <= 32 ? 'i32' : 'i64');
export const chunksOf = (width: number): number => Math.ceil(width / 64);

/** Absolute address where scratch words begin; flags of the simulator lie below. */
export const scratchStart = 64;

/** Frame offset of a signal that is held in memory, undefined for one that is not. */
export function slotOf(signal: Signal): number | undefined {
  if (signal.from !== undefined) {
    const { instance, port } = signal.from;
    return instance.base + instance.child.outputs.get(port)!.signal.slot;
  }
  return signal.slot < 0 ? undefined : signal.slot;
}

export class FunctionBuilder {
  readonly m: binaryen.Module;
  readonly model: Model;
  private statements: Expression[] = [];
  private cache: Expression[] | undefined;
  private readonly variables: binaryen.Type[] = [];
  private readonly rawLocals = new Map<Signal, number>();
  private readonly cleanLocals = new Map<Signal, number>();
  private scratch = scratchStart;
  /** One past the highest scratch byte used. */
  scratchEnd: number = scratchStart;

  constructor(m: binaryen.Module, model: Model) {
    this.m = m;
    this.model = model;
  }

  push(statement: Expression): void {
    this.statements.push(statement);
  }

  /** Collects what `body` pushes into a block of its own; words it reads are fetched before the block. */
  block(body: () => void): Expression {
    const outer = this.statements;
    const outerCache = this.cache;
    this.statements = [];
    this.cache = outerCache ?? outer;
    body();
    const block = this.m.block(null, this.statements);
    this.statements = outer;
    this.cache = outerCache;
    return block;
  }

  finish(name: string): void {
    this.m.addFunction(
      name,
      binaryen.i32,
      binaryen.none,
      this.variables,
      this.m.block(null, this.statements, binaryen.none),
    );
  }

  /** Keeps `value` for any number of uses. */
  keep(type: Type, value: Expression): () => Expression {
    const index = this.newLocal(type);
    this.push(this.m.local.set(index, value));
    return () => this.m.local.get(index, binaryen[type]);
  }

  constant(type: Type, value: bigint): Expression {
    return type === 'i32'
      ? this.m.i32.const(Number(BigInt.asIntN(32, value)))
      : this.m.i64.const(BigInt.asIntN(64, value));
  }

  mask(type: Type, value: Expression, width: number): Expression {
    return width >= sizeOf(type) ? value : this.m[type].and(value, this.constant(type, (1n << BigInt(width)) - 1n));
  }

  convert(value: Expression, from: Type, to: Type, signed: boolean): Expression {
    if (from === to) return value;
    if (to === 'i32') return this.m.i32.wrap(value);
    return signed ? this.m.i64.extend_s(value) : this.m.i64.extend_u(value);
  }

  frame(): Expression {
    return this.m.local.get(0, binaryen.i32);
  }

  private pointer(place: Place): Expression {
    return place.absolute ? this.m.i32.const(0) : this.frame();
  }

  address(place: Place): Expression {
    return place.absolute
      ? this.m.i32.const(place.offset)
      : this.m.i32.add(this.frame(), this.m.i32.const(place.offset));
  }

  loadChunk(place: Place, chunk: number): Expression {
    return this.m.i64.load(place.offset + 8 * chunk, 1, this.pointer(place));
  }

  storeChunk(place: Place, chunk: number, value: Expression): void {
    this.push(this.m.i64.store(place.offset + 8 * chunk, 1, this.pointer(place), value));
  }

  /** Stores a clean value of at most 64 bits into a slot of the frame. */
  storeSlot(slot: number, width: number, value: Expression): void {
    this.push(this.m[typeOf(width)].store(slot, 1, this.frame(), value));
  }

  /** A piece of scratch memory, valid until `releaseScratch`. */
  newScratch(chunks: number): Place {
    const place = { absolute: true, offset: this.scratch };
    this.scratch += 8 * chunks;
    this.scratchEnd = Math.max(this.scratchEnd, this.scratch);
    return place;
  }

  markScratch(): number {
    return this.scratch;
  }

  releaseScratch(mark: number): void {
    this.scratch = mark;
  }

  /** Gives a signal its value in this function, and in memory where it has a slot. */
  define(signal: Signal, value: Expression, clean: boolean): void {
    const type = typeOf(signal.width);
    const index = this.newLocal(type);
    this.push(this.m.local.set(index, value));
    (clean ? this.cleanLocals : this.rawLocals).set(signal, index);
    if (signal.slot >= 0) this.storeSlot(signal.slot, signal.width, this.read(signal, true));
  }

  /** The value of `bits` (at most the bits of `type`). */
  value(bits: readonly Bit[], type: Type, mode: Mode): Expression {
    const slices = slicesOf(this.model, bits);
    let fixed = 0n;
    let position = 0;
    let sum: Expression | undefined;
    for (const [i, slice] of slices.entries()) {
      const last = i === slices.length - 1;
      if (slice.signal === undefined) {
        const signed = last && mode === 'sign' && (slice.value >> BigInt(slice.width - 1)) & 1n;
        fixed |= (signed ? slice.value - (1n << BigInt(slice.width)) : slice.value) << BigInt(position);
      } else {
        let part = this.sliceValue(slice, type, last ? mode : 'zero');
        if (position > 0) part = this.m[type].shl(part, this.constant(type, BigInt(position)));
        sum = sum === undefined ? part : this.m[type].or(sum, part);
      }
      position += slice.width + slice.repeat;
    }
    if (sum === undefined) return this.constant(type, fixed);
    return fixed === 0n ? sum : this.m[type].or(sum, this.constant(type, fixed));
  }

  /** Bits 64k .. 64k+63 of a wide value, zero above its end. */
  chunk(bits: readonly Bit[], k: number): Expression {
    return this.value(bits.slice(64 * k, 64 * k + 64), 'i64', 'zero');
  }

  /** A wide value as chunks in memory: where it lies already, or copied to scratch. */
  materialise(bits: readonly Bit[], chunks: number = chunksOf(bits.length)): Place {
    const slices = slicesOf(this.model, bits);
    const only = slices.length === 1 ? slices[0]! : undefined;
    if (only?.signal && only.repeat === 0 && only.signal.width === bits.length && bits.length > 64) {
      const slot = slotOf(only.signal);
      if (slot !== undefined && chunks === chunksOf(bits.length)) return { absolute: false, offset: slot };
    }
    const place = this.newScratch(chunks);
    for (let k = 0; k < chunks; k++) this.storeChunk(place, k, this.chunk(bits, k));
    return place;
  }

  /** One bit as an i32 that is 0 or 1. */
  bit(bit: Bit): Expression {
    return this.value([bit], 'i32', 'zero');
  }

  private newLocal(type: Type): number {
    this.variables.push(binaryen[type]);
    return this.variables.length;
  }

  private read(signal: Signal, clean: boolean): Expression {
    const type = typeOf(signal.width);
    const have = this.cleanLocals.get(signal) ?? (clean ? undefined : this.rawLocals.get(signal));
    if (have !== undefined) return this.m.local.get(have, binaryen[type]);
    const raw = this.rawLocals.get(signal);
    let value: Expression;
    if (raw !== undefined) value = this.mask(type, this.m.local.get(raw, binaryen[type]), signal.width);
    else {
      const slot = slotOf(signal);
      if (slot === undefined)
        throw new Error(`'${signal.name}' of '${this.model.unit.name}' is read before it is made`);
      value = this.m[type].load(slot, 1, this.frame());
    }
    const index = this.newLocal(type);
    (this.cache ?? this.statements).push(this.m.local.set(index, value));
    this.cleanLocals.set(signal, index);
    return this.m.local.get(index, binaryen[type]);
  }

  private sliceValue(slice: Slice, type: Type, mode: Mode): Expression {
    const signal = slice.signal!;
    const { width, repeat } = slice;
    const signed = repeat > 0 || mode === 'sign';
    let offset = slice.offset;
    let from: Type;
    let value: Expression;
    /** Bits above this are zero in `value`. */
    let known: number;
    if (signal.width > 64) {
      const slot = slotOf(signal)!;
      const byte = slot + (offset >> 3);
      offset &= 7;
      const need = offset + width;
      if (need > 64) {
        value = this.m.i64.or(
          this.m.i64.shr_u(this.m.i64.load(byte, 1, this.frame()), this.constant('i64', BigInt(offset))),
          this.m.i64.shl(this.m.i64.load8_u(byte + 8, 1, this.frame()), this.constant('i64', BigInt(64 - offset))),
        );
        [from, known, offset] = ['i64', 64, 0];
      } else {
        from = need <= 32 ? 'i32' : 'i64';
        known = need <= 8 ? 8 : need <= 16 ? 16 : need <= 32 ? 32 : 64;
        value =
          known === 8
            ? this.m.i32.load8_u(byte, 1, this.frame())
            : known === 16
              ? this.m.i32.load16_u(byte, 1, this.frame())
              : this.m[from].load(byte, 1, this.frame());
      }
    } else {
      from = typeOf(signal.width);
      const top = offset + width === signal.width;
      const clean = mode === 'zero' && !signed && top && width < sizeOf(from);
      known = clean || this.cleanLocals.has(signal) || !this.rawLocals.has(signal) ? signal.width : sizeOf(from);
      value = this.read(signal, clean);
    }
    const size = sizeOf(from);
    const by = (bits: number): Expression => this.constant(from, BigInt(bits));
    if (signed) {
      if (offset === 0 && width === 8) value = this.m[from].extend8_s(value);
      else if (offset === 0 && width === 16) value = this.m[from].extend16_s(value);
      else {
        if (offset + width < size) value = this.m[from].shl(value, by(size - offset - width));
        if (width < size) value = this.m[from].shr_s(value, by(size - width));
      }
      value = this.convert(value, from, type, true);
      return mode === 'zero' ? this.mask(type, value, width + repeat) : value;
    }
    if (offset > 0) value = this.m[from].shr_u(value, by(offset));
    if (mode === 'zero' && offset + width < known) value = this.mask(from, value, width);
    return this.convert(value, from, type, false);
  }
}
