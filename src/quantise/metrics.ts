/** Figures of an evaluation, from plain arrays. */

/** Classes by falling score; of equal scores the lower class comes first. */
export function topClasses(scores: ArrayLike<number>, count: number): number[] {
  return Array.from({ length: scores.length }, (_, index) => index)
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, count);
}

/** The class with the largest score, the lowest of several. */
export function topClass(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

/** Powers of a signal and of the noise that quantisation put on it, summed over values and frames. */
export interface NoisePower {
  signal: number;
  noise: number;
}

/** Adds one frame: `reference` is the float network's, `values` what the integer network holds. */
export function addNoise(power: NoisePower, reference: Float32Array, values: Float32Array): void {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < reference.length; i++) {
    const difference = values[i]! - reference[i]!;
    signal += reference[i]! * reference[i]!;
    noise += difference * difference;
  }
  power.signal += signal;
  power.noise += noise;
}

/** Signal-to-quantisation-noise ratio in decibel; Infinity without noise. */
export function decibels({ signal, noise }: NoisePower): number {
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}
