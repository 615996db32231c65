import { UserError } from '../../errors.ts';
import type { Graph } from '../../graph/graph.ts';
import { validateGraph } from '../../graph/validate.ts';
import type { DraftGraph, Pass } from './draft.ts';
import { readModel } from './model.ts';
import { absorb } from './passes/absorb.ts';
import { finish } from './passes/finish.ts';
import { foldAffineForward } from './passes/fold-forward.ts';
import { joinGates } from './passes/gates.ts';
import { dropIdentities } from './passes/identities.ts';
import { lowerRest } from './passes/lower-rest.ts';
import { mergePads } from './passes/pads.ts';
import type { ExternalFiles } from './tensor.ts';
import { walkModel } from './walk.ts';

export interface OnnxOptions {
  /** Bytes of a file beside the model, for weights stored outside it; undefined where there is none. */
  readonly external?: ExternalFiles;
}

/** In order; each is a pure function. `absorb` runs again where an earlier pass leaves new neighbours. */
const PASSES: readonly Pass[] = [
  absorb,
  joinGates,
  absorb,
  dropIdentities,
  foldAffineForward,
  mergePads,
  absorb,
  dropIdentities,
  lowerRest,
];

/** An ONNX file (opset 11 to 21; float, or quantised in QDQ form) as a graph. Bad files throw `UserError`. */
export function importOnnx(bytes: Uint8Array, fileName: string, options: OnnxOptions = {}): Graph {
  try {
    const model = readModel(bytes, options.external);
    const draft = PASSES.reduce<DraftGraph>((graph, pass) => pass(graph), walkModel(model));
    return validateGraph(finish(draft, nameOf(fileName)));
  } catch (error) {
    throw error instanceof UserError ? error.at({ file: fileName }) : error;
  }
}

/** File name without folders and extension. */
function nameOf(fileName: string): string {
  const base = fileName.split(/[\\/]/).at(-1) ?? fileName;
  return base.replace(/\.[^.]*$/, '') || base;
}
