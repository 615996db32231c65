/** Networks and plans for pruning tests. */
import type { Compiled } from '../../src/compile/compile.ts';
import type { Network } from '../../src/network/network.ts';
import { hiddenChannels } from '../../src/prune/hidden.ts';
import {
  keptChannels,
  mostProductShift,
  networkAtLevel,
  networkIdentity,
  type PruningPlan,
} from '../../src/prune/levels.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import type { Config } from '../../src/spec/config.ts';
import { PRUNING_LEVELS } from '../../src/spec/isa.ts';
import { makeWindow, NetworkBuilder } from '../support/network-builder.ts';
import type { Random } from '../support/random.ts';
import { type MachineRun, runMachine } from '../support/run-machine.ts';

/** One to three bottlenecks of random shapes, some with a residual, then a mean and a fully connected layer. */
export function bottleneckNetwork(random: Random, multiplierBits: number): Network {
  const builder = new NetworkBuilder(random, multiplierBits);
  const side = random.int(2, 9);
  const channels = random.int(1, 12);
  // Rounding differs near the ends of the codes.
  const inputZero = random.oneIn(3) ? random.pick([-128, -125, -124, 124, 125, 127]) : random.int(-20, 20);
  let from = builder.input(side, random.int(2, 9), channels, inputZero);
  const relu6 = { zeroPoint: -128, low: -128, high: 127 };
  for (let block = random.int(1, 3); block > 0; block--) {
    const width = builder.tensor(from).channels;
    const hidden = random.int(2, 40);
    const kernel = random.pick([3, 3, 5]);
    const pad = kernel >> 1;
    const padding = { top: pad, left: pad, bottom: pad, right: pad };
    const residual = random.oneIn(2);
    const stride = residual ? 1 : random.pick([1, 2]);
    const expand = builder.mac('conv', from, hidden, makeWindow(1), relu6);
    const window = makeWindow(kernel, { padding, strideY: stride, strideX: stride });
    const depthwise = builder.mac('depthwise', expand, hidden, window, relu6);
    const project = builder.mac('conv', depthwise, residual ? width : random.int(1, 20), makeWindow(1), {
      zeroPoint: random.int(-5, 5),
    });
    from = residual ? builder.add(from, project, { zeroPoint: 1 }) : project;
  }
  const last = builder.mac('conv', from, random.int(4, 40), makeWindow(1), relu6);
  const { height, width } = builder.tensor(last);
  const rescale = builder.rescale(1, 1 / (height * width));
  const mean = builder.averagePool(last, makeWindow([height, width]), rescale, -128);
  return builder.build('bottlenecks', [builder.mac('conv', mean, random.int(2, 12), makeWindow(1), {})]);
}

/** Levels with rising thresholds and skips, activations rounded; some layers with biases and weights of their own. */
export function randomPlan(network: Network, config: Config, random: Random): PruningPlan {
  const hidden = hiddenChannels(network);
  const own = random.oneIn(2);
  const levels = Array.from({ length: PRUNING_LEVELS }, (_, index) => ({
    layers: network.layers.flatMap((layer, at) => {
      if ((layer.op !== 'conv' && layer.op !== 'depthwise') || random.oneIn(4)) return [];
      return [
        {
          layer: at,
          weightThreshold: random.int(0, 18 * (index + 1)),
          activationThreshold: random.int(0, 36 * (index + 1)),
          activationShift: random.int(0, 3),
          productShift: random.int(0, mostProductShift(layer, layer.weights, config.inputs)),
          ...(random.oneIn(2) ? { bias: layer.bias.map((value) => value + random.int(-200, 200)) } : {}),
          ...(own && random.oneIn(2) ? { weights: layer.weights.map((value) => (random.oneIn(3) ? 0 : value)) } : {}),
        },
      ];
    }),
    skipped: hidden.flatMap(({ producer, channels }) => {
      const most = Math.min(63, Math.ceil(channels / config.inputs) - 1);
      const words = Math.min(most, Math.floor((most * (index + 1)) / PRUNING_LEVELS));
      return words > 0 ? [{ producer, words }] : [];
    }),
  }));
  return { network: networkIdentity(network), channelsPerWord: config.inputs, levels };
}

/** Runs the program at a level and compares every code that the level computes. */
export function computedCodes(
  compiled: Compiled,
  plan: PruningPlan,
  level: number,
  inputs: readonly Int8Array[],
): MachineRun {
  const { network } = compiled;
  const expected = runReference(networkAtLevel(network, plan, level), inputs);
  return runMachine(compiled, inputs, expected, { level, kept: keptChannels(network, plan, level) });
}
