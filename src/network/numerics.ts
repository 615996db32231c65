/**
 * The arithmetic that every rung shares: one rounding, ties upward.
 *
 * `requantiseExact` is the definition; `requantise` gives the same value for every input without BigInt.
 */

/** clamp(((acc * multiplier + 2^(shift-1)) >> shift) + zeroPoint, low, high), in unbounded integers: the definition. */
export function requantiseExact(
  acc: number,
  multiplier: number,
  shift: number,
  zeroPoint: number,
  low: number,
  high: number,
): number {
  const product = BigInt(acc) * BigInt(multiplier);
  const rounded = (product + (1n << BigInt(shift - 1))) >> BigInt(shift);
  const code = rounded + BigInt(zeroPoint);
  if (code < BigInt(low)) return low;
  return code > BigInt(high) ? high : Number(code);
}

/**
 * The value of `requantiseExact` for int32 `acc`, `multiplier` in 0..2^32-1, `shift` in 1..63 and codes within int8.
 *
 * Up to shift 16 a product that a double cannot hold is so large that its code is clamped either way. Above, the
 * product is taken in two halves of 16 multiplier bits, and the low half is only needed to its 16th bit:
 * floor((h * 2^16 + l + 2^(s-1)) / 2^s) = floor((h + floor(l / 2^16) + 2^(s-17)) / 2^(s-16)) for s >= 17.
 */
export function requantise(
  acc: number,
  multiplier: number,
  shift: number,
  zeroPoint: number,
  low: number,
  high: number,
): number {
  let rounded: number;
  if (shift <= 16) {
    rounded = Math.floor((acc * multiplier + 2 ** (shift - 1)) / 2 ** shift);
  } else {
    const upper = acc * (multiplier >>> 16) + Math.floor((acc * (multiplier & 0xffff)) / 65536);
    rounded = Math.floor((upper + 2 ** (shift - 17)) / 2 ** (shift - 16));
  }
  return Math.min(high, Math.max(low, rounded + zeroPoint));
}

/**
 * What is added before the low bits of x = code - zeroPoint are dropped: half of 2^shift, so that x is rounded to nearest.
 * Where that could leave -255..255, x is rounded down (zero point near -128, as behind a ReLU) or up (near 127).
 */
export function roundingOffset(zeroPoint: number, shift: number): number {
  const half = (2 ** shift) >> 1;
  if (zeroPoint < half - 128) return 0;
  return zeroPoint > 128 - half ? 2 ** shift - 1 : half;
}

export interface ActivationPruning {
  readonly activationThreshold: number;
  readonly activationShift: number;
}

/**
 * What pruning leaves of x = code - zeroPoint: 0 below the threshold, otherwise a multiple of 2^activationShift, whose
 * low bits stand still, as do those of products and sums.
 */
export function countedActivation(
  x: number,
  zeroPoint: number,
  { activationThreshold, activationShift }: ActivationPruning,
): number {
  if (Math.abs(x) < activationThreshold) return 0;
  return (x + roundingOffset(zeroPoint, activationShift)) & -(2 ** activationShift);
}

/**
 * What a level leaves of a product: the nearest multiple of 2^productShift, whose low bits stand still in the adder trees.
 * Ties go up, or with `down` down. Products of rounded operands are often ties: in a pointwise layer those of odd input
 * channels go down (`alternatesTies`), so that they cancel instead of adding up to the number of products.
 */
export function countedProduct(product: number, productShift: number, down: boolean): number {
  if (productShift === 0) return product;
  const step = 2 ** productShift;
  return (product + step / 2 - Number(down)) & -step;
}

/** floor((value + 2^(shift-1)) / 2^shift) for whole |value| < 2^52 and shift 1..63, exactly. */
export function roundShift(value: number, shift: number): number {
  return Math.floor((value + 2 ** (shift - 1)) / 2 ** shift);
}

export interface FixedPoint {
  /** 2^(bits-1) .. 2^bits - 1, or 0 for a dead channel. */
  readonly multiplier: number;
  /** 1..63 */
  readonly shift: number;
}

/**
 * real ~ multiplier / 2^shift, the multiplier normalised to its full width, rounded to nearest.
 *
 * 0, and a number so small that the shift would pass 63, give multiplier 0 and shift 1. The latter is exact for
 * `bits` up to 31: an int32 accumulator times such a number rounds to 0. A number of 2^(bits-1) or more does not fit.
 */
export function quantiseMultiplier(real: number, bits: number): FixedPoint {
  if (!(real >= 0) || !Number.isFinite(real)) throw new RangeError(`a multiplier must be finite and >= 0, not ${real}`);
  if (real === 0) return { multiplier: 0, shift: 1 };
  let shift = bits - 1 - Math.floor(Math.log2(real));
  // log2 may err by one next to a power of two, and rounding may carry into the next power.
  while (Math.round(real * 2 ** shift) >= 2 ** bits) shift -= 1;
  while (Math.round(real * 2 ** shift) < 2 ** (bits - 1)) shift += 1;
  if (shift > 63) return { multiplier: 0, shift: 1 };
  if (shift < 1) throw new RangeError(`multiplier ${real} is too large for ${bits} bits`);
  return { multiplier: Math.round(real * 2 ** shift), shift };
}

/** Value of a channel in an array that holds one value a channel, or one for all. */
export function channelValue(values: ArrayLike<number>, channel: number): number {
  return values.length === 1 ? values[0]! : values[channel]!;
}
