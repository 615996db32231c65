import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { drawPicture, placeInFrame } from '../../src/node/picture.ts';
import { HAND_LANDMARKS } from '../../src/tasks/hand.ts';

const folder = mkdtempSync(join(tmpdir(), 'depthwright-picture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const figures = {
  model: 'model <&>',
  config: 'tiny',
  cycles: 123456,
  framesPerSecond: 810.4,
  utilisation: 0.81,
  offChipBytes: 1e6,
};

/** A grey photograph. */
async function photograph(width: number, height: number): Promise<string> {
  const file = join(folder, `${width}x${height}.png`);
  const pixels = { create: { width, height, channels: 3, background: '#808080' } } as const;
  writeFileSync(file, await sharp(pixels).png().toBuffer());
  return file;
}

/** Colour of a pixel of a PNG. */
async function pixel(png: Uint8Array, x: number, y: number): Promise<number[]> {
  return [...(await sharp(png).extract({ left: x, top: y, width: 1, height: 1 }).raw().toBuffer())];
}

describe('the picture of a result', () => {
  it('puts a landmark of the letterboxed frame on its place in the photograph', async () => {
    // 400 x 200 in a frame of 224 x 224: 56 rows of border above and below.
    const file = await photograph(400, 200);
    const landmarks = Array.from({ length: HAND_LANDMARKS }, (_, k) =>
      k === 0 ? { x: 56, y: 56 + 28, z: 0 } : { x: 168, y: 56 + 84, z: 0 },
    );
    const hand = { landmarks, presence: 0.9, handedness: 0.5 };
    const png = await drawPicture(file, figures, { kind: 'hand', hand, frame: [224, 224], resize: 'letterbox' });
    const { width, height } = await sharp(png).metadata();
    expect(width).toBe(720);
    expect(height).toBeGreaterThan(400);
    // A quarter of 720 x 360 from the top left, and as much from the bottom right: joints are white inside.
    expect(await pixel(png, 180, 90)).toEqual([255, 255, 255]);
    expect(await pixel(png, 540, 270)).toEqual([255, 255, 255]);
    expect(await pixel(png, 540, 90)).toEqual([128, 128, 128]);
  });

  it('lists the best five classes below, whatever their names', async () => {
    const file = await photograph(64, 64);
    const heightWith = async (classes: { label: string; share: number }[]): Promise<number> =>
      (await sharp(await drawPicture(file, figures, { kind: 'classes', classes })).metadata()).height;
    const names = Array.from({ length: 9 }, (_, k) => ({ label: `<b>&"${'long '.repeat(k * 10)}`, share: 0.1 * k }));
    const five = await heightWith(names.slice(0, 5));
    expect(await heightWith(names)).toBe(five);
    expect(five - (await heightWith(names.slice(0, 4)))).toBe(24);
  });

  it('knows where a photograph lies in the frame', () => {
    const photo = { width: 400, height: 200 };
    expect(placeInFrame(photo, [224, 224], 'stretch')).toEqual({ left: 0, top: 0, width: 224, height: 224 });
    const boxed = placeInFrame(photo, [224, 224], 'letterbox');
    for (const [value, expected] of [
      [boxed.left, 0],
      [boxed.top, 56],
      [boxed.width, 224],
      [boxed.height, 112],
    ] as const) {
      expect(value).toBeCloseTo(expected, 9);
    }
    expect(placeInFrame({ width: 448, height: 224 }, [224, 224], 'crop')).toEqual({
      left: -112,
      top: 0,
      width: 448,
      height: 224,
    });
  });
});
