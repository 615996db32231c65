/** Reals to codes: the roundings that every lowered layer shares. */
import type { ActivationQuantisation, RealClamp } from '../../graph/graph.ts';

export const LOWEST_CODE = -128;
export const HIGHEST_CODE = 127;

/** Nearest integer, halves away from zero. */
export function roundHalfAway(x: number): number {
  return x < 0 ? -Math.floor(-x + 0.5) : Math.floor(x + 0.5);
}

/** Code of a real value, saturated to -128..127. */
export function codeOf(real: number, { scale, zeroPoint }: ActivationQuantisation): number {
  const code = roundHalfAway(real / scale) + zeroPoint;
  return Math.min(HIGHEST_CODE, Math.max(LOWEST_CODE, code));
}

/** Real value of a code. */
export function realOf(code: number, { scale, zeroPoint }: ActivationQuantisation): number {
  return scale * (code - zeroPoint);
}

/** The codes between which an output with this real clamp lies. */
export function clampCodes(clamp: RealClamp, quantisation: ActivationQuantisation): { low: number; high: number } {
  return { low: codeOf(clamp.low, quantisation), high: codeOf(clamp.high, quantisation) };
}

/** Scale and zero point whose codes cover [low, high] and hold 0 exactly; a range of nothing but 0 gets scale 1. */
export function quantisationOf(low: number, high: number): ActivationQuantisation {
  const bottom = Math.min(0, low);
  const top = Math.max(0, high);
  if (top === bottom) return { scale: 1, zeroPoint: 0 };
  const scale = (top - bottom) / (HIGHEST_CODE - LOWEST_CODE);
  return { scale, zeroPoint: codeOf(LOWEST_CODE - bottom / scale, { scale: 1, zeroPoint: 0 }) };
}

/** Real values as codes of a tensor. */
export function quantiseValues(values: ArrayLike<number>, quantisation: ActivationQuantisation): Int8Array {
  const codes = new Int8Array(values.length);
  for (let i = 0; i < codes.length; i++) codes[i] = codeOf(values[i]!, quantisation);
  return codes;
}

/** Codes of a tensor as real values. */
export function dequantiseValues(codes: Int8Array, quantisation: ActivationQuantisation): Float32Array {
  const values = new Float32Array(codes.length);
  for (let i = 0; i < values.length; i++) values[i] = realOf(codes[i]!, quantisation);
  return values;
}
