/** Output folders that are there whole or not at all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';

/** A file left in every folder that we write, so that only such folders are ever replaced. */
export const MARK = '.depthwright';

/**
 * Writes files into a folder beside the target and moves it there when all are written. An existing target is replaced
 * only where it is empty or was written by us.
 */
export function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  const target = resolve(folder);
  const notWritable = (reason: string) =>
    new UserError(
      'output-not-writable',
      `the output folder cannot be written (${reason})`,
      { file: folder },
      'Choose another with --out.',
    );
  if (existsSync(target)) {
    let names: string[];
    try {
      names = readdirSync(target);
    } catch (error) {
      throw notWritable((error as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'it is a file' : String(error));
    }
    if (names.length > 0 && !names.includes(MARK)) throw notWritable('it holds files that are not ours');
  }
  let scratch: string | undefined;
  try {
    mkdirSync(dirname(target), { recursive: true });
    scratch = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    writeFileSync(join(scratch, MARK), '');
    for (const [name, content] of files) {
      mkdirSync(dirname(join(scratch, name)), { recursive: true });
      writeFileSync(join(scratch, name), content);
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(scratch, target);
  } catch (error) {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
    throw notWritable((error as NodeJS.ErrnoException).code ?? String(error));
  }
}

/** Fails before long work where the folder could not be written after it. */
export function checkFolder(folder: string): void {
  const target = resolve(folder);
  if (existsSync(target)) {
    let names: string[] = [];
    try {
      names = readdirSync(target);
    } catch {
      throw new UserError(
        'output-not-writable',
        'the output folder is a file',
        { file: folder },
        'Choose another with --out.',
      );
    }
    if (names.length > 0 && !names.includes(MARK)) {
      throw new UserError(
        'output-not-writable',
        'the output folder holds files that are not ours',
        { file: folder },
        'Choose another with --out.',
      );
    }
    return;
  }
  let parent = dirname(target);
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    rmSync(mkdtempSync(join(parent, '.depthwright-')), { recursive: true });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UserError(
      'output-not-writable',
      `the output folder cannot be written (${reason})`,
      { file: folder },
      'Choose another with --out.',
    );
  }
}
