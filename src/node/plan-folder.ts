/** Folders of pruning levels: what `depthwright prune` writes, and reading it back. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { deserialisePlan, type PlanFile, serialisePlan } from '../prune/plan-file.ts';
import { type PruningFigures, parseFigures } from '../report/pruning-figures.ts';

export const PLAN_JSON = 'pruning.json';
const PLAN_BYTES = 'pruning.bin';
/** Hashes of both, as `sha256sum -c` reads them. */
const PLAN_HASHES = 'pruning.sha256';

export function planFiles(file: PlanFile): Map<string, string | Uint8Array> {
  const { json, bytes } = serialisePlan(file);
  return new Map<string, string | Uint8Array>([
    [PLAN_JSON, json],
    [PLAN_BYTES, bytes],
    [PLAN_HASHES, planHashes(json, bytes)],
  ]);
}

function planHashes(json: string | Uint8Array, bytes: Uint8Array): string {
  const hash = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
  return `${hash(json)}  ${PLAN_JSON}\n${hash(bytes)}  ${PLAN_BYTES}\n`;
}

/** Reads the folder that `depthwright prune` wrote. */
export function readPlan(folder: string): PlanFile {
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UserError(
        'bad-arguments',
        `the folder holds no pruning levels (${name}: ${code ?? String(error)})`,
        { file: folder },
        'Make them with `depthwright prune MODEL --images DIR --out FOLDER`.',
      );
    }
  };
  const json = read(PLAN_JSON);
  const bytes = read(PLAN_BYTES);
  if (read(PLAN_HASHES).toString('utf8') !== planHashes(json, bytes)) {
    throw new UserError(
      'bad-arguments',
      `${PLAN_JSON} or ${PLAN_BYTES} has changed since the levels were calibrated`,
      { file: folder },
      'Calibrate again.',
    );
  }
  try {
    return deserialisePlan({ json: json.toString('utf8'), bytes: new Uint8Array(bytes) });
  } catch (error) {
    if (error instanceof UserError) throw error.at({ file: folder });
    throw error;
  }
}

export const FIGURES_JSON = 'figures.json';

/** Figures beside the levels; undefined where there are none (in a build folder). */
export function readFigures(folder: string): PruningFigures | undefined {
  const file = join(folder, FIGURES_JSON);
  if (!existsSync(file)) return undefined;
  try {
    return parseFigures(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof UserError) throw error.at({ file });
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError('bad-arguments', `the file cannot be read (${code ?? String(error)})`, { file });
  }
}

/** Where an unfinished calibration leaves its results: beside the output folder. */
export function checkpointFolder(out: string): string {
  const folder = `${resolve(out)}.unfinished`;
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new UserError(
      'output-not-writable',
      'finished steps cannot be kept there: it is a file',
      { file: folder },
      'Choose another --out.',
    );
  }
  return folder;
}
