import { describe, expect, it } from 'vitest';
import { applyHostOperators, hostOutputs } from '../../src/network/host.ts';
import { loadModel } from '../../src/node/model-source.ts';
import { framePicture } from '../../src/node/pictures.ts';
import { prepareNetwork } from '../../src/node/prepare.ts';
import { createFloatExecutor } from '../../src/quantise/float/execute.ts';
import { inputCodes, normalise } from '../../src/quantise/preprocess.ts';
import { createKernels } from '../../src/simulate/kernels/kernels.ts';
import { landmarkDistance, readHand } from '../../src/tasks/hand.ts';

describe('the embedded hand-landmark network', () => {
  it('finds in int8 the landmarks of the float network, within 2.5 pixels, and the same presence', async () => {
    const model = loadModel(undefined);
    const { graph } = model;
    const preprocess = model.preprocess!;
    const { network } = await prepareNetwork(model, { multiplierBits: 16 });
    const kernels = await createKernels(network);
    const runFloat = createFloatExecutor(graph);
    const presences: number[] = [];
    for (const file of model.photographs) {
      const picture = await framePicture(file, 224, 224, preprocess);
      const reals = runFloat([normalise(picture, preprocess.normalisation)]);
      const float = readHand(
        graph.outputs.map(({ tensor, hostOperators }) => applyHostOperators(reals.get(tensor)!, hostOperators)),
      );
      const codes = inputCodes(picture, preprocess.normalisation, network.tensors[network.inputs[0]!]!);
      const int8 = readHand(hostOutputs(network, kernels.run([codes])));
      expect(landmarkDistance(float, int8), file).toBeLessThan(2.5);
      expect(Math.abs(float.presence - int8.presence), file).toBeLessThan(0.02);
      presences.push(float.presence);
    }
    // What this network answers elsewhere, so that importer and float executor are held to the world outside too.
    [0.981, 0.972, 0.978].forEach((expected, index) => {
      expect(Math.abs(presences[index]! - expected)).toBeLessThan(0.002);
    });
    expect(presences.length).toBe(3);
  });
});
