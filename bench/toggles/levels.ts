/** Pruning levels without calibration, for measurements that do not ask what the network still recognises. */
import type { Network } from '../../src/network/network.ts';
import { mostProductShift, networkIdentity, type PruningLevel, type PruningPlan } from '../../src/prune/levels.ts';
import type { Config } from '../../src/spec/config.ts';

const SMALL_ACTIVATION = 8;
const PRODUCT_SHIFT = 5;

/**
 * Level 1 holds zeros, 2 weights below their layer's median as well, 3 activations below 8 as well; 4 rounds activations to
 * multiples of 4, 5 products to multiples of 32 as well where a layer's can be.
 */
export function madeUpLevels(network: Network, config: Config): PruningPlan {
  const level = (
    halfOfWeights: boolean,
    activationThreshold: number,
    activationShift = 0,
    shift = 0,
  ): PruningLevel => ({
    skipped: [],
    layers: network.layers.flatMap((layer, index) => {
      if (layer.op !== 'conv' && layer.op !== 'depthwise') return [];
      const sizes = Array.from(layer.weights, Math.abs).sort((a, b) => a - b);
      const median = sizes[sizes.length >> 1]!;
      const weightThreshold = halfOfWeights ? Math.max(1, Math.min(127, median)) : 1;
      const productShift = Math.min(shift, mostProductShift(layer, layer.weights, config.inputs));
      return [{ layer: index, weightThreshold, activationThreshold, activationShift, productShift }];
    }),
  });
  const levels = [
    level(false, 1),
    level(true, 1),
    level(true, SMALL_ACTIVATION),
    level(true, SMALL_ACTIVATION, 2),
    level(true, SMALL_ACTIVATION, 2, PRODUCT_SHIFT),
  ];
  return { network: networkIdentity(network), channelsPerWord: config.inputs, levels };
}
