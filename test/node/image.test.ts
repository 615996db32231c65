import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataset } from '../../src/node/dataset.ts';
import { loadPicture, loadWholePicture, WHITE } from '../../src/node/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'depthwright-image-'));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const raw = { width: 4, height: 2, channels: 3 } as const;
  const red = Buffer.alloc(24, Buffer.from([200, 10, 30]));
  await sharp(red, { raw }).png().toFile(at('red.png'));
  await sharp(red, { raw }).webp({ lossless: true }).toFile(at('red.webp'));
  await sharp(red, { raw }).jpeg().toFile(at('red.jpg'));
  await sharp(red, { raw }).gif().toFile(at('red.gif'));
  await sharp(Buffer.alloc(8, 77), { raw: { ...raw, channels: 1 } })
    .png()
    .toFile(at('grey.png'));
  writeFileSync(at('text.png'), 'hello');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('pictures from files', () => {
  it('come in the size asked for, red, green and blue of each pixel together', async () => {
    for (const name of ['red.png', 'red.webp']) {
      const { height, width, pixels } = await loadPicture(at(name), 3, 5, { kind: 'stretch' });
      expect([height, width, pixels.length]).toEqual([3, 5, 45]);
      for (let i = 0; i < 45; i++) expect(pixels[i]).toBe([200, 10, 30][i % 3]);
    }
    const jpeg = await loadWholePicture(at('red.jpg'));
    expect([jpeg.height, jpeg.width]).toEqual([2, 4]);
    expect(Math.abs(jpeg.pixels[0]! - 200)).toBeLessThan(8);
  });

  it('are letter-boxed on a colour or cropped to fill', async () => {
    const boxed = await loadPicture(at('red.png'), 4, 4, { kind: 'letterbox', background: WHITE });
    const pixel = (row: number): number[] => [...boxed.pixels.subarray(row * 12, row * 12 + 3)];
    expect([pixel(0), pixel(1), pixel(2), pixel(3)]).toEqual([
      [255, 255, 255],
      [200, 10, 30],
      [200, 10, 30],
      [255, 255, 255],
    ]);
    const cropped = await loadPicture(at('red.png'), 4, 4, { kind: 'crop' });
    for (let i = 0; i < 48; i++) expect(cropped.pixels[i]).toBe([200, 10, 30][i % 3]);
  });

  it('have three equal colours where the file is grey', async () => {
    const { pixels } = await loadWholePicture(at('grey.png'));
    expect([...pixels]).toEqual(new Array(24).fill(77));
  });

  it('are refused by name where a file is missing, is no picture, or is of another kind', async () => {
    for (const name of ['missing.png', 'text.png', 'red.gif']) {
      await expect(loadPicture(at(name), 2, 2, { kind: 'stretch' })).rejects.toMatchObject({
        name: 'UserError',
        code: 'bad-image',
        location: { file: at(name) },
      });
    }
  });
});

describe('labels from CSV', () => {
  const write = (text: string): string => {
    writeFileSync(at('labels.csv'), text);
    return at('labels.csv');
  };

  it('are read with or without a heading, skipped and limited', async () => {
    const rows = 'a.png,3,"a, quoted"\nb.png,5\nc.png,7\n';
    for (const text of [rows, `file,class,note\n${rows}`, `\ufefffile,class\r\n${rows.replaceAll('\n', '\r\n')}`]) {
      expect(await readDataset(folder, write(text), { skip: 1, limit: 1, labelOffset: 1 })).toEqual([
        { file: at('b.png'), label: 6 },
      ]);
      expect((await readDataset(folder, write(text))).map(({ label }) => label)).toEqual([3, 5, 7]);
    }
  });

  it('are refused where a row has no class, nothing is left, or the file is missing', async () => {
    await expect(readDataset(folder, write('a.png,1\nb.png,cat\n'))).rejects.toThrow("'cat'");
    await expect(readDataset(folder, write('a.png,1\n'), { skip: 1 })).rejects.toThrow('no images are left');
    await expect(readDataset(folder, at('none.csv'))).rejects.toMatchObject({ code: 'bad-arguments' });
    await expect(readDataset(folder, write('a.png,"1\n'))).rejects.toMatchObject({ code: 'bad-arguments' });
  });
});
