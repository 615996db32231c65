/** Models by name or file, with the statement of their pre-processing. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { importModel, modelPreprocess } from '../import/index.ts';
import { defaultPreprocess, type Preprocess, parsePreprocess, preprocessFileName } from '../import/preprocess.ts';
import { UNIT_RANGE } from '../quantise/preprocess.ts';
import { buildGraph, isBuilderName } from '../zoo/zoo.ts';

export interface LoadedModel {
  readonly graph: Graph;
  /** Undefined where nobody has stated it and the model's input does not tell. */
  readonly preprocess: Preprocess | undefined;
  /** File or builder name, as the user gave it. */
  readonly source: string;
  /** Photographs that belong to the embedded model. */
  readonly photographs: readonly string[];
}

const require = createRequire(import.meta.url);

/** Path of a file inside an installed npm package. */
function packageFile(name: string, file: string): string {
  // The packages restrict `exports`, so their folder is found by walking up from here.
  for (const folder of require.resolve.paths(name) ?? []) {
    const path = join(folder, name, file);
    if (existsSync(path)) return path;
  }
  throw new UserError('tool-missing', `the npm package ${name} is not installed`, { file }, 'Run npm ci.');
}

/** The embedded default: MediaPipe's hand-landmark network and photographs of a hand, both from npm. */
export function embeddedModel(): LoadedModel {
  const file = packageFile('@mediapipe/hands', 'hand_landmark_lite.tflite');
  const graph = importModel(readFileSync(file), file);
  return {
    graph: { ...graph, name: 'hand_landmark_lite' },
    preprocess: {
      normalisation: UNIT_RANGE,
      resize: 'letterbox',
      background: [255, 255, 255],
      origin: 'embedded default: pixels / 255, letter-boxed on white',
    },
    source: '@mediapipe/hands/hand_landmark_lite.tflite',
    photographs: ['nocurl', 'halfcurl', 'fullcurl'].map((name) => packageFile('fingerpose', `assets/${name}.jpg`)),
  };
}

/**
 * Loads a model file or builds a named graph; nothing means the embedded default. A statement of pre-processing is taken
 * from `preprocessFile`, else from the file beside the model, else from the model.
 */
export function loadModel(model: string | undefined, preprocessFile?: string): LoadedModel {
  const loaded = model === undefined ? embeddedModel() : existsSync(model) ? modelFromFile(model) : builtModel(model);
  const beside = model !== undefined && existsSync(model) ? preprocessFileName(model) : undefined;
  const statement = preprocessFile ?? (beside !== undefined && existsSync(beside) ? beside : undefined);
  if (statement === undefined) return loaded;
  const text = readUserFile(statement, 'bad-arguments').toString('utf8');
  return { ...loaded, preprocess: parsePreprocess(text, statement) };
}

function modelFromFile(file: string): LoadedModel {
  const bytes = readUserFile(file, 'bad-model');
  const graph = importModel(bytes, file, {
    external: (name) => {
      const path = join(dirname(file), name);
      return existsSync(path) ? readUserFile(path, 'bad-model') : undefined;
    },
  });
  return { graph, preprocess: modelPreprocess(bytes, file, graph), source: file, photographs: [] };
}

function builtModel(name: string): LoadedModel {
  if (!isBuilderName(name) && /[./\\]/.test(name.replace(/\d\.\d+/g, ''))) {
    throw new UserError(
      'bad-model',
      'there is no such file',
      { file: name },
      'Check the path, or name a graph builder.',
    );
  }
  const graph = buildGraph(name);
  return { graph, preprocess: defaultPreprocess(graph), source: name, photographs: [] };
}

function readUserFile(file: string, code: 'bad-model' | 'bad-arguments'): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new UserError(
      code,
      reason === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${reason})`,
      { file },
      'Check the path.',
    );
  }
}
