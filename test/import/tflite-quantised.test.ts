import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../src/graph/graph.ts';
import type { TestTensor } from '../support/tflite-writer.ts';
import { TestNet } from './tflite-net.ts';

const quantised = (type: 'int8' | 'uint8', scale: number, zero: number): Partial<TestTensor> => ({
  type,
  scales: [scale],
  zeroPoints: [zero],
});
const dims = [1, 2, 2, 2];

/** An int8 network of one convolution with the given weights and bias. */
function convNet(weights: Partial<TestTensor>, bias?: Partial<TestTensor>): { net: TestNet; output: number } {
  const net = new TestNet();
  const input = net.input(dims, quantised('int8', 0.5, -3));
  const stored = net.tensor({ name: 'weights', dims: [2, 1, 1, 2], type: 'int8', scales: [0.25], ...weights });
  const inputs = [input, stored];
  if (bias) inputs.push(net.tensor({ name: 'bias', dims: [2], type: 'int32', ...bias }));
  const output = net.op('CONV_2D', inputs, { dims, ...quantised('int8', 2, 7) }, [
    [1, 'int32', 1],
    [2, 'int32', 1],
  ]);
  return { net, output };
}
function weightsOf(node: GraphNode | undefined): unknown {
  return node?.op === 'conv' || node?.op === 'depthwise' ? { weights: node.weights, bias: node.bias } : undefined;
}

describe('quantised TFLite models', () => {
  it('keep scales, zero points, weight codes and biases as they are', () => {
    const scales = [0.25, 9e-12];
    const { net, output } = convNet(
      { data: Int8Array.of(1, -127, 127, -128), scales, zeroPoints: [0, 0] },
      { data: Int32Array.of(-5, 2 ** 31 - 1) },
    );
    const graph = net.import(output);
    expect(graph.tensors.get('input_0')!.quantisation).toEqual({ scale: 0.5, zeroPoint: -3 });
    expect(graph.tensors.get('conv_2d_0')!.quantisation).toEqual({ scale: 2, zeroPoint: 7 });
    expect(weightsOf(graph.nodes[0])).toEqual({
      weights: {
        kind: 'codes',
        codes: Int16Array.of(1, -127, 127, -128),
        scales: Float64Array.from(scales, Math.fround),
      },
      bias: { kind: 'codes', codes: Int32Array.of(-5, 2 ** 31 - 1) },
    });
    expect(graph.inputs).toEqual([{ tensor: 'input_0', fileType: 'int8' }]);
  });

  it('of uint8 become int8 by a shift of 128, asymmetric weights by their zero point', () => {
    const net = new TestNet();
    const input = net.input(dims, quantised('uint8', 0.5, 3));
    const data = Uint8Array.of(0, 100, 200, 255);
    const weights = net.tensor({ name: 'weights', dims: [2, 1, 1, 2], data, ...quantised('uint8', 0.25, 100) });
    const options = [
      [1, 'int32', 1],
      [2, 'int32', 1],
    ] as const;
    const graph = net.import(net.op('CONV_2D', [input, weights], { dims, ...quantised('uint8', 2, 255) }, options));
    expect(graph.tensors.get('input_0')!.quantisation).toEqual({ scale: 0.5, zeroPoint: -125 });
    expect(graph.tensors.get('conv_2d_0')!.quantisation).toEqual({ scale: 2, zeroPoint: 127 });
    expect(weightsOf(graph.nodes[0])).toEqual({
      weights: { kind: 'codes', codes: Int16Array.of(-100, 0, 100, 155), scales: Float64Array.of(0.25, 0.25) },
      bias: undefined,
    });
    expect(graph.inputs[0]!.fileType).toBe('uint8');
  });

  it('lose a QUANTIZE that only changes the storage, and keep others as rescales', () => {
    const net = new TestNet();
    const input = net.input(dims, quantised('uint8', 0.5, 127));
    const shifted = net.op('QUANTIZE', [input], { dims, ...quantised('int8', 0.5, -1) });
    const rescaled = net.op('QUANTIZE', [shifted], { dims, ...quantised('int8', 0.25, 4) });
    const graph = net.import(net.op('QUANTIZE', [rescaled], { dims, ...quantised('uint8', 0.25, 132) }));
    expect(graph.nodes).toEqual([{ op: 'rescale', name: 'quantize_1', inputs: ['input_0'], output: 'quantize_1' }]);
    expect(graph.outputs).toEqual([{ name: 'quantize_2', tensor: 'quantize_1', hostOperators: [] }]);
  });

  it('take real inputs at their first QUANTIZE and give real outputs at their DEQUANTIZE', () => {
    const net = new TestNet();
    const input = net.input(dims);
    const codes = net.op('QUANTIZE', [input], { dims, ...quantised('int8', 0.5, -1) });
    const pooled = net.op('MAX_POOL_2D', [codes], { dims, ...quantised('int8', 0.5, -1) }, [
      [1, 'int32', 1],
      [2, 'int32', 1],
      [3, 'int32', 1],
      [4, 'int32', 1],
    ]);
    const graph = net.import(net.op('DEQUANTIZE', [pooled], { dims }));
    expect(graph.inputs).toEqual([{ tensor: 'input_0', fileType: 'float32' }]);
    expect(graph.tensors.get('input_0')!.quantisation).toEqual({ scale: 0.5, zeroPoint: -1 });
    expect(graph.outputs).toEqual([{ name: 'dequantize_2', tensor: 'max_pool_2d_1', hostOperators: [] }]);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['maxPool']);
  });

  it('fold a ReLU of equal scale into the layer before it, and keep one of another scale apart', () => {
    for (const [scale, ops] of [
      [2, ['conv']],
      [1, ['conv', 'rescale', 'maxPool']],
    ] as const) {
      const { net, output } = convNet({ data: Int8Array.of(1, 2, 3, 4) });
      const graph = net.import(net.op('RELU6', [output], { dims, ...quantised('int8', scale, 7) }));
      expect(graph.nodes.map(({ op }) => op)).toEqual(ops);
      expect(graph.nodes.at(-1)).toMatchObject({ clamp: { low: 0, high: 6 }, output: 'relu6_1' });
    }
  });

  it('multiply by a constant with the codes of the file', () => {
    const net = new TestNet();
    const input = net.input(dims, quantised('int8', 0.5, 0));
    const data = Int8Array.of(50, -50);
    const factor = net.tensor({ name: 'factor', dims: [2], data, ...quantised('int8', 0.125, 10) });
    const graph = net.import(net.op('MUL', [factor, input], { dims, ...quantised('int8', 1, 0) }, [[0, 'int8', 0]]));
    expect(weightsOf(graph.nodes[0])).toMatchObject({
      weights: { codes: Int16Array.of(40, -60), scales: Float64Array.of(0.125, 0.125) },
    });
  });

  it('use weights that only DEQUANTIZE hides, in float networks', () => {
    const net = new TestNet();
    const stored = net.tensor({
      name: 'stored',
      dims: [2, 1, 1, 2],
      type: 'int8',
      data: Int8Array.of(1, 2, 3, 4),
      scales: [0.5, 0.25],
    });
    const real = net.op('DEQUANTIZE', [stored], { dims: [2, 1, 1, 2] });
    const graph = net.import(net.conv([net.input(dims), real], dims));
    expect(weightsOf(graph.nodes[0])).toMatchObject({
      weights: { kind: 'real', values: Float32Array.of(0.5, 1, 0.75, 1) },
    });
  });

  it.each([
    [
      'a bias of another scale',
      { data: Int8Array.of(1, 2, 3, 4) },
      { data: Int32Array.of(1, 2), scales: [0.2] },
      /bias scale/,
    ],
    [
      'weights with zero points a channel',
      { data: Int8Array.of(1, 2, 3, 4), scales: [1, 1], zeroPoints: [1, 0] },
      {},
      /zero points/,
    ],
    [
      'weights scaled along another axis',
      { data: Int8Array.of(1, 2, 3, 4), scales: [1, 1], dimension: 3 },
      {},
      /axis 3/,
    ],
    ['a weight scale of 0', { data: Int8Array.of(1, 2, 3, 4), scales: [0] }, undefined, /weight scale is 0/],
    ['real weights', { data: Float32Array.of(1, 2, 3, 4), type: 'float32' as const }, undefined, /type float32/],
    [
      'a bias of real numbers',
      { data: Int8Array.of(1, 2, 3, 4) },
      { data: Float32Array.of(1, 2), type: 'float32' as const },
      /bias is of type float32/,
    ],
  ] as const)('are refused with %s', (_, weights, bias, message) => {
    const { net, output } = convNet(weights, bias && { data: Int32Array.of(0, 0), ...bias });
    expect(() => net.import(output)).toThrow(message);
  });

  it.each([
    [Number.NaN, 0, /scale is NaN/],
    [0, 0, /scale is 0/],
    [-1, 0, /scale is -1/],
    [1e-42, 0, /subnormal/],
    [1, 200, /zero point is 200/],
  ])('are refused with an activation scale of %d and zero point %d', (scale, zero, message) => {
    const net = new TestNet();
    const input = net.input(dims, quantised('int8', 0.5, -1));
    expect(() => net.import(net.op('QUANTIZE', [input], { dims, ...quantised('int8', scale, zero) }))).toThrow(message);
  });
});
