/** Runs in the page: compares the kernels with the reference and hands the outcome to the test. */
import { createKernels } from '../../src/simulate/kernels/kernels.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { mobileNetV2Network } from '../support/mobilenet-v2.ts';
import { randomInputs, randomLayerNetwork } from '../support/random-network.ts';

export interface PageResult {
  readonly networks: number;
  readonly compared: number;
  readonly different: number;
}

async function compareInPage(): Promise<PageResult> {
  const networks = Array.from({ length: 60 }, (_, seed) => randomLayerNetwork(seed));
  networks.push(mobileNetV2Network({ resolution: 32 }));
  let compared = 0;
  let different = 0;
  for (const [seed, network] of networks.entries()) {
    const inputs = randomInputs(network, seed);
    const expected = runReference(network, inputs);
    const actual = (await createKernels(network, { keepTensors: true })).runAll(inputs);
    expected.forEach((values, tensor) => {
      values.forEach((value, index) => {
        compared++;
        if (value !== actual[tensor]![index]) different++;
      });
    });
  }
  return { networks: networks.length, compared, different };
}

Object.assign(globalThis, { compareInPage });
