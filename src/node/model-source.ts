/** Models by name or file, with the statement of their pre-processing. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { importModel } from '../import/index.ts';
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

/** Loads a model file or builds a named graph; nothing means the embedded default. */
export function loadModel(model: string | undefined, preprocessFile?: string): LoadedModel {
  if (model === undefined) return embeddedModel();
  if (!existsSync(model)) {
    if (isBuilderName(model) || !/[./\\]/.test(model.replace(/\d\.\d+/g, ''))) {
      const graph = buildGraph(model);
      return { graph, preprocess: defaultPreprocess(graph), source: model, photographs: [] };
    }
    throw new UserError(
      'bad-model',
      'there is no such file',
      { file: model },
      'Check the path, or name a graph builder.',
    );
  }
  const graph = importModel(readModelFile(model), model, {
    external: (name) => {
      const path = join(dirname(model), name);
      return existsSync(path) ? readFileSync(path) : undefined;
    },
  });
  const statement = preprocessFile ?? preprocessFileName(model);
  if (preprocessFile !== undefined || existsSync(statement)) {
    if (!existsSync(statement)) throw new UserError('bad-arguments', 'there is no such file', { file: statement });
    return {
      graph,
      preprocess: parsePreprocess(readFileSync(statement, 'utf8'), statement),
      source: model,
      photographs: [],
    };
  }
  return { graph, preprocess: defaultPreprocess(graph), source: model, photographs: [] };
}

function readModelFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError('bad-model', `the file cannot be read (${(error as NodeJS.ErrnoException).code})`, { file });
  }
}
