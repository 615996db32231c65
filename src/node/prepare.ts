/** From a loaded model to the integer network: calibration images in, `Network` out. */
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Preprocess } from '../import/preprocess.ts';
import type { Network } from '../network/network.ts';
import { seededNumbers, vary } from '../quantise/augment.ts';
import { lowerQuantised } from '../quantise/lower/lower.ts';
import { normalise, type Picture } from '../quantise/preprocess.ts';
import { type QuantiseOptions, quantise, quantiseWithReference } from '../quantise/quantise.ts';
import type { LoadedModel } from './model-source.ts';
import { framePicture, pictureFiles } from './pictures.ts';

export interface PrepareOptions {
  /** Folder of calibration pictures. */
  readonly calibrate?: string | undefined;
  /** At most so many pictures of the folder. */
  readonly calibrationImages?: number;
  /** Pictures to calibrate on, instead of a folder. */
  readonly calibrationFiles?: readonly string[] | undefined;
  readonly multiplierBits: 16 | 31;
  readonly quantise?: QuantiseOptions;
}

export interface PreparedNetwork {
  readonly network: Network;
  /** Graph whose float execution shows the network's noise, tensor by tensor (see `Quantised` in quantise.ts). */
  readonly reference: Graph;
  /** How the network came to be quantised, for the report. */
  readonly origin: string;
}

/** True where the file fixes the scale of every activation. */
export function isQuantised(graph: Graph): boolean {
  return [...graph.tensors.values()].every((tensor) => tensor.quantisation !== undefined);
}

/** Variations of each embedded photograph that calibration sees besides the photograph itself. */
const VARIATIONS = 7;

export async function prepareNetwork(model: LoadedModel, options: PrepareOptions): Promise<PreparedNetwork> {
  const { graph } = model;
  const { multiplierBits } = options;
  if (isQuantised(graph)) {
    return {
      network: lowerQuantised(graph, { multiplierBits }),
      reference: graph,
      origin: "the model file's own scales and zero points",
    };
  }
  const { frames, origin } = await calibrationFrames(model, options);
  const quantised = quantiseWithReference(
    graph,
    { count: frames.length, frame: (index) => frames[index]! },
    { multiplierBits, ...options.quantise },
  );
  return { ...quantised, origin };
}

function folderPictures({ calibrate, calibrationImages }: PrepareOptions): string[] {
  return pictureFiles(calibrate!).slice(0, calibrationImages ?? 100);
}

async function calibrationFrames(
  model: LoadedModel,
  options: PrepareOptions,
): Promise<{ frames: Float32Array[][]; origin: string }> {
  const { graph } = model;
  const own = options.calibrationFiles ?? (options.calibrate === undefined ? undefined : folderPictures(options));
  if (own === undefined && model.photographs.length === 0) {
    if (graph.format === 'builder') return syntheticFrames(graph);
    throw new UserError(
      'bad-arguments',
      'a float model needs pictures to calibrate on',
      { file: model.source },
      'Add --calibrate DIR with some tens of typical pictures.',
    );
  }
  const stated = requirePreprocess(model);
  const { height, width } = inputShape(graph);
  const files = own ?? model.photographs;
  const pictures: Picture[] = [];
  for (const file of files) pictures.push(await framePicture(file, height, width, stated));
  const real = (picture: Picture) => [normalise(picture, stated.normalisation)];
  if (own !== undefined) {
    const where = options.calibrationFiles === undefined ? options.calibrate! : dirname(own[0]!);
    return { frames: pictures.map(real), origin: `calibrated on ${own.length} pictures of ${where}` };
  }
  const random = seededNumbers(1);
  const frames = pictures.flatMap((picture) => [
    real(picture),
    ...Array.from({ length: VARIATIONS }, () => real(vary(picture, random))),
  ]);
  return {
    frames,
    origin: `calibrated on ${pictures.length} embedded photographs and ${VARIATIONS} seeded variations of each`,
  };
}

/** A network that costs what the real one will: cycles and bytes do not depend on what calibration finds. */
export function costNetwork(graph: Graph, multiplierBits: 16 | 31): Network {
  if (isQuantised(graph)) return lowerQuantised(graph, { multiplierBits });
  const { frames } = syntheticFrames(graph);
  return quantise(graph, { count: frames.length, frame: (index) => frames[index]! }, { multiplierBits });
}

/** A builder's weights are random, so seeded noise serves it as well as pictures. */
function syntheticFrames(graph: Graph): { frames: Float32Array[][]; origin: string } {
  const random = seededNumbers(1);
  const frames = Array.from({ length: 2 }, () =>
    graph.inputs.map(({ tensor }) => {
      const { height, width, channels } = graph.tensors.get(tensor)!.shape;
      return Float32Array.from({ length: height * width * channels }, () => random() * 2 - 1);
    }),
  );
  return { frames, origin: 'builder with seeded weights, calibrated on seeded noise' };
}

export function inputShape(graph: Graph): { height: number; width: number; channels: number } {
  return graph.tensors.get(graph.inputs[0]!.tensor)!.shape;
}

export function requirePreprocess(model: LoadedModel): Preprocess {
  if (model.preprocess === undefined) {
    throw new UserError(
      'bad-arguments',
      'how pictures become the input of this model is not stated',
      { file: model.source },
      'Add --preprocess FILE, for example a file that holds {"range": [-1, 1], "resize": "stretch"}.',
    );
  }
  return model.preprocess;
}
