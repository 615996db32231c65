/** Seeded bits: a Weyl sequence through the finaliser of MurmurHash3, the same on every machine. */
export function randomBits(seed: string): () => number {
  let state = hash(seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let h = state;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
}

/** FNV-1a over the characters. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** Standard deviation of the sum of four bytes. */
const DEVIATION = Math.sqrt((4 * (256 * 256 - 1)) / 12);

/**
 * `count` values of mean 0 and the given standard deviation, nearly normal: each is the sum of the four bytes of one
 * random word (range +-3.46 deviations). Whole-number sums keep the values equal on every machine.
 */
export function nearlyNormal(seed: string, count: number, deviation: number): Float32Array {
  const bits = randomBits(seed);
  const scale = deviation / DEVIATION;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const word = bits();
    values[i] = ((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510) * scale;
  }
  return values;
}
