/** A fault to plant: the table's rows as objects, and the text of a file with the fault in it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RtlReplacements } from '../../src/node/rtl-sources.ts';
import { MUTANT_ROWS, type MutantKind } from './mutants.ts';

export interface Mutant {
  readonly name: string;
  /** Below `rtl/`. */
  readonly file: string;
  readonly kind: MutantKind;
  readonly find: string;
  readonly replace: string;
  readonly reason: string;
  /** Why no test can catch it; undefined where one must. */
  readonly survives?: string;
}

export const MUTANTS: readonly Mutant[] = Object.entries(MUTANT_ROWS).flatMap(([file, rows]) =>
  rows.map(([name, kind, find, replace, reason, survives]) => ({
    ...{ name, file, kind, find, replace, reason },
    ...(survives !== undefined && { survives }),
  })),
);

/** `text` of the mutant's file with the fault in it. */
export function plant({ name, file, find, replace }: Mutant, text: string): string {
  const found = text.split(find).length - 1;
  if (found !== 1)
    throw new Error(
      `mutant '${name}': its text occurs ${found} times in rtl/${file}; bring bench/mutation/mutants.ts up to date`,
    );
  const changed = text.replace(find, () => replace);
  if (changed === text) throw new Error(`mutant '${name}' changes nothing`);
  return changed;
}

/** What the mutant puts in place of the tree's files. */
export async function replacements(mutant: Mutant): Promise<RtlReplacements> {
  const path = fileURLToPath(new URL(`../../rtl/${mutant.file}`, import.meta.url));
  return new Map([[basename(mutant.file), plant(mutant, await readFile(path, 'utf8'))]]);
}
