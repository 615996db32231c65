/**
 * Accuracy of the integer networks on the evaluation data: float models that we quantise (first 100 photographs
 * calibrate, the other 400 evaluate) and quantised files beside the outside runtime's codes.
 * `node --import ./tools/typescript.mjs bench/accuracy.ts [part of a model's name]`
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Table from 'cli-table3';
import type { Preprocess } from '../src/import/preprocess.ts';
import { readDataset } from '../src/node/dataset.ts';
import { evaluateImages } from '../src/node/evaluate.ts';
import { loadModel } from '../src/node/model-source.ts';
import { framePicture } from '../src/node/pictures.ts';
import { topClass } from '../src/quantise/metrics.ts';
import { inputCodes, normalise } from '../src/quantise/preprocess.ts';
import { quantiseWithReference, toNetwork } from '../src/quantise/quantise.ts';
import { createKernels } from '../src/simulate/kernels/kernels.ts';
import { bundle } from '../test/support/bundle.ts';
import { dataFile } from './data.ts';

const FLOAT_MODELS = [
  { file: 'mobilenet_v2_1.0_224_float.onnx', mean: 128, deviation: 128, labelOffset: 1 },
  { file: 'mobilenet_v1_0.25_224_float.onnx', mean: 127.5, deviation: 127.5, labelOffset: 0 },
];
const QUANTISED_MODELS = [
  {
    file: 'tf2_mobilenet_v2_1.0_224_ptq.tflite',
    mean: 127,
    deviation: 127.5,
    expected: 'tf2_mobilenet_v2_1.0_224_ptq.logits.npy',
  },
  {
    file: 'mobilenet_v2_1.0_224_quant.tflite',
    mean: 128,
    deviation: 128,
    expected: 'mobilenet_v2_1.0_224_quant.logits.npy',
  },
  {
    file: 'mobilenet_v2_1.0_224_qdq.onnx',
    mean: 127,
    deviation: 127.5,
    expected: 'mobilenet_v2_1.0_224_qdq.ort-logits.npy',
  },
];
const CALIBRATE = 100;

const wanted = process.argv[2] ?? '';
const images = dataFile('images/nips17-224');
if (images === undefined) {
  console.log('The evaluation data is not there; nothing measured.');
} else {
  const labels = `${images}-labels.csv`;
  // Workers load JavaScript only; inside the tree they find their packages.
  const root = fileURLToPath(new URL('..', import.meta.url));
  const temporary = mkdtempSync(join(root, 'node_modules', '.accuracy-'));
  try {
    const worker = join(temporary, 'evaluate-worker.mjs');
    await bundle(join(root, 'src/node/evaluate-worker.ts'), worker, 'node', ['tinypool', 'sharp', 'zod']);
    await floatModels(images, labels, pathToFileURL(worker));
    await quantisedModels(images, labels);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function stretched(mean: number, deviation: number): Preprocess {
  return {
    normalisation: { mean: [mean, mean, mean], deviation: [deviation, deviation, deviation], order: 'rgb' },
    resize: 'stretch',
    background: [255, 255, 255],
    origin: 'benchmark',
  };
}

async function floatModels(folder: string, labels: string, worker: URL): Promise<void> {
  const table = new Table({ head: ['quantised by us', 'images', 'float', 'int8', 'agree', 'calibrate', 'evaluate'] });
  const models = FLOAT_MODELS.filter(({ file }) => file.includes(wanted));
  if (models.length === 0) return;
  for (const { file, mean, deviation, labelOffset } of models) {
    const preprocess = stretched(mean, deviation);
    const { graph } = loadModel(dataFile(join('models', file))!);
    const frames = await Promise.all(
      (await readDataset(folder, labels, { limit: CALIBRATE })).map(async (picture) => [
        normalise(await framePicture(picture.file, 224, 224, preprocess), preprocess.normalisation),
      ]),
    );
    const start = performance.now();
    const { network, reference } = quantiseWithReference(graph, {
      count: frames.length,
      frame: (index) => frames[index]!,
    });
    const calibrated = performance.now();
    const found = await evaluateImages({
      network,
      reference: graph,
      layerReference: reference,
      preprocess,
      files: await readDataset(folder, labels, { skip: CALIBRATE, labelOffset }),
      worker,
    });
    table.push([
      file,
      found.images,
      percent(found.referenceTop1!),
      percent(found.top1),
      percent(found.agreement!),
      `${((calibrated - start) / 1000).toFixed(1)} s`,
      `${((performance.now() - calibrated) / 1000).toFixed(1)} s`,
    ]);
  }
  console.log(table.toString());
}

async function quantisedModels(folder: string, labels: string): Promise<void> {
  const table = new Table({
    head: ['quantised file', 'multiplier', 'images', 'runtime', 'ours', 'agree', 'agree, ties', 'equal frames'],
  });
  const models = QUANTISED_MODELS.filter(({ file }) => file.includes(wanted));
  if (models.length === 0) return;
  for (const { file, mean, deviation, expected } of models) {
    const { graph } = loadModel(dataFile(join('models', file))!);
    const preprocess = stretched(mean, deviation);
    const codes = readNpy(dataFile(join('expected', expected))!);
    for (const multiplierBits of [31, 16]) {
      const network = toNetwork(graph, undefined, { multiplierBits });
      const kernels = await createKernels(network);
      const input = network.tensors[network.inputs[0]!]!;
      const output = network.tensors[network.outputs[0]!.tensor]!;
      // Row i of the expected file is picture i; files with fewer rows stop early.
      const pictures = await readDataset(folder, labels, { labelOffset: 1 });
      const rows = Math.min(pictures.length, codes.length / output.channels);
      const first = rows > CALIBRATE ? CALIBRATE : 0;
      let [theirs, ours, agree, tied, equal] = [0, 0, 0, 0, 0];
      for (let row = first; row < rows; row++) {
        const picture = await framePicture(pictures[row]!.file, input.height, input.width, preprocess);
        const scores = kernels.run([inputCodes(picture, preprocess.normalisation, input)])[0]!;
        const reference = codes.subarray(row * output.channels, (row + 1) * output.channels);
        const [a, b] = [topClass(scores), topClass(reference)];
        if (b === pictures[row]!.label) theirs++;
        if (a === pictures[row]!.label) ours++;
        if (a === b) agree++;
        if (reference[a] === reference[b]) tied++;
        if (scores.every((code, at) => output.scale * (code - output.zeroPoint) === reference[at])) equal++;
        else if (scores.every((code, at) => code === reference[at]! - codes.offset)) equal++;
      }
      const images = rows - first;
      const share = (count: number): string => percent(count / images);
      table.push([file, multiplierBits, images, share(theirs), share(ours), share(agree), share(tied), equal]);
    }
  }
  console.log(table.toString());
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** Rows of a C-ordered .npy file; `offset` takes uint8 codes to int8 ones. */
function readNpy(file: string): (Float32Array | Int8Array | Uint8Array) & { readonly offset: number } {
  const bytes = readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  const kind = /'descr': '(.+?)'/.exec(bytes.toString('latin1', 10, start))![1];
  const { buffer } = Uint8Array.from(bytes.subarray(start));
  if (kind === '|u1') return Object.assign(new Uint8Array(buffer), { offset: 128 });
  if (kind === '|i1') return Object.assign(new Int8Array(buffer), { offset: 0 });
  return Object.assign(new Float32Array(buffer), { offset: 0 });
}
