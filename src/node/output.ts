/** Output folders that are there whole or not at all. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';

/** The file in every folder that we write that lists the others, so that nothing else is ever replaced. */
export const MARK = '.depthwright';

function notWritable(folder: string, reason: string): UserError {
  return new UserError(
    'output-not-writable',
    `the output folder cannot be written (${reason})`,
    { file: folder },
    'Choose another folder.',
  );
}

/**
 * Writes files (names relative to the folder, with `/`) beside the target and moves them there when all are written. An
 * existing target is replaced only where it is empty or holds nothing but what we wrote.
 */
export function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  checkReplaceable(folder);
  const target = resolve(folder);
  let scratch: string | undefined;
  try {
    mkdirSync(dirname(target), { recursive: true });
    scratch = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    chmodSync(scratch, 0o777 & ~process.umask());
    writeFileSync(join(scratch, MARK), [...files.keys()].map((name) => `${name}\n`).join(''));
    for (const [name, content] of files) {
      mkdirSync(dirname(join(scratch, name)), { recursive: true });
      writeFileSync(join(scratch, name), content);
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(scratch, target);
  } catch (error) {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
    throw notWritable(folder, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

/** Fails before long work where the folder could not be written after it. */
export function checkFolder(folder: string): void {
  checkReplaceable(folder);
  let parent = dirname(resolve(folder));
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    rmSync(mkdtempSync(join(parent, '.depthwright-')), { recursive: true });
  } catch (error) {
    throw notWritable(folder, `${parent}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

function checkReplaceable(folder: string): void {
  const target = resolve(folder);
  if (!existsSync(target)) return;
  if (!statSync(target).isDirectory()) throw notWritable(folder, 'it is a file');
  let foreign: string | undefined;
  try {
    const ours = new Set(existsSync(join(target, MARK)) ? readFileSync(join(target, MARK), 'utf8').split('\n') : []);
    foreign = filesBelow(target).find((name) => name !== MARK && !ours.has(name));
  } catch (error) {
    throw notWritable(folder, (error as NodeJS.ErrnoException).code ?? String(error));
  }
  if (foreign !== undefined) throw notWritable(folder, `it holds ${foreign}, which is not ours to replace`);
}

/** Names of all files below a folder, relative to it, with `/`. */
function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((item) =>
    item.isDirectory() ? filesBelow(folder, `${prefix}${item.name}/`) : [`${prefix}${item.name}`],
  );
}
