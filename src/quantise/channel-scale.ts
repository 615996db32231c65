/** Scale of one output channel's weights, so that its bias fits beside them. */
import { roundHalfAway } from './lower/codes.ts';

/**
 * Largest magnitude of a bias code. Half the accumulator is left to the products:
 * |(x - z) * w| <= 255 * 127, so 33,000 of them fit; the compiler proves the real bound.
 */
export const LARGEST_BIAS_CODE: number = 2 ** 30;

export const LARGEST_WEIGHT_CODE = 127;

/**
 * The weight scale, raised where the bias would overflow (a channel whose weights are all nearly 0: its output is its
 * bias, and with the raised scale that bias keeps 30 bits). A dead channel without a bias gets scale 1.
 */
export function fitChannelScale(scale: number, bias: number, inputScale: number): number {
  const fitted = Math.max(scale, Math.abs(bias) / (inputScale * LARGEST_BIAS_CODE));
  return fitted > 0 ? fitted : 1;
}

/** Bias in units of input scale * weight scale. */
export function biasCode(bias: number, inputScale: number, weightScale: number): number {
  const code = roundHalfAway(bias / (inputScale * weightScale));
  return Math.min(LARGEST_BIAS_CODE, Math.max(-LARGEST_BIAS_CODE, code));
}
