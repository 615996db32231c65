/** What pruning can save, in picojoules of the configuration's device (or in cycles): the search's exchange rate. */
import { coefficientsOf } from '../energy/coefficients.ts';
import { blockCycles } from '../energy/memory.ts';
import { clockPower } from '../energy/model.ts';
import type { ConvLayer, DepthwiseLayer, Network } from '../network/network.ts';
import { type Config, multipliers } from '../spec/config.ts';
import { estimateResources } from '../synth/estimate.ts';

export type Objective = 'energy' | 'latency';

export interface Costs {
  /** An active multiplication. */
  readonly active: number;
  /** What of it a low bit spares that stands still in all weights of a layer, and in all its activations. */
  readonly weightBit: number;
  readonly activationBit: number;
  /** A toggle in the adder trees. */
  readonly productBit: number;
  /** A cycle of the array, beside what its active multiplications cost. */
  readonly step: number;
}

/** Bits that toggle in the operand registers of an active multiplication: 4.9 on average over photographs of MobileNetV2. */
const OPERAND_TOGGLES = 5;
/**
 * Bits that toggle in the adder trees a product (5.5 in whole products, half of them where low bits are rounded away), and
 * the share of them that a held product spares (docs/energy.md).
 */
const TREE_TOGGLES = 3;
const TREE_SHARE = 0.4;

/**
 * Bits that stop toggling in operand registers and trees for a still low bit of the weights, and of the activations. Little
 * in the trees: most levels round those bits of the products away anyway.
 */
const WEIGHT_BIT = { operand: 0.5, tree: 0.1 };
const ACTIVATION_BIT = { operand: 0.3, tree: 0.1 };

export function pruningCosts(config: Config, objective: Objective): Costs {
  // A latency objective still takes what gating gives for next to no accuracy.
  const table = coefficientsOf(config);
  const tree = table.treeToggle.mid * TREE_TOGGLES;
  const active = table.operandToggle.mid * OPERAND_TOGGLES + tree * TREE_SHARE;
  const bit = ({ operand, tree: sums }: typeof WEIGHT_BIT) =>
    table.operandToggle.mid * operand + table.treeToggle.mid * sums;
  // A step reads a word of weights, and of activations one for each pixel.
  const reads = { weightReads: 1, weightWrites: 0, parameterReads: 0, bankReads: config.pixels, bankWrites: 0 };
  const { wide, narrow } = blockCycles(config, reads);
  const memory = table.ramAccess.mid * wide + table.ramAccessNarrow.mid * narrow;
  const trees = tree * (1 - TREE_SHARE) * multipliers(config);
  // Registers behind enables move with codes, not with steps.
  const step = clockPower(table, estimateResources(config)).mid + memory + trees;
  const productBit = table.treeToggle.mid;
  const energy = { active, weightBit: bit(WEIGHT_BIT), activationBit: bit(ACTIVATION_BIT), productBit, step };
  if (objective === 'energy') return energy;
  return {
    active: active / 20,
    weightBit: energy.weightBit / 20,
    activationBit: energy.activationBit / 20,
    productBit: energy.productBit / 20,
    step: step * 2,
  };
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
      // Fewer channels than a word pass the stem's window, packed.
      const packed = channels < inputs ? 1 : taps(layer);
      steps += groups * packed * Math.ceil((channels * taps(layer)) / packed / inputs) * blocks;
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
