import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { importOnnx } from '../../src/import/onnx/import.ts';
import {
  chain,
  encodeModel,
  float,
  floats,
  int64s,
  type ModelSpec,
  type NodeSpec,
  tensor,
} from '../support/onnx-builder.ts';
import { type CompareOptions, expectSame, noise } from '../support/onnx-compare.ts';

type Constants = NonNullable<ModelSpec['constants']>;

const values = (count: number, seed = 7): number[] => [...noise(count, seed)].map((value) => value / 4);
const kernel = (...dims: number[]) =>
  floats(
    dims,
    values(
      dims.reduce((a, b) => a * b),
      dims[0],
    ),
  );
const vector = (count: number, seed = 3) => floats([count], values(count, seed));
/** Positive numbers, for variances. */
const positive = (count: number) =>
  floats(
    [count],
    values(count, 9).map((value) => 0.5 + Math.abs(value)),
  );

function model(dims: readonly number[], nodes: readonly NodeSpec[], constants: Constants = {}, opset = 13): ModelSpec {
  return { inputs: [{ name: 'x', dims }], outputs: ['y'], nodes, constants, opset };
}

/** Imports, compares with onnxruntime, returns the operators of the layers. */
async function layers(spec: ModelSpec, options: CompareOptions = {}): Promise<string[]> {
  return (await expectSame(spec, options)).nodes.map(({ op }) => op);
}

const only = (graph: Graph) => graph.nodes[0]!;

describe('convolution', () => {
  const w = kernel(5, 3, 3, 3);
  const conv = (attributes: NodeSpec['attributes'], weights = w, ...bias: string[]): ModelSpec =>
    model([1, 3, 9, 8], chain({ op: 'Conv', inputs: ['w', ...bias], attributes: attributes! }), {
      w: weights,
      b: vector(5),
    });

  test('keeps asymmetric pads, strides and dilations', async () => {
    expect(await layers(conv({ pads: [0, 0, 1, 1], strides: [2, 2] }, w, 'b'))).toEqual(['conv']);
    expect(await layers(conv({ pads: [2, 1, 2, 3], dilations: [2, 1], strides: [1, 2] }))).toEqual(['conv']);
  });

  test.each(['SAME_UPPER', 'SAME_LOWER', 'VALID'])('pads as auto_pad %s says', async (mode) => {
    expect(await layers(conv({ auto_pad: mode, strides: [2, 2] }))).toEqual(['conv']);
  });

  test('becomes depthwise where every channel has its own filter', async () => {
    const spec = model(
      [1, 6, 7, 7],
      chain({ op: 'Conv', inputs: ['w', 'b'], attributes: { group: 6, pads: [1, 1, 1, 1] } }),
      {
        w: kernel(6, 1, 3, 3),
        b: vector(6),
      },
    );
    expect(await layers(spec)).toEqual(['depthwise']);
  });

  test.each([
    [6, 2, 4],
    [3, 3, 6],
  ])(
    'of %i channels in %i groups to %i channels runs with zeros between the groups',
    async (inputs, groups, outputs) => {
      const spec = model([1, inputs, 5, 5], chain({ op: 'Conv', inputs: ['w'], attributes: { group: groups } }), {
        w: kernel(outputs, inputs / groups, 2, 3),
      });
      const graph = await expectSame(spec);
      expect(graph.nodes.map(({ op }) => op)).toEqual(['conv']);
      expect(graph.notes.join()).toContain('groups');
    },
  );

  test('of one input and one output channel is an ordinary one', async () => {
    expect(await layers(model([1, 1, 5, 5], chain({ op: 'Conv', inputs: ['w'] }), { w: kernel(1, 1, 3, 3) }))).toEqual([
      'conv',
    ]);
  });
});

describe('batch normalisation', () => {
  const parameters = (count: number): Constants => ({
    gamma: vector(count, 11),
    beta: vector(count, 12),
    mean: vector(count, 13),
    variance: positive(count),
    bias: vector(4, 14),
  });
  const norm = {
    op: 'BatchNormalization',
    inputs: ['gamma', 'beta', 'mean', 'variance'],
    attributes: { epsilon: float(0.001) },
  };
  const conv = (...pads: number[]) => ({ op: 'Conv', inputs: ['w', 'bias'], attributes: { pads } });

  test('joins the convolution before it', async () => {
    const spec = model([1, 3, 6, 6], chain(conv(1, 1, 1, 1), norm, { op: 'Relu' }), {
      w: kernel(4, 3, 3, 3),
      ...parameters(4),
    });
    expect(await layers(spec)).toEqual(['conv']);
  });

  test('joins the depthwise convolution before it', async () => {
    const nodes = chain({ op: 'Conv', inputs: ['w'], attributes: { group: 4 } }, norm);
    expect(await layers(model([1, 4, 6, 6], nodes, { w: kernel(4, 1, 3, 3), ...parameters(4) }))).toEqual([
      'depthwise',
    ]);
  });

  test('joins the convolution after it where that has no padding', async () => {
    const spec = model([1, 3, 6, 6], chain(norm, conv(0, 0, 0, 0)), { w: kernel(4, 3, 3, 3), ...parameters(3) });
    expect(await layers(spec)).toEqual(['conv']);
  });

  test('stays a layer before a convolution with padding', async () => {
    const spec = model([1, 3, 6, 6], chain(norm, conv(1, 1, 1, 1)), { w: kernel(4, 3, 3, 3), ...parameters(3) });
    expect(await layers(spec)).toEqual(['depthwise', 'conv']);
  });

  test('behind a clamp joins the next convolution, not the one before', async () => {
    const nodes = chain(conv(1, 1, 1, 1), { op: 'Relu' }, norm, { op: 'Conv', inputs: ['w2'] });
    const constants = { w: kernel(4, 3, 3, 3), w2: kernel(2, 4, 1, 1), ...parameters(4) };
    expect(await layers(model([1, 3, 6, 6], nodes, constants))).toEqual(['conv', 'conv']);
  });
});

describe('clamps', () => {
  const conv = { op: 'Conv', inputs: ['w'] };
  const constants = { w: kernel(4, 3, 1, 1), low: floats([], [-0.25]), high: floats([], [0.5]) };

  test('join the layer before them, one after the other', async () => {
    const graph = await expectSame(
      model([1, 3, 4, 4], chain(conv, { op: 'Relu' }, { op: 'Clip', inputs: ['', 'high'] }), constants),
    );
    expect(graph.nodes).toHaveLength(1);
    expect(only(graph)).toMatchObject({ op: 'conv', clamp: { low: 0, high: 0.5 } });
  });

  test('may have only one limit, and limits from Constant nodes', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Constant', inputs: [], outputs: ['six'], attributes: { value: floats([], [0.75]) } },
      ...chain(conv, { op: 'Clip', inputs: ['', 'six'] }),
    ];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, constants));
    expect(only(graph)).toMatchObject({ clamp: { low: Number.NEGATIVE_INFINITY, high: 0.75 } });
  });

  test('take limits stated as attributes, as old exporters do', () => {
    const nodes = chain(conv, { op: 'Clip', attributes: { min: float(0), max: float(6) } });
    const graph = importOnnx(encodeModel(model([1, 3, 4, 4], nodes, constants)), 'a.onnx');
    expect(only(graph)).toMatchObject({ clamp: { low: 0, high: 6 } });
  });

  test('may be Min and Max with one number', async () => {
    const nodes = chain(conv, { op: 'Max', inputs: ['low'] }, { op: 'Min', inputs: ['high'] });
    const graph = await expectSame(model([1, 3, 4, 4], nodes, constants));
    expect(graph.nodes).toHaveLength(1);
    expect(only(graph)).toMatchObject({ clamp: { low: -0.25, high: 0.5 } });
  });

  test('are layers of their own where others read the unclamped values', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
      { op: 'Clip', inputs: ['a', 'low', 'high'], outputs: ['c'] },
      { op: 'Add', inputs: ['b', 'c'], outputs: ['d'] },
      { op: 'Add', inputs: ['a', 'd'], outputs: ['y'] },
    ];
    expect(await layers(model([1, 3, 4, 4], nodes, constants))).toEqual([
      'conv',
      'activation',
      'maxPool',
      'add',
      'add',
    ]);
  });
});

describe('arithmetic with constants', () => {
  test.each([
    ['Add', [1, 4, 1, 1]],
    ['Sub', [4, 1, 1]],
    ['Mul', []],
    ['Div', [4, 1, 1]],
  ] as const)('%s joins the convolution before it', async (op, dims) => {
    const count = dims.reduce<number>((a, b) => a * b, 1);
    const operand = floats(
      dims,
      values(count, 5).map((value) => value + 2),
    );
    const nodes = chain({ op: 'Conv', inputs: ['w'] }, { op, inputs: ['c'] });
    expect(await layers(model([1, 3, 4, 4], nodes, { w: kernel(4, 3, 1, 1), c: operand }))).toEqual(['conv']);
  });

  test('may have the constant first', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Sub', inputs: ['c', 'a'], outputs: ['y'] },
    ];
    expect(await layers(model([1, 3, 4, 4], nodes, { w: kernel(4, 3, 1, 1), c: floats([], [1]) }))).toEqual(['conv']);
  });

  test('normalises the input in a layer of its own before padding', async () => {
    const nodes = chain(
      { op: 'Sub', inputs: ['m'] },
      { op: 'Div', inputs: ['s'] },
      { op: 'Conv', inputs: ['w'], attributes: { pads: [1, 1, 1, 1] } },
    );
    const constants = {
      m: floats([1, 3, 1, 1], [0.5, 0.25, 1]),
      s: floats([1, 3, 1, 1], [2, 4, 0.5]),
      w: kernel(4, 3, 3, 3),
    };
    expect(await layers(model([1, 3, 5, 5], nodes, constants))).toEqual(['depthwise', 'conv']);
  });
});

describe('activation functions', () => {
  const conv: NodeSpec = { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] };
  const w = kernel(4, 3, 1, 1);

  test.each(['Sigmoid', 'HardSigmoid', 'Tanh'])('%s is a table', async (op) => {
    const nodes: NodeSpec[] = [
      conv,
      { op, inputs: ['a'], outputs: ['b'] },
      { op: 'Conv', inputs: ['b', 'w2'], outputs: ['y'] },
    ];
    expect(await layers(model([1, 3, 4, 4], nodes, { w, w2: kernel(2, 4, 1, 1) }))).toEqual([
      'conv',
      'activation',
      'conv',
    ]);
  });

  test('x * sigmoid(x) is swish', async () => {
    const nodes: NodeSpec[] = [
      conv,
      { op: 'Sigmoid', inputs: ['a'], outputs: ['s'] },
      { op: 'Mul', inputs: ['s', 'a'], outputs: ['y'] },
    ];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, { w }));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['conv', 'activation']);
    expect(graph.nodes[1]).toMatchObject({ function: 'swish' });
  });

  test('x * hardSigmoid(x) is hardSwish with the slopes of the file', async () => {
    const nodes: NodeSpec[] = [
      conv,
      { op: 'HardSigmoid', inputs: ['a'], outputs: ['s'], attributes: { alpha: float(1 / 6), beta: float(0.5) } },
      { op: 'Mul', inputs: ['a', 's'], outputs: ['y'] },
    ];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, { w }));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['conv', 'activation']);
    expect(graph.nodes[1]).toMatchObject({ function: 'hardSwish', alpha: expect.closeTo(1 / 6, 6), beta: 0.5 });
  });

  test('HardSwish of opset 14 is hardSwish', async () => {
    const nodes: NodeSpec[] = [conv, { op: 'HardSwish', inputs: ['a'], outputs: ['y'] }];
    expect(await layers(model([1, 3, 4, 4], nodes, { w }, 14))).toEqual(['conv', 'activation']);
  });

  const parts: NodeSpec[] = [
    conv,
    { op: 'Add', inputs: ['a', 'three'], outputs: ['p'] },
    { op: 'Clip', inputs: ['p', 'zero', 'six'], outputs: ['q'] },
  ];
  const numbers = { w, three: floats([], [3]), zero: floats([], [0]), six: floats([], [6]) };

  test.each([
    [
      'the product',
      [
        ['Mul', 'a', 'q', 'r'],
        ['Div', 'r', 'six', 'y'],
      ],
    ],
    [
      'the gate',
      [
        ['Div', 'q', 'six', 'r'],
        ['Mul', 'a', 'r', 'y'],
      ],
    ],
  ] as const)('hard swish in parts, %s divided by 6, is hardSwish', async (_, steps) => {
    const nodes = [...parts, ...steps.map(([op, a, b, output]) => ({ op, inputs: [a, b], outputs: [output] }))];
    const graph = await expectSame(model([1, 3, 4, 4], nodes, numbers));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['conv', 'activation']);
    expect(graph.nodes[1]).toMatchObject({ function: 'hardSwish' });
  });

  test('squeeze and excitation multiplies by one value a channel', async () => {
    const nodes: NodeSpec[] = [
      conv,
      { op: 'GlobalAveragePool', inputs: ['a'], outputs: ['g'] },
      { op: 'Conv', inputs: ['g', 'w1'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['i'] },
      { op: 'Conv', inputs: ['i', 'w2'], outputs: ['j'] },
      { op: 'HardSigmoid', inputs: ['j'], outputs: ['k'] },
      { op: 'Mul', inputs: ['k', 'a'], outputs: ['y'] },
    ];
    const graph = await expectSame(model([1, 3, 5, 4], nodes, { w, w1: kernel(2, 4, 1, 1), w2: kernel(4, 2, 1, 1) }));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['conv', 'averagePool', 'conv', 'conv', 'activation', 'mul']);
    expect(graph.nodes[5]!.inputs[0]).toBe('a');
  });

  test('Sigmoid and Softmax at the end are left to the host', async () => {
    const sigmoid = await expectSame(
      model([1, 3, 4, 4], [conv, { op: 'Sigmoid', inputs: ['a'], outputs: ['y'] }], { w }),
    );
    expect(sigmoid.outputs[0]!.hostOperators).toEqual(['logistic']);
    const nodes = chain(
      { op: 'Conv', inputs: ['w'] },
      { op: 'GlobalAveragePool' },
      { op: 'Flatten' },
      { op: 'Softmax' },
    );
    const softmax = await expectSame(model([1, 3, 4, 4], nodes, { w }));
    expect(softmax.outputs[0]!.hostOperators).toEqual(['softmax']);
    const old = chain(
      { op: 'Conv', inputs: ['w'] },
      { op: 'GlobalAveragePool' },
      { op: 'Softmax', attributes: { axis: 1 } },
    );
    expect(await layers(model([1, 3, 4, 4], old, { w }, 11))).toEqual(['conv', 'averagePool']);
  });
});

describe('pools', () => {
  const pool = (op: string, attributes: NodeSpec['attributes'] = {}, opset = 13): ModelSpec =>
    model([1, 3, 7, 6], chain({ op, attributes: attributes! }), {}, opset);

  test.each([
    ['MaxPool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }],
    ['MaxPool', { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 }],
    ['MaxPool', { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }],
    ['AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }],
    ['AveragePool', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }],
    ['AveragePool', { kernel_shape: [3, 2], pads: [0, 0, 0, 0], count_include_pad: 1 }],
    ['GlobalAveragePool', {}],
    ['GlobalMaxPool', {}],
  ] as const)('%s %o is a pool', async (op, attributes) => {
    expect(await layers(pool(op, attributes))).toEqual([/Max/.test(op) ? 'maxPool' : 'averagePool']);
  });

  test('a mean that counts its padding is a depthwise convolution', async () => {
    const spec = pool('AveragePool', {
      kernel_shape: [3, 3],
      pads: [1, 0, 1, 2],
      strides: [2, 1],
      count_include_pad: 1,
    });
    expect(await layers(spec)).toEqual(['depthwise']);
  });

  test.each([
    { axes: [2, 3], keepdims: 1 },
    { axes: [-1, -2], keepdims: 0 },
    { axes: [2], keepdims: 1 },
    { axes: [3], keepdims: 0 },
  ])('ReduceMean %o is a pool', async (attributes) => {
    expect(await layers(pool('ReduceMean', attributes), { output: 'first' })).toEqual(['averagePool']);
  });

  test('ReduceMean of opset 18 has its axes as a constant', async () => {
    const spec = model([1, 3, 7, 6], chain({ op: 'ReduceMean', inputs: ['axes'] }), { axes: int64s(2, 3) }, 18);
    expect(await layers(spec)).toEqual(['averagePool']);
  });
});

describe('fully connected', () => {
  test('Gemm applies transB, alpha and beta', async () => {
    const nodes = chain({
      op: 'Gemm',
      inputs: ['w', 'c'],
      attributes: { transB: 1, alpha: float(0.5), beta: float(2) },
    });
    expect(await layers(model([1, 6], nodes, { w: kernel(4, 6), c: vector(4) }))).toEqual(['conv']);
    expect(
      await layers(model([1, 6], chain({ op: 'Gemm', inputs: ['w', 'c'] }), { w: kernel(6, 4), c: floats([1], [3]) })),
    ).toEqual(['conv']);
    const turned = chain({ op: 'Gemm', inputs: ['w'], attributes: { transA: 1 } });
    expect(
      await layers(
        model(
          [1, 6],
          [
            { op: 'Transpose', inputs: ['x'], outputs: ['t'] },
            { ...turned[0]!, inputs: ['t', 'w'] },
          ],
          { w: kernel(6, 4) },
        ),
      ),
    ).toEqual(['conv']);
  });

  test('after a flatten of channels x height x width the kernel covers the map', async () => {
    const nodes = chain({ op: 'Flatten' }, { op: 'Gemm', inputs: ['w', 'c'], attributes: { transB: 1 } });
    const graph = await expectSame(model([1, 3, 4, 5], nodes, { w: kernel(7, 60), c: vector(7) }));
    expect(only(graph)).toMatchObject({ op: 'conv', window: { kernelHeight: 4, kernelWidth: 5 } });
  });

  test('after a flatten of height x width x channels the kernel covers the map', async () => {
    const transpose = { op: 'Transpose', attributes: { perm: [0, 2, 3, 1] } };
    const nodes = chain(
      { op: 'Relu' },
      transpose,
      { op: 'Flatten' },
      { op: 'MatMul', inputs: ['w'] },
      { op: 'Add', inputs: ['c'] },
    );
    expect(await layers(model([1, 3, 4, 5], nodes, { w: kernel(60, 7), c: vector(7) }))).toEqual([
      'activation',
      'conv',
    ]);
  });

  test('MatMul on channels last is a pointwise convolution', async () => {
    const to = { op: 'Transpose', attributes: { perm: [0, 2, 3, 1] } };
    const from = { op: 'Transpose', attributes: { perm: [0, 3, 1, 2] } };
    const nodes = chain({ op: 'Relu' }, to, { op: 'MatMul', inputs: ['w'] }, { op: 'Add', inputs: ['c'] }, from);
    const graph = await expectSame(model([1, 3, 4, 5], nodes, { w: kernel(3, 7), c: vector(7) }));
    expect(graph.nodes[1]).toMatchObject({ op: 'conv', window: { kernelHeight: 1, kernelWidth: 1 } });
  });

  test('weights may be transposed by a node of their own', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Transpose', inputs: ['w'], outputs: ['t'], attributes: { perm: [1, 0] } },
      ...chain({ op: 'MatMul', inputs: ['t'] }),
    ];
    expect(await layers(model([1, 6], nodes, { w: kernel(4, 6) }))).toEqual(['conv']);
  });
});

describe('shapes', () => {
  const conv = { op: 'Conv', inputs: ['w'] };
  const w = kernel(4, 3, 1, 1);

  test('Reshape to a target that the graph computes from Shape is a flatten', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'GlobalAveragePool', inputs: ['a'], outputs: ['g'] },
      { op: 'Shape', inputs: ['g'], outputs: ['s'] },
      { op: 'Gather', inputs: ['s', 'first'], outputs: ['n'], attributes: { axis: 0 } },
      { op: 'Unsqueeze', inputs: ['n', 'axes'], outputs: ['u'] },
      { op: 'Concat', inputs: ['u', 'rest'], outputs: ['t'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['g', 't'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'v'], outputs: ['y'] },
    ];
    const constants = { w, v: kernel(4, 5), first: tensor('int64', [], [0]), axes: int64s(0), rest: int64s(-1) };
    expect(await layers(model([1, 3, 4, 4], nodes, constants))).toEqual(['conv', 'averagePool', 'conv']);
  });

  test('Squeeze, Unsqueeze, Identity, Dropout and Cast change nothing', async () => {
    const nodes = chain(
      conv,
      { op: 'GlobalAveragePool' },
      { op: 'Squeeze', inputs: ['two'] },
      { op: 'Identity' },
      { op: 'Dropout' },
      { op: 'Cast', attributes: { to: 1 } },
      { op: 'Unsqueeze', inputs: ['two'] },
      { op: 'Conv', inputs: ['v'] },
    );
    const constants = { w, v: kernel(2, 4, 1, 1), two: int64s(2, 3) };
    expect(await layers(model([1, 3, 4, 4], nodes, constants))).toEqual(['conv', 'averagePool', 'conv']);
  });

  test('Transpose at the ends makes a model channels last', async () => {
    const to = { op: 'Transpose', attributes: { perm: [0, 3, 1, 2] } };
    const from = { op: 'Transpose', attributes: { perm: [0, 2, 3, 1] } };
    const spec = model([1, 4, 5, 3], chain(to, conv, from), { w });
    const graph = await expectSame(spec, { input: 'last', output: 'last' });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['conv']);
    expect(graph.tensors.get('x')!.shape).toEqual({ height: 4, width: 5, channels: 3 });
  });

  test('an input that is only read reshaped takes that shape', async () => {
    const nodes = chain({ op: 'Reshape', inputs: ['s'] }, { op: 'Conv', inputs: ['v'] });
    const spec = model([1, 20], nodes, { s: int64s(-1, 1, 5, 4), v: kernel(2, 1, 3, 3) });
    expect(await layers(spec)).toEqual(['conv']);
  });

  test('a batch that is not fixed becomes 1 and is noted', async () => {
    const spec = { ...model([1, 3, 4, 4], chain(conv), { w }), inputs: [{ name: 'x', dims: ['N', 3, 4, 4] }] };
    const graph = await expectSame(spec);
    expect(graph.notes).toContain('batch dimension fixed to 1');
  });
});

describe('joins', () => {
  const w = kernel(4, 3, 1, 1);

  test('Add keeps a residual connection', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Conv', inputs: ['a', 'v'], outputs: ['b'] },
      { op: 'Add', inputs: ['a', 'b'], outputs: ['c'] },
      { op: 'Relu', inputs: ['c'], outputs: ['y'] },
    ];
    expect(await layers(model([1, 3, 4, 4], nodes, { w, v: kernel(4, 4, 1, 1) }))).toEqual(['conv', 'conv', 'add']);
  });

  test('Concat joins channels', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Concat', inputs: ['a', 'x', 'a'], outputs: ['y'], attributes: { axis: 1 } },
    ];
    expect(await layers(model([1, 3, 4, 4], nodes, { w }))).toEqual(['conv', 'concat']);
  });

  test.each([
    ['asymmetric', 'floor', 3],
    ['half_pixel', 'round_prefer_floor', 2],
    ['asymmetric', 'round_prefer_floor', 2],
  ])('Resize %s %s by %i repeats pixels', async (mode, rounding, factor) => {
    const attributes = { mode: 'nearest', coordinate_transformation_mode: mode, nearest_mode: rounding };
    const nodes = chain({ op: 'Resize', inputs: ['', 'scales'], attributes });
    expect(await layers(model([1, 3, 4, 5], nodes, { scales: floats([4], [1, 1, factor, factor]) }))).toEqual([
      'resize',
    ]);
  });

  test('Resize to a stated size repeats pixels', async () => {
    const nodes = chain({
      op: 'Resize',
      inputs: ['', '', 'sizes'],
      attributes: { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    });
    expect(await layers(model([1, 3, 4, 5], nodes, { sizes: int64s(1, 3, 8, 15) }))).toEqual(['resize']);
  });
});

describe('Pad', () => {
  const pads = int64s(0, 0, 0, 1, 0, 0, 1, 2);
  const w = kernel(4, 3, 3, 3);

  test('joins the convolutions that read it', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Pad', inputs: ['x', 'pads'], outputs: ['p'] },
      { op: 'Conv', inputs: ['p', 'w'], outputs: ['a'], attributes: { strides: [2, 2] } },
      { op: 'Conv', inputs: ['p', 'w'], outputs: ['b'], attributes: { strides: [2, 2] } },
      { op: 'Add', inputs: ['a', 'b'], outputs: ['y'] },
    ];
    expect(await layers(model([1, 3, 7, 6], nodes, { w, pads }))).toEqual(['conv', 'conv', 'add']);
  });

  test('joins a maximum of values that are not negative', async () => {
    const pool = { op: 'MaxPool', attributes: { kernel_shape: [3, 3], strides: [2, 2] } };
    const nodes = chain({ op: 'Conv', inputs: ['w'] }, { op: 'Relu' }, { op: 'Pad', inputs: ['pads'] }, pool);
    expect(await layers(model([1, 3, 8, 8], nodes, { w, pads }))).toEqual(['conv', 'maxPool']);
  });

  test('stays a layer where it cannot join', async () => {
    const pool = { op: 'MaxPool', attributes: { kernel_shape: [3, 3] } };
    expect(await layers(model([1, 3, 8, 8], chain({ op: 'Pad', inputs: ['pads'] }, pool), { pads }))).toEqual([
      'depthwise',
      'maxPool',
    ]);
  });

  test('after Pad adds up', async () => {
    const pad = { op: 'Pad', inputs: ['pads'] };
    expect(await layers(model([1, 3, 8, 8], chain(pad, pad, { op: 'Conv', inputs: ['w'] }), { w, pads }))).toEqual([
      'conv',
    ]);
  });
});
