/** Initial contents of registers and memories. */
import type { Model } from './model.ts';

/** A small generator of random bits (xorshift32); 0 stays 0, so a seed of 0 means all zeros. */
export function randomBits(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** Writes `text` (binary, most significant first; x from `random`) as `width` bits at `address`. */
function writeBits(view: DataView, address: number, text: string, width: number, random: () => number): void {
  for (let byte = 0; byte * 8 < width; byte++) {
    const free = random() >>> 24;
    let value = 0;
    for (let bit = 0; bit < 8 && byte * 8 + bit < width; bit++) {
      const letter = text[text.length - 1 - (byte * 8 + bit)];
      const one = letter === '1' ? 1 : letter === '0' ? 0 : (free >> bit) & 1;
      value |= one << bit;
    }
    view.setUint8(address + byte, value);
  }
}

export function initialise(view: DataView, instances: Iterable<{ model: Model; base: number }>, seed: number): void {
  const random = randomBits(seed);
  for (const { model, base } of instances) {
    for (const { q, init } of model.registers)
      if (seed !== 0 || /1/.test(init)) writeBits(view, base + q.slot, init, q.width, random);
    for (const memory of model.memories) {
      if (seed === 0 && !/1/.test(memory.init)) continue;
      for (let row = 0; row < memory.size; row++) {
        const end = memory.init.length - row * memory.width;
        const text = memory.init.slice(Math.max(0, end - memory.width), Math.max(0, end));
        writeBits(view, base + memory.slot + row * memory.stride, text, memory.width, random);
      }
    }
  }
}
