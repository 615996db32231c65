/**
 * Float convolution, standard and pointwise: patches are gathered row by row into a matrix (a pointwise layer is one
 * already) and multiplied with the filters, four pixels by two channels at a time so that loads serve several products.
 */
import type { Shape, Window } from '../../graph/graph.ts';

export interface FilterShapes {
  readonly input: Shape;
  readonly output: Shape;
  readonly window: Window;
}

/** x: [height][width][channels], weights: [outChannel][ky][kx][inChannel]; returns [outHeight][outWidth][outChannel]. */
export function convolve(
  x: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
  shapes: FilterShapes,
): Float32Array {
  const { input, output, window } = shapes;
  const depth = window.kernelHeight * window.kernelWidth * input.channels;
  const out = new Float32Array(output.height * output.width * output.channels);
  if (isPointwise(window)) {
    multiplyRows(x, weights, bias, out, 0, output.height * output.width, depth, output.channels);
    return out;
  }
  const patches = new Float32Array(output.width * depth);
  for (let row = 0; row < output.height; row++) {
    gatherPatches(x, patches, row, shapes);
    multiplyRows(patches, weights, bias, out, row * output.width, output.width, depth, output.channels);
  }
  return out;
}

/** Whether the input map, read as [pixel][channel], is its own patch matrix. */
export function isPointwise(window: Window): boolean {
  const { padding } = window;
  return (
    window.kernelHeight * window.kernelWidth * window.strideY * window.strideX === 1 &&
    padding.top + padding.left + padding.bottom + padding.right === 0
  );
}

/** Fills patches [outWidth][ky][kx][channel] of one output row; taps in the padding are 0. */
export function gatherPatches(
  x: Float32Array,
  patches: Float32Array,
  row: number,
  { input, output, window }: FilterShapes,
): void {
  const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padding } = window;
  const channels = input.channels;
  let to = 0;
  for (let column = 0; column < output.width; column++) {
    for (let ky = 0; ky < kernelHeight; ky++) {
      const y = row * strideY + ky * dilationY - padding.top;
      for (let kx = 0; kx < kernelWidth; kx++) {
        const left = column * strideX + kx * dilationX - padding.left;
        if (y < 0 || y >= input.height || left < 0 || left >= input.width) {
          patches.fill(0, to, to + channels);
        } else {
          const from = (y * input.width + left) * channels;
          for (let c = 0; c < channels; c++) patches[to + c] = x[from + c]!;
        }
        to += channels;
      }
    }
  }
}

/** out[first + p][o] = bias[o] + sum over d of x[p][d] * w[o][d], for p < pixels. */
function multiplyRows(
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array,
  out: Float32Array,
  first: number,
  pixels: number,
  depth: number,
  channels: number,
): void {
  for (let p = 0; p < pixels; p += 4) {
    // Past the last pixel or channel the last one is computed again: the same value is stored twice.
    const p1 = Math.min(p + 1, pixels - 1);
    const p2 = Math.min(p + 2, pixels - 1);
    const p3 = Math.min(p + 3, pixels - 1);
    for (let o = 0; o < channels; o += 2) {
      const o1 = Math.min(o + 1, channels - 1);
      let a00 = bias[o]!;
      let a01 = bias[o1]!;
      let a10 = a00;
      let a11 = a01;
      let a20 = a00;
      let a21 = a01;
      let a30 = a00;
      let a31 = a01;
      for (let d = 0; d < depth; d++) {
        const w0 = w[o * depth + d]!;
        const w1 = w[o1 * depth + d]!;
        const x0 = x[p * depth + d]!;
        const x1 = x[p1 * depth + d]!;
        const x2 = x[p2 * depth + d]!;
        const x3 = x[p3 * depth + d]!;
        a00 += x0 * w0;
        a01 += x0 * w1;
        a10 += x1 * w0;
        a11 += x1 * w1;
        a20 += x2 * w0;
        a21 += x2 * w1;
        a30 += x3 * w0;
        a31 += x3 * w1;
      }
      out[(first + p) * channels + o] = a00;
      out[(first + p) * channels + o1] = a01;
      out[(first + p1) * channels + o] = a10;
      out[(first + p1) * channels + o1] = a11;
      out[(first + p2) * channels + o] = a20;
      out[(first + p2) * channels + o1] = a21;
      out[(first + p3) * channels + o] = a30;
      out[(first + p3) * channels + o1] = a31;
    }
  }
}
