import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { type Comparison, compareWithRuntime, type RuntimeName } from '../../src/compare/compare.ts';
import { roundHalfEven } from '../../src/compare/rounding.ts';
import { importModel } from '../../src/import/index.ts';
import { openOnnxruntime } from '../../src/node/outside/onnxruntime.ts';
import { openTflite, TFLITE_PACKAGE } from '../../src/node/outside/tflite.ts';
import { lowerQuantised } from '../../src/quantise/lower/lower.ts';
import { dataRoot } from '../support/data.ts';

async function compare(file: string, runtime: RuntimeName): Promise<Comparison> {
  const bytes = new Uint8Array(readFileSync(path.join(dataRoot!, 'models', file)));
  const graph = importModel(bytes, file);
  const network = lowerQuantised(graph, { multiplierBits: 31 });
  const input = graph.tensors.get(graph.inputs[0]!.tensor)!;
  const folder = path.join(dataRoot!, 'images/vww-coco-mini');
  const picture = path.join(folder, readdirSync(folder).sort()[0]!);
  const { height, width } = input.shape;
  const pixels = await sharp(picture).resize(width, height).removeAlpha().raw().toBuffer();
  const codes = Int8Array.from(pixels, (pixel) => pixel - 128);
  const outside = runtime === 'tflite' ? await openTflite(bytes, graph) : await openOnnxruntime(bytes, graph);
  const theirs = new Map<string, Int8Array>();
  for (const [name, shown] of await outside.run({ kind: 'codes', codes })) {
    if (shown.kind === 'codes') theirs.set(name, shown.codes);
  }
  return compareWithRuntime(graph, network, codes, theirs, runtime);
}

function hasTflite(): boolean {
  try {
    createRequire(import.meta.url).resolve(`${TFLITE_PACKAGE}/package.json`);
    return true;
  } catch {
    return false;
  }
}

const RUNTIMES = [
  ['vww_96_qdq.onnx', 'onnxruntime', dataRoot !== undefined],
  ['vww_96_int8.tflite', 'tflite', dataRoot !== undefined && hasTflite()],
] as const;

describe.each(RUNTIMES)('%s beside %s', (file, runtime, present) => {
  test.skipIf(!present)('equals it in every layer under its rounding rule', async () => {
    const { layers, hidden, compared } = await compare(file, runtime);
    expect(layers.length).toBe(29);
    expect(hidden).toEqual([]);
    expect(compared).toBeGreaterThan(200_000);
    for (const { layer, underItsRule } of layers) expect(underItsRule, layer).toBe(0);
    const alone = layers.reduce((sum, layer) => sum + layer.alone, 0);
    expect(alone / compared).toBeLessThan(1e-5);
  });
});

test('halves are rounded to the even neighbour', () => {
  const pairs = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [0.49, 0],
    [-0.51, -1],
    [3, 3],
  ] as const;
  for (const [value, expected] of pairs) expect(roundHalfEven(value) + 0).toBe(expected);
});
