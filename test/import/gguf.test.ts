import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { graphMacs } from '../../src/graph/macs.ts';
import { readGguf } from '../../src/import/gguf/file.ts';
import { ggufLabels, importGguf } from '../../src/import/gguf/import.ts';
import { GgufBuilder } from '../../src/import/gguf/layers.ts';
import { importModel, modelPreprocess } from '../../src/import/index.ts';
import { inputReal } from '../../src/import/preprocess.ts';
import { runFloat } from '../../src/quantise/float/execute.ts';
import { buildGraph } from '../../src/zoo/zoo.ts';
import { type TestGgufTensor, writeGguf } from '../support/gguf-writer.ts';
import { Random } from '../support/random.ts';
import { conv2d, map3, mapValues, pad } from './tflite-operators.ts';

const reals = (seed: number, count: number): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.int(1, 64) / 32);
};
/** A convolution and its batch normalisation, as PyTorch names and lays them out. */
function layer(name: string, out: number, depth: number, kernel: number): TestGgufTensor[] {
  const vector = (part: string, seed: number): TestGgufTensor => ({
    name: `${name}.1.${part}`,
    dims: [out],
    values: reals(seed, out),
  });
  return [
    { name: `${name}.0.weight`, dims: [out, depth, kernel, kernel], values: reals(1, out * depth * kernel * kernel) },
    ...['weight', 'bias', 'running_mean', 'running_var'].map((part, i) => vector(part, i + 2)),
  ];
}

describe('GGUF layers', () => {
  it.each(['conv', 'depthwise'] as const)('fold the batch normalisation into a %s', (op) => {
    const depth = op === 'conv' ? 3 : 1;
    const out = op === 'conv' ? 4 : 3;
    const tensors = layer('a', out, depth, 3);
    const builder = new GgufBuilder(readGguf(writeGguf({}, tensors)), 0.001);
    const input = builder.input('x', { height: 5, width: 6, channels: 3 });
    const output = builder.normalisedConv('a', input, { op, channels: out, kernel: 3, stride: 2 });
    const graph = {
      name: 'net',
      format: 'gguf',
      inputs: [{ tensor: 'x', fileType: 'float32' as const }],
      outputs: [],
      tensors: builder.tensors,
      nodes: builder.nodes,
      notes: [],
    };
    const x = map3(5, 6, 3, reals(9, 90));
    const [weights, gamma, beta, mean, variance] = tensors.map(({ values }) => values) as Float32Array[];
    // The evaluator wants [out][tap][depth].
    const turned = Float32Array.from(weights!, (_, i) => {
      const [o, rest] = [Math.floor(i / (9 * depth)), i % (9 * depth)];
      return weights![(o * depth + (rest % depth)) * 9 + Math.floor(rest / depth)]!;
    });
    const options = { kernel: [3, 3], stride: 2, dilation: 1, padding: 'valid' } as const;
    const sums = conv2d(pad(x, 1, 1, 1, 1), turned, new Float32Array(out), options, depth);
    const expected = mapValues(sums, (v, i) => {
      const c = i % out;
      return ((v - mean![c]!) / Math.sqrt(variance![c]! + 0.001)) * gamma![c]! + beta![c]!;
    });
    const values = runFloat(graph, [Float32Array.from(x.values)]).get(output)!;
    expect(values.length).toBe(expected.values.length);
    expect(Math.max(...values.map((v, i) => Math.abs(v - expected.values[i]!)))).toBeLessThan(1e-3);
  });
});

const METADATA = {
  'general.architecture': 'mobilenetv3-small',
  'mobilenet.image_size': 32,
  'mobilenet.bn_eps': 0.001,
  'mobilenet.num_classes': 2,
};

describe('a bad GGUF file', () => {
  const refusal = (bytes: Uint8Array): string => {
    try {
      importModel(bytes, 'net.gguf');
    } catch (error) {
      if (error instanceof UserError) return error.describe();
      throw error;
    }
    throw new Error('nothing was refused');
  };

  it.each<[string, Uint8Array, RegExp]>([
    [
      'another architecture',
      writeGguf({ ...METADATA, 'general.architecture': 'llama' }, []),
      /architecture 'llama'\. Known/,
    ],
    ['no size', writeGguf({ 'general.architecture': 'mobilenetv3-small' }, []), /field 'mobilenet.image_size'/],
    ['a lost tensor', writeGguf(METADATA, []), /tensor 'features\.0\.0\.weight': the file lacks/],
    ['a tensor of another shape', writeGguf(METADATA, layer('features.0', 8, 3, 3)), /8x3x3x3, not 16x3x3x3/],
    ['another version', writeGguf(METADATA, [], 1), /version 1/],
    ['two tensors of a name', writeGguf(METADATA, [...layer('a', 1, 1, 1), ...layer('a', 1, 1, 1)]), /two tensors/],
  ])('is refused for %s', (_, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
  });

  it('ends in a UserError wherever it is cut or damaged', () => {
    const bytes = writeGguf(METADATA, layer('features.0', 16, 3, 3));
    const random = new Random(20_263);
    let count = 0;
    for (let length = 0; length < bytes.length; length += 7) {
      expect(refusal(bytes.slice(0, length))).toMatch(/net\.gguf/);
      count++;
    }
    for (let run = 0; run < 3000; run++) {
      const copy = bytes.slice();
      for (let i = random.int(1, 4); i > 0; i--) copy[random.int(4, 900)] = random.pick([0, 255, random.int(0, 255)]);
      expect(refusal(copy)).toMatch(/net\.gguf/);
      count++;
    }
    expect(count).toBeGreaterThan(3000);
  });
});

/** The unpacked npm package `@qvac/classification-ggml`; `tools/fetch-mobilenet-v3.ts` fetches it. */
const folder = process.env.DEPTHWRIGHT_QVAC ?? fileURLToPath(new URL('../../out/qvac/package', import.meta.url));
const present = existsSync(`${folder}/weights`);
if (!present) console.log('no @qvac/classification-ggml: the tests of its MobileNetV3-Small are skipped');

describe.skipIf(!present)('the MobileNetV3-Small of @qvac/classification-ggml', () => {
  const load = (): Uint8Array => new Uint8Array(readFileSync(`${folder}/weights/mobilenetv3_3class_v3_fp16.gguf`));

  it('has the work of the published network but for its classes', () => {
    expect(graphMacs(importGguf(load(), 'net'))).toBe(graphMacs(buildGraph('mobilenet_v3_small_1.0_224')) - 998 * 1024);
  });

  it.each(['meal_1', 'meal_2', 'report_1', 'report_2', 'other_1', 'other_2'])('labels %s', async (name) => {
    const bytes = load();
    const graph = importModel(bytes, 'net.gguf');
    const preprocess = modelPreprocess(bytes, 'net.gguf', graph)!;
    const pixels = await sharp(`${folder}/test/images/${name}.jpg`)
      .removeAlpha()
      .resize(224, 224, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer();
    const x = inputReal({ height: 224, width: 224, pixels }, preprocess);
    const logits = runFloat(graph, [x]).get(graph.outputs[0]!.tensor)!;
    const label = ggufLabels(bytes)[logits.indexOf(Math.max(...logits))];
    expect(label).toBe(name.replace(/_\d/, '').replace('meal', 'food'));
  });
});
