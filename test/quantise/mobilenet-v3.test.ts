import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ggufLabels } from '../../src/import/gguf/import.ts';
import { importModel, modelPreprocess } from '../../src/import/index.ts';
import { framePicture } from '../../src/node/pictures.ts';
import { seededNumbers, vary } from '../../src/quantise/augment.ts';
import { topClass } from '../../src/quantise/metrics.ts';
import { inputCodes, normalise } from '../../src/quantise/preprocess.ts';
import { quantise } from '../../src/quantise/quantise.ts';
import { createKernels } from '../../src/simulate/kernels/kernels.ts';

const folder = fileURLToPath(new URL('../../out/qvac/package', import.meta.url));
const there = existsSync(folder);
if (!there) console.log('skipped: MobileNetV3-Small is not there (tools/fetch-mobilenet-v3.ts fetches it)');

describe.skipIf(!there)('the trained MobileNetV3-Small', () => {
  it('gives in int8 the right label to all six photographs', async () => {
    const file = join(folder, 'weights/mobilenetv3_3class_v3_fp16.gguf');
    const bytes = new Uint8Array(readFileSync(file));
    const graph = importModel(bytes, file);
    const preprocess = modelPreprocess(bytes, file, graph)!;
    const images = join(folder, 'test/images');
    const names = readdirSync(images).sort();
    const pictures = await Promise.all(names.map((name) => framePicture(join(images, name), 224, 224, preprocess)));
    const random = seededNumbers(1);
    const seen = pictures.flatMap((picture) => [picture, ...Array.from({ length: 3 }, () => vary(picture, random))]);
    const network = quantise(graph, {
      count: seen.length,
      frame: (index) => [normalise(seen[index]!, preprocess.normalisation)],
    });
    const kernels = await createKernels(network);
    const labels = ggufLabels(bytes);
    const answers = pictures.map((picture) => {
      const input = network.tensors[network.inputs[0]!]!;
      return labels[topClass(kernels.run([inputCodes(picture, preprocess.normalisation, input)])[0]!)];
    });
    expect(answers).toEqual(names.map((name) => name.replace('meal', 'food').replace(/_\d\.jpg$/, '')));
    expect(answers.length).toBe(6);
  });
});
