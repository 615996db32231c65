import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { type ConvNode, type Graph, type GraphTensor, NO_CLAMP } from '../../src/graph/graph.ts';
import { unitWindow } from '../../src/graph/shapes.ts';
import { validateGraph } from '../../src/graph/validate.ts';

const shape = { height: 4, width: 4, channels: 2 };
const conv: ConvNode = {
  op: 'conv',
  name: 'layer',
  inputs: ['in'],
  output: 'out',
  window: unitWindow(),
  weights: { kind: 'real', values: new Float32Array(4) },
  bias: { kind: 'real', values: new Float32Array(2) },
  clamp: NO_CLAMP,
};
const tensors = (...list: GraphTensor[]): Map<string, GraphTensor> => new Map(list.map((t) => [t.name, t]));
const sound: Graph = {
  name: 'net',
  format: 'test',
  inputs: [{ tensor: 'in', fileType: 'float32' }],
  outputs: [{ name: 'result', tensor: 'out', hostOperators: [] }],
  tensors: tensors({ name: 'in', shape }, { name: 'out', shape }),
  nodes: [conv],
  notes: [],
};
const codes = { kind: 'codes', codes: new Int16Array(4), scales: new Float64Array(2).fill(1) } as const;
const quantised = (scale: number, zeroPoint: number): Graph => ({
  ...sound,
  tensors: tensors({ name: 'in', shape, quantisation: { scale, zeroPoint } }, { name: 'out', shape }),
});
const withNode = (change: Partial<ConvNode>): Graph => ({ ...sound, nodes: [{ ...conv, ...change }] });

describe('validateGraph', () => {
  it('gives a sound graph back', () => {
    expect(validateGraph(sound)).toBe(sound);
    expect(validateGraph(quantised(1e-30, -128)).nodes).toHaveLength(1);
  });

  it.each<[string, Graph, RegExp]>([
    ['no input', { ...sound, inputs: [] }, /no input/],
    ['no output', { ...sound, outputs: [] }, /no output/],
    ['no layer', { ...sound, nodes: [] }, /no layer/],
    ['an input twice', { ...sound, inputs: [sound.inputs[0]!, sound.inputs[0]!] }, /input twice/],
    ['an output name twice', { ...sound, outputs: [sound.outputs[0]!, sound.outputs[0]!] }, /two outputs/],
    ['an output of nothing', { ...sound, outputs: [{ ...sound.outputs[0]!, tensor: 'x' }] }, /written by nothing/],
    ['two writers', { ...sound, nodes: [conv, { ...conv, name: 'other' }] }, /'layer' already writes/],
    ['a layer that writes an input', withNode({ inputs: ['in'], output: 'in' }), /a network input/],
    ['a layer that reads itself', withNode({ inputs: ['out'] }), /cycle/],
    ['an unknown tensor', withNode({ inputs: ['x'] }), /does not exist/],
    ['two inputs of a convolution', withNode({ inputs: ['in', 'in'] }), /has 2 inputs/],
    ['too few weights', withNode({ weights: { kind: 'real', values: new Float32Array(3) } }), /3 weights do not fit/],
    [
      'weights of another output',
      withNode({ weights: { kind: 'real', values: new Float32Array(6) } }),
      /is 4x4x3, not 4x4x2/,
    ],
    [
      'infinite weights',
      withNode({ weights: { kind: 'real', values: new Float32Array(4).fill(Infinity) } }),
      /not all finite/,
    ],
    ['a bias of wrong length', withNode({ bias: { kind: 'real', values: new Float32Array(3) } }), /3 biases for 2/],
    [
      'a bias that is no number',
      withNode({ bias: { kind: 'real', values: new Float32Array(2).fill(NaN) } }),
      /bias is not/,
    ],
    ['codes with a real bias', withNode({ weights: codes }), /not both quantised/],
    [
      'a weight scale too few',
      withNode({ weights: { ...codes, scales: new Float64Array(1) } }),
      /1 weight scales for 2/,
    ],
    ['a weight scale of 0', withNode({ weights: { ...codes, scales: new Float64Array(2) } }), /scale is 0/],
    ['weight codes out of range', withNode({ weights: { ...codes, codes: new Int16Array(4).fill(256) } }), /-255/],
    ['an empty clamp', withNode({ clamp: { low: 1, high: 0 } }), /clamped to 1..0/],
    ['a clamp that is no number', withNode({ clamp: { low: NaN, high: 0 } }), /clamped to NaN/],
    ['a window without positions', withNode({ window: { ...unitWindow(5, 5) } }), /does not fit/],
    ['a stride of 0', withNode({ window: { ...unitWindow(), strideX: 0 } }), /not whole and positive/],
    [
      'negative padding',
      withNode({ window: { ...unitWindow(), padding: { top: -1, left: 0, bottom: 0, right: 0 } } }),
      /whole/,
    ],
    ['a scale of 0', quantised(0, 0), /scale is 0/],
    ['a scale that is no number', quantised(Number.NaN, 0), /scale is NaN/],
    ['a subnormal scale', quantised(1e-40, 0), /subnormal/],
    ['a broken zero point', quantised(1, 0.5), /zero point is 0.5/],
    ['a zero point out of range', quantised(1, 128), /zero point is 128/],
    ['an extent of 0', { ...sound, tensors: tensors({ name: 'in', shape: { ...shape, width: 0 } }) }, /4x0x2/],
    [
      'a map beyond all measure',
      { ...sound, tensors: tensors({ name: 'in', shape: { height: 65536, width: 65536, channels: 2 } }) },
      /too large/,
    ],
  ])('refuses %s', (_, graph, message) => {
    expect(() => validateGraph(graph)).toThrow(UserError);
    expect(() => validateGraph(graph)).toThrow(message);
  });
});
