/** Labelled pictures: a folder and a CSV file whose first column is the file and second the class. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { UserError } from '../errors.ts';

export interface LabelledFile {
  /** Path of the picture. */
  readonly file: string;
  /** Class number, 0-based as the CSV states it. */
  readonly label: number;
}

export interface DatasetOptions {
  /** Rows left out at the start. */
  readonly skip?: number;
  /** Rows taken at most. */
  readonly limit?: number;
  /** Added to every class number (1 where the network's class 0 is a background the labels do not count). */
  readonly labelOffset?: number;
}

/** Reads the labels. The first row is a heading when its second column is not a number. */
export async function readDataset(folder: string, csv: string, options: DatasetOptions = {}): Promise<LabelledFile[]> {
  const rows = await readRows(csv);
  const body = rows.length > 0 && !isWhole(rows[0]![1]) ? rows.slice(1) : rows;
  const skip = options.skip ?? 0;
  const taken = body.slice(skip, options.limit === undefined ? undefined : skip + options.limit);
  if (taken.length === 0) {
    throw new UserError(
      'bad-arguments',
      `no images are left (${body.length} rows, the first ${skip} left out)`,
      { file: csv },
      'Check --skip and --limit.',
    );
  }
  return taken.map(([name, label], index) => {
    if (!name || !isWhole(label)) {
      throw new UserError(
        'bad-arguments',
        `row ${index + skip + 1} has no file name and class number ('${name ?? ''}', '${label ?? ''}')`,
        { file: csv },
        'Write one row a picture: file name, class number.',
      );
    }
    return { file: path.join(folder, name), label: Number(label) + (options.labelOffset ?? 0) };
  });
}

/** Refuses labels that the network has no class for. */
export function checkLabels(dataset: readonly LabelledFile[], classes: number): void {
  const wrong = dataset.find(({ label }) => label < 0 || label >= classes);
  if (wrong !== undefined) {
    throw new UserError(
      'bad-arguments',
      `class ${wrong.label} does not exist: the network has ${classes} classes, 0 to ${classes - 1}`,
      { file: wrong.file },
      'Check the labels and their offset.',
    );
  }
}

/** Refuses labels that name pictures which are not there. */
export function checkPictures(dataset: readonly LabelledFile[], csv: string): void {
  const missing = dataset.filter(({ file }) => !existsSync(file));
  if (missing.length > 0) {
    throw new UserError(
      'bad-image',
      `the labels in ${csv} name it, but there is no such picture (${missing.length} of ${dataset.length} are missing)`,
      { file: missing[0]!.file },
      'Check --images, or take the rows out of the labels.',
    );
  }
}

async function readRows(csv: string): Promise<string[][]> {
  let text: string;
  try {
    text = await readFile(csv, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError('bad-arguments', `the labels cannot be read (${reason})`, { file: csv }, 'Check the path.');
  }
  try {
    return parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError('bad-arguments', `it is not a CSV file (${reason})`, { file: csv });
  }
}

function isWhole(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text);
}
