import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importModel } from '../../../src/import/index.ts';
import { checkAccumulators } from '../../../src/network/accumulator.ts';
import { lowerQuantised } from '../../../src/quantise/lower/lower.ts';
import { createKernels } from '../../../src/simulate/kernels/kernels.ts';
import { runReference } from '../../../src/simulate/reference/reference.ts';
import { dataRoot } from '../../support/data.ts';
import { randomInputs } from '../../support/random-network.ts';

if (dataRoot === undefined) console.warn('skipped: no data folder (set DEPTHWRIGHT_DATA), kernels on trained networks');

describe.skipIf(dataRoot === undefined)('the kernels give the bits of the reference on trained networks', () => {
  const files = ['vww_96_int8.tflite', 'kws_ref_model.tflite', 'mobilenet_v1_0.25_128_quant.tflite'];
  it.each(files.flatMap((file) => [16, 31].map((bits) => [file, bits] as const)))('%s, %i-bit', async (file, bits) => {
    const bytes = new Uint8Array(readFileSync(join(dataRoot!, 'models', file)));
    const network = lowerQuantised(importModel(bytes, file), { multiplierBits: bits });
    checkAccumulators(network);
    const kernels = await createKernels(network, { keepTensors: true });
    const inputs = randomInputs(network, 4);
    const actual = kernels.runAll(inputs);
    let compared = 0;
    runReference(network, inputs).forEach((values, tensor) => {
      const wrong = values.findIndex((value, index) => value !== actual[tensor]![index]);
      if (wrong >= 0) expect.fail(`tensor ${network.tensors[tensor]!.name}, value ${wrong}`);
      compared += values.length;
    });
    expect(compared).toBeGreaterThan(50_000);
  });
});
