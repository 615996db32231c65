/** A random layer for checks that change it before they run it. */
import { type Compiled, compile } from '../../../src/compile/compile.ts';
import { UserError } from '../../../src/errors.ts';
import type { Layer } from '../../../src/network/network.ts';
import type { Config } from '../../../src/spec/config.ts';
import { randomInputs, randomLayerNetwork } from '../../support/random-network.ts';

/** A compiled random layer, or undefined where the configuration cannot do it. */
export function compileLayer(
  config: Config,
  layerSeed: number,
  op?: Layer['op'],
): { compiled: Compiled; inputs: Int8Array[] } | undefined {
  const network = randomLayerNetwork(layerSeed, {
    multiplierBits: config.multiplierBits,
    maxExtent: 9,
    maxChannels: 24,
    pruning: false,
    ...(op !== undefined && { op }),
  });
  try {
    return { compiled: compile(network, config), inputs: randomInputs(network, layerSeed) };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
