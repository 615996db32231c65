import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { importModel } from '../../src/import/index.ts';
import { writeTflite } from '../support/tflite-writer.ts';
import { TestNet, VALID } from './tflite-net.ts';

/** The error that an import ends with; anything but a `UserError` fails the test. */
function refusal(build: (net: TestNet) => number): UserError {
  const net = new TestNet();
  const output = build(net);
  return refusalOf(() => net.import(output));
}
function refusalOf(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
const dims = [1, 4, 4, 2];

describe('what a TFLite import refuses', () => {
  it('names the operator, the layer, the file and what is possible', () => {
    const error = refusal((net) => net.op('PRELU', [net.input(dims)], { dims, name: 'block/prelu;fused' }));
    expect(error.code).toBe('unsupported');
    expect(error.describe()).toMatch(/^net\.tflite: layer 'block\/prelu': PRELU is not supported\. Supported are ADD,/);
  });

  it.each<[string, RegExp, (net: TestNet) => number]>([
    [
      'a custom operator',
      /custom operator 'Mine' is not supported/,
      (net) => net.op('Mine', [net.input(dims)], { dims }),
    ],
    ['a batch of 2', /batch 2/, (net) => net.op('RELU', [net.input([2, 4, 4, 2])], { dims: [2, 4, 4, 2] })],
    [
      'an open height',
      /extent 1 is not fixed/,
      (net) => net.op('RELU', [net.input(dims, { signature: [1, -1, -1, 2] })], { dims }),
    ],
    [
      'an int16 activation',
      /type int16/,
      (net) => net.op('RELU', [net.input(dims, { type: 'int16', scales: [1] })], { dims }),
    ],
    [
      'softmax in the middle',
      /SOFTMAX: in the middle/,
      (net) => net.op('RELU', [net.op('SOFTMAX', [net.input(dims)], { dims })], { dims }),
    ],
    [
      'softmax with beta',
      /beta 2/,
      (net) => net.op('SOFTMAX', [net.op('RELU', [net.input(dims)], { dims })], { dims }, [[0, 'float32', 2]]),
    ],
    [
      'a reshaped map in the middle',
      /reshaped to 1x2x8x2/,
      (net) => {
        const first = net.op('RELU', [net.input(dims)], { dims });
        const view = net.op('RESHAPE', [first, net.ints([1, 2, 8, 2])], { dims: [1, 2, 8, 2] });
        return net.op('RELU', [view], { dims: [1, 2, 8, 2] });
      },
    ],
    [
      'a reshape that loses values',
      /RESHAPE: from 1x4x4x2 to 1x31/,
      (net) => net.op('RESHAPE', [net.input(dims), net.ints([1, 31])], { dims: [1, 31] }),
    ],
    [
      'padding before a mean',
      /padding can only be merged into a convolution/,
      (net) => {
        const padded = net.op('PAD', [net.input(dims), net.ints([0, 0, 1, 1, 1, 1, 0, 0])], { dims: [1, 6, 6, 2] });
        return net.mean(padded, [1, 2], [1, 1, 1, 2]);
      },
    ],
    [
      'padding before the maximum of negative values',
      /maximum of padding/,
      (net) => {
        const padded = net.op('PAD', [net.input(dims), net.ints([0, 0, 1, 1, 1, 1, 0, 0])], { dims: [1, 6, 6, 2] });
        return net.pool('MAX_POOL_2D', padded, [1, 3, 3, 2], 2, { stride: 2 });
      },
    ],
    [
      'windows of nothing but padding',
      /nothing but padding/,
      (net) => {
        const padded = net.op('PAD', [net.input(dims), net.ints([0, 0, 3, 0, 0, 0, 0, 0])], { dims: [1, 7, 4, 2] });
        return net.conv([padded, net.constant([2, 3, 3, 2])], [1, 5, 2, 2], { padding: VALID });
      },
    ],
    [
      'a convolution of weights of another depth',
      /weights for 3 input channels on a map of 2/,
      (net) => net.conv([net.input(dims), net.constant([2, 1, 1, 3])], dims),
    ],
    [
      'an output shape that the operators do not give',
      /output is 1x4x4x5, the file says 1x4x4x2/,
      (net) => net.conv([net.input(dims), net.constant([5, 1, 1, 2])], dims),
    ],
    [
      'a stride of 0',
      /stride or dilation is 0/,
      (net) => net.conv([net.input(dims), net.constant([2, 1, 1, 2])], dims, { stride: 0 }),
    ],
    [
      'a fused tanh',
      /fused activation TANH/,
      (net) => net.conv([net.input(dims), net.constant([2, 1, 1, 2])], dims, { activation: 4 }),
    ],
    [
      'weights that are not finite',
      /weights are not all finite/,
      (net) => net.conv([net.input(dims), net.constant([2, 1, 1, 2], Float32Array.of(1, Number.NaN, 1, 1))], dims),
    ],
    [
      'sums of different maps',
      /of a 4x4x2 and a 1x1x2 map/,
      (net) => {
        const input = net.input(dims);
        return net.binary('ADD', input, net.mean(input, [1, 2], [1, 1, 1, 2]), dims);
      },
    ],
    [
      'concatenation on rows',
      /on axis 1 of 4/,
      (net) => {
        const input = net.input(dims);
        return net.concat([input, input], [1, 8, 4, 2], 1);
      },
    ],
    ['a mean over channels', /mean over axes 3/, (net) => net.mean(net.input(dims), [3], [1, 4, 4, 1])],
    [
      'a broken enlargement',
      /from 4x4 to 6x6/,
      (net) => net.op('RESIZE_NEAREST_NEIGHBOR', [net.input(dims), net.ints([6, 6])], { dims: [1, 6, 6, 2] }),
    ],
    ['an input given straight out', /an output is an input unchanged/, (net) => net.input(dims)],
    [
      'an output that is constant',
      /depends on no input/,
      (net) => {
        net.op('RELU', [net.input(dims)], { dims });
        return net.constant([1, 2]);
      },
    ],
    [
      'a constant of too few bytes',
      /has 16 bytes, its shape needs 24/,
      (net) => {
        const weights = net.tensor({ name: 'weights', dims: [3, 1, 1, 2], data: net.reals(4) });
        return net.conv([net.input(dims), weights], [1, 4, 4, 3]);
      },
    ],
  ])('refuses %s', (_, message, build) => {
    expect(refusal(build).describe()).toMatch(message);
  });

  it('finds a cycle', () => {
    const net = new TestNet();
    const input = net.input(dims);
    const later = net.tensor({ name: 'later', dims });
    const sum = net.binary('ADD', input, later, dims);
    net.operators.push({ name: 'RELU', inputs: [sum], outputs: [later] });
    expect(refusalOf(() => net.import(later)).describe()).toMatch(
      /'later' is read before anything produces it \(a cycle/,
    );
  });

  it('finds a tensor that two operators write', () => {
    const net = new TestNet();
    const input = net.input(dims);
    const cut = net.op('RELU', [input], { dims });
    net.operators.push({ name: 'RELU6', inputs: [input], outputs: [cut] });
    expect(refusalOf(() => net.import(cut)).describe()).toMatch(/written by more than one operator/);
  });

  it('finds two outputs of the same name', () => {
    const net = new TestNet();
    const input = net.input(dims);
    const outputs = ['RELU', 'RELU6'].map((name) => net.op(name, [input], { dims, name: 'result' }));
    expect(refusalOf(() => net.import(...outputs)).describe()).toMatch(/tensor 'result': two outputs have this name/);
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    ['an empty file', new Uint8Array(0), 'a.tflite', /a\.tflite: the file is empty/],
    ['text under the name of a model', new TextEncoder().encode('hello, world'), 'a.tflite', /not a TFLite file/],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), 'cat.png', /no TFLite, ONNX or GGUF model/],
    ['the mark alone', new TextEncoder().encode('\u0008\0\0\0TFL3'), 'a.tflite', /damaged/],
  ])('refuses %s', (_, bytes, name, message) => {
    expect(refusalOf(() => importModel(bytes, name)).describe()).toMatch(message);
  });

  it('refuses another version of the schema', () => {
    const bytes = writeTflite({ tensors: [], operators: [], inputs: [], outputs: [], version: 4 });
    expect(refusalOf(() => importModel(bytes, 'a.tflite')).describe()).toMatch(/schema version 4/);
  });

  it('refuses names and lists beyond all measure', () => {
    const named = new TestNet();
    named.op('RELU', [named.input(dims)], { dims, name: 'x'.repeat(70_000) });
    expect(refusalOf(() => named.import(1)).describe()).toMatch(/a vector has 70000 entries/);
    const ranked = new TestNet();
    ranked.op('RELU', [ranked.input(dims)], { dims: new Array(9).fill(1) });
    expect(refusalOf(() => ranked.import(1)).describe()).toMatch(/a vector has 9 entries, at most 8/);
  });

  it('refuses options of another operator', () => {
    const net = new TestNet();
    const output = net.conv([net.input(dims), net.constant([2, 1, 1, 2])], dims);
    net.operators[0] = { ...net.operators[0]!, optionsType: 5 };
    expect(refusalOf(() => net.import(output)).describe()).toMatch(/options of another/);
  });
});
