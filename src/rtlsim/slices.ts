/** Turns lists of bits back into slices of words. */
import type { Model, Signal } from './model.ts';
import type { Bit } from './netlist.ts';

/** `width` bits of `signal` from `offset`, followed by `repeat` copies of the last of them; or a constant. */
export interface Slice {
  readonly signal: Signal | undefined;
  readonly offset: number;
  width: number;
  repeat: number;
  /** The constant, when `signal` is undefined. */
  value: bigint;
}

/** The slices that make up `bits`, least significant first. */
export function slicesOf(model: Model, bits: readonly Bit[]): Slice[] {
  const slices: Slice[] = [];
  let last: Slice | undefined;
  for (const bit of bits) {
    const id = bit < 2 ? -1 : model.driver[bit]!;
    if (id < 0) {
      const value = bit === 1 ? 1n : 0n;
      if (last !== undefined && last.signal === undefined) {
        last.value |= value << BigInt(last.width);
        last.width++;
      } else {
        last = { signal: undefined, offset: 0, width: 1, repeat: 0, value };
        slices.push(last);
      }
      continue;
    }
    const signal = model.signals[id]!;
    const offset = model.driverOffset[bit]!;
    if (last !== undefined && last.signal === signal) {
      if (last.repeat === 0 && offset === last.offset + last.width) {
        last.width++;
        continue;
      }
      if (offset === last.offset + last.width - 1) {
        last.repeat++;
        continue;
      }
    }
    last = { signal, offset, width: 1, repeat: 0, value: 0n };
    slices.push(last);
  }
  return slices;
}

/** `bits` cut or extended to `width`, with copies of the sign bit or with zeros. */
export function extendBits(bits: readonly Bit[], width: number, signed: boolean): readonly Bit[] {
  if (bits.length === width) return bits;
  if (bits.length > width) return bits.slice(0, width);
  const fill = signed && bits.length > 0 ? bits[bits.length - 1]! : 0;
  return [...bits, ...new Array<Bit>(width - bits.length).fill(fill)];
}
