/**
 * The operand registers of the multiplier array, as the hardware has them: one weight register of 8 bits a lane, input
 * and pair of pixels (a DSP), one activation register of 9 bits a lane, input and pixel; and behind them the registered
 * sums of the adder trees (`src/spec/adder-tree.ts`), which take a held product as 0.
 *
 * An activation register takes the rounded x - z where |w| >= the weight threshold and |x - z| >= the activation threshold, a
 * weight register where an activation of its pair does; what does not move holds. Toggles are bits that change.
 */
import { countedActivation, countedProduct } from '../network/numerics.ts';
import type { OperandPruning } from '../simulate/compute.ts';
import { treeOffset, treeSumBits } from '../spec/adder-tree.ts';
import type { Config } from '../spec/config.ts';

/** What a cycle of the array is made of; all are sums over cycles. */
export interface ArrayCounts {
  /** Cycles in which the array was fed. */
  steps: number;
  /** Multiplier cycles whose operands moved, and whose operands pruning held. */
  active: number;
  gated: number;
  /** Active multiplier cycles with a product other than 0. */
  nonzero: number;
  /** Gated multiplier cycles whose activation is 0, whatever the thresholds; of the others, those with a pruned weight. */
  gatedZero: number;
  gatedWeight: number;
  /** Bits that changed in weight registers, one a pair of pixels, and in activation registers. */
  weightToggles: number;
  activationToggles: number;
  /** Bits that changed in the sums of the adder trees. */
  treeToggles: number;
}

export const noCounts = (): ArrayCounts => ({
  steps: 0,
  active: 0,
  gated: 0,
  nonzero: 0,
  gatedZero: 0,
  gatedWeight: 0,
  weightToggles: 0,
  activationToggles: 0,
  treeToggles: 0,
});

/** Bits that are 1. */
function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

const BITS = Uint8Array.from({ length: 512 }, (_, value) => ones(value));

/** Registers of an array and the operands that its next step brings. */
export interface StepRegisters {
  /** x - z of [pixel][input], or of [lane][pixel][input]. */
  readonly operands: Int16Array;
  /**
   * One step. `weights` from `weightAt`: [lane][input]. `laneStride`: operands from one lane's to the next one's, 0 where
   * all lanes see the same.
   */
  step(
    counts: ArrayCounts,
    weights: Int8Array,
    weightAt: number,
    laneStride: number,
    pruning: OperandPruning,
    zeroPoint: number,
  ): void;
  /** A cycle without a step, as before the first one: products are 0. */
  idle(counts: ArrayCounts): void;
}

export class OperandRegisters implements StepRegisters {
  readonly operands: Int16Array;
  private readonly config: Config;
  /** [lane][pair][input] and [lane][pixel][input]. */
  private readonly weights: Uint8Array;
  private readonly activations: Uint16Array;
  /** Sums of the trees: [lane][pixel], level after level, N - 1 in all. */
  private readonly sums: Int32Array;
  /** Products of a lane: [pixel][input]. */
  private readonly products: Int32Array;

  constructor(config: Config) {
    this.config = config;
    this.operands = new Int16Array(config.lanes * config.pixels * config.inputs);
    this.weights = new Uint8Array(config.lanes * Math.ceil(config.pixels / 2) * config.inputs);
    this.activations = new Uint16Array(config.lanes * config.pixels * config.inputs);
    this.sums = new Int32Array(config.lanes * config.pixels * (config.inputs - 1));
    this.products = new Int32Array(config.pixels * config.inputs);
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
    const { operands } = this;
    const { lanes, inputs, pixels } = this.config;
    let active = 0;
    let nonzero = 0;
    let gatedZero = 0;
    let gatedWeight = 0;
    let weightToggles = 0;
    let activationToggles = 0;
    for (let lane = 0; lane < lanes; lane++) {
      const from = lane * laneStride;
      const registers = lane * pixels * inputs;
      for (let input = 0; input < inputs; input++) {
        const at = lane * inputs + input;
        const w = weights[weightAt + at]!;
        const wanted = Math.abs(w) >= pruning.weightThreshold;
        for (let pixel = 0; pixel < pixels; pixel++) {
          const raw = operands[from + pixel * inputs + input]!;
          this.products[pixel * inputs + input] = 0;
          if (wanted && Math.abs(raw) >= pruning.activationThreshold) {
            const x = countedActivation(raw, zeroPoint, pruning);
            const register = registers + pixel * inputs + input;
            const bits = x & 511;
            activationToggles += BITS[this.activations[register]! ^ bits]!;
            this.activations[register] = bits;
            const pair = (lane * ((pixels + 1) >> 1) + (pixel >> 1)) * inputs + input;
            // The second of a pair finds the weight that the first has written.
            weightToggles += BITS[this.weights[pair]! ^ (w & 255)]!;
            this.weights[pair] = w;
            active += 1;
            this.products[pixel * inputs + input] = countedProduct(
              x * w,
              pruning.productShift,
              pruning.alternate && input % 2 === 1,
            );
            if (x !== 0 && w !== 0) nonzero += 1;
          } else if (raw === 0) gatedZero += 1;
          else if (!wanted) gatedWeight += 1;
        }
      }
      for (let pixel = 0; pixel < pixels; pixel++) counts.treeToggles += this.addUp(lane, pixel);
    }
    counts.steps += 1;
    counts.active += active;
    counts.gated += lanes * inputs * pixels - active;
    counts.nonzero += nonzero;
    counts.gatedZero += gatedZero;
    counts.gatedWeight += gatedWeight;
    counts.weightToggles += weightToggles;
    counts.activationToggles += activationToggles;
  }
  idle(counts: ArrayCounts): void {
    this.products.fill(0);
    for (let lane = 0; lane < this.config.lanes; lane++) {
      for (let pixel = 0; pixel < this.config.pixels; pixel++) counts.treeToggles += this.addUp(lane, pixel);
    }
  }

  /** Sends a pixel's products through its tree; gives the bits that change. */
  private addUp(lane: number, pixel: number): number {
    const { inputs, pixels } = this.config;
    let terms = this.products.subarray(pixel * inputs, (pixel + 1) * inputs);
    let at = (lane * pixels + pixel) * (inputs - 1);
    let toggles = 0;
    let offset = treeOffset(inputs);
    for (let level = 1; terms.length > 1; level++) {
      const sums = this.sums.subarray(at, at + terms.length / 2);
      const bits = 2 ** treeSumBits(inputs, level) - 1;
      for (let k = 0; k < sums.length; k++) {
        const sum = terms[2 * k]! + terms[2 * k + 1]! + (2 * k < sums.length ? offset : -offset);
        toggles += ones((sums[k]! ^ sum) & bits);
        sums[k] = sum;
      }
      at += sums.length;
      terms = sums;
      offset = 0;
    }
    return toggles;
  }
}
