/** Cells with a word of more than 64 bits: work on 64-bit chunks in memory. */
import binaryen from 'binaryen';
import { UserError } from '../errors.ts';
import type { Expression, FunctionBuilder, Place } from './emit.ts';
import { chunksOf, typeOf } from './emit.ts';
import { amountOf, type Context, shiftAmount } from './lower.ts';
import type { Bit } from './netlist.ts';
import { bitsOf } from './netlist.ts';
import { extendBits } from './slices.ts';

/** Muxes of more chunks than this branch instead of selecting. */
const selectLimit = 2;

/** Where the result is built: the slot of a wide result, scratch for a narrow one. */
function target({ f, out }: Context): Place {
  return out.width > 64 ? { absolute: false, offset: out.slot } : f.newScratch(chunksOf(out.width) + 1);
}

/** Clears the bits above the result's width, or reads a narrow result back. */
function close({ f, out }: Context, place: Place): void {
  if (out.width <= 64) {
    f.define(out, f.convert(f.loadChunk(place, 0), 'i64', typeOf(out.width), false), false);
    return;
  }
  const rest = out.width % 64;
  const last = chunksOf(out.width) - 1;
  if (rest !== 0) f.storeChunk(place, last, f.mask('i64', f.loadChunk(place, last), rest));
}

function call({ f }: Context, name: string, operands: Expression[]): void {
  f.push(f.m.call(name, operands, binaryen.none));
}

/** An operand as chunks in memory, extended to `width` bits; a whole number of chunks. */
function wide(context: Context, port: string, width: number, pad = 0): Place {
  const { f, cell, signed } = context;
  const chunks = chunksOf(width);
  const bits = bitsOf(cell, port);
  if (bits.length === width && !signed && pad === 0) return f.materialise(bits);
  const place = f.materialise(extendBits(bits.slice(0, width), chunks * 64, signed), chunks + pad);
  return place;
}

function chunked(context: Context, make: (k: number) => Expression): void {
  const { f, out } = context;
  const place = target(context);
  for (let k = 0; k < chunksOf(out.width); k++) f.storeChunk(place, k, make(k));
  close(context, place);
}

function mux(context: Context): void {
  const { f, cell, out } = context;
  const [a, b, s] = [bitsOf(cell, 'A'), bitsOf(cell, 'B'), bitsOf(cell, 'S')[0]!];
  if (chunksOf(out.width) <= selectLimit) {
    const sel = f.keep('i32', f.bit(s));
    return chunked(context, (k) => f.m.select(sel(), f.chunk(b, k), f.chunk(a, k)));
  }
  const place = target(context);
  const copy = (bits: readonly Bit[]): Expression =>
    f.block(() => {
      for (let k = 0; k < chunksOf(out.width); k++) f.storeChunk(place, k, f.chunk(bits, k));
    });
  const sel = f.bit(s);
  const [yes, no] = [copy(b), copy(a)];
  f.push(f.m.if(sel, yes, no));
}

function parallelMux(context: Context): void {
  const { f, cell, out } = context;
  const b = bitsOf(cell, 'B');
  const place = target(context);
  const copy = (bits: readonly Bit[]): Expression =>
    f.block(() => {
      for (let k = 0; k < chunksOf(out.width); k++) f.storeChunk(place, k, f.chunk(bits, k));
    });
  let chain = copy(bitsOf(cell, 'A'));
  for (const [i, s] of bitsOf(cell, 'S').entries())
    chain = f.m.if(f.bit(s), copy(b.slice(i * out.width, (i + 1) * out.width)), chain);
  f.push(chain);
}

function sum(context: Context, a: Place | undefined, b: Place, subtract: boolean): void {
  const { f, out } = context;
  const n = chunksOf(out.width);
  const place = target(context);
  let first = a;
  if (first === undefined) {
    first = f.newScratch(n);
    for (let k = 0; k < n; k++) f.storeChunk(first, k, f.constant('i64', 0n));
  }
  const flag = (bit: bigint): Expression => f.constant('i64', bit);
  const operands = [f.address(place), f.address(first), f.address(b), f.m.i32.const(n)];
  call(context, 'add', [...operands, flag(subtract ? -1n : 0n), flag(subtract ? 1n : 0n)]);
  close(context, place);
}

function defineBit({ f, out }: Context, value: Expression): void {
  f.define(out, f.convert(value, 'i32', typeOf(out.width), false), true);
}

function equal(context: Context, same: boolean): void {
  const { f, cell, signed } = context;
  const width = Math.max(bitsOf(cell, 'A').length, bitsOf(cell, 'B').length);
  const a = extendBits(bitsOf(cell, 'A'), width, signed);
  const b = extendBits(bitsOf(cell, 'B'), width, signed);
  let difference = f.m.i64.xor(f.chunk(a, 0), f.chunk(b, 0));
  for (let k = 1; k < chunksOf(width); k++)
    difference = f.m.i64.or(difference, f.m.i64.xor(f.chunk(a, k), f.chunk(b, k)));
  defineBit(context, same ? f.m.i64.eqz(difference) : f.m.i64.ne(difference, f.constant('i64', 0n)));
}

function order(context: Context): void {
  const { f, cell, signed, type } = context;
  const width = Math.max(bitsOf(cell, 'A').length, bitsOf(cell, 'B').length);
  const [a, b] = [wide(context, 'A', width), wide(context, 'B', width)];
  const swap = type === '$gt' || type === '$le';
  const operands = [f.address(swap ? b : a), f.address(swap ? a : b), f.m.i32.const(chunksOf(width))];
  const less = f.m.call('less', [...operands, f.constant('i64', signed ? -(1n << 63n) : 0n)], binaryen.i32);
  defineBit(context, type === '$lt' || type === '$gt' ? less : f.m.i32.eqz(less));
}

function reduce(context: Context): void {
  const { f, cell, type } = context;
  const bits = bitsOf(cell, 'A');
  const n = chunksOf(bits.length);
  if (type === '$reduce_and') {
    const ones = extendBits(bits, n * 64, false).map((bit, i) => (i < bits.length ? bit : 1));
    let all = f.chunk(ones, 0);
    for (let k = 1; k < n; k++) all = f.m.i64.and(all, f.chunk(ones, k));
    return defineBit(context, f.m.i64.eq(all, f.constant('i64', -1n)));
  }
  let parity = f.chunk(bits, 0);
  for (let k = 1; k < n; k++) parity = f.m.i64.xor(parity, f.chunk(bits, k));
  const odd = f.m.i32.and(f.m.i32.wrap(f.m.i64.popcnt(parity)), f.m.i32.const(1));
  defineBit(context, type === '$reduce_xor' ? odd : f.m.i32.eqz(odd));
}

function leftShift(context: Context, bits: readonly Bit[], amount: Expression): void {
  const { f, out } = context;
  const n = chunksOf(out.width);
  const place = target(context);
  const source = f.materialise(extendBits(bits, n * 64, context.signed), n);
  call(context, 'shl', [f.address(place), f.address(source), f.m.i32.const(n), amount]);
  close(context, place);
}

function rightShift(context: Context, amount: Expression): void {
  const { f, cell, out, type } = context;
  const a = bitsOf(cell, 'A');
  const width = Math.max(a.length, out.width);
  const arithmetic = type === '$sshr' && context.signed;
  const source = wide({ ...context, signed: arithmetic || (context.signed && out.width > a.length) }, 'A', width);
  if (context.signed && !arithmetic && out.width > a.length && width % 64 !== 0) {
    // A logical shift brings in zeros at the width of the expression, not of its chunks.
    const last = chunksOf(width) - 1;
    f.storeChunk(source, last, f.mask('i64', f.loadChunk(source, last), width % 64));
  }
  if (out.width <= 57 && !arithmetic) return fieldOf(context, source, width, amount);
  const place = target(context);
  const sign = a[a.length - 1]!;
  const fill = arithmetic ? f.value(new Array<Bit>(64).fill(sign), 'i64', 'zero') : f.constant('i64', 0n);
  const n = chunksOf(out.width);
  const counts = [f.m.i32.const(n), f.m.i32.const(chunksOf(width))];
  const at = f.keep('i32', amount);
  const filler = f.keep('i64', fill);
  const any = f.m.call('shr', [f.address(place), f.address(source), ...counts, at(), filler()], binaryen.none);
  f.push(f.m.if(wholeBytes(f, at, (chunksOf(width) - n) * 64), bytesOf(f, place, source, n, at), any));
  close(context, place);
}

/** Shifts by a whole number of bytes that leave every chunk of the result inside the word. */
function wholeBytes(f: FunctionBuilder, at: () => Expression, most: number): Expression {
  return f.m.i32.and(f.m.i32.eqz(f.m.i32.and(at(), f.m.i32.const(7))), f.m.i32.le_u(at(), f.m.i32.const(most)));
}

/** A word of `n` chunks at any byte of a wider one: one unaligned load each. */
function bytesOf(f: FunctionBuilder, place: Place, source: Place, n: number, at: () => Expression): Expression {
  return f.block(() => {
    const from = f.keep('i32', f.m.i32.add(f.address(source), f.m.i32.shr_u(at(), f.m.i32.const(3))));
    for (let k = 0; k < n; k++) f.storeChunk(place, k, f.m.i64.load(8 * k, 1, from()));
  });
}

/** A field of at most 57 bits at any bit of a wide word, zero outside: one unaligned load. */
function fieldOf({ f, out }: Context, source: Place, width: number, amount: Expression): void {
  const bits = chunksOf(width) * 64;
  const at = f.keep('i32', amount);
  const inside = (): Expression => f.m.i32.lt_u(at(), f.m.i32.const(width));
  const byte = f.m.select(inside(), f.m.i32.shr_u(at(), f.m.i32.const(3)), f.m.i32.const(0));
  const word = f.m.i64.load(0, 1, f.m.i32.add(f.address(source), byte));
  const shifted = f.m.i64.shr_u(word, f.m.i64.extend_u(f.m.i32.and(at(), f.m.i32.const(7))));
  // The load may reach past the last chunk: those bits are not part of the word.
  const room = f.keep('i32', f.m.i32.sub(f.m.i32.const(bits), at()));
  const limit = f.m.i64.sub(f.m.i64.shl(f.constant('i64', 1n), f.m.i64.extend_u(room())), f.constant('i64', 1n));
  const near = f.m.select(f.m.i32.lt_u(room(), f.m.i32.const(64)), limit, f.constant('i64', -1n));
  const value = f.m.select(inside(), f.m.i64.and(shifted, near), f.constant('i64', 0n));
  f.define(out, f.convert(value, 'i64', typeOf(out.width), false), false);
}

function shift(context: Context): void {
  const { f, cell, type } = context;
  const { bits: by, negative } = shiftAmount(cell);
  if (type === '$shl' || type === '$sshl') return leftShift(context, bitsOf(cell, 'A'), amountOf(context, by));
  if ((type === '$shift' || type === '$shiftx') && negative) {
    // A negative amount shifts left: first left in a word wide enough for both, then right.
    const { out } = context;
    const a = bitsOf(cell, 'A');
    const sign = f.keep('i32', f.bit(by[by.length - 1]!));
    const width = Math.min(by.length + 1, 31);
    const signedAmount = f.keep(
      'i32',
      f.value(extendBits(by, Math.min(32, Math.max(by.length, 1)), true), 'i32', 'sign'),
    );
    // $shiftx leaves bits beyond the word undefined, so that the amount's low bits do.
    if (width === 31 && by.length > 31 && type === '$shift')
      throw new UserError('unsupported', `'${out.name}' shifts by more than 31 bits`);
    const n = chunksOf(Math.max(a.length, out.width));
    const source = f.materialise(extendBits(a, n * 64, context.signed), n);
    const place = f.newScratch(n);
    const left = f.m.call(
      'shl',
      [f.address(place), f.address(source), f.m.i32.const(n), f.m.i32.sub(f.m.i32.const(0), signedAmount())],
      binaryen.none,
    );
    const counts = [f.m.i32.const(n), f.m.i32.const(n)];
    const right = f.m.call(
      'shr',
      [f.address(place), f.address(source), ...counts, signedAmount(), f.constant('i64', 0n)],
      binaryen.none,
    );
    f.push(f.m.if(sign(), left, right));
    return chunked(context, (k) => f.loadChunk(place, k));
  }
  rightShift(context, amountOf(context, by));
}

/** `$bmux` reads word S of A; `$demux` puts A at word S of zeros. */
function indexed(context: Context): void {
  const { f, cell, out, type } = context;
  const select = amountOf(context, bitsOf(cell, 'S'));
  const unit = type === '$bmux' ? out.width : bitsOf(cell, 'A').length;
  const amount = f.m.i32.mul(select, f.m.i32.const(unit));
  if (type === '$bmux') rightShift(context, amount);
  else leftShift(context, bitsOf(cell, 'A'), amount);
}

export function lowerWide(context: Context): void {
  const { f, cell, out, type, signed } = context;
  const mark = f.markScratch();
  const chunk = (port: string, k: number): Expression => f.chunk(extendBits(bitsOf(cell, port), out.width, signed), k);
  const not = (value: Expression): Expression => f.m.i64.xor(value, f.constant('i64', -1n));
  switch (type) {
    case '$and':
    case '$or':
    case '$xor': {
      const operation = type.slice(1) as 'and';
      chunked(context, (k) => f.m.i64[operation](chunk('A', k), chunk('B', k)));
      break;
    }
    case '$xnor':
      chunked(context, (k) => not(f.m.i64.xor(chunk('A', k), chunk('B', k))));
      break;
    case '$not':
      chunked(context, (k) => not(chunk('A', k)));
      break;
    case '$pos':
    case '$buf':
      chunked(context, (k) => chunk('A', k));
      break;
    case '$bwmux':
      chunked(context, (k) => {
        const s = f.keep('i64', chunk('S', k));
        return f.m.i64.or(f.m.i64.and(chunk('A', k), not(s())), f.m.i64.and(chunk('B', k), s()));
      });
      break;
    case '$mux':
      mux(context);
      break;
    case '$pmux':
      parallelMux(context);
      break;
    case '$add':
    case '$sub':
      sum(context, wide(context, 'A', out.width), wide(context, 'B', out.width), type === '$sub');
      break;
    case '$neg':
      sum(context, undefined, wide(context, 'A', out.width), true);
      break;
    case '$mul': {
      const [a, b, place] = [wide(context, 'A', out.width), wide(context, 'B', out.width), target(context)];
      call(context, 'mul', [f.address(place), f.address(a), f.address(b), f.m.i32.const(chunksOf(out.width))]);
      close(context, place);
      break;
    }
    case '$eq':
    case '$eqx':
      equal(context, true);
      break;
    case '$ne':
    case '$nex':
      equal(context, false);
      break;
    case '$lt':
    case '$le':
    case '$gt':
    case '$ge':
      order(context);
      break;
    case '$reduce_and':
    case '$reduce_xor':
    case '$reduce_xnor':
      reduce(context);
      break;
    case '$shl':
    case '$sshl':
    case '$shr':
    case '$sshr':
    case '$shift':
    case '$shiftx':
      shift(context);
      break;
    case '$bmux':
    case '$demux':
      indexed(context);
      break;
    default:
      throw new UserError('unsupported', `cell type '${type}' of ${out.width} bits (${cell.source}) is not simulated`);
  }
  f.releaseScratch(mark);
}
