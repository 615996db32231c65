/** Combinational cells as WebAssembly. The meaning of every cell type is that of yosys' simulation library. */
import { UserError } from '../errors.ts';
import type { Expression, FunctionBuilder, Mode, Type } from './emit.ts';
import { sizeOf, typeOf } from './emit.ts';
import { lowerWide } from './lower-wide.ts';
import type { Signal } from './model.ts';
import type { Bit, Cell } from './netlist.ts';
import { bitsOf, flagOf, textBit } from './netlist.ts';
import { extendBits } from './slices.ts';

/** Simple gates that synthesis leaves, by the word cell that means the same. */
const gates: Readonly<Record<string, string>> = {
  $_BUF_: '$pos',
  $_NOT_: '$not',
  $_AND_: '$and',
  $_OR_: '$or',
  $_XOR_: '$xor',
  $_XNOR_: '$xnor',
  $_MUX_: '$mux',
};

export interface Context {
  readonly f: FunctionBuilder;
  readonly cell: Cell;
  readonly type: string;
  readonly out: Signal;
  /** Operands are signed (yosys: both or none). */
  readonly signed: boolean;
}

/** A comparison, reduction or logic cell's one-bit value, clean. */
export function truth({ f }: Context, bits: readonly Bit[]): Expression {
  if (bits.length === 1) return f.bit(bits[0]!);
  if (bits.length <= 64) {
    const type = typeOf(bits.length);
    return f.m[type].ne(f.value(bits, type, 'zero'), f.constant(type, 0n));
  }
  let any = f.chunk(bits, 0);
  for (let k = 1; k * 64 < bits.length; k++) any = f.m.i64.or(any, f.chunk(bits, k));
  return f.m.i64.ne(any, f.constant('i64', 0n));
}

/** The bits of a shift amount without zeros at the top, and whether it can be negative. */
export function shiftAmount(cell: Cell): { bits: readonly Bit[]; negative: boolean } {
  const bits = bitsOf(cell, 'B');
  const negative = flagOf(cell, 'B_SIGNED') && bits[bits.length - 1] !== 0;
  let length = bits.length;
  if (!negative) while (length > 1 && bits[length - 1] === 0) length--;
  return { bits: bits.slice(0, length), negative };
}

/** A shift amount as i32, with everything too large for it at 2^31 - 1. */
export function amountOf({ f }: Context, bits: readonly Bit[]): Expression {
  if (bits.length <= 31) return f.value(bits, 'i32', 'zero');
  const context = { f } as Context;
  const low = f.value(bits.slice(0, 31), 'i32', 'zero');
  return f.m.select(truth(context, bits.slice(31)), f.m.i32.const(0x7fffffff), low);
}

/** `operand` extended as its cell extends it, cut to `width` bits. */
function operand(context: Context, port: string, width: number, type: Type, mode: Mode): Expression {
  return context.f.value(extendBits(bitsOf(context.cell, port), width, context.signed), type, mode);
}

function defineBit({ f, out }: Context, value: Expression): void {
  f.define(out, f.convert(value, 'i32', typeOf(out.width), false), true);
}

function arithmetic(context: Context, operation: 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor'): void {
  const { f, out } = context;
  const type = typeOf(out.width);
  const a = operand(context, 'A', out.width, type, 'raw');
  f.define(out, f.m[type][operation](a, operand(context, 'B', out.width, type, 'raw')), out.width === sizeOf(type));
}

function compare(context: Context, operation: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'): void {
  const { f, cell, signed } = context;
  const width = Math.max(bitsOf(cell, 'A').length, bitsOf(cell, 'B').length);
  const type = typeOf(width);
  const equality = operation === 'eq' || operation === 'ne';
  const mode = signed && !equality ? 'sign' : 'zero';
  const a = operand(context, 'A', width, type, mode);
  const b = operand(context, 'B', width, type, mode);
  const m = f.m[type];
  const value = equality ? m[operation](a, b) : signed ? m[`${operation}_s`](a, b) : m[`${operation}_u`](a, b);
  defineBit(context, value);
}

function shift(context: Context, direction: 'left' | 'right', arithmeticShift: boolean): void {
  const { f, cell, out, signed } = context;
  const width = direction === 'left' ? out.width : Math.max(out.width, bitsOf(cell, 'A').length);
  const type = typeOf(width);
  const size = sizeOf(type);
  const m = f.m[type];
  const by = shiftAmount(cell).bits;
  const fits = by.length < 31 && 2 ** by.length <= size;
  const keep = arithmeticShift && signed;
  const a = operand(context, 'A', width, type, direction === 'left' ? 'raw' : keep ? 'sign' : 'zero');
  const amount = fits ? undefined : f.keep('i32', amountOf(context, by));
  const count = (value: Expression): Expression => f.convert(value, 'i32', type, false);
  if (amount === undefined) {
    const n = count(amountOf(context, by));
    f.define(
      out,
      f.convert(
        direction === 'left' ? m.shl(a, n) : keep ? m.shr_s(a, n) : m.shr_u(a, n),
        type,
        typeOf(out.width),
        false,
      ),
      false,
    );
    return;
  }
  const inside = f.m.i32.lt_u(amount(), f.m.i32.const(size));
  let value: Expression;
  if (keep) value = m.shr_s(a, count(f.m.select(inside, amount(), f.m.i32.const(size - 1))));
  else {
    const n = count(amount());
    value = f.m.select(inside, direction === 'left' ? m.shl(a, n) : m.shr_u(a, n), f.constant(type, 0n));
  }
  f.define(out, f.convert(value, type, typeOf(out.width), false), false);
}

/** `$shift` and `$shiftx` with a signed amount: negative shifts to the left. At most 64 bits in all. */
function shiftEither(context: Context): void {
  const { f, cell, out } = context;
  const a = f.keep('i64', f.value(extendBits(bitsOf(cell, 'A'), 64, context.signed), 'i64', 'zero'));
  const by = bitsOf(cell, 'B');
  const amount = f.keep('i64', f.value(extendBits(by, Math.min(64, Math.max(by.length, 8)), true), 'i64', 'sign'));
  const zero = (): Expression => f.constant('i64', 0n);
  const limited = (n: () => Expression, value: Expression): Expression =>
    f.m.select(f.m.i64.lt_u(n(), f.constant('i64', 64n)), value, zero());
  const left = f.keep('i64', f.m.i64.sub(zero(), amount()));
  const value = f.m.select(
    f.m.i64.lt_s(amount(), zero()),
    limited(left, f.m.i64.shl(a(), left())),
    limited(amount, f.m.i64.shr_u(a(), amount())),
  );
  f.define(out, f.convert(value, 'i64', typeOf(out.width), false), false);
}

function divide(context: Context): void {
  const { f, cell, out, signed, type: kind } = context;
  const width = Math.max(bitsOf(cell, 'A').length, bitsOf(cell, 'B').length, out.width) + 1;
  if (width > 64) throw new UserError('unsupported', `'${out.name}' divides words of more than 63 bits`);
  const type = typeOf(width);
  const m = f.m[type];
  const mode = signed ? 'sign' : 'zero';
  const a = f.keep(type, operand(context, 'A', width, type, mode));
  const b = f.keep(type, operand(context, 'B', width, type, mode));
  const zero = (): Expression => f.constant(type, 0n);
  const safe = f.keep(type, f.m.select(m.eq(b(), zero()), f.constant(type, 1n), b()));
  const quotient = kind === '$div';
  const result = signed
    ? quotient
      ? m.div_s(a(), safe())
      : m.rem_s(a(), safe())
    : quotient
      ? m.div_u(a(), safe())
      : m.rem_u(a(), safe());
  f.define(out, f.convert(f.m.select(m.eq(b(), zero()), zero(), result), type, typeOf(out.width), false), false);
}

function reduce(context: Context, kind: 'and' | 'xor' | 'xnor'): void {
  const { f, cell } = context;
  const bits = bitsOf(cell, 'A');
  const type = typeOf(bits.length);
  const m = f.m[type];
  const value = f.value(bits, type, 'zero');
  if (kind === 'and') {
    defineBit(context, m.eq(value, f.constant(type, (1n << BigInt(bits.length)) - 1n)));
    return;
  }
  const parity = f.convert(m.and(m.popcnt(value), f.constant(type, 1n)), type, 'i32', false);
  defineBit(context, kind === 'xor' ? parity : f.m.i32.eqz(parity));
}

function lookUp(context: Context): void {
  const { f, cell } = context;
  const bits = bitsOf(cell, 'A');
  if (bits.length > 6) throw new UserError('unsupported', `look-up table '${cell.name}' has more than 6 inputs`);
  const text = cell.parameters.LUT ?? '';
  let table = 0n;
  for (let i = 0; i < 2 ** bits.length; i++) table |= BigInt(textBit(text, i)) << BigInt(i);
  const type = bits.length < 6 ? 'i32' : 'i64';
  const shifted = f.m[type].shr_u(f.constant(type, table), f.value(bits, type, 'zero'));
  defineBit(context, f.convert(f.m[type].and(shifted, f.constant(type, 1n)), type, 'i32', false));
}

/** Cells of which every operand and result has at most 64 bits. */
function lowerNarrow(context: Context): void {
  const { f, cell, out, type: kind, signed } = context;
  const type = typeOf(out.width);
  const m = f.m[type];
  const raw = (bits: readonly Bit[]): Expression => f.value(bits, type, 'raw');
  const full = out.width === sizeOf(type);
  switch (kind) {
    case '$add':
    case '$sub':
    case '$mul':
    case '$and':
    case '$or':
    case '$xor':
      return arithmetic(context, kind.slice(1) as 'add');
    case '$xnor': {
      const a = operand(context, 'A', out.width, type, 'raw');
      const b = operand(context, 'B', out.width, type, 'raw');
      return f.define(out, m.xor(m.xor(a, b), f.constant(type, -1n)), full);
    }
    case '$_ANDNOT_':
    case '$_ORNOT_': {
      const b = m.xor(raw(bitsOf(cell, 'B')), f.constant(type, -1n));
      return f.define(
        out,
        kind === '$_ANDNOT_' ? m.and(raw(bitsOf(cell, 'A')), b) : m.or(raw(bitsOf(cell, 'A')), b),
        false,
      );
    }
    case '$_NAND_':
    case '$_NOR_': {
      const a = raw(bitsOf(cell, 'A'));
      const b = raw(bitsOf(cell, 'B'));
      return f.define(out, m.xor(kind === '$_NAND_' ? m.and(a, b) : m.or(a, b), f.constant(type, -1n)), false);
    }
    case '$not':
      return f.define(out, m.xor(operand(context, 'A', out.width, type, 'raw'), f.constant(type, -1n)), full);
    case '$neg':
      return f.define(out, m.sub(f.constant(type, 0n), operand(context, 'A', out.width, type, 'raw')), full);
    case '$pos':
    case '$buf':
      return f.define(out, operand(context, 'A', out.width, type, 'raw'), full);
    case '$eq':
    case '$eqx':
      return compare(context, 'eq');
    case '$ne':
    case '$nex':
      return compare(context, 'ne');
    case '$lt':
    case '$le':
    case '$gt':
    case '$ge':
      return compare(context, kind.slice(1) as 'lt');
    case '$shl':
    case '$sshl':
      return shift(context, 'left', false);
    case '$shr':
      return shift(context, 'right', false);
    case '$sshr':
      return shift(context, 'right', true);
    case '$shift':
    case '$shiftx':
      return shiftAmount(cell).negative ? shiftEither(context) : shift(context, 'right', false);
    case '$div':
    case '$mod':
      return divide(context);
    case '$reduce_and':
      return reduce(context, 'and');
    case '$reduce_xor':
      return reduce(context, 'xor');
    case '$reduce_xnor':
      return reduce(context, 'xnor');
    case '$lut':
      return lookUp(context);
    case '$mux':
      return f.define(
        out,
        f.m.select(f.bit(bitsOf(cell, 'S')[0]!), raw(bitsOf(cell, 'B')), raw(bitsOf(cell, 'A'))),
        full,
      );
    case '$bwmux': {
      const s = f.keep(type, raw(bitsOf(cell, 'S')));
      const a = m.and(raw(bitsOf(cell, 'A')), m.xor(s(), f.constant(type, -1n)));
      return f.define(out, m.or(a, m.and(raw(bitsOf(cell, 'B')), s())), false);
    }
    case '$pmux': {
      const b = bitsOf(cell, 'B');
      let value = raw(bitsOf(cell, 'A'));
      for (const [i, s] of bitsOf(cell, 'S').entries())
        value = f.m.select(f.bit(s), raw(b.slice(i * out.width, (i + 1) * out.width)), value);
      return f.define(out, value, full);
    }
    default:
      throw new UserError(
        'unsupported',
        `cell type '${kind}' (${cell.source}) is not simulated${signed ? ' (signed)' : ''}`,
      );
  }
}

/** Puts the work of one combinational cell into `f`. */
export function lowerCell(f: FunctionBuilder, cell: Cell, out: Signal): void {
  const type = gates[cell.type] ?? cell.type;
  const context: Context = { f, cell, type, out, signed: flagOf(cell, 'A_SIGNED') };
  const a = cell.connections.A ?? [];
  const b = cell.connections.B ?? [];
  switch (type) {
    case '$logic_not':
      return defineBit(context, f.m.i32.eqz(truth(context, a)));
    case '$reduce_or':
    case '$reduce_bool':
      return defineBit(context, truth(context, a));
    case '$logic_and':
      return defineBit(context, f.m.i32.and(truth(context, a), truth(context, b)));
    case '$logic_or':
      return defineBit(context, f.m.i32.or(truth(context, a), truth(context, b)));
  }
  const manyToOne = type === '$pmux' || type === '$shl' || type === '$sshl';
  const truncates = ['$add', '$sub', '$mul', '$and', '$or', '$xor', '$xnor', '$not', '$neg', '$pos', '$buf'].includes(
    type,
  );
  const narrow =
    out.width <= 64 &&
    type !== '$bmux' &&
    type !== '$demux' &&
    (truncates || manyToOne || (a.length <= 64 && b.length <= 64));
  const shifting = ['$shr', '$sshr', '$shift', '$shiftx'].includes(type);
  if (narrow || (out.width <= 64 && shifting && a.length <= 64 && !shiftAmount(cell).negative)) lowerNarrow(context);
  else lowerWide(context);
}
