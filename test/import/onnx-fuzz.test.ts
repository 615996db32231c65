import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { importOnnx } from '../../src/import/onnx/import.ts';
import { chain, encodeModel, floats, int64s, type ModelSpec, type NodeSpec, tensor } from '../support/onnx-builder.ts';

const SEED = 20240817;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => ((i * 37) % 17) / 8 - 1);
const filter = (...dims: number[]) => floats(dims, numbers(dims.reduce((a, b) => a * b)));

/** A float model that uses most operators. */
const FLOAT: ModelSpec = {
  inputs: [{ name: 'x', dims: ['N', 3, 8, 8] }],
  outputs: ['y'],
  opset: 13,
  nodes: [
    { op: 'Pad', inputs: ['x', 'pads'], outputs: ['x0'] },
    { op: 'Conv', inputs: ['x0', 'w1', 'b1'], outputs: ['a'], attributes: { strides: [2, 2], kernel_shape: [3, 3] } },
    { op: 'BatchNormalization', inputs: ['a', 'b1', 'b1', 'b1', 'one'], outputs: ['a1'] },
    { op: 'Clip', inputs: ['a1', 'zero', 'six'], outputs: ['b'] },
    { op: 'Conv', inputs: ['b', 'w2'], outputs: ['c'], attributes: { group: 4, pads: [1, 1, 1, 1] } },
    { op: 'HardSigmoid', inputs: ['c'], outputs: ['s'] },
    { op: 'Mul', inputs: ['c', 's'], outputs: ['d'] },
    { op: 'Add', inputs: ['b', 'd'], outputs: ['e'] },
    { op: 'Concat', inputs: ['e', 'b'], outputs: ['f'], attributes: { axis: 1 } },
    {
      op: 'Resize',
      inputs: ['f', '', 'scales'],
      outputs: ['g'],
      attributes: { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' },
    },
    {
      op: 'AveragePool',
      inputs: ['g'],
      outputs: ['h'],
      attributes: { kernel_shape: [2, 2], strides: [2, 2], count_include_pad: 1 },
    },
    { op: 'ReduceMean', inputs: ['h'], outputs: ['i'], attributes: { axes: [2, 3], keepdims: 1 } },
    { op: 'Shape', inputs: ['i'], outputs: ['sh'] },
    { op: 'Slice', inputs: ['sh', 'start', 'stop'], outputs: ['sl'] },
    { op: 'Concat', inputs: ['sl', 'rest'], outputs: ['target'], attributes: { axis: 0 } },
    { op: 'Reshape', inputs: ['i', 'target'], outputs: ['j'] },
    { op: 'Gemm', inputs: ['j', 'w3', 'b3'], outputs: ['k'], attributes: { transB: 1 } },
    { op: 'Softmax', inputs: ['k'], outputs: ['y'] },
  ],
  constants: {
    w1: filter(4, 3, 3, 3),
    b1: filter(4),
    one: floats([4], [1, 1, 1, 1]),
    w2: filter(4, 1, 3, 3),
    w3: filter(5, 8),
    b3: filter(5),
    zero: floats([], [0]),
    six: floats([], [6]),
    pads: int64s(0, 0, 0, 0, 0, 0, 1, 1),
    scales: floats([4], [1, 1, 2, 2]),
    start: int64s(0),
    stop: int64s(1),
    rest: int64s(-1),
  },
};

const quantised = (from: string, to: string): NodeSpec[] => [
  { op: 'QuantizeLinear', inputs: [from, 's', 'z'], outputs: [`${to}_q`] },
  { op: 'DequantizeLinear', inputs: [`${to}_q`, 's', 'z'], outputs: [to] },
];

const QDQ: ModelSpec = {
  inputs: [{ name: 'x', dims: [1, 3, 4, 4] }],
  outputs: ['y'],
  nodes: [
    ...quantised('x', 'xd'),
    { op: 'DequantizeLinear', inputs: ['w_c', 'w_s', 'w_z'], outputs: ['w'], attributes: { axis: 0 } },
    { op: 'DequantizeLinear', inputs: ['b_c', 'b_s'], outputs: ['b'], attributes: { axis: 0 } },
    { op: 'Conv', inputs: ['xd', 'w', 'b'], outputs: ['a'] },
    ...quantised('a', 'ad'),
    {
      op: 'MaxPool',
      inputs: ['ad'],
      outputs: ['m'],
      attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 },
    },
    ...quantised('m', 'y'),
  ],
  constants: {
    s: floats([], [0.1]),
    z: tensor('int8', [], [4]),
    w_c: tensor(
      'int8',
      [4, 3, 1, 1],
      numbers(12).map((value) => Math.round(value * 100)),
    ),
    w_s: floats([4], [0.01, 0.02, 9e-12, 0.04]),
    w_z: tensor('int8', [4], [0, 0, 0, 0]),
    b_c: tensor('int32', [4], [10, -20, 30, -40]),
    b_s: floats([4], [0.001, 0.002, 9e-13, 0.004]),
  },
};

const SPECS = { float: FLOAT, qdq: QDQ };
const NAMES = ['float', 'qdq'] as const;
const MODELS = [FLOAT, QDQ, { ...FLOAT, nodes: chain({ op: 'Conv', inputs: ['w1'] }, { op: 'Relu' }) }].map(
  encodeModel,
);

/** Imports the bytes; true if that works, false if they are refused as a user's mistake. Anything else is thrown. */
function imports(bytes: Uint8Array): boolean {
  try {
    importOnnx(bytes, 'fuzz.onnx');
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

test('the models are sound before they are damaged', () => {
  for (const bytes of MODELS) expect(imports(bytes)).toBe(true);
});

test('a model cut off anywhere is refused, never a crash', () => {
  let refused = 0;
  for (const bytes of MODELS) {
    for (let length = 0; length < bytes.length; length++) if (!imports(bytes.subarray(0, length))) refused++;
  }
  expect(refused).toBeGreaterThan(500);
});

test(`bytes changed at random are imported or refused, never a crash (seed ${SEED})`, () => {
  let refused = 0;
  const change = fc.record({ at: fc.nat(), value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)) });
  fc.assert(
    fc.property(fc.nat(MODELS.length - 1), fc.array(change, { minLength: 1, maxLength: 6 }), (model, changes) => {
      const bytes = MODELS[model]!.slice();
      for (const { at, value } of changes) bytes[at % bytes.length] = value;
      if (!imports(bytes)) refused++;
    }),
    { seed: SEED, numRuns: 4000 },
  );
  expect(refused).toBeGreaterThan(500);
});

test(`numbers of a model replaced at random are imported or refused, never a crash (seed ${SEED})`, () => {
  let refused = 0;
  const extreme = fc.oneof(fc.integer({ min: -4, max: 9 }), fc.constantFrom(2 ** 31, 2 ** 40, -(2 ** 40), 65536, 1000));
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.nat(), fc.nat(), extreme, (name, which, where, value) => {
      const spec = SPECS[name];
      const places = spec.nodes.flatMap((node, index) => {
        return Object.entries(node.attributes ?? {}).map(([name, given]) => ({ index, name, given }));
      });
      const place = places[which % places.length]!;
      const given = place.given;
      const changed = Array.isArray(given)
        ? given.map((each, i) => (i === where % given.length ? value : each))
        : typeof given === 'number'
          ? value
          : given;
      const nodes = spec.nodes.map((node, index) => {
        return index === place.index ? { ...node, attributes: { ...node.attributes, [place.name]: changed } } : node;
      });
      const inputs = [{ name: 'x', dims: spec.inputs[0]!.dims.map((dim, i) => (i === where % 9 ? value : dim)) }];
      if (!imports(encodeModel({ ...spec, nodes }))) refused++;
      if (!imports(encodeModel({ ...spec, inputs }))) refused++;
    }),
    { seed: SEED, numRuns: 200 },
  );
  expect(refused).toBeGreaterThan(100);
});

test(`operators and names exchanged at random are imported or refused, never a crash (seed ${SEED})`, () => {
  let refused = 0;
  const names = [...new Set([...FLOAT.nodes, ...QDQ.nodes].flatMap((node) => [...node.inputs, ...node.outputs]))];
  const operators = [
    ...new Set([...FLOAT.nodes, ...QDQ.nodes].map(({ op }) => op)),
    'MatMul',
    'Flatten',
    'Squeeze',
    'Unsqueeze',
    'Transpose',
    'Cast',
    'Min',
    'Div',
    'Gather',
    'Constant',
    'Sigmoid',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...NAMES),
      fc.nat(),
      fc.nat(),
      fc.option(fc.constantFrom(...names)),
      fc.option(fc.constantFrom(...operators)),
      (model, which, where, name, operator) => {
        const spec = SPECS[model];
        const nodes = spec.nodes.map((node, index) => {
          if (index !== which % spec.nodes.length) return node;
          const inputs = node.inputs.map((input, i) =>
            name !== null && i === where % node.inputs.length ? name : input,
          );
          return { ...node, inputs, op: operator ?? node.op };
        });
        if (!imports(encodeModel({ ...spec, nodes }))) refused++;
      },
    ),
    { seed: SEED, numRuns: 1200 },
  );
  expect(refused).toBeGreaterThan(500);
});
