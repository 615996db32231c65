/** Seeded variations of a picture, for calibrating where photographs are few. */
import type { Picture } from './preprocess.ts';

/** Uniform numbers in [0, 1), the same for the same seed (the generator is mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Variation {
  /** Largest shift along each axis, as a share of the frame. */
  readonly shift: number;
  /** Largest change of size: factors from 1 / (1 + scale) to 1 + scale. */
  readonly scale: number;
  /** Largest turn in degrees, either way. */
  readonly turn: number;
  /** Largest change of brightness: factors from 1 - brightness to 1 + brightness. */
  readonly brightness: number;
}

export const GENTLE: Variation = { shift: 0.1, scale: 0.15, turn: 20, brightness: 0.25 };

/** One variation of a picture of the same size; what comes into the frame from outside is `background`, 0..255. */
export function vary(picture: Picture, random: () => number, limits: Variation = GENTLE, background = 255): Picture {
  const { height, width, pixels } = picture;
  const signed = (limit: number): number => (random() * 2 - 1) * limit;
  const size = (1 + limits.scale) ** signed(1);
  const angle = (signed(limits.turn) * Math.PI) / 180;
  const shiftX = signed(limits.shift) * width;
  const shiftY = signed(limits.shift) * height;
  const brightness = 1 + signed(limits.brightness);
  const cosine = Math.cos(angle) / size;
  const sine = Math.sin(angle) / size;
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  const at = (x: number, y: number, colour: number): number => {
    const inside = x >= 0 && x < width && y >= 0 && y < height;
    return inside ? pixels[(y * width + x) * 3 + colour]! : background;
  };
  const varied = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromX = cosine * (x - centreX - shiftX) + sine * (y - centreY - shiftY) + centreX;
      const fromY = cosine * (y - centreY - shiftY) - sine * (x - centreX - shiftX) + centreY;
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      const right = fromX - left;
      const down = fromY - top;
      for (let colour = 0; colour < 3; colour++) {
        const upper = at(left, top, colour) * (1 - right) + at(left + 1, top, colour) * right;
        const lower = at(left, top + 1, colour) * (1 - right) + at(left + 1, top + 1, colour) * right;
        const value = (upper * (1 - down) + lower * down) * brightness;
        varied[(y * width + x) * 3 + colour] = Math.min(255, Math.round(value));
      }
    }
  }
  return { height, width, pixels: varied };
}
