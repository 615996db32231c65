/** Float convolutions in WebAssembly (SIMD), ten times faster than the same loops in JavaScript. */
import type { RealClamp } from '../../graph/graph.ts';
import { createMemory, instantiate, reserve, type WasmMemory } from '../../webassembly.ts';
import { type FilterShapes, gatherPatches, isPointwise } from './convolution.ts';
import { FLOAT_KERNELS_BASE64 } from './generated/float-kernels.ts';

/** One layer with its weights in place: [height][width][channel] in and out. */
export type FilterKernel = (x: Float32Array) => Float32Array;

/** Signatures of assembly/float.ts. */
interface Exports {
  readonly multiply: (...args: number[]) => void;
  readonly depthwise: (...args: number[]) => void;
}

const ALIGNMENT = 64;

/** A linear memory: weights of all layers from the bottom up, above them the layer at work. */
export interface FloatMemory {
  readonly memory: WasmMemory;
  readonly exports: Exports;
  /** First byte above the weights. */
  weightsEnd: number;
}

export function createFloatMemory(): FloatMemory {
  const bytes = Uint8Array.from(atob(FLOAT_KERNELS_BASE64), (character) => character.charCodeAt(0));
  const memory = createMemory();
  const exports = instantiate(bytes, { env: { memory } });
  return { memory, exports: exports as unknown as Exports, weightsEnd: 0 };
}

/** Standard or pointwise convolution; weights [outChannel][ky][kx][inChannel]. */
export function convolutionKernel(
  at: FloatMemory,
  weights: Float32Array,
  bias: Float32Array,
  shapes: FilterShapes,
  clamp: RealClamp,
): FilterKernel {
  const { input, output, window } = shapes;
  const depth = window.kernelHeight * window.kernelWidth * input.channels;
  const { channels } = output;
  const padded = Math.ceil(channels / 8) * 8;
  const packed = new Float32Array(padded * depth);
  for (let o = 0; o < channels; o++) {
    const block = (o >> 3) * depth * 8 + (o & 7);
    for (let d = 0; d < depth; d++) packed[block + d * 8] = weights[o * depth + d]!;
  }
  const w = place(at, packed);
  const b = place(at, bias, padded);
  const pixels = output.height * output.width;
  const pointwise = isPointwise(window);
  const band = pointwise ? pixels : output.width;
  return (x) => {
    const from = at.weightsEnd;
    const to = align(from + band * depth * 4);
    reserve(at.memory, to + pixels * padded * 4);
    const patches = new Float32Array(at.memory.buffer, from, band * depth);
    for (let first = 0; first < pixels; first += band) {
      if (pointwise) patches.set(x);
      else gatherPatches(x, patches, first / band, shapes);
      const out = to + first * padded * 4;
      at.exports.multiply(from, w, b, out, band, depth, padded / 8, clamp.low, clamp.high);
    }
    return unpad(new Float32Array(at.memory.buffer, to, pixels * padded), pixels, padded, channels);
  };
}

/** Depthwise convolution; weights [ky][kx][channel]. */
export function depthwiseKernel(
  at: FloatMemory,
  weights: Float32Array,
  bias: Float32Array,
  { input, output, window }: FilterShapes,
  clamp: RealClamp,
): FilterKernel {
  const { channels } = output;
  const padded = Math.ceil(channels / 4) * 4;
  const taps = window.kernelHeight * window.kernelWidth;
  const packed = new Float32Array(taps * padded);
  pad(weights, packed, taps, channels, padded);
  const w = place(at, packed);
  const b = place(at, bias, padded);
  const pixelsIn = input.height * input.width;
  const pixelsOut = output.height * output.width;
  return (x) => {
    const from = at.weightsEnd;
    const to = align(from + pixelsIn * padded * 4);
    reserve(at.memory, to + pixelsOut * padded * 4);
    pad(x, new Float32Array(at.memory.buffer, from, pixelsIn * padded), pixelsIn, channels, padded);
    const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padding } = window;
    const sizes = [input.height, input.width, padded / 4, output.height, output.width, kernelHeight, kernelWidth];
    const steps = [strideY, strideX, dilationY, dilationX, padding.top, padding.left, clamp.low, clamp.high];
    at.exports.depthwise(from, w, b, to, ...sizes, ...steps);
    return unpad(new Float32Array(at.memory.buffer, to, pixelsOut * padded), pixelsOut, padded, channels);
  };
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Puts weights, followed by zeros up to `length` values, where they stay; returns their address. */
function place(at: FloatMemory, values: Float32Array, length: number = values.length): number {
  const address = at.weightsEnd;
  at.weightsEnd = align(address + length * 4);
  reserve(at.memory, at.weightsEnd);
  const there = new Float32Array(at.memory.buffer, address, length).fill(0);
  there.set(values);
  return address;
}

function pad(from: Float32Array, to: Float32Array, rows: number, width: number, padded: number): void {
  if (width === padded) {
    to.set(from);
    return;
  }
  to.fill(0);
  for (let row = 0; row < rows; row++) to.set(from.subarray(row * width, (row + 1) * width), row * padded);
}

function unpad(from: Float32Array, rows: number, padded: number, width: number): Float32Array {
  if (width === padded) return from.slice();
  const to = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) to.set(from.subarray(row * padded, row * padded + width), row * width);
  return to;
}
