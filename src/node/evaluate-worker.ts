/** Worker of `evaluate.ts`: decodes a picture and gives the answers of both networks. */
import Tinypool from 'tinypool';
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Preprocess } from '../import/preprocess.ts';
import type { Network } from '../network/network.ts';
import { createFrameEvaluator, type FrameVerdict } from '../quantise/evaluate.ts';
import { normalise } from '../quantise/preprocess.ts';
import { framePicture } from './pictures.ts';

export interface EvaluateSetting {
  readonly network: Network;
  /** The float graph whose answers count. */
  readonly reference: Graph | undefined;
  /** The float graph that layers are compared with, where it is another (`Quantised.reference`). */
  readonly layerReference?: Graph | undefined;
  readonly preprocess: Preprocess;
}

const { network, reference, layerReference, preprocess } = Tinypool.workerData as EvaluateSetting;
const evaluator = createFrameEvaluator(network, reference, layerReference);
const { height, width } = network.tensors[network.inputs[0]!]!;

/** What a worker sends: errors lose their class and parts on the way, so the user's mistakes travel as data. */
export type WorkerAnswer =
  | { readonly kind: 'verdict'; readonly verdict: FrameVerdict }
  | { readonly kind: 'mistake'; readonly mistake: Pick<UserError, 'code' | 'message' | 'location' | 'fix'> };

export async function evaluateFile({ file, noise }: { file: string; noise: boolean }): Promise<WorkerAnswer> {
  try {
    const picture = await framePicture(file, height, width, preprocess);
    const verdict = (await evaluator)([normalise(picture, preprocess.normalisation)], noise);
    return { kind: 'verdict', verdict };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, location, fix } = error;
    return { kind: 'mistake', mistake: { code, message, location, fix } };
  }
}
