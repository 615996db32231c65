/** TensorFlow Lite's float operators, evaluated by their definitions in float64: what an import must still compute. */

/** A map, [y][x][channel]. */
export interface Map3 {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

export function map3(height: number, width: number, channels: number, values: ArrayLike<number>): Map3 {
  return { height, width, channels, values: Float64Array.from(values) };
}

export interface FilterOptions {
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly dilation: number;
  readonly padding: 'same' | 'valid';
}

/** Output extent and first input position of a window, as TensorFlow defines them. */
function axis(input: number, kernel: number, { stride, dilation, padding }: FilterOptions): [number, number] {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'valid') return [Math.ceil((input - reach + 1) / stride), 0];
  const output = Math.ceil(input / stride);
  return [output, -Math.floor(Math.max(0, (output - 1) * stride + reach - input) / 2)];
}

/** sum over taps and the channels of the group; weights [out][ky][kx][depth], depth = channels / groups. */
export function conv2d(
  x: Map3,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
  options: FilterOptions,
  depth: number,
): Map3 {
  const [kernelY, kernelX] = options.kernel;
  const [height, y0] = axis(x.height, kernelY, options);
  const [width, x0] = axis(x.width, kernelX, options);
  const channels = bias.length;
  const perGroup = channels / (x.channels / depth);
  const values = new Float64Array(height * width * channels);
  for (let oy = 0; oy < height; oy++)
    for (let ox = 0; ox < width; ox++)
      for (let o = 0; o < channels; o++) {
        let sum = bias[o]!;
        for (let ky = 0; ky < kernelY; ky++)
          for (let kx = 0; kx < kernelX; kx++) {
            const iy = oy * options.stride + y0 + ky * options.dilation;
            const ix = ox * options.stride + x0 + kx * options.dilation;
            if (iy < 0 || iy >= x.height || ix < 0 || ix >= x.width) continue;
            for (let i = 0; i < depth; i++) {
              const c = Math.floor(o / perGroup) * depth + i;
              const w = weights[((o * kernelY + ky) * kernelX + kx) * depth + i]!;
              sum += w * x.values[(iy * x.width + ix) * x.channels + c]!;
            }
          }
        values[(oy * width + ox) * channels + o] = sum;
      }
  return { height, width, channels, values };
}

/** Weights [ky][kx][channel * multiplier + j]: each channel has `multiplier` filters of its own. */
export function depthwiseConv2d(
  x: Map3,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
  options: FilterOptions,
): Map3 {
  const taps = options.kernel[0] * options.kernel[1];
  const out = bias.length;
  const grouped = Float64Array.from(
    { length: taps * out },
    (_, i) => weights[(i % taps) * out + Math.floor(i / taps)]!,
  );
  return conv2d(x, grouped, bias, options, 1);
}

/** Zeros around a map. */
export function pad(x: Map3, top: number, bottom: number, left: number, right: number): Map3 {
  const [height, width] = [x.height + top + bottom, x.width + left + right];
  const values = new Float64Array(height * width * x.channels);
  for (let y = 0; y < x.height; y++) {
    const row = x.values.subarray(y * x.width * x.channels, (y + 1) * x.width * x.channels);
    values.set(row, ((y + top) * width + left) * x.channels);
  }
  return { height, width, channels: x.channels, values };
}

export function mapValues(x: Map3, f: (value: number, index: number) => number): Map3 {
  return { ...x, values: x.values.map((value, i) => f(value, i)) };
}
