import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ActivationQuantisation,
  type Graph,
  type GraphNode,
  NO_CLAMP,
  type Shape,
} from '../../src/graph/graph.ts';
import { tableOf } from '../../src/quantise/lower/elementwise.ts';
import { lowerQuantised } from '../../src/quantise/lower/lower.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { windowOf } from './support.ts';

const UNIT: ActivationQuantisation = { scale: 1, zeroPoint: 0 };
const ROW: Shape = { height: 1, width: 2, channels: 2 };

interface Given {
  readonly shape: Shape;
  readonly quantisation: ActivationQuantisation | undefined;
}

/** One node from inputs a, b, ... to y. */
function graphOf(node: GraphNode, inputs: readonly Given[], output: Given): Graph {
  const names = inputs.map((_, index) => 'abc'[index]!);
  const tensor = (name: string, { shape, quantisation }: Given) =>
    [name, { name, shape, ...(quantisation ? { quantisation } : {}) }] as const;
  return {
    name: 'one layer',
    format: 'test',
    inputs: names.map((name) => ({ tensor: name, fileType: 'int8' })),
    outputs: [{ name: 'y', tensor: 'y', hostOperators: ['softmax'] }],
    tensors: new Map([...inputs.map((input, index) => tensor(names[index]!, input)), tensor('y', output)]),
    nodes: [node],
    notes: ['a note'],
  };
}

const base = { name: 'layer', output: 'y' };
const row = (quantisation: ActivationQuantisation | undefined = UNIT, shape = ROW): Given => ({ shape, quantisation });

function conv(codes: number[], scales: number[], bias: number[]): GraphNode {
  return {
    ...base,
    op: 'conv',
    inputs: ['a'],
    window: windowOf(1),
    weights: { kind: 'codes', codes: Int16Array.from(codes), scales: Float64Array.from(scales) },
    bias: { kind: 'codes', codes: Int32Array.from(bias) },
    clamp: NO_CLAMP,
  };
}

describe('lowering a quantised graph', () => {
  it('keeps scales, zero points, codes, biases, names, outputs and notes', () => {
    const graph = graphOf(
      conv([1, -255, 255, 4], [0.5, 0.25], [7, -9]),
      [row({ scale: 0.5, zeroPoint: -3 })],
      row({ scale: 0.125, zeroPoint: 5 }),
    );
    const network = lowerQuantised(graph);
    expect(network.multiplierBits).toBe(16);
    expect(network.tensors).toEqual([
      { name: 'a', ...ROW, scale: 0.5, zeroPoint: -3 },
      { name: 'y', ...ROW, scale: 0.125, zeroPoint: 5 },
    ]);
    expect(network.outputs).toEqual([{ name: 'y', tensor: 1, hostOperators: ['softmax'] }]);
    expect(network.notes).toEqual(['a note']);
    const layer = network.layers[0]!;
    if (layer.op !== 'conv') throw new Error('a conv is lowered to a conv');
    expect([...layer.weights]).toEqual([1, -255, 255, 4]);
    expect([...layer.bias]).toEqual([7, -9]);
    const real = [...layer.requantise.multiplier].map((m, channel) => m / 2 ** layer.requantise.shift[channel]!);
    expect(real).toEqual([2, 1]);
  });

  it('gives channels of weight scale 0 or 9e-12 their output exactly, with 16 and 31 bits', () => {
    for (const multiplierBits of [16, 31]) {
      for (const scale of [0, 9e-12, 5e-324]) {
        const graph = graphOf(
          conv([127, -127, 1, 1], [scale, 1], [-(2 ** 30), 0]),
          [row()],
          row({ scale: 1, zeroPoint: 11 }),
        );
        const codes = runReference(lowerQuantised(graph, { multiplierBits }), [Int8Array.of(-128, 127, 5, 6)])[1]!;
        expect([...codes]).toEqual([11, 10, 11, 22]);
      }
    }
  });

  it('gives sums a common shift and addends their ratio', () => {
    const scales = fc.double({ min: 1e-3, max: 1e2, noNaN: true });
    fc.assert(
      fc.property(scales, scales, scales, fc.constantFrom(16, 31), (a, b, y, multiplierBits) => {
        fc.pre(Math.max(a, b) / y < 2 ** 14);
        const node: GraphNode = { ...base, op: 'add', inputs: ['a', 'b'], clamp: NO_CLAMP };
        const quantisation = (scale: number): Given => row({ scale, zeroPoint: 0 });
        const layer = lowerQuantised(graphOf(node, [quantisation(a), quantisation(b)], quantisation(y)), {
          multiplierBits,
        }).layers[0]!;
        if (layer.op !== 'add') throw new Error('an add is lowered to an add');
        const bits = Math.min(21, multiplierBits);
        expect(Math.max(...layer.multipliers)).toBeLessThan(2 ** bits);
        expect(Math.max(...layer.multipliers)).toBeGreaterThanOrEqual(2 ** (bits - 1));
        expect(Math.abs(layer.multipliers[0] - (a / y) * 2 ** layer.shift)).toBeLessThan(0.7);
        expect(Math.abs(layer.multipliers[1] - (b / y) * 2 ** layer.shift)).toBeLessThan(0.7);
      }),
    );
  });

  it('follows a maximum by a table where the file changes the scale there', () => {
    const node: GraphNode = {
      ...base,
      op: 'maxPool',
      inputs: ['a'],
      window: { ...windowOf(1), kernelWidth: 2 },
      clamp: { low: 0, high: Number.POSITIVE_INFINITY },
    };
    const pooled: Shape = { height: 1, width: 1, channels: 2 };
    const same = lowerQuantised(graphOf(node, [row()], row(UNIT, pooled)));
    expect(same.layers.map(({ op }) => op)).toEqual(['maxPool']);
    const other = lowerQuantised(graphOf(node, [row()], row({ scale: 2, zeroPoint: 1 }, pooled)));
    expect(other.layers.map(({ op }) => op)).toEqual(['maxPool', 'table']);
    const values = runReference(other, [Int8Array.of(-7, 20, -3, 40)]);
    expect([...values[other.outputs[0]!.tensor]!]).toEqual([1, 21]);
  });

  it('makes tables that round halves away from zero', () => {
    const halves = tableOf((x) => x / 2, UNIT, UNIT);
    expect([halves[128 + 3], halves[128 - 3], halves[128 + 4], halves[0], halves[255]]).toEqual([2, -2, 2, -64, 64]);
    const node: GraphNode = { ...base, op: 'rescale', inputs: ['a'] };
    const network = lowerQuantised(graphOf(node, [row()], row({ scale: 2, zeroPoint: 3 })));
    expect([...runReference(network, [Int8Array.of(1, -1, 4, 127)])[1]!]).toEqual([4, 2, 5, 67]);
  });

  it('refuses what it cannot keep, naming the place', () => {
    const add: GraphNode = { ...base, op: 'add', inputs: ['a', 'b'], clamp: NO_CLAMP };
    const mul: GraphNode = { ...base, op: 'mul', inputs: ['a', 'b'], clamp: NO_CLAMP };
    const tall: Shape = { height: 2, width: 2, channels: 2 };
    const good = conv([1, 1, 1, 1], [1, 1], [0, 0]);
    const cases: [Graph, object][] = [
      [
        graphOf(good, [{ shape: ROW, quantisation: undefined }], row()),
        { code: 'unsupported', location: { tensor: 'a' } },
      ],
      [graphOf(good, [row({ scale: 0, zeroPoint: 0 })], row()), { code: 'bad-model', location: { tensor: 'a' } }],
      [graphOf(good, [row()], row({ scale: Number.NaN, zeroPoint: 0 })), { location: { tensor: 'y' } }],
      [graphOf(good, [row()], row({ scale: 1, zeroPoint: 128 })), { code: 'bad-model', location: { tensor: 'y' } }],
      [
        graphOf(good, [row()], row({ scale: 1e-9, zeroPoint: 0 })),
        { code: 'unsupported', location: { layer: 'layer' } },
      ],
      [graphOf(conv([1, 1], [1, 1], [0, 0]), [row()], row()), { code: 'bad-model', location: { layer: 'layer' } }],
      [graphOf(conv([1, 1, 1, 1], [1, -1], [0, 0]), [row()], row()), { code: 'bad-model' }],
      [graphOf(conv([1, 1, 1, 1], [1, 1], [0]), [row()], row()), { code: 'bad-model' }],
      [graphOf(add, [row(), row(UNIT, tall)], row()), { code: 'unsupported', location: { layer: 'layer' } }],
      [graphOf(add, [row(), row()], row({ scale: 1e-9, zeroPoint: 0 })), { code: 'unsupported' }],
      [graphOf(mul, [row(), row(UNIT, tall)], row()), { code: 'unsupported', location: { layer: 'layer' } }],
    ];
    for (const [graph, error] of cases) {
      expect(() => lowerQuantised(graph)).toThrow(expect.objectContaining({ name: 'UserError', ...error }));
    }
  });
});
