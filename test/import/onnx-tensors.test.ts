import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { halvesToFloats } from '../../src/import/half.ts';
import type { OnnxOptions } from '../../src/import/onnx/import.ts';
import { importOnnx } from '../../src/import/onnx/import.ts';
import { DATA_TYPE } from '../../src/import/onnx/proto.ts';
import {
  chain,
  encodeModel,
  halfBits,
  type ModelSpec,
  type NodeSpec,
  rawBytes,
  tensor,
} from '../support/onnx-builder.ts';

const VALUES = [0.5, -1.25, 2, 0, 3.5, -0.125];
const DIMS = [2, 3, 1, 1];
const CONV = chain({ op: 'Conv', inputs: ['w'] });
const CAST: NodeSpec[] = [
  { op: 'Cast', inputs: ['w'], outputs: ['wf'], attributes: { to: 1 } },
  { op: 'Conv', inputs: ['x', 'wf'], outputs: ['y'] },
];

function weights(w: object, nodes: readonly NodeSpec[] = CONV, options?: OnnxOptions): number[] {
  const inputs = [{ name: 'x', dims: [1, 3, 2, 2] }];
  const spec = { inputs, outputs: ['y'], nodes, constants: { w } } as ModelSpec;
  const [node] = importOnnx(encodeModel(spec), 'a.onnx', options).nodes;
  if (node?.op !== 'conv' || node.weights.kind !== 'real') throw new Error('no real weights');
  return [...node.weights.values];
}

describe('stored tensors', () => {
  test.each([
    ['raw float32', tensor('float32', DIMS, VALUES), CONV],
    ['raw float64', tensor('float64', DIMS, VALUES), CAST],
    ['raw float16', tensor('float16', DIMS, VALUES), CAST],
    ['float16 without a cast', tensor('float16', DIMS, VALUES), CONV],
    ['typed float32', { dims: DIMS, dataType: DATA_TYPE.float32, floatData: VALUES }, CONV],
    ['typed float64', { dims: DIMS, dataType: DATA_TYPE.float64, doubleData: VALUES }, CAST],
    ['typed float16', { dims: DIMS, dataType: DATA_TYPE.float16, int32Data: VALUES.map(halfBits) }, CAST],
    ['typed bfloat16', { dims: DIMS, dataType: DATA_TYPE.bfloat16, int32Data: VALUES.map(bfloatBits) }, CAST],
  ] as const)('are read as %s', (_, w, nodes) => {
    expect(weights(w, nodes)).toEqual(VALUES);
  });

  test('may lie in another file, at an offset', () => {
    const file = new Uint8Array(4 + 24);
    file.set(rawBytes('float32', VALUES), 4);
    const entry = (key: string, value: string) => ({ key, value });
    const externalData = [entry('location', 'w.bin'), entry('offset', '4'), entry('length', '24')];
    const w = { dims: DIMS, dataType: DATA_TYPE.float32, dataLocation: 1, externalData };
    expect(weights(w, CONV, { external: (name) => (name === 'w.bin' ? file : undefined) })).toEqual(VALUES);
    for (const outside of ['../w.bin', '/w.bin', 'C:\\w.bin', 'a/../../w.bin']) {
      const elsewhere = { ...w, externalData: [entry('location', outside)] };
      expect(() => weights(elsewhere, CONV, { external: () => file })).toThrow(/outside the model's folder/);
    }
    expect(() => weights(w)).toThrow(/lie in the file 'w.bin', which is not there/);
    expect(() => weights(w, CONV, { external: () => file.subarray(0, 20) })).toThrow(/bytes 4 to 28 do not lie in/);
  });

  test.each([
    ['too few bytes', { ...tensor('float32', DIMS, VALUES), dims: [2, 3, 1, 2] }, /24 bytes, its 12 elements/],
    ['too few elements', { dims: DIMS, dataType: DATA_TYPE.float32, floatData: [1, 2] }, /needs 6 elements, it has 2/],
    ['an impossible shape', { dims: [-2, 3, 1, 1], dataType: DATA_TYPE.float32 }, /impossible or too large/],
    ['a huge shape', { dims: [1e9, 1e9, 1e9, 1], dataType: DATA_TYPE.float32 }, /impossible or too large/],
    ['an unknown type', { dims: DIMS, dataType: 99 }, /number 99/],
    ['not-a-number', tensor('float32', DIMS, [...VALUES.slice(1), Number.NaN]), /not finite/],
    ['infinity', tensor('float32', DIMS, [...VALUES.slice(1), Number.POSITIVE_INFINITY]), /not finite/],
  ])('with %s are refused by name', (_, w, message) => {
    try {
      weights(w);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).describe()).toMatch(message);
      expect((error as UserError).location).toEqual({ file: 'a.onnx', layer: 'y', tensor: 'w' });
    }
  });

  test('of half precision hold every finite number exactly', () => {
    const halfToNumber = (bits: number): number => halvesToFloats(Uint16Array.of(bits))[0]!;
    let compared = 0;
    for (let bits = 0; bits < 0x7c00; bits++) {
      const value = halfToNumber(bits);
      if (bits > 0) expect(value).toBeGreaterThan(halfToNumber(bits - 1));
      expect(halfToNumber(bits | 0x8000)).toBe(-value);
      compared++;
    }
    expect(compared).toBe(31744);
    expect(halfToNumber(0x3c00)).toBe(1);
    expect(halfToNumber(0x7bff)).toBe(65504);
    expect(halfToNumber(1)).toBe(2 ** -24);
    expect(halfToNumber(0x7c00)).toBe(Number.POSITIVE_INFINITY);
    expect(halfToNumber(0x7e00)).toBeNaN();
  });
});

function bfloatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;
}
