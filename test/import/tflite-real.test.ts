import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { graphMacs } from '../../src/graph/macs.ts';
import { shapeText } from '../../src/graph/shapes.ts';
import { importModel } from '../../src/import/index.ts';
import { createFloatExecutor } from '../../src/quantise/float/execute.ts';
import { buildGraph } from '../../src/zoo/zoo.ts';
import { dataRoot } from '../support/data.ts';

if (!dataRoot) console.log('no evaluation data: the tests of its TFLite models are skipped');

function read(path: string): Graph {
  return importModel(new Uint8Array(readFileSync(path)), path);
}

const count = (graph: Graph): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
};

describe("MediaPipe's hand-landmark networks", () => {
  const folder = fileURLToPath(new URL('../../node_modules/@mediapipe/hands/', import.meta.url));

  it('import with 145.6 M multiply-accumulates, four outputs, two of them logistic on the host', () => {
    const graph = read(`${folder}hand_landmark_lite.tflite`);
    expect(graphMacs(graph)).toBe(145_605_824);
    expect(count(graph)).toEqual({ conv: 35, depthwise: 16, add: 10, maxPool: 1, averagePool: 1 });
    expect(graph.outputs.map(({ name, hostOperators }) => [name, ...hostOperators])).toEqual([
      ['Identity'],
      ['Identity_1', 'logistic'],
      ['Identity_2', 'logistic'],
      ['Identity_3'],
    ]);
    expect(graph.inputs).toEqual([{ tensor: 'input_1', fileType: 'float32' }]);
    const fiveByFive = graph.nodes.filter((node) => node.op === 'depthwise' && node.window.kernelHeight === 5);
    expect(fiveByFive).toHaveLength(9);
  });

  it('import in the full size too', () => {
    expect(count(read(`${folder}hand_landmark_full.tflite`))).toEqual({
      conv: 35,
      depthwise: 16,
      add: 9,
      averagePool: 1,
    });
  });
});

describe.skipIf(!dataRoot)('the TFLite models of the evaluation data', () => {
  it.each([
    ['kws_ref_model', 2_656_768, 'int8', ['softmax']],
    ['mobilenet_v1_0.25_128_quant', 13_570_304, 'uint8', ['softmax']],
    ['mobilenet_v2_1.0_224_quant', 300_775_552, 'uint8', ['softmax']],
    ['tf2_mobilenet_v2_1.0_224_ptq', 300_775_552, 'uint8', ['softmax']],
    ['vww_96_float', 7_489_664, 'float32', ['softmax']],
    ['vww_96_int8', 7_489_664, 'int8', ['softmax']],
  ])('%s has %d multiply-accumulates and reads %s', (name, expected, fileType, hostOperators) => {
    const graph = read(`${dataRoot}/models/${name}.tflite`);
    expect(graphMacs(graph)).toBe(expected);
    expect(graph.inputs.map((input) => input.fileType)).toEqual([fileType]);
    expect(graph.outputs.map((output) => output.hostOperators)).toEqual([hostOperators]);
    const quantised = [...graph.tensors.values()].filter(({ quantisation }) => quantisation).length;
    expect(quantised).toBe(fileType === 'float32' ? 0 : graph.tensors.size);
  });

  it.each([
    ['kws_ref_model', 'ds_cnn'],
    ['mobilenet_v1_0.25_128_quant', 'mobilenet_v1_0.25_128'],
    ['tf2_mobilenet_v2_1.0_224_ptq', 'mobilenet_v2_1.0_224'],
  ])('%s has the shapes of the builder %s', (name, builder) => {
    const shapes = (graph: Graph): string[] =>
      graph.nodes.map(({ op, output }) => `${op} ${shapeText(graph.tensors.get(output)!.shape)}`);
    expect(shapes(read(`${dataRoot}/models/${name}.tflite`))).toEqual(shapes(buildGraph(builder)));
  });

  it('keep the scales of dead channels', () => {
    const graph = read(`${dataRoot}/models/vww_96_int8.tflite`);
    const scales = graph.nodes.flatMap((node) =>
      node.op === 'conv' && node.weights.kind === 'codes' ? [...node.weights.scales] : [],
    );
    expect(Math.min(...scales)).toBeGreaterThan(0);
    expect(Math.min(...scales)).toBeLessThan(1e-11);
  });

  it.each([
    ['tf2_mobilenet_v2_1.0_224_ptq', '|i1'],
    ['mobilenet_v2_1.0_224_quant', '|u1'],
  ])('%s gives the codes of TensorFlow Lite but for roundings', async (name, type) => {
    const graph = read(`${dataRoot}/models/${name}.tflite`);
    const expected = readFileSync(`${dataRoot}/expected/${name}.logits.npy`);
    const start = 10 + expected.readUInt16LE(8);
    expect(expected.toString('latin1', 10, start)).toContain(`'descr': '${type}'`);
    const { quantisation: input } = graph.tensors.get(graph.inputs[0]!.tensor)!;
    const output = graph.tensors.get(graph.outputs[0]!.tensor)!;
    const run = createFloatExecutor(graph, { rounded: true });
    const rows = readFileSync(`${dataRoot}/images/nips17-224-labels.csv`, 'utf8').split('\n').slice(1, 4);
    let total = 0;
    for (const [row, line] of rows.entries()) {
      const path = `${dataRoot}/images/nips17-224/${line.split(',')[0]}`;
      const pixels = await sharp(path).removeAlpha().raw().toBuffer();
      const x = Float32Array.from(pixels, (pixel) => input!.scale * (pixel - 128 - input!.zeroPoint));
      const y = run([x]).get(output.name)!;
      for (let i = 0; i < 1001; i++) {
        const at = start + row * 1001 + i;
        const code = type === '|i1' ? expected.readInt8(at) : expected.readUInt8(at) - 128;
        const { scale, zeroPoint } = output.quantisation!;
        total += Math.abs(y[i]! / scale + zeroPoint - code);
      }
    }
    expect(rows).toHaveLength(3);
    expect(total / 3003).toBeLessThan(1.5);
  });
});
