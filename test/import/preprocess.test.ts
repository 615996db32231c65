import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  defaultPreprocess,
  inputReal,
  parsePreprocess,
  preprocessFileName,
  readPreprocess,
} from '../../src/import/preprocess.ts';
import { buildGraph } from '../../src/zoo/zoo.ts';
import { TestNet } from './tflite-net.ts';

const picture = { height: 1, width: 2, pixels: Uint8Array.of(0, 128, 255, 10, 20, 30) };
const real = (statement: unknown): number[] => Array.from(inputReal(picture, readPreprocess(statement, 'test')));
const near = (values: readonly number[]): unknown => values.map((value) => expect.closeTo(value, 5));

describe('the pre-processing statement', () => {
  it('gives the range that pixels 0 to 255 become', () => {
    expect(real({ range: [-1, 1] })).toEqual(near([0, 128, 255, 10, 20, 30].map((p) => p / 127.5 - 1)));
    expect(real({ range: [0, 1] })).toEqual(near([0, 128, 255, 10, 20, 30].map((p) => p / 255)));
  });

  it('gives mean and deviation, of all colours or of each', () => {
    expect(real({ mean: 128, deviation: 2 })).toEqual(near([-64, 0, 63.5, -59, -54, -49]));
    expect(real({ mean: [0, 100, 200], deviation: [1, 2, 5] })).toEqual(near([0, 14, 11, 10, -40, -34]));
  });

  it('gives the order of the colours', () => {
    expect(real({ range: [0, 255], colour: 'bgr' })).toEqual(near([255, 128, 0, 30, 20, 10]));
    expect(real({ range: [0, 255], colour: 'grey' })).toEqual(near([0.587 * 128 + 0.114 * 255, 18.15]));
  });

  it('states size, fit and background, or takes the usual ones', () => {
    const text = '{"range": [0, 1], "size": [96, 128], "resize": "letterbox", "background": [0, 1, 2]}';
    const statement = parsePreprocess(text, 'x.preprocess.json');
    expect(statement).toMatchObject({
      size: [96, 128],
      resize: 'letterbox',
      background: [0, 1, 2],
      origin: 'x.preprocess.json',
    });
    expect(readPreprocess({ range: [0, 1] }, '')).toMatchObject({ resize: 'stretch', background: [255, 255, 255] });
  });

  it.each<[string, unknown, RegExp]>([
    ['neither range nor mean', {}, /either 'range'/],
    ['both', { range: [0, 1], mean: 1, deviation: 1 }, /either 'range'/],
    ['a mean alone', { mean: 1 }, /'mean' needs 'deviation'/],
    ['a deviation of 0', { mean: 1, deviation: [1, 0, 1] }, /field 'deviation': .*positive/],
    ['a range upside down', { range: [1, 0] }, /field 'range': .*low end first/],
    ['an unknown word', { range: [0, 1], scale: 3 }, /scale/],
    ['an unknown order', { range: [0, 1], colour: 'gbr' }, /field 'colour'/],
    ['a size of one number', { range: [0, 1], size: 96 }, /field 'size'/],
    ['no object', 'range', /expected object/],
  ])('is refused with %s', (_, statement, message) => {
    try {
      readPreprocess(statement, 'x.json');
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).describe()).toMatch(message);
      expect((error as UserError).describe()).toMatch(/^x\.json: .*A statement looks like/);
      return;
    }
    throw new Error('nothing was refused');
  });

  it('is refused where it is not JSON', () => {
    expect(() => parsePreprocess('range: 1', 'x.json')).toThrow(/not JSON/);
  });

  it('lies beside the model', () => {
    expect(preprocessFileName('a.b/net.v2.tflite')).toBe('a.b/net.v2.preprocess.json');
  });

  it('follows from a quantised input of three channels, and from a builder', () => {
    const codes = (type: 'int8' | 'uint8', zero: number, channels = 3) => {
      const net = new TestNet();
      const dims = [1, 1, 2, channels];
      const q = { type, scales: [0.5], zeroPoints: [zero] };
      return defaultPreprocess(net.import(net.op('RELU', [net.input(dims, q)], { dims, ...q })));
    };
    expect(Array.from(inputReal(picture, codes('uint8', 10)!))).toEqual([-5, 59, 122.5, 0, 5, 10]);
    expect(Array.from(inputReal(picture, codes('int8', -118)!))).toEqual([-5, 59, 122.5, 0, 5, 10]);
    expect(codes('uint8', 10, 1)).toBeUndefined();
    expect(defaultPreprocess(buildGraph('mobilenet_v2_0.25_32'))!.normalisation.mean).toEqual([127.5, 127.5, 127.5]);
    expect(defaultPreprocess(buildGraph('ds_cnn'))).toBeUndefined();
  });

  it('is not guessed for float models', () => {
    const net = new TestNet();
    const dims = [1, 4, 4, 3];
    expect(defaultPreprocess(net.import(net.op('RELU', [net.input(dims)], { dims })))).toBeUndefined();
  });
});
