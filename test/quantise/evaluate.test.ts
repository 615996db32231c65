import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preprocess } from '../../src/import/preprocess.ts';
import { readDataset } from '../../src/node/dataset.ts';
import { evaluateImages } from '../../src/node/evaluate.ts';
import { encodePng } from '../../src/node/image.ts';
import { createFrameEvaluator, summarise } from '../../src/quantise/evaluate.ts';
import { addNoise, decibels, topClass, topClasses } from '../../src/quantise/metrics.ts';
import { normalise, type Picture, SIGNED_RANGE } from '../../src/quantise/preprocess.ts';
import { quantise, quantiseWithReference } from '../../src/quantise/quantise.ts';
import { bundle } from '../support/bundle.ts';
import { randomNumbers, smallMobileNet } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preprocess: Preprocess = {
  normalisation: SIGNED_RANGE,
  resize: 'stretch',
  background: [0, 0, 0],
  origin: 'test',
};

describe('metrics', () => {
  it('rank classes by score, the lower class first among equals', () => {
    expect(topClasses([1, 5, 5, 0, 7], 3)).toEqual([4, 1, 2]);
    expect(topClass(Int8Array.of(-3, 2, 2))).toBe(1);
  });

  it('give the noise ratio in decibel', () => {
    const power = { signal: 0, noise: 0 };
    addNoise(power, Float32Array.of(10, 0), Float32Array.of(9, 0));
    expect(decibels(power)).toBeCloseTo(20, 6);
    expect(decibels({ signal: 1, noise: 0 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('summing verdicts up', () => {
  const frame = [new Float32Array(48)];
  const network = quantise(smallMobileNet(1, { height: 4, width: 4, channels: 3 }), { count: 1, frame: () => frame });
  const verdict = (best: number[], reference: number | undefined) => ({ best, reference, noise: undefined });

  it('counts the first class, the first five and the agreement', () => {
    const verdicts = [
      verdict([1, 2, 3, 4, 5], 1),
      verdict([2, 1, 3, 4, 5], 1),
      verdict([2, 3, 4, 5, 1], 2),
      verdict([6, 7, 8, 9, 0], 6),
    ];
    const found = summarise(network, verdicts, [1, 1, 1, 1]);
    expect(found).toMatchObject({ images: 4, top1: 0.25, top5: 0.75, agreement: 0.75, referenceTop1: 0.5 });
    expect(found.layers.every(({ sqnr }) => sqnr === undefined)).toBe(true);
  });

  it('has no agreement without a float network, and nothing without frames', () => {
    expect(summarise(network, [verdict([1], undefined)], [1]).agreement).toBeUndefined();
    expect(() => summarise(network, [], [])).toThrow('at least one frame');
  });
});

describe('evaluating over pictures', () => {
  const folder = mkdtempSync(join(root, 'node_modules', '.evaluate-'));
  const worker = join(folder, 'evaluate-worker.mjs');
  const graph = smallMobileNet(21);
  const random = randomNumbers(5);
  const pictures = Array.from({ length: 9 }, (): Picture => {
    const tint = [random(), random(), random()];
    const pixels = Uint8Array.from({ length: 360 }, (_, i) => 255 * (0.4 * random() + 0.6 * tint[i % 3]!));
    return { height: 12, width: 10, pixels };
  });
  const frames = pictures.map((picture) => [normalise(picture, SIGNED_RANGE)]);
  const { network, reference } = quantiseWithReference(graph, {
    count: frames.length,
    frame: (index) => frames[index]!,
  });

  beforeAll(async () => {
    await bundle(join(root, 'src/node/evaluate-worker.ts'), worker, 'node', ['tinypool', 'sharp', 'zod']);
    for (const [index, picture] of pictures.entries()) {
      writeFileSync(join(folder, `${index}.png`), await encodePng(picture));
    }
    writeFileSync(
      join(folder, 'labels.csv'),
      `file,class\n${pictures.map((_, i) => `${i}.png,${i % 10}`).join('\n')}\n`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives on two threads the figures that one gives in this thread', async () => {
    const files = await readDataset(folder, join(folder, 'labels.csv'));
    const progress: number[] = [];
    const found = await evaluateImages({
      network,
      reference: graph,
      layerReference: reference,
      preprocess,
      files,
      noiseImages: 4,
      threads: 2,
      worker: pathToFileURL(worker),
      onProgress: (done) => progress.push(done),
    });
    const evaluate = await createFrameEvaluator(network, graph, reference);
    const verdicts = frames.map((frame, index) => evaluate(frame, index < 4));
    const expected = summarise(
      network,
      verdicts,
      files.map(({ label }) => label),
    );
    expect(found).toEqual(expected);
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(found.images).toBe(9);
    expect(found.agreement).toBeGreaterThanOrEqual(8 / 9);
    expect(found.layers.length).toBe(network.layers.length);
    for (const { name, sqnr } of found.layers) expect(sqnr, name).toBeGreaterThan(25);
  });

  it('names the picture that is none', async () => {
    writeFileSync(join(folder, 'broken.png'), 'not a picture');
    const files = [{ file: join(folder, 'broken.png'), label: 0 }];
    await expect(
      evaluateImages({ network, reference: undefined, preprocess, files, threads: 1, worker: pathToFileURL(worker) }),
    ).rejects.toMatchObject({ code: 'bad-image', location: { file: files[0]!.file } });
  });

  it('refuses labels beyond the classes', async () => {
    const files = [{ file: join(folder, '0.png'), label: 10 }];
    await expect(
      evaluateImages({ network, reference: undefined, preprocess, files, worker: pathToFileURL(worker) }),
    ).rejects.toMatchObject({ code: 'bad-arguments', message: expect.stringContaining('10 classes') });
  });
});
