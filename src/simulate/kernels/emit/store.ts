/** From 32-bit rounded values to clamped codes in memory. */
import {
  type Code,
  get,
  i8x16Max,
  i8x16Min,
  i8x16NarrowI16x8,
  i16x8NarrowI32x4,
  i32Add,
  type Local,
  sequence,
  set,
  v128StoreLane,
} from '../wasm/code.ts';
import type { HeaderLocals, RequantiseEmitter } from './requantise.ts';

/** The two i32x4 accumulators of 8 channels of a pixel. */
export type Sums = readonly [Local, Local];

export interface Finish {
  /** Neighbouring pixels, in ascending order. */
  readonly pixels: readonly Sums[];
  /** None where the sums are rounded already. */
  readonly requantise: RequantiseEmitter | undefined;
  readonly header: HeaderLocals;
  /** Address of the first pixel's block; left behind the last. */
  readonly target: Local;
  /** Bytes from a pixel to the next. */
  readonly step: Code;
  readonly scratch: Local;
  /** What stands between pixels. */
  readonly fence?: () => Code;
  /** Codes to store of each pixel, 1..8. Default 8. */
  readonly bytes?: number;
}

/**
 * Rounds, clamps and stores pixels, two at a time and upward, so that values past a pixel's last channel are
 * overwritten by the next pixel. Saturating before the clamp is harmless: the clamp lies within int8.
 */
export function finishPixels({ pixels, requantise, header, target, step, scratch, fence, bytes = 8 }: Finish): Code {
  const parts: Code[] = [];
  const narrow = ([low, high]: Sums) => i16x8NarrowI32x4(get(low), get(high));
  for (let pixel = 0; pixel < pixels.length; pixel += 2) {
    const couple = pixels.slice(pixel, pixel + 2);
    if (pixel > 0 && fence) parts.push(fence());
    for (const half of [0, 1] as const) {
      if (requantise === undefined) break;
      parts.push(
        requantise.round(
          couple.map((sums) => sums[half]),
          half,
        ),
      );
    }
    const codes = i8x16NarrowI16x8(narrow(couple[0]!), narrow(couple.at(-1)!));
    parts.push(set(scratch, i8x16Min(i8x16Max(codes, get(header.codeLow)), get(header.codeHigh))));
    couple.forEach((_, index) => {
      parts.push(storeBytes(target, scratch, index * 8, bytes), set(target, i32Add(get(target), step)));
    });
  }
  return sequence(...parts);
}

/** The first `bytes` bytes of the vector from byte `from` (0 or 8) on. */
function storeBytes(target: Local, vector: Local, from: number, bytes: number): Code {
  const parts: Code[] = [];
  let done = 0;
  for (const size of [8, 4, 2, 1] as const) {
    if (bytes - done < size) continue;
    parts.push(v128StoreLane(size, get(target), get(vector), (from + done) / size, done));
    done += size;
  }
  return sequence(...parts);
}
