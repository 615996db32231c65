import { readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_CLAMP } from '../../src/graph/graph.ts';
import { convolve } from '../../src/quantise/float/convolution.ts';
import { convolveDepthwise } from '../../src/quantise/float/depthwise.ts';
import { convolutionKernel, createFloatMemory, depthwiseKernel } from '../../src/quantise/float/kernels.ts';
import { outputShape, randomNumbers, randomReals, size } from './support.ts';

const source = new URL('../../assembly/float.ts', import.meta.url);
const generated = new URL('../../src/quantise/float/generated/float-kernels.ts', import.meta.url);

describe('the WebAssembly float kernels', () => {
  it('are what their source compiles to (UPDATE_GENERATED=1 rewrites them)', async () => {
    const binary = await compile();
    const base64 = Buffer.from(binary).toString('base64');
    const text = `/** Compiled from assembly/float.ts; a test rebuilds and compares it. */\nexport const FLOAT_KERNELS_BASE64: string =\n  '${base64}';\n`;
    if (process.env.UPDATE_GENERATED) writeFileSync(generated, text);
    expect(readFileSync(generated, 'utf8')).toBe(text);
  });

  it('equal the plain loops for every window and any number of channels', () => {
    const windows = fc.record({
      kernelHeight: fc.integer({ min: 1, max: 4 }),
      kernelWidth: fc.integer({ min: 1, max: 5 }),
      strideY: fc.integer({ min: 1, max: 2 }),
      strideX: fc.integer({ min: 1, max: 3 }),
      dilationY: fc.integer({ min: 1, max: 2 }),
      dilationX: fc.integer({ min: 1, max: 2 }),
      padding: fc.record({
        top: fc.integer({ min: 0, max: 3 }),
        left: fc.integer({ min: 0, max: 3 }),
        bottom: fc.integer({ min: 0, max: 3 }),
        right: fc.integer({ min: 0, max: 3 }),
      }),
    });
    const shapes = fc.record({
      height: fc.integer({ min: 1, max: 11 }),
      width: fc.integer({ min: 1, max: 11 }),
      channels: fc.integer({ min: 1, max: 21 }),
    });
    let compared = 0;
    const at = createFloatMemory();
    fc.assert(
      fc.property(shapes, windows, fc.integer({ min: 1, max: 35 }), fc.nat(), (input, window, channels, seed) => {
        const output = outputShape(input, window, channels);
        fc.pre(output.height > 0 && output.width > 0);
        const random = randomNumbers(seed);
        const x = randomReals(size(input), random);
        const taps = window.kernelHeight * window.kernelWidth;
        const weights = randomReals(taps * input.channels * channels, random);
        const bias = randomReals(Math.max(channels, input.channels), random);
        const full = { input, output, window };
        const fast = convolutionKernel(at, weights, bias.slice(0, channels), full, NO_CLAMP)(x);
        compared += expectClose(fast, convolve(x, weights, bias, full));
        const own = { input, output: { ...output, channels: input.channels }, window };
        const filters = weights.slice(0, taps * input.channels);
        const ownBias = bias.slice(0, input.channels);
        const clamped = depthwiseKernel(at, filters, ownBias, own, { low: 0, high: 0.5 })(x);
        const plain = convolveDepthwise(x, filters, ownBias, own).map((v) => Math.min(0.5, Math.max(0, v)));
        compared += expectClose(clamped, plain);
      }),
      { numRuns: 200 },
    );
    expect(compared).toBeGreaterThan(10_000);
  });
});

function expectClose(values: Float32Array, expected: Float32Array): number {
  expect(values.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]! - expected[i]!));
  expect(largest).toBeLessThan(1e-4);
  return values.length;
}

async function compile(): Promise<Uint8Array> {
  const flags = ['float.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory'];
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([...flags, '--outFile', 'float.wasm'], {
    readFile: (name) => (name === 'float.ts' ? readFileSync(source, 'utf8') : null),
    writeFile: (name, contents) => {
      if (name === 'float.wasm' && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  expect(error, stderr.toString()).toBeNull();
  return binary!;
}
