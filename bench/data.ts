/** Evaluation data outside the project: real models and photographs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Folder named by DEPTHWRIGHT_DATA, `../shared/data` otherwise. */
const folder = process.env.DEPTHWRIGHT_DATA ?? join(import.meta.dirname, '..', '..', 'shared', 'data');

export function dataFile(path: string): string | undefined {
  const file = join(folder, path);
  return existsSync(file) ? file : undefined;
}
