/** Picture files as network inputs. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Preprocess } from '../import/preprocess.ts';
import type { Picture } from '../quantise/preprocess.ts';
import { type Fit, loadPicture } from './image.ts';

export function fitOf(preprocess: Preprocess): Fit {
  const [r, g, b] = preprocess.background;
  return preprocess.resize === 'letterbox'
    ? { kind: 'letterbox', background: { r, g, b } }
    : { kind: preprocess.resize };
}

/** A picture in the size of the network's input, as stated. */
export function framePicture(file: string, height: number, width: number, preprocess: Preprocess): Promise<Picture> {
  return loadPicture(file, height, width, fitOf(preprocess));
}

const PICTURE = /\.(jpe?g|png|webp)$/i;

/** Picture files of a folder in the order of their names. */
export function pictureFiles(folder: string): string[] {
  let names: string[];
  try {
    names = statSync(folder).isDirectory() ? readdirSync(folder) : [];
  } catch {
    throw new UserError('bad-arguments', 'there is no such folder', { file: folder });
  }
  const files = names.filter((name) => PICTURE.test(name)).sort();
  if (files.length === 0) {
    throw new UserError(
      'bad-image',
      'the folder holds no pictures',
      { file: folder },
      'Put JPEG, PNG or WebP files there.',
    );
  }
  return files.map((name) => join(folder, name));
}
