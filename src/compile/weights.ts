/** Weight words: M lanes x N inputs, in the order in which the engine's steps read them. */
import type { ConvLayer, Layer, Window } from '../network/network.ts';
import type { Config } from '../spec/config.ts';
import { STEM, type WindowKernel } from '../spec/window.ts';

interface Weighted {
  readonly weights: Int16Array;
  readonly window: Window;
}

/**
 * Weights as sets of int8 that sum to them: asymmetric uint8 files have weights of -255..255, which the engine multiplies
 * in a second round of steps (a third, for 255).
 */
export function splitWeights(layer: { readonly weights: Int16Array }): Int16Array[] {
  if (layer.weights.every((weight) => weight >= -128 && weight <= 127)) return [layer.weights];
  const first = layer.weights.map((weight) => Math.max(-128, Math.min(127, weight)));
  return [first, ...splitWeights({ weights: layer.weights.map((weight, index) => weight - first[index]!) })];
}

/** N / M words; word s passes channel s * M + m of the input word to lane m. */
export function identityWords(config: Config): Int8Array {
  const { lanes, inputs } = config;
  const words = new Int8Array((inputs / lanes) * lanes * inputs);
  for (let channel = 0; channel < inputs; channel++) words[channel * inputs + channel] = 1;
  return words;
}

/** Direct path: [block][part][ky][kx][input block] words; dilation becomes zero taps. */
export function packDirect(
  config: Config,
  layer: ConvLayer,
  parts: readonly Int16Array[],
  inChannels: number,
  outChannels: number,
): Int8Array {
  const { lanes, inputs } = config;
  const { kernelHeight, kernelWidth, dilationY, dilationX } = layer.window;
  const inputBlocks = Math.ceil(inChannels / inputs);
  const height = (kernelHeight - 1) * dilationY + 1;
  const width = (kernelWidth - 1) * dilationX + 1;
  const wordsPerPart = height * width * inputBlocks;
  const words = new Int8Array(Math.ceil(outChannels / lanes) * parts.length * wordsPerPart * lanes * inputs);
  parts.forEach((weights, part) => {
    for (let out = 0; out < outChannels; out++) {
      const block = Math.floor(out / lanes);
      const lane = out % lanes;
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let kx = 0; kx < kernelWidth; kx++) {
          const from = ((out * kernelHeight + ky) * kernelWidth + kx) * inChannels;
          const tap =
            (block * parts.length + part) * wordsPerPart + (ky * dilationY * width + kx * dilationX) * inputBlocks;
          for (let channel = 0; channel < inChannels; channel++) {
            const word = tap + Math.floor(channel / inputs);
            words[(word * lanes + lane) * inputs + (channel % inputs)] = weights[from + channel]!;
          }
        }
      }
    }
  });
  return words;
}

/** Direct path, own channel only: [block][part][ky][kx] words with the weight at the lane's own channel. */
export function packDepthwiseTaps(
  config: Config,
  layer: Weighted,
  parts: readonly Int16Array[],
  channels: number,
): Int8Array {
  const { lanes, inputs } = config;
  const { kernelHeight, kernelWidth, dilationY, dilationX } = layer.window;
  const width = (kernelWidth - 1) * dilationX + 1;
  const taps = ((kernelHeight - 1) * dilationY + 1) * width;
  const words = new Int8Array(Math.ceil(channels / lanes) * parts.length * taps * lanes * inputs);
  parts.forEach((weights, part) => {
    for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
      const at = Math.floor(tap / kernelWidth) * dilationY * width + (tap % kernelWidth) * dilationX;
      for (let channel = 0; channel < channels; channel++) {
        const word = (Math.floor(channel / lanes) * parts.length + part) * taps + at;
        words[(word * lanes + (channel % lanes)) * inputs + (channel % inputs)] = weights[tap * channels + channel]!;
      }
    }
  });
  return words;
}

/** Window path, depthwise: [block][part][step] words; the kernel's top-left taps hold the layer's. */
export function packWindow(
  config: Config,
  layer: Pick<Extract<Layer, { op: 'depthwise' }>, 'window'>,
  parts: readonly Int16Array[],
  kernel: WindowKernel,
  channels: number,
): Int8Array {
  const { lanes, inputs } = config;
  const { kernelHeight, kernelWidth, dilationY, dilationX } = layer.window;
  const words = new Int8Array(Math.ceil(channels / lanes) * parts.length * kernel.steps.length * lanes * inputs);
  parts.forEach((weights, part) => {
    kernel.steps.forEach((step, stepIndex) => {
      step.taps.forEach((tap, input) => {
        if (tap === undefined) return;
        const ky = (step.firstRow + tap.row) / dilationY;
        const kx = tap.column / dilationX;
        if (!Number.isInteger(ky) || !Number.isInteger(kx) || ky >= kernelHeight || kx >= kernelWidth) return;
        for (let channel = 0; channel < channels; channel++) {
          const word = (Math.floor(channel / lanes) * parts.length + part) * kernel.steps.length + stepIndex;
          words[(word * lanes + (channel % lanes)) * inputs + input] =
            weights[(ky * kernelWidth + kx) * channels + channel]!;
        }
      });
    });
  });
  return words;
}

/** Window path, stem: [block][part][step] words; taps in the order of `stemTaps`. */
export function packStem(
  config: Config,
  parts: readonly Int16Array[],
  kernel: WindowKernel,
  outChannels: number,
): Int8Array {
  const { lanes, inputs } = config;
  const taps = STEM.kernel * STEM.kernel * STEM.colours;
  const steps = kernel.steps.length;
  const words = new Int8Array(Math.ceil(outChannels / lanes) * parts.length * steps * lanes * inputs);
  parts.forEach((weights, part) => {
    for (let out = 0; out < outChannels; out++) {
      for (let tap = 0; tap < taps; tap++) {
        const word = (Math.floor(out / lanes) * parts.length + part) * steps + Math.floor(tap / inputs);
        words[(word * lanes + (out % lanes)) * inputs + (tap % inputs)] = weights[out * taps + tap]!;
      }
    }
  });
  return words;
}
