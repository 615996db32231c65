import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Graph, type GraphNode, NO_CLAMP, type Shape, type Window } from '../../src/graph/graph.ts';
import { runFloat } from '../../src/quantise/float/execute.ts';
import { outputShape, randomNumbers, randomReals, size } from './support.ts';

const windows = fc.record({
  kernelHeight: fc.integer({ min: 1, max: 5 }),
  kernelWidth: fc.integer({ min: 1, max: 5 }),
  strideY: fc.integer({ min: 1, max: 3 }),
  strideX: fc.integer({ min: 1, max: 3 }),
  dilationY: fc.integer({ min: 1, max: 2 }),
  dilationX: fc.integer({ min: 1, max: 2 }),
  padding: fc.record({
    top: fc.integer({ min: 0, max: 2 }),
    left: fc.integer({ min: 0, max: 2 }),
    bottom: fc.integer({ min: 0, max: 2 }),
    right: fc.integer({ min: 0, max: 2 }),
  }),
});
const shapes = fc.record({
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 19 }),
});
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe('the float executor', () => {
  it('computes convolutions of every window as the definition says', () => {
    let compared = 0;
    fc.assert(
      fc.property(shapes, windows, fc.integer({ min: 1, max: 19 }), seeds, (input, window, channels, seed) => {
        const output = outputShape(input, window, channels);
        fc.pre(output.height > 0 && output.width > 0);
        const random = randomNumbers(seed);
        const x = randomReals(size(input), random);
        const taps = window.kernelHeight * window.kernelWidth;
        const weights = randomReals(channels * taps * input.channels, random);
        const bias = randomReals(channels, random);
        const node: GraphNode = {
          op: 'conv',
          name: 'layer',
          inputs: ['x'],
          output: 'y',
          window,
          weights: { kind: 'real', values: weights },
          bias: { kind: 'real', values: bias },
          clamp: { low: -1, high: 1.5 },
        };
        const y = runFloat(graphOf(node, input, output), [x]).get('y')!;
        forEachPixel(output, (row, column, o, at) => {
          let sum = bias[o]!;
          forEachTap(input, window, row, column, (pixel, tap) => {
            for (let c = 0; c < input.channels; c++) {
              sum += x[pixel * input.channels + c]! * weights[(o * taps + tap) * input.channels + c]!;
            }
          });
          expect(y[at]).toBeCloseTo(Math.min(1.5, Math.max(-1, sum)), 4);
          compared++;
        });
      }),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  it('computes depthwise convolutions and pools of every window as the definition says', () => {
    let compared = 0;
    fc.assert(
      fc.property(shapes, windows, seeds, (input, window, seed) => {
        const output = outputShape(input, window, input.channels);
        fc.pre(output.height > 0 && output.width > 0);
        const random = randomNumbers(seed);
        const x = randomReals(size(input), random);
        const weights = randomReals(window.kernelHeight * window.kernelWidth * input.channels, random);
        const base = { name: 'layer', inputs: ['x'], output: 'y', window, clamp: NO_CLAMP };
        const run = (node: GraphNode): Float32Array => runFloat(graphOf(node, input, output), [x]).get('y')!;
        const filtered = run({ ...base, op: 'depthwise', weights: { kind: 'real', values: weights }, bias: undefined });
        const largest = run({ ...base, op: 'maxPool' });
        const mean = run({ ...base, op: 'averagePool' });
        forEachPixel(output, (row, column, c, at) => {
          let sum = 0;
          const taken: number[] = [];
          forEachTap(input, window, row, column, (pixel, tap) => {
            const value = x[pixel * input.channels + c]!;
            sum += value * weights[tap * input.channels + c]!;
            taken.push(value);
          });
          expect(filtered[at]).toBeCloseTo(sum, 4);
          if (taken.length === 0) return;
          expect(largest[at]).toBe(Math.max(...taken));
          expect(mean[at]).toBeCloseTo(taken.reduce((a, b) => a + b) / taken.length, 5);
          compared++;
        });
      }),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  it('adds, multiplies by one value a channel, concatenates, resizes and applies functions', () => {
    const input: Shape = { height: 2, width: 2, channels: 2 };
    const x = Float32Array.of(1, -2, 3, 4, -5, 6, 7, 8);
    const base = { name: 'layer', output: 'y' };
    const run = (node: GraphNode, output: Shape, second?: Shape, value?: Float32Array): number[] => {
      const graph = graphOf(node, input, output, second);
      return [...runFloat(graph, value ? [x, value] : [x]).get('y')!];
    };
    const channelwise: Shape = { height: 1, width: 1, channels: 2 };
    const double = { ...base, inputs: ['x', 'x'] };
    expect(run({ ...double, op: 'add', clamp: { low: 0, high: 15 } }, input)).toEqual([2, 0, 6, 8, 0, 12, 14, 15]);
    expect(
      run({ ...base, op: 'mul', inputs: ['x', 'second'], clamp: NO_CLAMP }, input, channelwise, Float32Array.of(2, -1)),
    ).toEqual([2, 2, 6, -4, -10, -6, 14, -8]);
    expect(run({ ...double, op: 'concat' }, { ...input, channels: 4 })).toEqual([
      1, -2, 1, -2, 3, 4, 3, 4, -5, 6, -5, 6, 7, 8, 7, 8,
    ]);
    const wide: Shape = { height: 2, width: 4, channels: 2 };
    expect(run({ ...base, inputs: ['x'], op: 'resize', factorY: 1, factorX: 2 }, wide)).toEqual([
      1, -2, 1, -2, 3, 4, 3, 4, -5, 6, -5, 6, 7, 8, 7, 8,
    ]);
    const apply = (f: 'relu' | 'hardSwish' | 'tanh'): number[] =>
      run({ ...base, inputs: ['x'], op: 'activation', function: f }, input);
    expect(apply('relu')).toEqual([1, 0, 3, 4, 0, 6, 7, 8]);
    expect(apply('hardSwish')[0]).toBeCloseTo(4 / 6, 6);
    expect(apply('tanh')[1]).toBeCloseTo(Math.tanh(-2), 6);
  });

  it('runs quantised graphs on dequantised weights, clamped to what the codes express', () => {
    const shape: Shape = { height: 1, width: 1, channels: 2 };
    const node: GraphNode = {
      op: 'conv',
      name: 'layer',
      inputs: ['x'],
      output: 'y',
      window: {
        kernelHeight: 1,
        kernelWidth: 1,
        strideY: 1,
        strideX: 1,
        dilationY: 1,
        dilationX: 1,
        padding: { top: 0, left: 0, bottom: 0, right: 0 },
      },
      weights: { kind: 'codes', codes: Int16Array.of(1, 2, -3, 4), scales: Float64Array.of(0.5, 0.25) },
      bias: { kind: 'codes', codes: Int32Array.of(8, -4) },
      clamp: NO_CLAMP,
    };
    const graph = graphOf(node, shape, shape);
    const quantised: Graph = {
      ...graph,
      tensors: new Map([
        ['x', { name: 'x', shape, quantisation: { scale: 0.5, zeroPoint: 0 } }],
        ['y', { name: 'y', shape, quantisation: { scale: 0.1, zeroPoint: -100 } }],
      ]),
    };
    const y = runFloat(quantised, [Float32Array.of(3, 7)]).get('y')!;
    expect(y[0]).toBeCloseTo(3 * 0.5 + 7 * 1 + 8 * 0.25, 6);
    expect(y[1]).toBeCloseTo(-0.75 * 3 + 7 - 4 * 0.125, 6);
    expect(runFloat(quantised, [Float32Array.of(30, 70)]).get('y')![0]).toBeCloseTo(0.1 * 227, 5);
  });
});

function graphOf(node: GraphNode, input: Shape, output: Shape, second?: Shape): Graph {
  const tensors = new Map([
    ['x', { name: 'x', shape: input }],
    ['y', { name: 'y', shape: output }],
  ]);
  if (second) tensors.set('second', { name: 'second', shape: second });
  return {
    name: 'one layer',
    format: 'test',
    inputs: ['x', ...(second ? ['second'] : [])].map((tensor) => ({ tensor, fileType: 'float32' })),
    outputs: [{ name: 'y', tensor: 'y', hostOperators: [] }],
    tensors,
    nodes: [node],
    notes: [],
  };
}

function forEachPixel(
  { height, width, channels }: Shape,
  visit: (row: number, column: number, channel: number, at: number) => void,
): void {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let c = 0; c < channels; c++) visit(row, column, c, (row * width + column) * channels + c);
    }
  }
}

function forEachTap(
  input: Shape,
  window: Window,
  row: number,
  column: number,
  visit: (pixel: number, tap: number) => void,
): void {
  for (let ky = 0; ky < window.kernelHeight; ky++) {
    for (let kx = 0; kx < window.kernelWidth; kx++) {
      const y = row * window.strideY + ky * window.dilationY - window.padding.top;
      const left = column * window.strideX + kx * window.dilationX - window.padding.left;
      if (y < 0 || y >= input.height || left < 0 || left >= input.width) continue;
      visit(y * input.width + left, ky * window.kernelWidth + kx);
    }
  }
}
