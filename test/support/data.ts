import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder: string = process.env.DEPTHWRIGHT_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Folder of the evaluation data (models, images, expected outputs), or undefined where there is none. */
export const dataRoot: string | undefined = existsSync(folder) ? folder : undefined;
