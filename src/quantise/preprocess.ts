/** How the 8-bit pixels of a picture become the real input of a network. */
import type { ActivationQuantisation } from '../graph/graph.ts';
import { quantiseValues } from './lower/codes.ts';

/** An 8-bit picture, [height][width][red, green, blue]. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/** real = (pixel - mean[channel]) / deviation[channel], pixel in 0..255. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  /** The order in which the network expects the three colours; a network of one channel gets their luminance. */
  readonly order: 'rgb' | 'bgr' | 'grey';
}

/** real = pixel / 255. */
export const UNIT_RANGE: Normalisation = { mean: [0, 0, 0], deviation: [255, 255, 255], order: 'rgb' };
/** real = pixel / 127.5 - 1. */
export const SIGNED_RANGE: Normalisation = {
  mean: [127.5, 127.5, 127.5],
  deviation: [127.5, 127.5, 127.5],
  order: 'rgb',
};

/** Real input of a network, [height][width][channel]. */
export function normalise({ pixels }: Picture, { mean, deviation, order }: Normalisation): Float32Array {
  const count = pixels.length / 3;
  const real = (at: number, colour: number): number => (pixels[at * 3 + colour]! - mean[colour]!) / deviation[colour]!;
  if (order === 'grey') {
    return Float32Array.from({ length: count }, (_, i) => 0.299 * real(i, 0) + 0.587 * real(i, 1) + 0.114 * real(i, 2));
  }
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) values[i * 3 + c] = real(i, order === 'rgb' ? c : 2 - c);
  }
  return values;
}

/** Codes of a network's input. */
export function inputCodes(
  picture: Picture,
  normalisation: Normalisation,
  quantisation: ActivationQuantisation,
): Int8Array {
  if (normalisation.order === 'grey') return quantiseValues(normalise(picture, normalisation), quantisation);
  const { mean, deviation, order } = normalisation;
  // A colour has 256 values, so their codes are looked up; as `normalise` gives them, in single precision.
  const tables = [0, 1, 2].map((colour) => {
    const reals = Float32Array.from({ length: 256 }, (_, pixel) => (pixel - mean[colour]!) / deviation[colour]!);
    return quantiseValues(reals, quantisation);
  });
  const { pixels } = picture;
  const codes = new Int8Array(pixels.length);
  for (let c = 0; c < 3; c++) {
    const colour = order === 'rgb' ? c : 2 - c;
    const table = tables[colour]!;
    for (let at = 0; at < pixels.length; at += 3) codes[at + c] = table[pixels[at + colour]!]!;
  }
  return codes;
}
