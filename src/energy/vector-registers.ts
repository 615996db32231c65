/** `OperandRegisters` in WebAssembly (SIMD), for arrays whose inputs are a multiple of 8. */
import { roundingOffset } from '../network/numerics.ts';
import type { OperandPruning } from '../simulate/compute.ts';
import { treeOffset } from '../spec/adder-tree.ts';
import type { Config } from '../spec/config.ts';
import { createMemory, instantiate, reserve } from '../webassembly.ts';
import { type ArrayCounts, noCounts, OperandRegisters, type StepRegisters } from './array.ts';
import { OPERANDS_BASE64 } from './generated/operands.ts';

const COUNTED = [
  'active',
  'nonzero',
  'gatedZero',
  'gatedWeight',
  'weightToggles',
  'activationToggles',
  'treeToggles',
] as const;

/** Bytes in front of the operands: the counts. */
const HEAD = 64;

/** The quickest registers of a configuration. */
export function operandRegisters(config: Config): StepRegisters {
  return config.inputs % 8 === 0 ? new VectorRegisters(config) : new OperandRegisters(config);
}

export class VectorRegisters implements StepRegisters {
  readonly operands: Int16Array;
  private readonly config: Config;
  private readonly counts: Float64Array;
  private readonly weights: Int8Array;
  /** Byte addresses in linear memory. */
  private readonly at: {
    readonly operands: number;
    readonly products: number;
    readonly weights: number;
    readonly weightRegisters: number;
    readonly activationRegisters: number;
    readonly tree: number;
  };
  private readonly exports: { readonly [name in 'step' | 'idle']: (...args: number[]) => void };

  constructor(config: Config) {
    const { lanes, inputs, pixels } = config;
    const multipliers = lanes * inputs * pixels;
    const operands = HEAD;
    const products = operands + 2 * multipliers;
    const weights = products + 2 * pixels * inputs;
    const weightRegisters = weights + lanes * inputs;
    const activationRegisters = weightRegisters + 2 * lanes * inputs * Math.ceil(pixels / 2);
    const tree = activationRegisters + 2 * multipliers;
    let sums = 0;
    for (let count = inputs / 2; count >= 1; count /= 2) sums += Math.max(4, count);
    const memory = createMemory();
    reserve(memory, tree + 4 * sums * lanes * pixels);
    this.config = config;
    this.at = { operands, products, weights, weightRegisters, activationRegisters, tree };
    this.counts = new Float64Array(memory.buffer, 0, COUNTED.length);
    this.operands = new Int16Array(memory.buffer, operands, multipliers);
    this.weights = new Int8Array(memory.buffer, weights, lanes * inputs);
    const bytes = Uint8Array.from(atob(OPERANDS_BASE64), (character) => character.charCodeAt(0));
    this.exports = instantiate(bytes, { env: { memory } }) as typeof this.exports;
    this.idle(noCounts());
  }

  step(
    counts: ArrayCounts,
    weights: Int8Array,
    weightAt: number,
    laneStride: number,
    pruning: OperandPruning,
    zeroPoint: number,
  ): void {
    const { at } = this;
    const { lanes, inputs, pixels } = this.config;
    this.weights.set(weights.subarray(weightAt, weightAt + lanes * inputs));
    this.counts.fill(0);
    this.exports.step(
      0,
      at.weights,
      at.operands,
      2 * laneStride,
      at.weightRegisters,
      at.activationRegisters,
      at.tree,
      at.products,
      lanes,
      pixels,
      inputs,
      pruning.weightThreshold,
      pruning.activationThreshold,
      pruning.activationShift,
      roundingOffset(zeroPoint, pruning.activationShift),
      treeOffset(inputs),
      pruning.productShift,
      Number(pruning.alternate),
    );
    counts.steps += 1;
    for (let index = 0; index < COUNTED.length; index++) counts[COUNTED[index]!] += this.counts[index]!;
    counts.gated += lanes * inputs * pixels - this.counts[0]!;
  }

  idle(counts: ArrayCounts): void {
    const { lanes, pixels, inputs } = this.config;
    this.counts.fill(0);
    this.exports.idle(0, this.at.tree, this.at.products, lanes * pixels, inputs, treeOffset(inputs));
    counts.treeToggles += this.counts[COUNTED.indexOf('treeToggles')]!;
  }
}
