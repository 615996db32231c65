/** Energy of MobileNetV2's frame on a configuration at level 0, from the activity of photographs. */
import { compile } from '../src/compile/compile.ts';
import { meanActivity } from '../src/energy/levels.ts';
import { type FrameEnergy, frameEnergy } from '../src/energy/model.ts';
import { readDataset } from '../src/node/dataset.ts';
import { loadModel } from '../src/node/model-source.ts';
import { framePicture } from '../src/node/pictures.ts';
import { prepareNetwork } from '../src/node/prepare.ts';
import { inputCodes } from '../src/quantise/preprocess.ts';
import { simulateCycles } from '../src/simulate/cycles/cycles.ts';
import { namedConfig } from '../src/spec/configs.ts';
import { Random } from '../test/support/random.ts';
import { randomInputs } from '../test/support/random-network.ts';
import { dataFile } from './data.ts';

/** The first photographs whose activity is counted, and one run of steps in so many of each. */
const PHOTOGRAPHS = 10;
const EVERY = 20;

export interface MeasuredFrame {
  readonly model: string;
  readonly frames: string;
  readonly energy: FrameEnergy;
}

/** The int8 MobileNetV2 and photographs of the evaluation data; where it is absent, the builder and random pixels. */
export async function mobileNetV2Energy(configuration: string): Promise<MeasuredFrame> {
  const config = namedConfig(configuration);
  const file = dataFile('models/tf2_mobilenet_v2_1.0_224_ptq.tflite');
  const images = dataFile('images/nips17-224');
  const model = file ?? 'mobilenet_v2_1.0_224';
  const { network } = await prepareNetwork(loadModel(model), { multiplierBits: config.multiplierBits });
  const input = network.tensors[network.inputs[0]!]!;
  const scale = { mean: [127.5, 127.5, 127.5], deviation: [127.5, 127.5, 127.5], order: 'rgb' } as const;
  const preprocess = { normalisation: scale, resize: 'stretch', background: [0, 0, 0], origin: 'benchmark' } as const;
  const frames =
    images === undefined || file === undefined
      ? [randomInputs(network, new Random(1).int(1, 1000))[0]!]
      : await Promise.all(
          (await readDataset(images, `${images}-labels.csv`, { limit: PHOTOGRAPHS })).map(async (picture) =>
            inputCodes(await framePicture(picture.file, input.height, input.width, preprocess), scale, input),
          ),
        );
  const compiled = compile(network, config);
  const activity = await meanActivity(compiled, network, 0, frames, EVERY);
  const energy = frameEnergy(compiled, activity, simulateCycles(config, compiled.program.instructions));
  return {
    model: file === undefined ? model : 'tf2_mobilenet_v2_1.0_224_ptq.tflite',
    frames: file === undefined ? 'random pixels' : `${frames.length} photographs`,
    energy,
  };
}
