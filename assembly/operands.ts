/**
 * A step of the array's registers (`src/energy/array.ts` says what it means) in AssemblyScript, 8 inputs at once.
 * Arguments are byte addresses in linear memory, counts, and thresholds; `inputs` is a multiple of 8.
 */

/**
 * counts: 7 float64, added to: active, nonzero, gatedZero, gatedWeight, weightToggles, activationToggles, treeToggles.
 * weights: int8 [lane][input]. operands: int16 x - z of [pixel][input], with laneStride > 0 of [lane][pixel][input]
 * (lanes laneStride bytes apart). Registers, int16: [lane][pair][input] and [lane][pixel][input]; int32 sums of the
 * adder tree: [lane][pixel][level], each level padded to 4. products: int16 [pixel][input], overwritten.
 */
export function step(
  counts: usize,
  weights: usize,
  operands: usize,
  laneStride: usize,
  weightRegisters: usize,
  activationRegisters: usize,
  treeRegisters: usize,
  products: usize,
  lanes: i32,
  pixels: i32,
  inputs: i32,
  weightThreshold: i32,
  activationThreshold: i32,
  activationShift: i32,
  roundingOffset: i32,
  treeOffset: i32,
  productShift: i32,
  alternate: i32,
): void {
  const zero = i16x8.splat(0);
  const minusOne = i16x8.splat(-1);
  const weightBits = i16x8.splat(255);
  const activationBits = i16x8.splat(511);
  const smallestWeight = i16x8.splat(<i16>weightThreshold);
  const smallestActivation = i16x8.splat(<i16>activationThreshold);
  const offset = i16x8.splat(<i16>roundingOffset);
  const whole = i16x8.splat(-1 << (<i16>activationShift));
  const down = productShift > 0 ? alternate : 0;
  const half = i16x8.sub(i16x8.splat((1 << (<i16>productShift)) >> 1), i32x4.splat(down << 16));
  const counted = i16x8.splat(-1 << (<i16>productShift));
  const row = (<usize>inputs) << 1;
  let active = i32x4.splat(0);
  let nonzero = i32x4.splat(0);
  let gatedZero = i32x4.splat(0);
  let gatedWeight = i32x4.splat(0);
  let weightToggles = i32x4.splat(0);
  let activationToggles = i32x4.splat(0);
  let treeToggles = i32x4.splat(0);
  for (let lane = 0; lane < lanes; lane++) {
    for (let input: usize = 0; input < row; input += 16) {
      const w = v128.load_ext<i8>(weights);
      weights += 8;
      const wanted = i16x8.ge_s(i16x8.abs(w), smallestWeight);
      const isWeight = i16x8.ne(w, zero);
      let pair = weightRegisters + input;
      let pixel = input;
      for (let p = 0; p < pixels; p += 2) {
        let moved = zero;
        const last = min(p + 2, pixels);
        for (let q = p; q < last; q++) {
          const raw = v128.load(operands + pixel);
          const x = v128.and(i16x8.add(raw, offset), whole);
          const register = v128.load(activationRegisters + pixel);
          const isZero = i16x8.eq(raw, zero);
          const keep = v128.and(wanted, i16x8.ge_s(i16x8.abs(raw), smallestActivation));
          const next = v128.bitselect(x, register, keep);
          const change = v128.and(v128.xor(next, register), activationBits);
          v128.store(activationRegisters + pixel, next);
          moved = v128.or(moved, keep);
          v128.store(products + pixel, v128.and(v128.and(i16x8.add(i16x8.mul(x, w), half), counted), keep));
          activationToggles = i32x4.add(activationToggles, ones(change));
          active = i32x4.add(active, i32x4.dot_i16x8_s(keep, minusOne));
          nonzero = i32x4.add(
            nonzero,
            i32x4.dot_i16x8_s(v128.and(v128.andnot(keep, i16x8.eq(x, zero)), isWeight), minusOne),
          );
          gatedZero = i32x4.add(gatedZero, i32x4.dot_i16x8_s(v128.andnot(isZero, keep), minusOne));
          const pruned = v128.not(v128.or(v128.or(keep, isZero), wanted));
          gatedWeight = i32x4.add(gatedWeight, i32x4.dot_i16x8_s(pruned, minusOne));
          pixel += row;
        }
        const weight = v128.load(pair);
        const next = v128.bitselect(w, weight, moved);
        weightToggles = i32x4.add(weightToggles, ones(v128.and(v128.xor(next, weight), weightBits)));
        v128.store(pair, next);
        pair += row;
      }
    }
    for (let p = 0; p < pixels; p++) {
      treeToggles = i32x4.add(treeToggles, addUp(treeRegisters, products + <usize>p * row, inputs, treeOffset));
      treeRegisters += treeBytes(inputs);
    }
    weightRegisters += row * ((pixels + 1) >> 1);
    activationRegisters += row * pixels;
    operands += laneStride;
  }
  add(counts, active);
  add(counts + 8, nonzero);
  add(counts + 16, gatedZero);
  add(counts + 24, gatedWeight);
  add(counts + 32, weightToggles);
  add(counts + 40, activationToggles);
  add(counts + 48, treeToggles);
}

/** The adder trees of `trees` lanes and pixels see products of 0, in `products` as many as one tree has. */
export function idle(
  counts: usize,
  treeRegisters: usize,
  products: usize,
  trees: i32,
  inputs: i32,
  treeOffset: i32,
): void {
  let toggles = i32x4.splat(0);
  memory.fill(products, 0, (<usize>inputs) << 1);
  for (let tree = 0; tree < trees; tree++) {
    toggles = i32x4.add(toggles, addUp(treeRegisters, products, inputs, treeOffset));
    treeRegisters += treeBytes(inputs);
  }
  add(counts + 48, toggles);
}

/** Bytes of a tree's sums. */
function treeBytes(inputs: i32): usize {
  let bytes: usize = 0;
  for (let sums = inputs >> 1; sums > 0; sums >>= 1) bytes += (<usize>max(sums, 4)) << 2;
  return bytes;
}

/** Sends products through a tree whose first sums lie offset higher or lower; gives the bits that change, in four parts. */
function addUp(sumsAt: usize, products: usize, inputs: i32, offset: i32): v128 {
  const zero = i32x4.splat(0);
  const half = inputs >> 1;
  let toggles = zero;
  let below = products;
  let mask: i32 = (1 << 18) - 1;
  for (let sums = half; sums > 0; sums >>= 1) {
    const bits = i32x4.splat(mask);
    const first = sumsAt;
    const end = first + ((<usize>max(sums, 4)) << 2);
    const middle = first + ((<usize>sums) << 1);
    while (sumsAt < end) {
      let next: v128;
      if (sums === half) {
        const signed = i32x4.splat(sumsAt < middle ? offset : -offset);
        const shift = sums === 4 ? v128.shuffle<i32>(signed, i32x4.neg(signed), 0, 1, 4, 5) : signed;
        next = i32x4.add(i32x4.extadd_pairwise_i16x8_s(v128.load(below)), shift);
        below += 16;
      } else {
        const a = v128.load(below);
        const b = sums < 4 ? zero : v128.load(below, 16);
        next = i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
        below += 32;
      }
      toggles = i32x4.add(toggles, ones(v128.and(v128.xor(next, v128.load(sumsAt)), bits)));
      v128.store(sumsAt, next);
      sumsAt += 16;
    }
    below = first;
    // The last sums, where the offsets cancel, are as wide as those before.
    if (sums > 2) mask = (mask << 1) | 1;
  }
  return toggles;
}

/** Bits that are 1, in four parts. */
function ones(bits: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v128.popcnt<i8>(bits)));
}

function add(count: usize, parts: v128): void {
  const sum =
    i32x4.extract_lane(parts, 0) +
    i32x4.extract_lane(parts, 1) +
    i32x4.extract_lane(parts, 2) +
    i32x4.extract_lane(parts, 3);
  f64.store(count, f64.load(count) + <f64>sum);
}
