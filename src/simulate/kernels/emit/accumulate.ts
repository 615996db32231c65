/** Eight products, added in pairs to four sums. */
import {
  type Code,
  get,
  i16x8Add,
  i16x8Mul,
  i16x8Splat,
  i32,
  i32x4Add,
  i32x4AddPairs,
  i32x4Dot,
  i32x4Splat,
  type Local,
  set,
  v128And,
} from '../wasm/code.ts';

/** How products are rounded (`countedProduct`): every second one's ties down where the two of a pair differ. */
export interface ProductRounding {
  readonly productShift: number;
  readonly alternate: boolean;
}

/**
 * `sum` += products of int16 operands `a` by weights `b`. Where products are rounded they fit int16, half of the step
 * included: |x| <= 255, |w| <= 127, or 128 up to a shift of 7.
 */
export function accumulate(sum: Local, a: Local, b: Code, { productShift, alternate }: ProductRounding): Code {
  if (productShift === 0) return set(sum, i32x4Add(get(sum), i32x4Dot(get(a), b)));
  const step = 2 ** productShift;
  const half = step / 2;
  const halves = alternate ? i32x4Splat(i32(half | ((half - 1) << 16))) : i16x8Splat(i32(half));
  const rounded = v128And(i16x8Add(i16x8Mul(get(a), b), halves), i16x8Splat(i32(-step)));
  return set(sum, i32x4Add(get(sum), i32x4AddPairs(rounded)));
}
