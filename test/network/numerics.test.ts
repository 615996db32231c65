import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { accumulatorBound, checkAccumulators } from '../../src/network/accumulator.ts';
import type { ConvLayer, Network } from '../../src/network/network.ts';
import {
  countedProduct,
  quantiseMultiplier,
  requantise,
  requantiseExact,
  roundShift,
} from '../../src/network/numerics.ts';

const INT32_EDGES = [-(2 ** 31), -(2 ** 31) + 1, -65536, -257, -2, -1, 0, 1, 2, 255, 32640, 2 ** 30, 2 ** 31 - 1];
const MULTIPLIER_EDGES = [0, 1, 2, 32767, 32768, 32769, 65535, 65536, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 1, 2 ** 32 - 1];

describe('requantise', () => {
  it('equals its BigInt definition on every combination of edges', () => {
    let compared = 0;
    for (const acc of INT32_EDGES) {
      for (const multiplier of MULTIPLIER_EDGES) {
        for (let shift = 1; shift <= 63; shift++) {
          for (const [zeroPoint, low, high] of [
            [0, -128, 127],
            [-128, -128, 127],
            [127, -5, 127],
          ] as const) {
            const exact = requantiseExact(acc, multiplier, shift, zeroPoint, low, high);
            if (requantise(acc, multiplier, shift, zeroPoint, low, high) !== exact) {
              expect.fail(`acc ${acc} multiplier ${multiplier} shift ${shift} zero point ${zeroPoint}: not ${exact}`);
            }
            compared++;
          }
        }
      }
    }
    expect(compared).toBe(INT32_EDGES.length * MULTIPLIER_EDGES.length * 63 * 3);
  });

  it('equals its BigInt definition on random values whose codes are not clamped', () => {
    const code = fc.integer({ min: -128, max: 127 });
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 31 - 1 }), code, fc.boolean(), (acc, m, z, near) => {
        // The shift that brings the product near the codes, or one above it.
        const bits = Math.log2(Math.abs(acc) + 1) + Math.log2(m) - 7;
        const shift = Math.min(63, Math.max(1, Math.round(bits) + (near ? 0 : 1)));
        return requantise(acc, m, shift, z, -128, 127) === requantiseExact(acc, m, shift, z, -128, 127);
      }),
      { numRuns: 20_000 },
    );
  });

  it('rounds ties upward, for negative values too', () => {
    expect(requantise(1, 1, 1, 0, -128, 127)).toBe(1);
    expect(requantise(-1, 1, 1, 0, -128, 127)).toBe(0);
    expect(requantise(-3, 1, 1, 0, -128, 127)).toBe(-1);
    expect(requantise(-3 * 2 ** 20, 2 ** 30, 51, 0, -128, 127)).toBe(-1);
  });
});

describe('roundShift', () => {
  it('equals a BigInt shift for sums as large as an addition makes', () => {
    const value = fc.maxSafeInteger().map((v) => Math.trunc(v / 2));
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 63 }), (v, shift) => {
        const exact = (BigInt(v) + (1n << BigInt(shift - 1))) >> BigInt(shift);
        return BigInt(roundShift(v, shift)) === exact;
      }),
      { numRuns: 5000 },
    );
  });
});

describe('countedProduct', () => {
  it('is the nearest multiple, ties up or down, of every product of 16 bits', () => {
    let ties = 0;
    for (let shift = 0; shift <= 8; shift++) {
      const step = 2 ** shift;
      for (let product = -32640; product <= 32640; product += 17) {
        const up = countedProduct(product, shift, false);
        const down = countedProduct(product, shift, true);
        expect(up % step === 0 && down % step === 0).toBe(true);
        expect(Math.abs(up - product) * 2).toBeLessThanOrEqual(step);
        const tie = shift > 0 && Math.abs(product % step) * 2 === step;
        expect(up - down).toBe(tie ? step : 0);
        if (tie) ties += 1;
      }
    }
    expect(ties).toBeGreaterThan(100);
  });
});

describe('quantiseMultiplier', () => {
  it('normalises the multiplier and stays within half a unit of the number', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 4000, noNaN: true }), fc.constantFrom(16, 31), (real, bits) => {
        const { multiplier, shift } = quantiseMultiplier(real, bits);
        return (
          multiplier >= 2 ** (bits - 1) &&
          multiplier < 2 ** bits &&
          Math.abs(multiplier / 2 ** shift - real) <= 0.5 / 2 ** shift
        );
      }),
    );
  });

  it('carries into the next power of two instead of leaving the width', () => {
    expect(quantiseMultiplier(1 - 2 ** -30, 16)).toEqual({ multiplier: 32768, shift: 15 });
    expect(quantiseMultiplier(0.5, 16)).toEqual({ multiplier: 32768, shift: 16 });
    expect(quantiseMultiplier(0.5, 31)).toEqual({ multiplier: 2 ** 30, shift: 31 });
  });

  it('gives a dead channel for zero and for numbers too small to matter', () => {
    const dead = { multiplier: 0, shift: 1 };
    for (const real of [0, 1e-15, 1e-310]) expect(quantiseMultiplier(real, 16)).toEqual(dead);
    expect(quantiseMultiplier(2 ** -33, 31)).toEqual({ multiplier: 2 ** 30, shift: 63 });
    expect(quantiseMultiplier(2 ** -34, 31)).toEqual(dead);
  });

  it('refuses what is negative, not a number or too large', () => {
    for (const real of [-1, Number.NaN, Number.POSITIVE_INFINITY, 32768]) {
      expect(() => quantiseMultiplier(real, 16)).toThrow(RangeError);
    }
    expect(quantiseMultiplier(32767, 16)).toEqual({ multiplier: 65534, shift: 1 });
  });
});

describe('accumulatorBound', () => {
  const conv = (weights: number[], bias: number[]): Pick<ConvLayer, 'op' | 'weights' | 'bias'> => ({
    op: 'conv',
    weights: Int16Array.from(weights),
    bias: Int32Array.from(bias),
  });

  it('takes the worst input of every tap and the channel with the widest sum', () => {
    const layer = conv([1, 2, -3, 4], [10, -20]);
    expect(accumulatorBound(layer, { low: -128, high: 127, zeroPoint: 0 })).toEqual({
      min: -20 - 3 * 127 - 4 * 128,
      max: 3 * 128 + 4 * 127,
      channel: 1,
    });
  });

  it('refuses a layer that could overflow, naming it', () => {
    const tensor = { name: 't', height: 1, width: 1, channels: 1, scale: 1, zeroPoint: -128 };
    const layer: ConvLayer = {
      op: 'conv',
      name: 'wide',
      inputs: [0],
      output: 1,
      window: {
        kernelHeight: 1,
        kernelWidth: 1,
        strideY: 1,
        strideX: 1,
        dilationY: 1,
        dilationX: 1,
        padding: { top: 0, left: 0, bottom: 0, right: 0 },
      },
      weights: Int16Array.of(127),
      bias: Int32Array.of(2 ** 31 - 1 - 127 * 255),
      requantise: { multiplier: Uint32Array.of(1), shift: Uint8Array.of(1), low: -128, high: 127 },
      activationThreshold: 0,
      activationShift: 0,
      productShift: 0,
    };
    const network = (bias: number): Network => ({
      name: 'n',
      multiplierBits: 16,
      tensors: [tensor, tensor],
      inputs: [0],
      outputs: [],
      layers: [{ ...layer, bias: Int32Array.of(bias) }],
      notes: [],
    });
    expect(() => checkAccumulators(network(2 ** 31 - 1 - 127 * 255))).not.toThrow();
    expect(() => checkAccumulators(network(2 ** 31 - 127 * 255))).toThrow(UserError);
  });
});
