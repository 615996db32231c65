import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countedActivation,
  countedProduct,
  requantise,
  requantiseExact,
  roundingOffset,
} from '../../src/network/numerics.ts';
import { moduleSources } from '../../src/node/rtl-sources.ts';
import { elaborate } from '../../src/node/yosys.ts';
import { compileNetlist, type Simulator } from '../../src/rtlsim/simulator.ts';
import { TREE_OFFSET, treeSumBits } from '../../src/spec/adder-tree.ts';
import {
  MOST_PRODUCT_BITS,
  PRODUCT_BITS,
  PRUNING_LEVELS,
  packFields,
  SHIFT_BITS,
  STAGE_FIELDS,
} from '../../src/spec/isa.ts';

const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);
const runs = { seed, numRuns: 300 };

async function simulatorOf(top: string, parameters: Record<string, number> = {}): Promise<Simulator> {
  const sources = await moduleSources(['lib', 'memory', 'engine']);
  const simulator = await compileNetlist(await elaborate({ sources, top, parameters }), top);
  if (simulator.ports().some(({ name }) => name === 'rst_ni')) simulator.poke('rst_ni', 1);
  return simulator;
}

const signed = (value: bigint, bits: number): number => Number(BigInt.asIntN(bits, value));
const code = fc.oneof(fc.integer({ min: -128, max: 127 }), fc.constantFrom(-128, -127, -1, 0, 1, 127));
const int32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: -40_000, max: 40_000 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, -1, 2 ** 24, 2 ** 24 - 1),
);
const operand = fc.oneof(fc.integer({ min: -255, max: 255 }), fc.constantFrom(-255, -1, 0, 1, 255));
/** A weight and what rounds its products: 2^(t - 1), one less where ties go down. */
const weightAndRound = fc
  .tuple(fc.integer({ min: 0, max: MOST_PRODUCT_BITS }), fc.boolean(), code)
  .map(([t, down, w]): [number, number] => [
    t === MOST_PRODUCT_BITS ? Math.max(-127, w) : w,
    t === 0 ? 0 : 2 ** (t - 1) - Number(down),
  ]);
const clamp = fc.tuple(code, code).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);

describe('the arithmetic of the engine', () => {
  it.each([
    [16, 0],
    [16, 1],
    [31, 0],
  ])(`requantises with multipliers of %i bits, upper DSP %i, as numerics.ts does (seed ${seed})`, async (bits, dsp) => {
    const simulator = await simulatorOf('dw_requantise', { MultiplierBits: bits, UpperDsp: dsp });
    const multiplier = fc.oneof(
      fc.integer({ min: 2 ** (bits - 1), max: 2 ** bits - 1 }),
      fc.integer({ min: 0, max: 2 ** bits - 1 }),
      fc.constantFrom(0, 1, 2 ** bits - 1),
    );
    let compared = 0;
    fc.assert(
      fc.property(
        int32,
        int32,
        multiplier,
        fc.integer({ min: 0, max: 63 }),
        code,
        clamp,
        (acc, bias, m, shift, zero, [low, high]) => {
          const values = { accumulator_i: acc, bias_i: bias, multiplier_i: m, shift_i: shift };
          for (const [port, value] of Object.entries({ ...values, zero_i: zero, low_i: low, high_i: high }))
            simulator.poke(port, value);
          simulator.poke('enable_i', 2 ** 11 - 1);
          simulator.step(11);
          const sum = (acc + bias) | 0;
          const wanted = requantise(sum, m, Math.max(1, shift), zero, low, high);
          expect(wanted).toBe(requantiseExact(sum, m, Math.max(1, shift), zero, low, high));
          expect(signed(simulator.peek('code_o'), 8)).toBe(wanted);
          compared += 1;
        },
      ),
      runs,
    );
    expect(compared).toBeGreaterThanOrEqual(runs.numRuns);
  });

  it.each([
    [16, 0],
    [16, 1],
    [31, 0],
  ])(`adds and multiplies residuals exactly with multipliers of %i bits, DSP %i (seed ${seed})`, async (bits, dsp) => {
    const simulator = await simulatorOf('dw_residual', { MultiplierBits: bits, Dsp: dsp });
    const multiplier = fc.oneof(fc.integer({ min: 0, max: 2 ** bits - 1 }), fc.constantFrom(0, 1, 2 ** bits - 1));
    let compared = 0;
    fc.assert(
      fc.property(
        fc.tuple(code, code, code, code, code),
        fc.tuple(multiplier, multiplier),
        fc.oneof(fc.integer({ min: 1, max: 63 }), fc.integer({ min: bits - 2, max: bits + 8 })),
        clamp,
        fc.constantFrom('add', 'multiply'),
        ([middle, addend, middleZero, addendZero, zero], [mm, mr], shift, [low, high], mode) => {
          const ports = {
            addend_i: addend,
            residual_zero_i: addendZero,
            addend_factor_i: mode === 'multiply' ? mm : mr,
            code_i: middle,
            middle_zero_i: middleZero,
            multiply_i: mode === 'multiply' ? 1 : 0,
            middle_multiplier_i: mm,
            shift_i: shift,
            output_zero_i: zero,
            output_low_i: low,
            output_high_i: high,
          };
          for (const [port, value] of Object.entries(ports)) simulator.poke(port, value);
          simulator.poke('enable_i', 2 ** 17 - 1);
          simulator.step(18);
          const [a, b] = [BigInt(middle - middleZero), BigInt(addend - addendZero)];
          const sum = mode === 'multiply' ? a * b * BigInt(mm) : a * BigInt(mm) + b * BigInt(mr);
          const rounded = Number((sum + (1n << BigInt(shift - 1))) >> BigInt(shift)) + zero;
          const wanted = Math.min(high, Math.max(low, rounded));
          expect(signed(simulator.peek('code_o'), 8)).toBe(wanted);
          compared += 1;
        },
      ),
      runs,
    );
    expect(compared).toBeGreaterThanOrEqual(runs.numRuns);
  });

  it(`computes two products of one weight at once, adds what rounds them and holds pruned operands (seed ${seed})`, async () => {
    const simulator = await simulatorOf('dw_multiply_pair');
    const held = [0, 0, 0];
    let compared = 0;
    fc.assert(
      fc.property(
        operand,
        operand,
        weightAndRound,
        fc.boolean(),
        fc.boolean(),
        (x0, x1, [weight, round], keep0, keep1) => {
          const keeps = { keep0_i: keep0, keep1_i: keep1, either_i: keep0 || keep1 };
          const addend = 2 ** 15 + round * 2 ** 16 + round;
          const ports = { x0_i: x0, x1_i: x1, weight_i: weight, addend_i: addend, ...keeps };
          for (const [port, value] of Object.entries(ports)) simulator.poke(port, Number(value));
          simulator.step(4);
          if (keep0) held[0] = x0;
          if (keep1) held[1] = x1;
          if (keep0 || keep1) held[2] = weight;
          expect([simulator.peek('keep0_o'), simulator.peek('keep1_o')].map(Number)).toEqual([+keep0, +keep1]);
          if (keep0) expect(signed(simulator.peek('product0_o'), 16)).toBe(x0 * weight + round);
          if (keep1) expect(signed(simulator.peek('product1_o'), 16)).toBe(x1 * weight + round);
          const registers = [simulator.peek('x0_q'), simulator.peek('x1_q'), simulator.peek('weight_q')] as const;
          expect([signed(registers[0], 9), signed(registers[1], 9), signed(registers[2], 8)]).toEqual(held);
          compared += 2;
        },
      ),
      runs,
    );
    expect(compared).toBeGreaterThanOrEqual(runs.numRuns);
  });

  it(`computes one product, adds what rounds it and holds a pruned operand (seed ${seed})`, async () => {
    const simulator = await simulatorOf('dw_multiply');
    const held = [0, 0];
    let compared = 0;
    fc.assert(
      fc.property(operand, weightAndRound, fc.boolean(), (x, [weight, round], keep) => {
        const ports = { x_i: x, weight_i: weight, round_i: round, keep_i: Number(keep) };
        for (const [port, value] of Object.entries(ports)) simulator.poke(port, value);
        simulator.step(4);
        if (keep) held.splice(0, 2, x, weight);
        expect(Number(simulator.peek('keep_o'))).toBe(+keep);
        if (keep) expect(signed(simulator.peek('product_o'), 16)).toBe(x * weight + round);
        expect([signed(simulator.peek('x_q'), 9), signed(simulator.peek('weight_q'), 8)]).toEqual(held);
        compared += 1;
      }),
      runs,
    );
    expect(compared).toBeGreaterThanOrEqual(runs.numRuns);
  });

  it.each([
    [1, 0],
    [2, 0],
    [4, TREE_OFFSET],
    [16, TREE_OFFSET],
  ])(
    `adds %i products, first sums %i higher and lower on the way, a held one as 0, without masked bits (seed ${seed})`,
    async (inputs, offset) => {
      const parameters = { Inputs: inputs, Width: 16, Gated: 1, Offset: TREE_OFFSET, Masked: 8 };
      const simulator = await simulatorOf('dw_adder_tree', parameters);
      const product = fc.oneof(fc.integer({ min: -32640, max: 32640 }), fc.constantFrom(-32640, 32640, 0, -1));
      const terms = fc.array(product, { minLength: inputs, maxLength: inputs });
      const mask = fc.oneof(
        fc.integer({ min: 0, max: 8 }).map((t) => (255 << t) & 255),
        fc.integer({ min: 0, max: 255 }),
      );
      const bits = treeSumBits(inputs, 1);
      let compared = 0;
      fc.assert(
        fc.property(
          terms,
          fc.array(fc.boolean(), { minLength: inputs, maxLength: inputs }),
          mask,
          (products, keep, kept) => {
            const pack = (values: readonly number[], width: number): bigint =>
              values.reduceRight(
                (packed, value) => (packed << BigInt(width)) | BigInt.asUintN(width, BigInt(value)),
                0n,
              );
            simulator.poke('terms_i', pack(products, 16));
            simulator.poke('keep_i', pack(keep.map(Number), 1));
            simulator.poke('mask_i', kept);
            simulator.step(Math.log2(inputs));
            const counted = products.map((value, index) => (keep[index] ? value & (-256 | kept) : 0));
            const total = counted.reduce((sum, value) => sum + value, 0);
            expect(signed(simulator.peek('sum_o'), 16 + Math.log2(inputs))).toBe(total);
            if (inputs === 1) compared += 1;
            if (inputs === 1) return;
            const sums = simulator.peek('gen_tree.gen_level[1].sums');
            for (let k = 0; k < inputs / 2; k++) {
              const wanted = counted[2 * k]! + counted[2 * k + 1]! + (4 * k < inputs ? offset : -offset);
              expect(signed(sums >> BigInt(k * bits), bits)).toBe(wanted);
              compared += 1;
            }
          },
        ),
        runs,
      );
      expect(compared).toBeGreaterThanOrEqual((runs.numRuns * inputs) / 2);
    },
  );

  it.each([
    [8, 17, 2, 0],
    [9, 25, 4, 0],
    [9, 17, 3, 0],
    [4, 5, 1, 0],
    [2, 3, 2, 0],
    [13, 9, 3, 0],
    [8, 17, 2, 1],
    [8, 17, 3, 1],
    [9, 25, 4, 1],
  ])(
    `multiplies %i by %i bits in %i cycles, with %i DSP slices (seed ${seed})`,
    async (widthA, widthB, latency, dsp) => {
      const parameters = { WidthA: widthA, WidthB: widthB, Latency: latency, Dsp: dsp };
      const simulator = await simulatorOf('dw_soft_multiply', parameters);
      const number = (bits: number) =>
        fc.oneof(
          fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }),
          fc.constantFrom(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0),
        );
      fc.assert(
        fc.property(number(widthA), number(widthB), (a, b) => {
          simulator.poke('a_i', a);
          simulator.poke('b_i', b);
          simulator.poke('enable_i', 2 ** latency - 1);
          simulator.step(latency);
          expect(signed(simulator.peek('product_o'), widthA + widthB)).toBe(a * b + 0);
        }),
        runs,
      );
    },
  );

  it(`marks and holds an operand below the threshold, rounds it, and puts 0 in the padding (seed ${seed})`, async () => {
    const simulator = await simulatorOf('dw_operand');
    let held = 0;
    fc.assert(
      fc.property(
        code,
        code,
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        (value, zero, activationThreshold, activationShift, valid) => {
          const ports = {
            code_i: value,
            valid_i: Number(valid),
            blank_i: Number(activationThreshold > 0),
            zero_i: zero - roundingOffset(zero, activationShift),
            mask_i: (-1 << activationShift) & 7,
            below_i: zero - activationThreshold,
            above_i: zero + activationThreshold,
          };
          for (const [port, number] of Object.entries(ports)) simulator.poke(port, number);
          simulator.step(1);
          const x = valid ? value - zero : 0;
          const operand = simulator.peek('operand_o');
          const pruned = Math.abs(x) < activationThreshold;
          if (!pruned) held = countedActivation(x, zero, { activationThreshold, activationShift });
          expect(operand >> 9n === 1n).toBe(pruned);
          expect(signed(operand & 511n, 9)).toBe(held);
        },
      ),
      runs,
    );
  });

  it('finds the numbers of a level for every zero point and shift', async () => {
    const simulator = await simulatorOf('dw_stage_context', { BankData: 2, Operands: 6, Sums: 10 });
    let compared = 0;
    for (let zero = -128; zero <= 127; zero++) {
      for (let shift = 0; shift <= 3; shift++) {
        const level = 1 + (((zero + 128) * 5 + shift) % PRUNING_LEVELS);
        const threshold = (zero * 37 + shift) & 255;
        const stage = packFields(STAGE_FIELDS, {
          inputZero: zero,
          activationThresholds: BigInt(threshold) << BigInt(8 * (level - 1)),
          activationShifts: shift << (SHIFT_BITS * (level - 1)),
        });
        for (const at of [level, 0]) {
          simulator.poke('level_i', at);
          simulator.poke('number_i', shift);
          simulator.poke('stage_i', stage);
          simulator.step(8);
          const [offset, kept] = at === 0 ? [0, 7] : [roundingOffset(zero, shift), (-1 << shift) & 7];
          const wanted = [kept, (zero - offset) & 255, at === 0 ? 0 : threshold, zero & 255];
          const got = simulator.peek('activation_o');
          expect([24n, 16n, 8n, 0n].map((lsb) => Number((got >> lsb) & 255n))).toEqual(wanted);
          compared += 1;
        }
      }
    }
    expect(compared).toBe(2 * 4 * 256);
  });

  it('finds what rounds products of a level, of all kinds of stages', async () => {
    const simulator = await simulatorOf('dw_stage_context', { BankData: 2, Operands: 6, Sums: 10 });
    let compared = 0;
    for (let productShift = 0; productShift <= MOST_PRODUCT_BITS; productShift++) {
      for (let kind = 0; kind < 8; kind++) {
        const [alternate, diagonal, maximum] = [kind & 1, (kind >> 1) & 1, kind >> 2];
        const level = 1 + ((productShift * 8 + kind) % PRUNING_LEVELS);
        const stage = packFields(STAGE_FIELDS, {
          alternate,
          diagonal,
          maximum,
          weightThresholds: BigInt(productShift + 100) << BigInt(7 * (level - 1)),
          productShifts: productShift * 2 ** (PRODUCT_BITS * (level - 1)),
        });
        for (const at of [level, 0, 1 + (level % PRUNING_LEVELS)]) {
          simulator.poke('level_i', at);
          simulator.poke('number_i', kind);
          simulator.poke('stage_i', stage);
          simulator.step(10);
          const counts = at === level && maximum === 0;
          const wanted = [alternate, counts ? productShift : 0, counts ? productShift + 100 : 0];
          const got = Number(simulator.peek('array_o'));
          expect([got >> 11, (got >> 7) & 15, got & 127]).toEqual(wanted);
          compared += 1;
        }
      }
    }
    expect(compared).toBe(9 * 8 * 3);
  });

  it.each([1, 2])('rounds products of stages that follow each other without a gap, %i pixels', async (pixels) => {
    const inputs = 4;
    // The direct path alone: a map of taps that nothing selects, one column.
    const parameters = { Pixels: pixels, Lanes: 1, Inputs: inputs, HaloGroups: 0 };
    const simulator = await simulatorOf('dw_array', parameters);
    const latency = 4 + Math.log2(inputs);
    const steps = fc.sample(
      fc.record({
        x: fc.array(operand, { minLength: pixels * inputs, maxLength: pixels * inputs }),
        w: fc.array(fc.integer({ min: -127, max: 127 }), { minLength: inputs, maxLength: inputs }),
        shift: fc.integer({ min: 0, max: MOST_PRODUCT_BITS }),
        alternate: fc.boolean(),
        threshold: fc.constantFrom(0, 0, 20, 90),
      }),
      { seed, numRuns: 600 },
    );
    const pack = (values: readonly number[], width: number): bigint =>
      values.reduceRight((packed, value) => (packed << BigInt(width)) | BigInt.asUintN(width, BigInt(value)), 0n);
    let compared = 0;
    for (let cycle = 0; cycle < steps.length + latency; cycle++) {
      const step = steps[cycle];
      simulator.poke('valid_i', Number(step !== undefined));
      if (step !== undefined) {
        simulator.poke(
          'direct_i',
          pack(
            step.x.map((x) => x & 511),
            10,
          ),
        );
        simulator.poke('weight_i', pack(step.w, 8));
        simulator.poke('product_shift_i', step.shift);
        simulator.poke('alternate_i', Number(step.alternate));
        simulator.poke('weight_threshold_i', step.threshold);
      }
      simulator.step(1);
      const done = steps[cycle + 1 - latency];
      if (done === undefined) continue;
      for (let pixel = 0; pixel < pixels; pixel++) {
        let sum = 0;
        for (let input = 0; input < inputs; input++) {
          const w = done.w[input]!;
          if (Math.abs(w) < done.threshold) continue;
          sum += countedProduct(done.x[pixel * inputs + input]! * w, done.shift, done.alternate && input % 2 === 1);
        }
        expect(signed(simulator.peek('sum_o') >> BigInt(pixel * 18), 18), `cycle ${cycle}`).toBe(sum);
        compared += 1;
      }
    }
    expect(compared).toBe(steps.length * pixels);
  });
});
