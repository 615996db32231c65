/** Pictures from files, brought to the size of a network's input. */
import { readFile } from 'node:fs/promises';
import sharp, { type ResizeOptions, type Sharp } from 'sharp';
import { UserError } from '../errors.ts';
import type { Picture } from '../quantise/preprocess.ts';

export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/**
 * How a picture of another shape fits: `stretch` ignores the aspect ratio, `letterbox` keeps the whole picture and fills
 * the rest with a colour, `crop` fills the frame from the picture's middle.
 */
export type Fit =
  | { readonly kind: 'stretch' }
  | { readonly kind: 'letterbox'; readonly background: Colour }
  | { readonly kind: 'crop' };

export const WHITE: Colour = { r: 255, g: 255, b: 255 };
const KINDS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp']);
/** Pixels in a picture that we are ready to decode: enough for any camera, too few to exhaust memory. */
const LARGEST_PICTURE = 100_000_000;

/** Where the resized picture lies in the frame, in frame pixels; letterboxing leaves borders. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Decodes JPEG, PNG or WebP and resizes it to height x width, RGB, turned upright as its metadata says. */
export async function loadPicture(file: string, height: number, width: number, fit: Fit): Promise<Picture> {
  const image = await openPicture(file);
  const resized = image.resize({ width, height, kernel: 'linear', ...resizeOptions(fit) });
  return { height, width, pixels: await raw(resized, file) };
}

/** Decodes a picture in its own size. */
export async function loadWholePicture(file: string): Promise<Picture> {
  const image = await openPicture(file);
  const { data, info } = await guarded(file, () =>
    image.flatten({ background: WHITE }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }),
  );
  return { height: info.height, width: info.width, pixels: threeColours(data, info.channels) };
}

/** Writes a picture as PNG. */
export async function encodePng(picture: Picture): Promise<Uint8Array> {
  const { width, height, pixels } = picture;
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Fails before long work where a file is no picture. */
export async function checkPicture(file: string): Promise<void> {
  await openPicture(file);
}

async function openPicture(file: string): Promise<Sharp> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError('bad-image', `the picture cannot be read (${reason})`, { file }, 'Check the path.');
  }
  const image = sharp(bytes, { limitInputPixels: LARGEST_PICTURE, failOn: 'error' });
  const { format } = await guarded(file, () => image.metadata());
  if (!KINDS.has(format)) {
    throw new UserError('bad-image', `it is a ${format} file`, { file }, 'Give a JPEG, PNG or WebP picture.');
  }
  return image.autoOrient();
}

async function raw(image: Sharp, file: string): Promise<Uint8Array> {
  const { data, info } = await guarded(file, () =>
    image.flatten({ background: WHITE }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }),
  );
  return threeColours(data, info.channels);
}

/** Grey pictures decode to one channel; the networks see three. */
function threeColours(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data);
  const pixels = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = data[Math.floor(i / 3) * channels]!;
  return pixels;
}

async function guarded<T>(file: string, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    throw new UserError(
      'bad-image',
      `it is not a picture that can be decoded (${reason})`,
      { file },
      'Give a whole JPEG, PNG or WebP picture.',
    );
  }
}

function resizeOptions(fit: Fit): ResizeOptions {
  switch (fit.kind) {
    case 'stretch':
      return { fit: 'fill' };
    case 'letterbox':
      return { fit: 'contain', background: { ...fit.background, alpha: 1 } };
    case 'crop':
      return { fit: 'cover' };
  }
}
