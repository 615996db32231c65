import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { importOnnx } from '../../src/import/onnx/import.ts';
import {
  chain,
  encodeMessage,
  encodeModel,
  float,
  floats,
  int64s,
  type ModelSpec,
  modelMessage,
  type NodeSpec,
  tensor,
} from '../support/onnx-builder.ts';

const w = floats(
  [4, 3, 1, 1],
  Array.from({ length: 12 }, (_, i) => i / 8),
);
const conv: NodeSpec = { op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], name: 'first' };
const base: ModelSpec = {
  inputs: [{ name: 'x', dims: [1, 3, 4, 4] }],
  outputs: ['y'],
  nodes: [conv],
  constants: { w },
};

function refusal(spec: Partial<ModelSpec> | Uint8Array): UserError {
  const bytes = spec instanceof Uint8Array ? spec : encodeModel({ ...base, ...spec });
  try {
    importOnnx(bytes, 'net.onnx');
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was imported');
}

/** After a convolution 'a' of 4 channels, on a map of 4 x 4. */
function second(
  op: string,
  inputs: readonly string[] = [],
  attributes: NodeSpec['attributes'] = {},
  constants = {},
): Partial<ModelSpec> {
  const nodes = [
    { ...conv, outputs: ['a'] },
    { op, inputs: ['a', ...inputs], outputs: ['y'], name: 'second', attributes: attributes! },
  ];
  return { nodes, constants: { w, ...constants } };
}

describe('a model that cannot be run is refused with the reason:', () => {
  test.each<[string, Partial<ModelSpec>, RegExp]>([
    ['an operator that we do not have', second('Erf'), /layer 'second': operator Erf is not supported/],
    [
      'an operator of another domain',
      { nodes: [{ ...conv, op: 'FusedConv', domain: 'com.microsoft' }] },
      /operator com\.microsoft\.FusedConv is not supported/,
    ],
    ['integer operators', { nodes: [{ ...conv, op: 'QLinearConv' }] }, /Quantise the model in QDQ form/],
    ['an opset of the past', { opset: 9 }, /opset 9; opsets 11 to 21/],
    ['an opset of the future', { opset: 99 }, /opset 99; opsets 11 to 21/],
    ['an open height', { inputs: [{ name: 'x', dims: [1, 3, 'H', 4] }] }, /tensor 'x': its dimension 2 is not fixed/],
    ['a batch of 8', { inputs: [{ name: 'x', dims: [8, 3, 4, 4] }] }, /the batch is 8/],
    ['an input of words', { inputs: [{ name: 'x', dims: [1, 3], type: 'int64' }] }, /an input is of type int64/],
    [
      'a one-dimensional convolution',
      { inputs: [{ name: 'x', dims: [1, 3, 4] }] },
      /not batch x channels x height x width/,
    ],
    [
      'computed weights',
      {
        nodes: [
          { op: 'Relu', inputs: ['x'], outputs: ['r'] },
          { ...conv, inputs: ['x', 'r'] },
        ],
      },
      /its input 1 is computed/,
    ],
    ['pads that cut off', { nodes: [{ ...conv, attributes: { pads: [0, 0, -1, 0] } }] }, /cut pixels off/],
    [
      'training',
      second('BatchNormalization', ['v', 'v', 'v', 'v'], { training_mode: 1 }, { v: floats([4], [1, 1, 1, 1]) }),
      /training mode/,
    ],
    ['a sum of shapes that differ', second('Add', ['x']), /must be the same/],
    [
      'a constant that varies over the map',
      second('Add', ['k'], {}, { k: floats([4, 1], [1, 2, 3, 4]) }),
      /does not hold one number, or one a channel/,
    ],
    ['a mean over channels', second('ReduceMean', [], { axes: [1] }), /reduces the channels/],
    [
      'softmax in the middle',
      {
        nodes: [
          { op: 'Softmax', inputs: ['x'], outputs: ['s'], attributes: { axis: 1 } },
          { ...conv, inputs: ['s', 'w'] },
        ],
      },
      /not at the end/,
    ],
    ['softmax over the width', second('Softmax', [], { axis: 3 }), /is not the channels/],
    [
      'concatenation of rows',
      {
        nodes: [
          { ...conv, outputs: ['a'] },
          { op: 'Concat', inputs: ['a', 'a'], outputs: ['y'], attributes: { axis: 2 } },
        ],
      },
      /not on the channels/,
    ],
    [
      'linear resizing',
      second('Resize', ['', 's'], { mode: 'linear' }, { s: floats([4], [1, 1, 2, 2]) }),
      /mode 'linear'/,
    ],
    [
      'resizing by a half',
      second('Resize', ['', 's'], { mode: 'nearest' }, { s: floats([4], [1, 1, 1.5, 2]) }),
      /not whole numbers/,
    ],
    [
      'resizing that does not repeat pixels',
      second(
        'Resize',
        ['', 's'],
        { mode: 'nearest', nearest_mode: 'ceil', coordinate_transformation_mode: 'asymmetric' },
        { s: floats([4], [1, 1, 2, 2]) },
      ),
      /does not repeat each pixel/,
    ],
    [
      'padding by reflection',
      second('Pad', ['p'], { mode: 'reflect' }, { p: int64s(0, 0, 1, 1, 0, 0, 1, 1) }),
      /mode 'reflect'/,
    ],
    [
      'padding with ones',
      second('Pad', ['p', 'v'], {}, { p: int64s(0, 0, 1, 1, 0, 0, 1, 1), v: floats([], [1]) }),
      /it pads with 1/,
    ],
    ['padding of channels', second('Pad', ['p'], {}, { p: int64s(0, 1, 0, 0, 0, 0, 0, 0) }), /around height and width/],
    ['splitting channels into groups', second('Reshape', ['s'], {}, { s: int64s(1, 2, 2, 4, 4) }), /cuts a dimension/],
    [
      'a second output that is read',
      {
        nodes: [
          { ...conv, outputs: ['a'] },
          { op: 'MaxPool', inputs: ['a'], outputs: ['m', 'y'], attributes: { kernel_shape: [2, 2] } },
        ],
      },
      /further output 'y' is read/,
    ],
    [
      'codes between operators',
      {
        nodes: [
          { op: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] },
          { ...conv, inputs: ['q', 'w'] },
        ],
        constants: { w, s: floats([], [1]), z: tensor('int8', [], [0]) },
      },
      /computes on codes/,
    ],
    ['an output that is an input', { outputs: ['x', 'y'] }, /an input unchanged/],
  ])('%s', (_, spec, message) => {
    const error = refusal(spec);
    expect(error.describe()).toMatch(message);
    expect(error.code).toBe('unsupported');
    expect(error.location.file).toBe('net.onnx');
    expect(error.fix).toBeTruthy();
  });
});

describe('a model that contradicts itself is refused with the reason:', () => {
  const quantise = (scale: number, type: 'int8' | 'int32' = 'int8'): Partial<ModelSpec> => ({
    nodes: [
      { op: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'], name: 'round' },
      { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['d'] },
      { ...conv, inputs: ['d', 'w'] },
    ],
    constants: { w, s: floats([], [scale]), z: tensor(type, [], [0]) },
  });
  const nothing = { ...modelMessage(base), graph: undefined };

  test.each<[string, Partial<ModelSpec> | Uint8Array, RegExp]>([
    [
      'weights that are missing',
      { constants: {} },
      /tensor 'w': layer 'first' \(Conv\) reads it, but it is neither computed nor stored/,
    ],
    [
      'weights that are not finite',
      { constants: { w: floats([4, 3, 1, 1], new Array(12).fill(Number.NaN)) } },
      /tensor 'w': it holds numbers that are not finite/,
    ],
    [
      'weights of another depth',
      { constants: { w: floats([4, 2, 1, 1], new Array(8).fill(1)) } },
      /do not fit 3 input channels/,
    ],
    [
      'a bias of another length',
      { nodes: [{ ...conv, inputs: ['x', 'w', 'b'] }], constants: { w, b: floats([3], [1, 2, 3]) } },
      /3 values for 4 channels/,
    ],
    [
      'a kernel_shape that is not the weights',
      { nodes: [{ ...conv, attributes: { kernel_shape: [3, 3] } }] },
      /does not fit weights/,
    ],
    [
      'a kernel larger than the map',
      { constants: { w: floats([1, 3, 5, 5], new Array(75).fill(1)) } },
      /does not fit a map/,
    ],
    ['a stride of 0', { nodes: [{ ...conv, attributes: { strides: [0, 1] } }] }, /strides are \[0,1\]/],
    [
      'a cycle',
      {
        nodes: [
          { op: 'Add', inputs: ['x', 'b'], outputs: ['a'] },
          { op: 'Relu', inputs: ['a'], outputs: ['b'] },
          { ...conv, inputs: ['b', 'w'] },
        ],
      },
      /has a cycle through layer 'a' \(Add\)/,
    ],
    [
      'two layers that write one tensor',
      { nodes: [conv, { ...conv, name: 'again' }] },
      /tensor 'y': it is computed or given twice/,
    ],
    ['two outputs of one name', { outputs: ['y', 'y'] }, /two graph outputs have this name/],
    [
      'an output that nobody computes',
      { outputs: ['nothing'] },
      /tensor 'nothing': this output is computed by no node/,
    ],
    [
      'an output of a constant',
      { nodes: [conv, { op: 'Identity', inputs: ['w'], outputs: ['c'] }], outputs: ['y', 'c'] },
      /depends on no input/,
    ],
    [
      'an output declared in another shape',
      { outputs: [{ name: 'y', dims: [1, 4, 5, 4] }] },
      /its shape is \[1,4,4,4\], the file declares \[1,4,5,4\]/,
    ],
    ['no input', { inputs: [] }, /has no input/],
    ['no output', { outputs: [] }, /has no output/],
    ['a scale of 0', quantise(0), /layer 'round': tensor 's': QuantizeLinear: a scale is 0/],
    ['a negative scale', quantise(-1), /a scale is -1/],
    ['a subnormal activation scale', quantise(1e-40), /not subnormal/],
    ['a scale that is not a number', quantise(Number.NaN), /a scale is NaN/],
    [
      'limits the wrong way round',
      second('Clip', ['a1', 'b1'], {}, { a1: floats([], [2]), b1: floats([], [1]) }),
      /limits are 2 to 1/,
    ],
    ['a shape that does not hold the elements', second('Reshape', ['s'], {}, { s: int64s(1, 7) }), /cannot become/],
    ['an axis that does not exist', second('ReduceMean', [], { axes: [7] }), /axis 7 does not exist/],
    [
      'an attribute of another type',
      second('ReduceMean', [], { axes: float(2) }),
      /attribute 'axes' is not of type ints/,
    ],
    ['a file of no graph', encodeMessage(nothing), /holds no graph/],
    ['an empty file', new Uint8Array(0), /holds no graph/],
    [
      'a picture',
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]),
      /not a readable ONNX file|holds no graph/,
    ],
  ])('%s', (_, spec, message) => {
    const error = refusal(spec);
    expect(error.describe()).toMatch(message);
    expect(error.code).toBe('bad-model');
    expect(error.location.file).toBe('net.onnx');
    expect(error.fix).toBeTruthy();
  });

  test('int32 activations are refused as unsupported', () => {
    expect(refusal(quantise(1, 'int32'))).toMatchObject({ code: 'unsupported', location: { layer: 'round' } });
  });
});

test('a node that no output needs is left out, supported or not', () => {
  const nodes = [conv, { op: 'Erf', inputs: ['y'], outputs: ['unused'] }];
  expect(importOnnx(encodeModel({ ...base, nodes }), 'a.onnx').nodes).toHaveLength(1);
});

test('nodes may be stored in any order', () => {
  const nodes = chain({ op: 'Conv', inputs: ['w'] }, { op: 'Relu' }, { op: 'GlobalAveragePool' }).reverse();
  expect(importOnnx(encodeModel({ ...base, nodes }), 'a.onnx').nodes.map(({ op }) => op)).toEqual([
    'conv',
    'averagePool',
  ]);
});

test('layers of one name get names of their own', () => {
  const nodes = chain({ op: 'Conv', inputs: ['w'], name: 'c' }, { op: 'Conv', inputs: ['v'], name: 'c' });
  const constants = { w, v: floats([2, 4, 1, 1], new Array(8).fill(1)) };
  expect(importOnnx(encodeModel({ ...base, nodes, constants }), 'a.onnx').nodes.map(({ name }) => name)).toEqual([
    'c',
    'c 2',
  ]);
});
