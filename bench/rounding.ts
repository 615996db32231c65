/**
 * Quantised TFLite files beside TensorFlow Lite, every code of every layer on seeded inputs: under our rule (31-bit
 * multipliers, from the input on and layer by layer) and under the runtime's.
 *
 *   node --import ./tools/typescript.mjs bench/rounding.ts MODEL INPUTS [folder of @tensorflow/tfjs-tflite]
 */
import { readFileSync } from 'node:fs';
import { compareWithRuntime } from '../src/compare/compare.ts';
import { importModel } from '../src/import/index.ts';
import { openTflite } from '../src/node/outside/tflite.ts';
import { seededNumbers } from '../src/quantise/augment.ts';
import { lowerQuantised } from '../src/quantise/lower/lower.ts';

const [file, count, folder] = process.argv.slice(2) as [string, string, string | undefined];
const bytes = new Uint8Array(readFileSync(file));
const graph = importModel(bytes, file);
const network = lowerQuantised(graph, { multiplierBits: 31 });
const runtime = await openTflite(bytes, graph, folder);
const random = seededNumbers(1);
const { height, width, channels } = network.tensors[network.inputs[0]!]!;
const total = { compared: 0, differing: 0, largest: 0, alone: 0, underItsRule: 0, framesWithEqualOutput: 0 };
for (let frame = 0; frame < Number(count); frame++) {
  // Smooth fields with noise: closer to pictures and spectra than white noise is.
  const [a, b, phase] = [random() * 0.3, random() * 0.3, random() * 6];
  const codes = Int8Array.from({ length: height * width * channels }, (_, index) => {
    const y = Math.floor(index / channels / width);
    const x = Math.floor(index / channels) % width;
    const value = 90 * Math.sin(a * y + b * x + phase + (index % channels)) + 70 * (random() - 0.5);
    return Math.max(-128, Math.min(127, Math.round(value)));
  });
  const shown = await runtime.run({ kind: 'codes', codes });
  const theirs = new Map([...shown].flatMap(([name, v]) => (v.kind === 'codes' ? [[name, v.codes] as const] : [])));
  const { layers } = compareWithRuntime(graph, network, codes, theirs, 'tflite');
  for (const layer of layers) {
    total.compared += layer.compared;
    total.differing += layer.differing;
    total.largest = Math.max(total.largest, layer.largest);
    total.alone += layer.alone;
    total.underItsRule += layer.underItsRule;
  }
  if (layers[layers.length - 1]?.differing === 0) total.framesWithEqualOutput += 1;
}
console.log(`${network.name} against ${runtime.name}: ${count} inputs`);
console.log(total);
