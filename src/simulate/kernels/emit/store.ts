/** From 32-bit rounded values to clamped codes in memory. */
import {
  type Code,
  get,
  i8x16Max,
  i8x16Min,
  i8x16NarrowI16x8,
  i16x8NarrowI32x4,
  type Local,
  sequence,
  set,
  v128StoreLane,
} from '../wasm/code.ts';
import type { HeaderLocals } from './requantise.ts';

/** Two i16x8 to 16 codes within the layer's clamp. Saturation first is harmless: the clamp lies within int8. */
export function clampCodes(first: Code, second: Code, header: HeaderLocals): Code {
  const narrow = i8x16NarrowI16x8(first, second);
  return i8x16Min(i8x16Max(narrow, get(header.codeLow)), get(header.codeHigh));
}

/**
 * Stores 8 codes for each pixel; pixel p's values are i32x4 locals [low 4 channels, high 4 channels], its address
 * `address(p)`. In ascending order, so that values past a pixel's last channel are overwritten by the next pixel.
 */
export function storePixels(
  pixels: readonly (readonly [Local, Local])[],
  address: (pixel: number) => { base: Code; offset: number },
  header: HeaderLocals,
  scratch: Local,
  bytes = 8,
): Code {
  const narrow = ([low, high]: readonly [Local, Local]) => i16x8NarrowI32x4(get(low), get(high));
  const parts: Code[] = [];
  for (let pixel = 0; pixel < pixels.length; pixel += 2) {
    const second = pixels[pixel + 1];
    const first = narrow(pixels[pixel]!);
    parts.push(set(scratch, clampCodes(first, second ? narrow(second) : first, header)));
    for (let half = 0; half < (second ? 2 : 1); half++) {
      const { base, offset } = address(pixel + half);
      parts.push(storeBytes(base, scratch, half * 8, offset, bytes));
    }
  }
  return sequence(...parts);
}

/** The first `bytes` (1..8) bytes of the vector from byte `from` (0 or 8) on. */
function storeBytes(base: Code, vector: Local, from: number, offset: number, bytes: number): Code {
  const parts: Code[] = [];
  let done = 0;
  for (const size of [8, 4, 2, 1] as const) {
    if (bytes - done < size) continue;
    parts.push(v128StoreLane(size, base, get(vector), (from + done) / size, offset + done));
    done += size;
  }
  return sequence(...parts);
}
