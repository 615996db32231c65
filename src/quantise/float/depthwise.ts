/** Float depthwise convolution and pooling: windows that keep every channel to itself. */
import type { Window } from '../../graph/graph.ts';
import type { FilterShapes } from './convolution.ts';

/** x: [height][width][channel], weights: [ky][kx][channel]. Taps in the padding contribute nothing. */
export function convolveDepthwise(
  x: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
  shapes: FilterShapes,
): Float32Array {
  const { channels } = shapes.output;
  const out = new Float32Array(shapes.output.height * shapes.output.width * channels);
  for (let at = 0; at < out.length; at += channels) out.set(bias, at);
  forEachTap(shapes, (to, from, tap) => {
    for (let c = 0; c < channels; c++) out[to + c] = out[to + c]! + x[from + c]! * weights[tap * channels + c]!;
  });
  return out;
}

/** Maximum over the taps inside the map. */
export function maxPool(x: Float32Array, shapes: FilterShapes): Float32Array {
  const { channels } = shapes.output;
  const out = new Float32Array(shapes.output.height * shapes.output.width * channels).fill(Number.NEGATIVE_INFINITY);
  forEachTap(shapes, (to, from) => {
    for (let c = 0; c < channels; c++) if (x[from + c]! > out[to + c]!) out[to + c] = x[from + c]!;
  });
  return out;
}

/** Mean over the taps inside the map. */
export function averagePool(x: Float32Array, shapes: FilterShapes): Float32Array {
  const { channels } = shapes.output;
  const out = new Float32Array(shapes.output.height * shapes.output.width * channels);
  const counts = new Uint32Array(shapes.output.height * shapes.output.width);
  forEachTap(shapes, (to, from) => {
    counts[to / channels]!++;
    for (let c = 0; c < channels; c++) out[to + c] = out[to + c]! + x[from + c]!;
  });
  for (let i = 0; i < out.length; i++) out[i] = out[i]! / counts[Math.floor(i / channels)]!;
  return out;
}

/** Visits (offset of the output pixel, offset of the input pixel, tap number) for every tap inside the map. */
function forEachTap(
  { input, output, window }: FilterShapes,
  visit: (to: number, from: number, tap: number) => void,
): void {
  const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padding }: Window = window;
  for (let row = 0; row < output.height; row++) {
    for (let ky = 0; ky < kernelHeight; ky++) {
      const y = row * strideY + ky * dilationY - padding.top;
      if (y < 0 || y >= input.height) continue;
      for (let column = 0; column < output.width; column++) {
        for (let kx = 0; kx < kernelWidth; kx++) {
          const left = column * strideX + kx * dilationX - padding.left;
          if (left < 0 || left >= input.width) continue;
          const to = (row * output.width + column) * output.channels;
          visit(to, (y * input.width + left) * input.channels, ky * kernelWidth + kx);
        }
      }
    }
  }
}
