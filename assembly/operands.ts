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
): void {
  const zero = i16x8.splat(0);
  const minusOne = i16x8.splat(-1);
  const weightBits = i16x8.splat(255);
  const activationBits = i16x8.splat(511);
  const smallestWeight = i16x8.splat(<i16>weightThreshold);
  const smallestActivation = i16x8.splat(<i16>activationThreshold);
  const offset = i16x8.splat(<i16>roundingOffset);
  const whole = i16x8.splat(-1 << (<i16>activationShift));
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
          v128.store(products + pixel, v128.and(i16x8.mul(x, w), keep));
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
      let below = products + <usize>p * row;
      let mask: i32 = (1 << 17) - 1;
      for (let sums = inputs >> 1; sums > 0; sums >>= 1) {
        const bits = i32x4.splat(mask);
        const end = treeRegisters + ((<usize>max(sums, 4)) << 2);
        const first = treeRegisters;
        while (treeRegisters < end) {
          let next: v128;
          if (sums === inputs >> 1) {
            next = i32x4.extadd_pairwise_i16x8_s(v128.load(below));
            below += 16;
          } else {
            const a = v128.load(below);
            const b = sums < 4 ? zero : v128.load(below, 16);
            next = i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
            below += 32;
          }
          const change = v128.and(v128.xor(next, v128.load(treeRegisters)), bits);
          treeToggles = i32x4.add(treeToggles, ones(change));
          v128.store(treeRegisters, next);
          treeRegisters += 16;
        }
        below = first;
        mask = (mask << 1) | 1;
      }
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

/** The adder trees of `trees` lanes and pixels go to 0. */
export function idle(counts: usize, treeRegisters: usize, trees: i32, inputs: i32): void {
  const zero = i32x4.splat(0);
  let toggles = zero;
  for (let tree = 0; tree < trees; tree++) {
    let mask: i32 = (1 << 17) - 1;
    for (let sums = inputs >> 1; sums > 0; sums >>= 1) {
      const end = treeRegisters + ((<usize>max(sums, 4)) << 2);
      while (treeRegisters < end) {
        toggles = i32x4.add(toggles, ones(v128.and(v128.load(treeRegisters), i32x4.splat(mask))));
        v128.store(treeRegisters, zero);
        treeRegisters += 16;
      }
      mask = (mask << 1) | 1;
    }
  }
  add(counts + 48, toggles);
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
