import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { importOnnx } from '../../src/import/onnx/import.ts';
import { createFloatExecutor } from '../../src/quantise/float/execute.ts';
import { normalise, type Picture } from '../../src/quantise/preprocess.ts';
import { dataRoot } from '../support/data.ts';
import { channelsFirst, createOnnxRun } from '../support/onnxruntime.ts';

const PICTURES = 1;

interface Case {
  readonly file: string;
  readonly folder: 'nips17-224' | 'vww-coco-mini';
  readonly mean: number;
  readonly deviation: number;
  readonly layers: number;
}

const FLOAT: readonly Case[] = [
  { file: 'mobilenet_v2_1.0_224_float', folder: 'nips17-224', mean: 128, deviation: 128, layers: 64 },
  { file: 'mobilenet_v1_0.25_224_float', folder: 'nips17-224', mean: 127.5, deviation: 127.5, layers: 29 },
  { file: 'vww_96_float', folder: 'vww-coco-mini', mean: 0, deviation: 255, layers: 29 },
];

const QDQ: readonly Case[] = [
  { file: 'mobilenet_v2_1.0_224_qdq', folder: 'nips17-224', mean: 127, deviation: 127.5, layers: 64 },
  { file: 'vww_96_qdq', folder: 'vww-coco-mini', mean: 0, deviation: 255, layers: 29 },
];

function modelBytes({ file }: Case): Uint8Array {
  return readFileSync(path.join(dataRoot!, 'models', `${file}.onnx`));
}

async function pictures(folder: string, side: number): Promise<Picture[]> {
  const place = path.join(dataRoot!, 'images', folder);
  const files = readdirSync(place).sort().slice(0, PICTURES);
  return Promise.all(
    files.map(async (file) => {
      const decoded = sharp(path.join(place, file)).resize(side, side).removeAlpha().toColourspace('srgb');
      const pixels = await decoded.raw().toBuffer();
      return { height: side, width: side, pixels: new Uint8Array(pixels) };
    }),
  );
}

/** Values of our only output, after the host operators. */
function finalValues(graph: Graph, activations: ReadonlyMap<string, Float32Array>): Float32Array {
  const [{ tensor, hostOperators }] = graph.outputs as readonly [Graph['outputs'][0]];
  const values = activations.get(tensor)!;
  if (!hostOperators.includes('softmax')) return values;
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

async function largestDifference(model: Case): Promise<{ difference: number; compared: number; span: number }> {
  const bytes = modelBytes(model);
  const graph = importOnnx(bytes, `${model.file}.onnx`);
  const { shape, quantisation } = graph.tensors.get(graph.inputs[0]!.tensor)!;
  expect(quantisation !== undefined).toBe(model.file.endsWith('qdq'));
  const execute = createFloatExecutor(graph, { rounded: true });
  const run = await createOnnxRun(bytes, [1, shape.channels, shape.height, shape.width]);
  const each = { mean: model.mean, deviation: model.deviation };
  let [difference, compared, span] = [0, 0, 0];
  for (const picture of await pictures(model.folder, shape.height)) {
    const { mean, deviation } = each;
    const real = normalise(picture, {
      mean: [mean, mean, mean],
      deviation: [deviation, deviation, deviation],
      order: 'rgb',
    });
    const ours = finalValues(graph, execute([real]));
    const theirs = (await run(channelsFirst(real, shape.height, shape.width, shape.channels))).get(
      graph.outputs[0]!.name,
    )!;
    expect(ours.length).toBe(theirs.length);
    for (let i = 0; i < ours.length; i++) {
      difference = Math.max(difference, Math.abs(ours[i]! - theirs[i]!));
      span = Math.max(span, Math.abs(theirs[i]!));
      compared++;
    }
  }
  return { difference, compared, span };
}

describe.skipIf(!dataRoot)('trained ONNX models', () => {
  test.each(FLOAT)('$file answers as onnxruntime does', async (model) => {
    const { difference, compared } = await largestDifference(model);
    expect(compared).toBeGreaterThan(0);
    console.log(`${model.file}: largest difference ${difference} of ${compared} outputs`);
    expect(difference).toBeLessThan(1e-3);
  });

  test.each(QDQ)('$file with every tensor rounded answers nearly as onnxruntime does', async (model) => {
    const { difference, compared, span } = await largestDifference(model);
    expect(compared).toBeGreaterThan(0);
    console.log(`${model.file}: largest difference ${difference} of ${compared} outputs up to ${span}`);
    expect(difference).toBeLessThan(0.1 * span);
  });

  test.each([...FLOAT, ...QDQ])('$file keeps $layers layers and nothing besides', (model) => {
    const graph = importOnnx(modelBytes(model), `${model.file}.onnx`);
    expect(graph.nodes.length).toBe(model.layers);
    expect(graph.name).toBe(model.file);
    expect(new Set(graph.nodes.map(({ op }) => op))).toEqual(
      new Set(['conv', 'depthwise', 'averagePool', ...(model.file.includes('v2') ? ['add'] : [])]),
    );
    const coded = model.file.endsWith('qdq');
    for (const tensor of graph.tensors.values()) expect(tensor.quantisation !== undefined).toBe(coded);
    for (const node of graph.nodes) {
      if (!('weights' in node)) continue;
      expect(node.weights.kind).toBe(coded ? 'codes' : 'real');
      expect(node.bias?.kind ?? node.weights.kind).toBe(node.weights.kind);
    }
  });
});
