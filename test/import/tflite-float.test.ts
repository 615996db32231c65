import { describe, expect, it } from 'vitest';
import type { Graph, GraphNode } from '../../src/graph/graph.ts';
import { RESIZE_NEAREST_OPTIONS } from '../../src/import/tflite/schema.ts';
import { runFloat } from '../../src/quantise/float/execute.ts';
import { Random } from '../support/random.ts';
import { SAME, TestNet, VALID } from './tflite-net.ts';
import { conv2d, depthwiseConv2d, type Map3, map3, mapValues, pad } from './tflite-operators.ts';

const relu6 = (value: number): number => Math.min(Math.max(value, 0), 6);

/** Runs a graph of one input and compares its only output. Returns how many values were compared. */
function expectOutput(graph: Graph, input: Map3, expected: Map3): number {
  const values = runFloat(graph, [Float32Array.from(input.values)]).get(graph.outputs[0]!.tensor)!;
  expect(values.length).toBe(expected.values.length);
  const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.values[i]!)), 0);
  expect(worst).toBeLessThan(1e-3);
  expect(values.length).toBeGreaterThan(0);
  return values.length;
}

function randomMap(seed: number, height: number, width: number, channels: number): Map3 {
  const random = new Random(seed);
  const values = Array.from({ length: height * width * channels }, () => random.int(-64, 64) / 32);
  return map3(height, width, channels, values);
}

const operators = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);
const only = (graph: Graph): GraphNode => {
  expect(graph.nodes).toHaveLength(1);
  return graph.nodes[0]!;
};

describe('float TFLite operators', () => {
  const windows = [
    { kernel: 3, stride: 1, dilation: 1, padding: 'same' },
    { kernel: 3, stride: 2, dilation: 1, padding: 'same' },
    { kernel: 3, stride: 2, dilation: 1, padding: 'valid' },
    { kernel: 5, stride: 2, dilation: 1, padding: 'same' },
    { kernel: 3, stride: 1, dilation: 2, padding: 'same' },
    { kernel: 7, stride: 1, dilation: 1, padding: 'same' },
    { kernel: 1, stride: 2, dilation: 1, padding: 'valid' },
  ] as const;

  for (const { kernel, stride, dilation, padding } of windows) {
    const text = `${kernel}x${kernel}, stride ${stride}, dilation ${dilation}, ${padding}`;
    const options = { kernel: [kernel, kernel] as const, stride, dilation, padding };
    const netOptions = { stride, dilation, padding: padding === 'same' ? SAME : VALID, activation: 3 };

    it(`convolves with weights and bias of the file (${text})`, () => {
      const net = new TestNet(kernel);
      const x = randomMap(7, 9, 8, 3);
      const [weights, bias] = [net.reals(5 * kernel * kernel * 3), net.reals(5)];
      const expected = mapValues(conv2d(x, weights, bias, options, 3), relu6);
      const input = net.input([1, 9, 8, 3]);
      const constants = [net.constant([5, kernel, kernel, 3], weights), net.constant([5], bias)];
      const output = net.conv([input, ...constants], [1, expected.height, expected.width, 5], netOptions);
      const graph = net.import(output);
      expect(operators(graph)).toEqual(['conv']);
      expectOutput(graph, x, expected);
    });

    it(`convolves each channel by itself (${text})`, () => {
      const net = new TestNet(kernel);
      const x = randomMap(8, 9, 8, 4);
      const [weights, bias] = [net.reals(kernel * kernel * 4), net.reals(4)];
      const expected = mapValues(depthwiseConv2d(x, weights, bias, options), relu6);
      const input = net.input([1, 9, 8, 4]);
      const constants = [net.constant([1, kernel, kernel, 4], weights), net.constant([4], bias)];
      const output = net.depthwise([input, ...constants], [1, expected.height, expected.width, 4], netOptions);
      const graph = net.import(output);
      expect(operators(graph)).toEqual(['depthwise']);
      expectOutput(graph, x, expected);
    });
  }

  const plain = { kernel: [3, 3] as const, stride: 1, dilation: 1, padding: 'same' } as const;

  for (const [channels, multiplier] of [
    [1, 8],
    [3, 2],
    [4, 3],
  ] as const) {
    it(`runs a depthwise convolution of ${channels} channels and multiplier ${multiplier} as an ordinary one`, () => {
      const net = new TestNet(multiplier);
      const x = randomMap(9, 5, 6, channels);
      const out = channels * multiplier;
      const [weights, bias] = [net.reals(9 * out), net.reals(out)];
      const expected = depthwiseConv2d(x, weights, bias, plain);
      const input = net.input([1, 5, 6, channels]);
      const constants = [net.constant([1, 3, 3, out], weights), net.constant([out], bias)];
      const graph = net.import(net.depthwise([input, ...constants], [1, 5, 6, out], { multiplier }));
      expect(operators(graph)).toEqual(['conv']);
      expectOutput(graph, x, expected);
    });
  }

  it('runs a grouped convolution as an ordinary one with zeros', () => {
    const net = new TestNet(3);
    const x = randomMap(10, 5, 6, 6);
    const [weights, bias] = [net.reals(4 * 9 * 3), net.reals(4)];
    const input = net.input([1, 5, 6, 6]);
    const graph = net.import(
      net.conv([input, net.constant([4, 3, 3, 3], weights), net.constant([4], bias)], [1, 5, 6, 4]),
    );
    expectOutput(graph, x, conv2d(x, weights, bias, plain, 3));
    expect(graph.notes.join()).toContain('grouped');
  });

  it('gives a convolution without bias no bias', () => {
    const net = new TestNet(3);
    const graph = net.import(net.conv([net.input([1, 4, 4, 2]), net.constant([3, 1, 1, 2]), -1], [1, 4, 4, 3]));
    expect(only(graph)).toMatchObject({ op: 'conv', bias: undefined });
  });

  it('makes a fully connected layer on a flattened map a convolution of the size of the map', () => {
    const net = new TestNet(4);
    const x = randomMap(11, 3, 4, 5);
    const [weights, bias] = [net.reals(7 * 60), net.reals(7)];
    const input = net.input([1, 3, 4, 5]);
    const first = net.op('RELU', [input], { dims: [1, 3, 4, 5] });
    const flat = net.op('RESHAPE', [first, net.ints([-1, 60])], { dims: [1, 60] });
    const graph = net.import(
      net.fullyConnected([flat, net.constant([7, 60], weights), net.constant([7], bias)], [1, 7]),
    );
    const sums = bias.map((b, o) => x.values.reduce((sum, v, i) => sum + Math.max(0, v) * weights[o * 60 + i]!, b));
    expect(graph.nodes.at(-1)).toMatchObject({ op: 'conv', window: { kernelHeight: 3, kernelWidth: 4 } });
    expectOutput(graph, x, map3(1, 1, 7, sums));
  });

  it('takes the means over height and width that a network ends with', () => {
    const net = new TestNet(5);
    const x = randomMap(12, 3, 4, 5);
    const graph = net.import(net.mean(net.input([1, 3, 4, 5]), [1, -2], [1, 5], 0));
    const sums = Array.from({ length: 5 }, (_, c) => x.values.filter((_, i) => i % 5 === c).reduce((a, b) => a + b, 0));
    expectOutput(
      graph,
      x,
      map3(
        1,
        1,
        5,
        sums.map((sum) => sum / 12),
      ),
    );
  });

  it('merges padding into the convolution that reads it', () => {
    const net = new TestNet(6);
    const x = randomMap(13, 5, 6, 3);
    const [weights, bias] = [net.reals(4 * 9 * 3), net.reals(4)];
    const input = net.input([1, 5, 6, 3]);
    const padded = net.op('PAD', [input, net.ints([0, 0, 0, 1, 1, 2, 0, 0], [4, 2])], { dims: [1, 6, 9, 3] });
    const constants = [net.constant([4, 3, 3, 3], weights), net.constant([4], bias)];
    const graph = net.import(net.conv([padded, ...constants], [1, 2, 4, 4], { padding: VALID, stride: 2 }));
    expect(only(graph)).toMatchObject({ window: { padding: { top: 0, bottom: 1, left: 1, right: 2 } } });
    expectOutput(graph, x, conv2d(pad(x, 0, 1, 1, 2), weights, bias, { ...plain, stride: 2, padding: 'valid' }, 3));
  });

  it('adds the padding of SAME to that of a PAD', () => {
    const net = new TestNet(6);
    const x = randomMap(21, 5, 5, 2);
    const [weights, bias] = [net.reals(4 * 25 * 2), net.reals(4)];
    const input = net.input([1, 5, 5, 2]);
    const padded = net.op('PAD', [input, net.ints([0, 0, 1, 0, 0, 2, 0, 0], [4, 2])], { dims: [1, 6, 7, 2] });
    const constants = [net.constant([4, 5, 5, 2], weights), net.constant([4], bias)];
    const graph = net.import(net.conv([padded, ...constants], [1, 3, 4, 4], { stride: 2 }));
    expectOutput(graph, x, conv2d(pad(x, 1, 0, 0, 2), weights, bias, { ...plain, kernel: [5, 5], stride: 2 }, 2));
  });

  it('merges padding into the maximum of values that are not negative', () => {
    const net = new TestNet(6);
    const x = randomMap(22, 3, 3, 2);
    const input = net.input([1, 3, 3, 2]);
    const weights = Float32Array.of(1, 0, 0, 1);
    const positive = net.conv([input, net.constant([2, 1, 1, 2], weights)], [1, 3, 3, 2], { activation: 1 });
    const padded = net.op('PAD', [positive, net.ints([0, 0, 0, 1, 0, 1, 0, 0], [4, 2])], { dims: [1, 4, 4, 2] });
    const graph = net.import(net.pool('MAX_POOL_2D', padded, [1, 2, 2, 2], 2, { padding: VALID, stride: 2 }));
    const at = (y: number, column: number, c: number): number =>
      y > 2 || column > 2 ? 0 : Math.max(0, x.values[(y * 3 + column) * 2 + c]!);
    const values = Array.from({ length: 8 }, (_, i) => {
      const [y, column, c] = [2 * (i >> 2), 2 * ((i >> 1) & 1), i & 1];
      return Math.max(at(y, column, c), at(y, column + 1, c), at(y + 1, column, c), at(y + 1, column + 1, c));
    });
    expectOutput(graph, x, map3(2, 2, 2, values));
  });

  it('pads channels with zeros', () => {
    const net = new TestNet(6);
    const x = randomMap(14, 2, 2, 3);
    const input = net.input([1, 2, 2, 3]);
    const graph = net.import(
      net.op('PAD', [input, net.ints([0, 0, 0, 0, 0, 0, 1, 2], [4, 2])], { dims: [1, 2, 2, 6] }),
    );
    const values = Array.from({ length: 24 }, (_, i) =>
      i % 6 >= 1 && i % 6 <= 3 ? x.values[Math.floor(i / 6) * 3 + (i % 6) - 1]! : 0,
    );
    expectOutput(graph, x, map3(2, 2, 6, values));
  });

  it('multiplies and adds constants of each channel as a depthwise convolution of one tap', () => {
    const net = new TestNet(7);
    const x = randomMap(15, 3, 3, 4);
    const [factor, summand] = [net.reals(4), net.reals(1)];
    const input = net.input([1, 3, 3, 4]);
    const product = net.binary('MUL', input, net.constant([1, 1, 1, 4], factor), [1, 3, 3, 4]);
    const graph = net.import(net.binary('ADD', product, net.constant([], summand), [1, 3, 3, 4], 1));
    expect(operators(graph)).toEqual(['depthwise', 'depthwise']);
    expectOutput(
      graph,
      x,
      mapValues(x, (v, i) => Math.max(0, v * factor[i % 4]! + summand[0]!)),
    );
  });

  it('scales channels by a vector, whichever input it is', () => {
    for (const swapped of [false, true]) {
      const net = new TestNet(8);
      const x = randomMap(16, 3, 3, 4);
      const input = net.input([1, 3, 3, 4]);
      const mean = net.mean(input, [1, 2], [1, 1, 1, 4]);
      const graph = net.import(net.binary('MUL', swapped ? mean : input, swapped ? input : mean, [1, 3, 3, 4]));
      const means = [0, 1, 2, 3].map((c) => x.values.filter((_, i) => i % 4 === c).reduce((a, b) => a + b, 0) / 9);
      expectOutput(
        graph,
        x,
        mapValues(x, (v, i) => v * means[i % 4]!),
      );
    }
  });

  it('folds a standalone ReLU6 into the layer before it', () => {
    const net = new TestNet(9);
    const sum = net.conv([net.input([1, 3, 3, 2]), net.constant([4, 1, 1, 2])], [1, 3, 3, 4]);
    const graph = net.import(net.op('RELU6', [sum], { dims: [1, 3, 3, 4] }));
    expect(only(graph)).toMatchObject({ op: 'conv', clamp: { low: 0, high: 6 }, output: 'relu6_1' });
    expect([...graph.tensors.keys()]).toEqual(['input_0', 'relu6_1']);
  });

  it('keeps a ReLU6 apart where the layer before it is read elsewhere too', () => {
    const net = new TestNet(10);
    const x = randomMap(17, 3, 3, 2);
    const weights = net.reals(8);
    const sum = net.conv([net.input([1, 3, 3, 2]), net.constant([4, 1, 1, 2], weights)], [1, 3, 3, 4]);
    const cut = net.op('RELU6', [sum], { dims: [1, 3, 3, 4] });
    const graph = net.import(net.binary('ADD', sum, cut, [1, 3, 3, 4]));
    expect(operators(graph)).toEqual(['conv', 'maxPool', 'add']);
    const plainSum = conv2d(x, weights, [0, 0, 0, 0], { ...plain, kernel: [1, 1] }, 2);
    expectOutput(
      graph,
      x,
      mapValues(plainSum, (v) => v + relu6(v)),
    );
  });

  it('sees through a reshape who else reads a layer', () => {
    const net = new TestNet(10);
    const sum = net.conv([net.input([1, 1, 1, 2]), net.constant([4, 1, 1, 2])], [1, 1, 1, 4]);
    const view = net.op('RESHAPE', [sum, net.ints([1, 4])], { dims: [1, 4] });
    const cut = net.op('RELU6', [view], { dims: [1, 4] });
    const graph = net.import(sum, net.fullyConnected([cut, net.constant([3, 4])], [1, 3]));
    expect(operators(graph)).toEqual(['conv', 'maxPool', 'conv']);
    expect(graph.nodes[0]).toMatchObject({ clamp: { low: Number.NEGATIVE_INFINITY } });
  });

  it('joins channels, and cuts the joined map off where the file says so', () => {
    const net = new TestNet(11);
    const x = randomMap(18, 2, 2, 3);
    const input = net.input([1, 2, 2, 3]);
    const pooled = net.pool('MAX_POOL_2D', input, [1, 2, 2, 3], 1);
    const graph = net.import(net.concat([input, pooled, input], [1, 2, 2, 9], -1, 1));
    expect(operators(graph)).toEqual(['maxPool', 'concat', 'maxPool']);
    const values = Array.from({ length: 36 }, (_, i) => Math.max(0, x.values[Math.floor(i / 9) * 3 + (i % 3)]!));
    expectOutput(graph, x, map3(2, 2, 9, values));
  });

  it('enlarges maps by whole factors', () => {
    const net = new TestNet(12);
    const x = randomMap(19, 2, 3, 2);
    const slots = RESIZE_NEAREST_OPTIONS;
    const graph = net.import(
      net.op('RESIZE_NEAREST_NEIGHBOR', [net.input([1, 2, 3, 2]), net.ints([4, 9])], { dims: [1, 4, 9, 2] }, [
        [slots.alignCorners, 'int8', 0],
        [slots.halfPixelCenters, 'int8', 1],
      ]),
    );
    const at = (i: number): number => (Math.floor(i / 36) * 3 + Math.floor((Math.floor(i / 2) % 9) / 3)) * 2 + (i % 2);
    expectOutput(
      graph,
      x,
      map3(
        4,
        9,
        2,
        Array.from({ length: 72 }, (_, i) => x.values[at(i)]!),
      ),
    );
  });

  it('averages only over what lies inside the map', () => {
    const net = new TestNet(13);
    const x = map3(3, 3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const graph = net.import(net.pool('AVERAGE_POOL_2D', net.input([1, 3, 3, 1]), [1, 2, 2, 1], 2, { stride: 2 }));
    expectOutput(graph, x, map3(2, 2, 1, [3, 4.5, 7.5, 9]));
  });

  it('leaves softmax, logistic and reshape at the end to the host, and names the outputs as the file does', () => {
    const net = new TestNet(14);
    const sum = net.conv([net.input([1, 2, 2, 2]), net.constant([3, 1, 1, 2])], [1, 2, 2, 3]);
    const softmax = net.op('SOFTMAX', [sum], { dims: [1, 2, 2, 3] }, [[0, 'float32', 1]]);
    const logistic = net.op('LOGISTIC', [sum], { dims: [1, 2, 2, 3] });
    const reshape = net.op('RESHAPE', [logistic, net.ints([1, 12])], { dims: [1, 12] });
    const graph = net.import(softmax, reshape, sum);
    expect(graph.outputs).toEqual([
      { name: 'softmax_1', tensor: 'conv_2d_0', hostOperators: ['softmax'] },
      { name: 'reshape_3', tensor: 'conv_2d_0', hostOperators: ['logistic', 'reshape'] },
      { name: 'conv_2d_0', tensor: 'conv_2d_0', hostOperators: [] },
    ]);
  });

  it('runs a logistic in the middle, hard-swish and tanh on the accelerator', () => {
    const net = new TestNet(15);
    const dims = [1, 2, 2, 2];
    const x = randomMap(20, 2, 2, 2);
    const input = net.input(dims);
    const gate = net.op('LOGISTIC', [input], { dims });
    const swish = net.binary('MUL', input, gate, dims);
    const hard = net.op('HARD_SWISH', [swish], { dims });
    const graph = net.import(net.op('TANH', [hard], { dims }));
    expect(graph.nodes).toMatchObject([{ function: 'swish' }, { function: 'hardSwish' }, { function: 'tanh' }]);
    const hardSwish = (v: number): number => (v * relu6(v + 3)) / 6;
    expectOutput(
      graph,
      x,
      mapValues(x, (v) => Math.tanh(hardSwish(v / (1 + Math.exp(-v))))),
    );
  });

  it('joins the parts of a hard sigmoid and of a hard swish', () => {
    const net = new TestNet(16);
    const dims = [1, 2, 2, 2];
    const x = randomMap(23, 2, 2, 2);
    const input = net.input(dims);
    const gate = (from: number): number => {
      const cut = net.op('RELU6', [net.binary('ADD', from, net.constant([], Float32Array.of(3)), dims)], { dims });
      return net.binary('MUL', cut, net.constant([], Float32Array.of(1 / 6)), dims);
    };
    const swish = net.binary('MUL', gate(input), input, dims);
    const graph = net.import(gate(swish));
    expect(graph.nodes).toMatchObject([{ function: 'hardSwish' }, { function: 'hardSigmoid' }]);
    expect(graph.tensors.size).toBe(3);
    const hardSigmoid = (v: number): number => relu6(v + 3) / 6;
    expectOutput(
      graph,
      x,
      mapValues(x, (v) => hardSigmoid(v * hardSigmoid(v))),
    );
  });

  it('keeps the parts of a gate that something else reads', () => {
    const net = new TestNet(16);
    const dims = [1, 2, 2, 2];
    const input = net.input(dims);
    const gate = net.op('LOGISTIC', [input], { dims });
    const graph = net.import(net.binary('MUL', input, gate, dims), net.op('TANH', [gate], { dims }));
    expect(operators(graph)).toEqual(['activation', 'mul', 'activation']);
  });

  it('sees a re-viewed input as the network does', () => {
    const net = new TestNet(16);
    const flat = net.input([1, 490], { signature: [-1, 490] });
    const map = net.op('RESHAPE', [flat, net.ints([-1, 49, 10, 1])], { dims: [1, 49, 10, 1] });
    const graph = net.import(net.conv([map, net.constant([4, 10, 4, 1])], [1, 25, 5, 4], { stride: 2 }));
    expect(graph.tensors.get('input_0')!.shape).toEqual({ height: 49, width: 10, channels: 1 });
    expect(graph.notes).toContain('batch dimension fixed to 1');
  });

  it('reads half-precision weights exactly', () => {
    const net = new TestNet(17);
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff);
    const stored = net.tensor({ name: 'halves', dims: [4, 1, 1, 1], type: 'float16', data: halves });
    const weights = net.op('DEQUANTIZE', [stored], { dims: [4, 1, 1, 1] });
    const graph = net.import(net.conv([net.input([1, 2, 2, 1]), weights], [1, 2, 2, 4]));
    const node = only(graph);
    expect(node.op === 'conv' && node.weights).toEqual({
      kind: 'real',
      values: Float32Array.of(1, -2, 2 ** -24, 65504),
    });
  });

  it('tells layers of the same name apart', () => {
    const net = new TestNet(18);
    const dims = [1, 2, 2, 1];
    const first = net.op('TANH', [net.input(dims)], { dims, name: 'block;one' });
    const second = net.op('TANH', [first], { dims, name: 'block;two' });
    const graph = net.import(net.op('TANH', [second], { dims, name: 'block#2' }));
    expect(graph.nodes.map(({ name }) => name)).toEqual(['block', 'block#2', 'block#2#2']);
    expect(graph.nodes.map(({ output }) => output)).toEqual(['block', 'block#2', 'block#2#2']);
  });

  it('ignores operators that no output depends on', () => {
    const net = new TestNet(18);
    const input = net.input([1, 2, 2, 1]);
    net.op('FLOOR', [input], { dims: [1, 2, 2, 1] });
    expect(operators(net.import(net.conv([input, net.constant([1, 1, 1, 1])], [1, 2, 2, 1])))).toEqual(['conv']);
  });
});
