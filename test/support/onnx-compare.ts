/** Compares an imported model, executed in float, with onnxruntime on seeded random inputs. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import type { Graph, Shape } from '../../src/graph/graph.ts';
import { importOnnx } from '../../src/import/onnx/import.ts';
import { createFloatExecutor } from '../../src/quantise/float/execute.ts';
import { encodeModel, type ModelSpec } from './onnx-builder.ts';
import { Random } from './random.ts';

export interface CompareOptions {
  /** Order of 4-dimensional inputs and outputs in the model; 'first' is channels first. */
  readonly input?: 'first' | 'last';
  readonly output?: 'first' | 'last';
  /** Largest difference allowed, in real units. */
  readonly tolerance?: number;
  readonly seed?: number;
}

/** Numbers in -2..2 in steps of 1/64, the same for the same seed. */
export function noise(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.int(-128, 128) / 64);
}

function moveChannels(values: Float32Array, { height, width, channels }: Shape, to: 'first' | 'last'): Float32Array {
  const pixels = height * width;
  const turned = new Float32Array(values.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) {
      if (to === 'first') turned[c * pixels + pixel] = values[pixel * channels + c]!;
      else turned[pixel * channels + c] = values[c * pixels + pixel]!;
    }
  }
  return turned;
}

function onHost(values: Float32Array, channels: number, operator: string): Float32Array {
  if (operator === 'logistic') return values.map((value) => 1 / (1 + Math.exp(-value)));
  if (operator !== 'softmax') return values;
  const result = values.map(Math.exp);
  for (let at = 0; at < values.length; at += channels) {
    const row = result.subarray(at, at + channels);
    const sum = row.reduce((a, b) => a + b);
    row.forEach((value, c) => {
      row[c] = value / sum;
    });
  }
  return result;
}

/** Imports the model, expects the same outputs as onnxruntime's, and returns the graph. */
export async function expectSame(spec: ModelSpec, options: CompareOptions = {}): Promise<Graph> {
  const { input = 'first', output = 'first', tolerance = 1e-4, seed = 1 } = options;
  const bytes = encodeModel(spec);
  const graph = importOnnx(bytes, 'model.onnx');
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    graphOptimizationLevel: 'disabled',
  });
  const feeds: Record<string, Tensor> = {};
  const values = spec.inputs.map(({ name, dims, type = 'float32' }, index) => {
    const { shape } = graph.tensors.get(name)!;
    const extents = dims.map((extent) => (typeof extent === 'string' ? 1 : extent));
    const length = extents.reduce((a, b) => a * b);
    if (type === 'uint8') {
      const codes = Uint8Array.from(noise(length, seed + index), (value) => value * 64 + 128);
      feeds[name] = new Tensor('uint8', codes, extents);
      const real = Float32Array.from(codes, (code) => realInput(graph, name, code));
      return input === 'first' ? moveChannels(real, shape, 'last') : real;
    }
    const given = noise(length, seed + index);
    feeds[name] = new Tensor('float32', given, extents);
    return extents.length >= 3 && input === 'first' ? moveChannels(given, shape, 'last') : given;
  });
  const activations = createFloatExecutor(graph, { rounded: true })(values);
  const results = await session.run(feeds);
  let compared = 0;
  for (const { name, tensor, hostOperators } of graph.outputs) {
    const { shape } = graph.tensors.get(tensor)!;
    const theirs = results[name]!;
    let ours = activations.get(tensor)!;
    for (const operator of hostOperators) ours = onHost(ours, shape.channels, operator);
    const data = Float32Array.from(theirs.data as Float32Array);
    const ordered = theirs.dims.length >= 3 && output === 'first' ? moveChannels(data, shape, 'last') : data;
    expect(ours.length).toBe(ordered.length);
    for (let i = 0; i < ours.length; i++) {
      expect(
        Math.abs(ours[i]! - ordered[i]!),
        `output '${name}' at ${i}: ${ours[i]} and ${ordered[i]}`,
      ).toBeLessThanOrEqual(tolerance);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(0);
  return graph;
}

function realInput(graph: Graph, name: string, code: number): number {
  const { scale, zeroPoint } = graph.tensors.get(name)!.quantisation!;
  return scale * (code - 128 - zeroPoint);
}
