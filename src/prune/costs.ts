/** What pruning can save, in picojoules of the configuration's device (or in cycles): the search's exchange rate. */
import { coefficientsOf } from '../energy/coefficients.ts';
import { blockCycles } from '../energy/memory.ts';
import { clockPower } from '../energy/model.ts';
import type { ConvLayer, DepthwiseLayer, Network } from '../network/network.ts';
import type { Config } from '../spec/config.ts';
import { estimateResources } from '../synth/estimate.ts';

export type Objective = 'energy' | 'latency';

export interface Costs {
  /** An active multiplication. */
  readonly active: number;
  /** A cycle of the array, whatever its multipliers do. */
  readonly step: number;
}

/** Bits that toggle in the operand registers of an active multiplication: 4.9 on average over photographs of MobileNetV2. */
const TOGGLES = 5;

export function pruningCosts(config: Config, objective: Objective): Costs {
  // A latency objective still takes what gating gives for next to no accuracy.
  const table = coefficientsOf(config);
  const active = table.operandToggle.mid * TOGGLES + table.product.mid;
  // A step reads a word of weights, and of activations one for each pixel.
  const reads = { weightReads: 1, weightWrites: 0, parameterReads: 0, bankReads: config.pixels, bankWrites: 0 };
  const { wide, narrow } = blockCycles(config, reads);
  const memory = table.ramAccess.mid * wide + table.ramAccessNarrow.mid * narrow;
  const step = clockPower(table, estimateResources(config)).mid + memory;
  return objective === 'energy' ? { active, step } : { active: active / 20, step: step * 2 };
}

/** Steps that one hidden word of N channels costs in the layer that makes it, those between and its reader. */
export function wordSteps(network: Network, config: Config, layers: readonly number[], consumer: number): number {
  const { pixels, lanes, inputs } = config;
  const blocks = inputs / lanes;
  let steps = 0;
  for (const index of layers) {
    const layer = network.layers[index]!;
    const { height, width } = network.tensors[layer.output]!;
    const groups = Math.ceil((height * width) / pixels);
    if (layer.op === 'conv') {
      const { channels } = network.tensors[layer.inputs[0]!]!;
      steps += groups * taps(layer) * Math.ceil(channels / inputs) * blocks;
    } else if (layer.op === 'depthwise') {
      // Every column of the input passes, a stride drops outputs.
      steps += groups * layer.window.strideX * blocks * Math.ceil(taps(layer) / inputs);
    } else steps += groups * blocks;
  }
  const layer = network.layers[consumer] as ConvLayer;
  const { height, width, channels } = network.tensors[layer.output]!;
  return steps + Math.ceil((height * width) / pixels) * taps(layer) * Math.ceil(channels / lanes);
}

function taps({ window }: ConvLayer | DepthwiseLayer): number {
  return window.kernelHeight * window.kernelWidth;
}
