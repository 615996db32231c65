import { describe, expect, test } from 'vitest';
import { importOnnx } from '../../src/import/onnx/import.ts';
import {
  encodeModel,
  floats,
  int64s,
  type ModelSpec,
  type NodeSpec,
  type TypeName,
  tensor,
} from '../support/onnx-builder.ts';
import { expectSame } from '../support/onnx-compare.ts';
import { Random } from '../support/random.ts';

type Constants = Record<string, ReturnType<typeof floats>>;

const random = new Random(5);
const codes = (type: TypeName, dims: readonly number[]) =>
  tensor(
    type,
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b) }, () =>
      type === 'int8' ? random.int(-127, 127) : random.int(0, 255),
    ),
  );

/** QuantizeLinear and DequantizeLinear from `from` to `to`, scale and zero point held in `<to>_s` and `<to>_z`. */
function requantise(
  from: string,
  to: string,
  scale: number,
  zero: number,
  type: 'int8' | 'uint8',
  constants: Constants,
): NodeSpec[] {
  constants[`${to}_s`] = floats([], [scale]);
  constants[`${to}_z`] = tensor(type, [], [zero]);
  return [
    { op: 'QuantizeLinear', inputs: [from, `${to}_s`, `${to}_z`], outputs: [`${to}_q`] },
    { op: 'DequantizeLinear', inputs: [`${to}_q`, `${to}_s`, `${to}_z`], outputs: [to] },
  ];
}

/** Weights and bias in codes: per output channel, bias scale = input scale x weight scale. */
function coded(name: string, dims: readonly number[], inputScale: number, constants: Constants): NodeSpec[] {
  const [outputs] = dims as readonly [number];
  const scales = Array.from({ length: outputs }, (_, c) => 0.002 * (1 + c));
  constants[`${name}_c`] = codes('int8', dims);
  constants[`${name}_s`] = floats([outputs], scales);
  constants[`${name}_z`] = tensor(
    'int8',
    [outputs],
    scales.map(() => 0),
  );
  constants[`${name}_bc`] = tensor(
    'int32',
    [outputs],
    scales.map(() => random.int(-3000, 3000)),
  );
  constants[`${name}_bs`] = floats(
    [outputs],
    scales.map((scale) => Math.fround(Math.fround(inputScale) * Math.fround(scale))),
  );
  return [
    {
      op: 'DequantizeLinear',
      inputs: [`${name}_c`, `${name}_s`, `${name}_z`],
      outputs: [name],
      attributes: { axis: 0 },
    },
    { op: 'DequantizeLinear', inputs: [`${name}_bc`, `${name}_bs`], outputs: [`${name}_b`], attributes: { axis: 0 } },
  ];
}

function model(
  dims: readonly number[],
  nodes: readonly NodeSpec[],
  constants: Constants,
  type: TypeName = 'float32',
): ModelSpec {
  return { inputs: [{ name: 'x', dims, type }], outputs: ['y'], nodes, constants };
}

function oneConv(type: 'int8' | 'uint8', between: readonly NodeSpec[] = [], last = 'a'): ModelSpec {
  const constants: Constants = {};
  const zero = type === 'int8' ? 3 : 131;
  const nodes = [
    ...requantise('x', 'xd', 0.0203, zero, type, constants),
    ...coded('w', [4, 3, 3, 3], 0.0203, constants),
    { op: 'Conv', inputs: ['xd', 'w', 'w_b'], outputs: ['a'], attributes: { pads: [1, 1, 1, 1] } },
    ...between,
    ...requantise(last, 'y', 0.0517, zero - 20, type, constants),
  ];
  return model([1, 3, 6, 5], nodes, constants);
}

describe('QDQ', () => {
  test.each(['int8', 'uint8'] as const)('%s: keeps scales, zero points, weight codes and bias codes', async (type) => {
    const spec = oneConv(type);
    const graph = await expectSame(spec, { tolerance: 1e-4 });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['conv']);
    expect(graph.inputs).toEqual([{ tensor: 'x', fileType: 'float32' }]);
    expect(graph.tensors.get('x')!.quantisation).toEqual({ scale: Math.fround(0.0203), zeroPoint: 3 });
    expect(graph.tensors.get(graph.outputs[0]!.tensor)!.quantisation).toEqual({
      scale: Math.fround(0.0517),
      zeroPoint: -17,
    });
    const node = graph.nodes[0]!;
    if (node.op !== 'conv' || node.weights.kind !== 'codes' || node.bias?.kind !== 'codes')
      throw new Error('not in codes');
    const stored = spec.constants!.w_c as unknown as { rawData: Uint8Array };
    const file = new Int8Array(stored.rawData.buffer);
    const at = (o: number, c: number, y: number, x: number): number => file[((o * 3 + c) * 3 + y) * 3 + x]!;
    let compared = 0;
    for (let o = 0; o < 4; o++) {
      for (let y = 0; y < 3; y++) {
        for (let x = 0; x < 3; x++) {
          for (let c = 0; c < 3; c++) expect(node.weights.codes[compared++]).toBe(at(o, c, y, x));
        }
      }
    }
    expect(compared).toBe(108);
    expect([...node.weights.scales]).toEqual([0.002, 0.004, 0.006, 0.008].map(Math.fround));
    const bias = spec.constants!.w_bc as unknown as { rawData: Uint8Array };
    expect([...node.bias.codes]).toEqual([...new Int32Array(bias.rawData.buffer)]);
  });

  test('a clamp before the rounding joins the convolution', async () => {
    const graph = await expectSame(oneConv('int8', [{ op: 'Relu', inputs: ['a'], outputs: ['r'] }], 'r'), {
      tolerance: 1e-4,
    });
    expect(graph.nodes).toMatchObject([{ op: 'conv', clamp: { low: 0 } }]);
  });

  test('a clamp behind the rounding joins it where the codes stay the same', async () => {
    const constants: Constants = {};
    const nodes = [
      ...requantise('x', 'xd', 0.0203, 3, 'int8', constants),
      ...coded('w', [4, 3, 1, 1], 0.0203, constants),
      { op: 'Conv', inputs: ['xd', 'w', 'w_b'], outputs: ['a'] },
      ...requantise('a', 'ad', 0.0517, -5, 'int8', constants),
      { op: 'Relu', inputs: ['ad'], outputs: ['r'] },
      ...requantise('r', 'y', 0.0517, -5, 'int8', constants),
    ];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, constants));
    expect(graph.nodes).toMatchObject([{ op: 'conv', clamp: { low: 0 } }]);
    constants.y_s = floats([], [0.0433]);
    const other = await expectSame(model([1, 3, 4, 4], nodes, constants));
    expect(other.nodes.map(({ op }) => op)).toEqual(['conv', 'activation']);
  });

  test('asymmetric uint8 weights of one scale are codes less their zero point', async () => {
    const constants: Constants = {
      w_c: codes('uint8', [4, 3, 1, 1]),
      w_s: floats([], [0.01]),
      w_z: tensor('uint8', [], [100]),
    };
    const nodes = [
      ...requantise('x', 'xd', 0.0203, 128, 'uint8', constants),
      { op: 'DequantizeLinear', inputs: ['w_c', 'w_s', 'w_z'], outputs: ['w'] },
      { op: 'Conv', inputs: ['xd', 'w'], outputs: ['a'] },
      ...requantise('a', 'y', 0.05, 120, 'uint8', constants),
    ];
    const [node] = (await expectSame(model([1, 3, 4, 4], nodes, constants))).nodes as never as [
      { weights: { codes: Int16Array; scales: Float64Array } },
    ];
    const file = (constants.w_c as unknown as { rawData: Uint8Array }).rawData;
    expect([...node.weights.codes]).toEqual([...file].map((code) => code - 100));
    expect([...node.weights.scales]).toEqual(new Array(4).fill(Math.fround(0.01)));
  });

  test('weights stored as real numbers behind QuantizeLinear get their codes here', async () => {
    const constants: Constants = {
      w_f: floats(
        [4, 3, 1, 1],
        Array.from({ length: 12 }, (_, i) => (i - 6) * 0.015),
      ),
      w_s: floats([], [0.01]),
      w_z: tensor('int8', [], [0]),
      b: floats([4], [0.1, -0.2, 0.3, 0]),
    };
    const nodes = [
      ...requantise('x', 'xd', 0.0203, 0, 'int8', constants),
      { op: 'QuantizeLinear', inputs: ['w_f', 'w_s', 'w_z'], outputs: ['w_q'] },
      { op: 'DequantizeLinear', inputs: ['w_q', 'w_s', 'w_z'], outputs: ['w'] },
      { op: 'Conv', inputs: ['xd', 'w', 'b'], outputs: ['a'] },
      ...requantise('a', 'y', 0.01, 0, 'int8', constants),
    ];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, constants), { tolerance: 0.0101 });
    expect(graph.nodes).toMatchObject([{ weights: { kind: 'codes' }, bias: { kind: 'codes' } }]);
    const [{ bias }] = graph.nodes as never as [{ bias: { codes: Int32Array } }];
    expect([...bias.codes]).toEqual([493, -985, 1478, 0]);
  });

  test('a residual block with its mean, its padding and its fully connected tail keeps every code', async () => {
    const constants: Constants = { pads: int64s(0, 0, 0, 0, 0, 0, 1, 1) };
    const nodes = [
      ...requantise('x', 'xd', 0.0203, 3, 'int8', constants),
      ...coded('w', [3, 3, 1, 1], 0.0203, constants),
      ...coded('v', [3, 1, 3, 3], 0.05, constants),
      ...coded('f', [5, 3], 0.03, constants),
      { op: 'Conv', inputs: ['xd', 'w', 'w_b'], outputs: ['a'] },
      ...requantise('a', 'ad', 0.05, -10, 'int8', constants),
      { op: 'Add', inputs: ['xd', 'ad'], outputs: ['s'] },
      ...requantise('s', 'sd', 0.05, 4, 'int8', constants),
      { op: 'Pad', inputs: ['sd', 'pads'], outputs: ['p'] },
      ...requantise('p', 'pd', 0.05, 4, 'int8', constants),
      { op: 'Conv', inputs: ['pd', 'v', 'v_b'], outputs: ['d'], attributes: { group: 3, strides: [2, 2] } },
      ...requantise('d', 'dd', 0.04, 0, 'int8', constants),
      { op: 'GlobalAveragePool', inputs: ['dd'], outputs: ['g'] },
      ...requantise('g', 'gd', 0.03, 0, 'int8', constants),
      { op: 'Flatten', inputs: ['gd'], outputs: ['h'] },
      { op: 'Gemm', inputs: ['h', 'f', 'f_b'], outputs: ['k'], attributes: { transB: 1 } },
      ...requantise('k', 'y', 0.0203, 7, 'int8', constants),
    ];
    // One step of the last scale: a tie may be rounded to either side.
    const graph = await expectSame(model([1, 3, 6, 6], nodes, constants), { tolerance: 0.0201 });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['conv', 'add', 'depthwise', 'averagePool', 'conv']);
    for (const { quantisation } of graph.tensors.values()) expect(quantisation).toBeDefined();
    expect(graph.nodes[2]).toMatchObject({ window: { padding: { top: 0, left: 0, bottom: 1, right: 1 } } });
  });

  test('Pad between codes may pad with the zero point', () => {
    const constants: Constants = {
      pads: int64s(0, 0, 1, 1, 0, 0, 1, 1),
      x_s: floats([], [0.0203]),
      x_z: tensor('uint8', [], [7]),
    };
    const nodes = [
      ...coded('w', [4, 3, 3, 3], 0.0203, constants),
      { op: 'QuantizeLinear', inputs: ['x', 'x_s', 'x_z'], outputs: ['q'] },
      { op: 'Pad', inputs: ['q', 'pads', 'x_z'], outputs: ['p'] },
      { op: 'DequantizeLinear', inputs: ['p', 'x_s', 'x_z'], outputs: ['d'] },
      { op: 'Conv', inputs: ['d', 'w', 'w_b'], outputs: ['a'] },
      ...requantise('a', 'y', 0.05, 100, 'uint8', constants),
    ];
    const graph = importOnnx(encodeModel(model([1, 3, 4, 4], nodes, constants)), 'a.onnx');
    expect(graph.nodes).toMatchObject([{ op: 'conv', window: { padding: { top: 1, left: 1, bottom: 1, right: 1 } } }]);
  });

  test('an input of codes keeps its type', async () => {
    const constants: Constants = { x_s: floats([], [0.0203]), x_z: tensor('uint8', [], [131]) };
    const nodes = [
      { op: 'DequantizeLinear', inputs: ['x', 'x_s', 'x_z'], outputs: ['xd'] },
      ...coded('w', [4, 3, 1, 1], 0.0203, constants),
      { op: 'Conv', inputs: ['xd', 'w', 'w_b'], outputs: ['a'] },
      ...requantise('a', 'y', 0.05, 100, 'uint8', constants),
    ];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, constants, 'uint8'));
    expect(graph.inputs).toEqual([{ tensor: 'x', fileType: 'uint8' }]);
    expect(graph.tensors.get('x')!.quantisation).toEqual({ scale: Math.fround(0.0203), zeroPoint: 3 });
  });

  test('pixels cast to float are codes of scale 1', async () => {
    const constants: Constants = { w: floats([1, 3, 1, 1], [0.5, 0.25, -0.5]) };
    const nodes = [
      { op: 'Cast', inputs: ['x'], outputs: ['f'], attributes: { to: 1 } },
      { op: 'Conv', inputs: ['f', 'w'], outputs: ['y'] },
    ];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, constants, 'uint8'));
    expect(graph.tensors.get('x')!.quantisation).toEqual({ scale: 1, zeroPoint: -128 });
  });

  test('dead channels with scales down to 9e-12 keep their codes exactly', () => {
    const spec = oneConv('int8');
    const scales = [9e-12, 1e-12, 0.002, 0.004].map(Math.fround);
    const constants = {
      ...spec.constants,
      w_s: floats([4], scales),
      w_bs: floats(
        [4],
        scales.map((scale) => Math.fround(Math.fround(0.0203) * scale)),
      ),
    };
    const [node] = importOnnx(encodeModel({ ...spec, constants }), 'a.onnx').nodes as never as [
      { weights: { scales: Float64Array }; bias: { codes: Int32Array } },
    ];
    expect([...node.weights.scales]).toEqual(scales);
    const bias = spec.constants!.w_bc as unknown as { rawData: Uint8Array };
    expect([...node.bias.codes]).toEqual([...new Int32Array(bias.rawData.buffer)]);
  });

  test('a real bias that is large against a tiny weight scale makes that channel coarser, not wrong', () => {
    const spec = oneConv('int8');
    const constants = {
      ...spec.constants,
      w_s: floats([4], [9e-12, 0.002, 0.002, 0.002]),
      real: floats([4], [1, 2, 3, 4]),
    };
    const nodes = spec.nodes.map((node) => (node.op === 'Conv' ? { ...node, inputs: ['xd', 'w', 'real'] } : node));
    const graph = importOnnx(encodeModel({ ...spec, nodes, constants }), 'a.onnx');
    const [node] = graph.nodes as never as [{ weights: { scales: Float64Array }; bias: { codes: Int32Array } }];
    [1, 2, 3, 4].forEach((value, c) => {
      expect(node.bias.codes[c]! * node.weights.scales[c]! * Math.fround(0.0203)).toBeCloseTo(value, 4);
    });
    expect(graph.notes.join()).toContain('coarser');
  });
});
