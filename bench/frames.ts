/** Frames for benches: a model of the evaluation data with photographs, or a builder's network with random pixels. */
import type { Network } from '../src/network/network.ts';
import { readDataset } from '../src/node/dataset.ts';
import { loadModel } from '../src/node/model-source.ts';
import { framePicture } from '../src/node/pictures.ts';
import { prepareNetwork } from '../src/node/prepare.ts';
import { inputCodes } from '../src/quantise/preprocess.ts';
import type { Config } from '../src/spec/config.ts';
import { randomInputs } from '../test/support/random-network.ts';
import { dataFile } from './data.ts';

export interface Frames {
  readonly network: Network;
  /** Input codes. */
  readonly frames: Int8Array[];
  /** What they are, in words. */
  readonly source: string;
}

/** `model`: a file of the evaluation data, such as 'models/...tflite', or a network that the project builds. */
export async function photographFrames(model: string, config: Config, count: number): Promise<Frames> {
  const file = dataFile(model);
  const images = dataFile('images/nips17-224');
  const { network } = await prepareNetwork(loadModel(file ?? model), { multiplierBits: config.multiplierBits });
  const input = network.tensors[network.inputs[0]!]!;
  if (file === undefined || images === undefined || input.channels !== 3) {
    const frames = Array.from({ length: count }, (_, seed) => randomInputs(network, seed)[0]!);
    return { network, frames, source: `${count} frames of random pixels` };
  }
  const scale = { mean: [127.5, 127.5, 127.5], deviation: [127.5, 127.5, 127.5], order: 'rgb' } as const;
  const preprocess = { normalisation: scale, resize: 'stretch', background: [0, 0, 0], origin: 'benchmark' } as const;
  const pictures = await readDataset(images, `${images}-labels.csv`, { limit: count });
  const frames = await Promise.all(
    pictures.map(async (picture) =>
      inputCodes(await framePicture(picture.file, input.height, input.width, preprocess), scale, input),
    ),
  );
  return { network, frames, source: `${frames.length} photograph${frames.length === 1 ? '' : 's'}` };
}
