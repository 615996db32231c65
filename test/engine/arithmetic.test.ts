import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requantise, requantiseExact } from '../../src/network/numerics.ts';
import { moduleSources } from '../../src/node/rtl-sources.ts';
import { elaborate } from '../../src/node/yosys.ts';
import { compileNetlist, type Simulator } from '../../src/rtlsim/simulator.ts';

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

  it(`computes two products of one weight at once and holds pruned operands (seed ${seed})`, async () => {
    const simulator = await simulatorOf('dw_multiply_pair');
    const x = fc.oneof(fc.integer({ min: -255, max: 255 }), fc.constantFrom(-255, -1, 0, 1, 255));
    const held = [0, 0, 0];
    let compared = 0;
    fc.assert(
      fc.property(x, x, code, fc.boolean(), fc.boolean(), (x0, x1, weight, keep0, keep1) => {
        const keeps = { keep0_i: keep0, keep1_i: keep1, either_i: keep0 || keep1 };
        const ports = { x0_i: x0, x1_i: x1, weight_i: weight, ...keeps };
        for (const [port, value] of Object.entries(ports)) simulator.poke(port, Number(value));
        simulator.step(4);
        if (keep0) held[0] = x0;
        if (keep1) held[1] = x1;
        if (keep0 || keep1) held[2] = weight;
        expect([simulator.peek('keep0_o'), simulator.peek('keep1_o')].map(Number)).toEqual([+keep0, +keep1]);
        if (keep0) expect(signed(simulator.peek('product0_o'), 16)).toBe(x0 * weight + 0);
        if (keep1) expect(signed(simulator.peek('product1_o'), 16)).toBe(x1 * weight + 0);
        const registers = [simulator.peek('x0_q'), simulator.peek('x1_q'), simulator.peek('weight_q')] as const;
        expect([signed(registers[0], 9), signed(registers[1], 9), signed(registers[2], 8)]).toEqual(held);
        compared += 2;
      }),
      runs,
    );
    expect(compared).toBeGreaterThanOrEqual(runs.numRuns);
  });

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

  it(`marks and holds an operand below the threshold, and puts 0 in the padding (seed ${seed})`, async () => {
    const simulator = await simulatorOf('dw_operand');
    let held = 0;
    fc.assert(
      fc.property(code, code, fc.integer({ min: 0, max: 255 }), fc.boolean(), (value, zero, threshold, valid) => {
        const ports = { code_i: value, zero_i: zero, below_i: zero - threshold, above_i: zero + threshold };
        for (const [port, number] of Object.entries(ports)) simulator.poke(port, number);
        simulator.poke('valid_i', Number(valid));
        simulator.step(1);
        const x = valid ? value - zero : 0;
        const operand = simulator.peek('operand_o');
        const pruned = Math.abs(x) < threshold;
        if (!pruned) held = x;
        expect(operand >> 9n === 1n).toBe(pruned);
        expect(signed(operand & 511n, 9)).toBe(held);
      }),
      runs,
    );
  });
});
