/** What one COMPUTE does to the machine's memories. */
import {
  type ActivationPruning,
  countedActivation,
  countedProduct,
  requantise,
  roundShift,
} from '../network/numerics.ts';
import { type Config, ROW_SETS } from '../spec/config.ts';
import { PRODUCT_BITS, PRUNING_LEVELS, SHIFT_BITS, type Stage } from '../spec/isa.ts';
import { unpackParameters } from '../spec/layout.ts';
import { computedBlocks, inputDepth } from '../spec/sequence.ts';
import type { WindowTables } from '../spec/window.ts';

export interface ComputeFields {
  readonly slot: number;
  readonly row: number;
  readonly rows: number;
  readonly block: number;
  readonly blocks: number;
  readonly inputRow: number;
  readonly outputRow: number;
  readonly residualRow: number;
  readonly weights: number;
  readonly parameters: number;
}

/** Row slots of one tensor. */
export interface RowRing {
  readonly base: number;
  readonly end: number;
  readonly pitch: number;
}

export function ringOf(stage: Stage, tensor: 'input' | 'output' | 'residual'): RowRing {
  return { base: stage[`${tensor}Base`], end: stage[`${tensor}End`], pitch: stage[`${tensor}Pitch`] };
}

/** Address of the slot that holds `row`, given that `firstRow` lies in the slot at `firstAddress`. */
export function slotAddress(ring: RowRing, firstAddress: number, firstRow: number, row: number): number {
  const slots = (ring.end - ring.base) / ring.pitch;
  const first = (firstAddress - ring.base) / ring.pitch;
  const ahead = (row >> 2) - (firstRow >> 2);
  return ring.base + ((((first + ahead) % slots) + slots) % slots) * ring.pitch;
}

/** What pruning does to the operands of a stage. */
export interface OperandPruning extends ActivationPruning {
  readonly weightThreshold: number;
  readonly productShift: number;
  /** Ties of products at odd inputs go down. */
  readonly alternate: boolean;
}

const NOTHING_PRUNED: OperandPruning = {
  weightThreshold: 0,
  activationThreshold: 0,
  activationShift: 0,
  productShift: 0,
  alternate: false,
};

/** Level 0 prunes nothing. */
export function operandPruning(stage: Stage, level: number): OperandPruning {
  if (level === 0 || level > PRUNING_LEVELS) return NOTHING_PRUNED;
  return {
    weightThreshold: Number((stage.weightThresholds >> BigInt(7 * (level - 1))) & 127n),
    activationThreshold: Number((stage.activationThresholds >> BigInt(8 * (level - 1))) & 255n),
    activationShift: (stage.activationShifts >> (SHIFT_BITS * (level - 1))) & (2 ** SHIFT_BITS - 1),
    productShift: (stage.productShifts >> (PRODUCT_BITS * (level - 1))) & (2 ** PRODUCT_BITS - 1),
    alternate: stage.alternate === 1,
  };
}

export interface ComputeMemories {
  readonly activations: Int8Array;
  readonly weights: Int8Array;
  readonly parameters: Uint8Array;
  readonly tables: Int8Array;
}

/** Executes the instruction; `fail` is called where a word lies outside a memory. */
export function executeCompute(
  config: Config,
  windows: WindowTables,
  memories: ComputeMemories,
  stage: Stage,
  fields: ComputeFields,
  level: number,
  fail: (message: string) => never,
): void {
  new Computation(config, windows, memories, stage, fields, level, fail).run();
}

class Computation {
  private readonly config: Config;
  private readonly windows: WindowTables;
  private readonly memories: ComputeMemories;
  private readonly stage: Stage;
  private readonly fields: ComputeFields;
  private readonly fail: (message: string) => never;
  private readonly level: number;
  private readonly pruning: OperandPruning;
  private readonly acc: Int32Array;
  private readonly operands: Int32Array;
  private readonly tapWords: Int32Array;
  private readonly input: RowRing;
  private readonly firstInputRow: number;

  constructor(
    config: Config,
    windows: WindowTables,
    memories: ComputeMemories,
    stage: Stage,
    fields: ComputeFields,
    level: number,
    fail: (message: string) => never,
  ) {
    this.config = config;
    this.windows = windows;
    this.memories = memories;
    this.stage = stage;
    this.fields = fields;
    this.fail = fail;
    this.level = level;
    this.pruning = operandPruning(stage, level);
    this.acc = new Int32Array(config.lanes);
    this.operands = new Int32Array(config.inputs);
    this.tapWords = new Int32Array(config.inputs);
    this.input = ringOf(stage, 'input');
    this.firstInputRow = Math.max(0, (1 + stage.strideY) * fields.row - stage.paddingTop) >> stage.upsample;
  }

  run(): void {
    const { config, stage, fields, acc } = this;
    const { lanes, inputs } = config;
    const wordsPerRound = stage.window
      ? stage.steps
      : stage.kernelHeight * stage.kernelWidth * (stage.diagonal ? 1 : stage.inputBlocks);
    const rounds = 1 + stage.repeat;
    const lastWeight = fields.weights + (stage.sharedWeights ? 1 : fields.blocks * rounds * wordsPerRound);
    if (lastWeight > config.weightDepth) this.fail('a weight word lies outside the memory');
    if (fields.parameters + fields.blocks > config.parameterDepth)
      this.fail('a parameter word lies outside the memory');
    const computed = computedBlocks(config, stage, this.level, fields.block, fields.blocks);
    for (let index = 0; index < computed; index++) {
      const block = fields.block + index;
      const finish = this.finisher(block, fields.parameters + index);
      const weights = stage.sharedWeights
        ? fields.weights + (stage.window ? 0 : block % (inputs / lanes))
        : fields.weights + index * rounds * wordsPerRound;
      for (let row = fields.row; row < fields.row + fields.rows; row++) {
        for (let x = 0; x < stage.outputWidth; x++) {
          acc.fill(stage.maximum ? -256 : 0);
          for (let round = 0; round < rounds; round++) {
            const word = weights + round * wordsPerRound;
            if (stage.window) this.windowPixel(row, x, block, word);
            else this.directPixel(row, x, block, word);
          }
          finish(row, x);
        }
      }
    }
  }

  /** Byte index of channel 0 of an input word, or -1 where the position lies in the padding. */
  private inputWord(row: number, column: number, block: number): number {
    const { stage, config } = this;
    const y = row >> stage.upsample;
    const x = column >> stage.upsample;
    if (row < 0 || column < 0 || y >= stage.inputHeight || x >= stage.inputWidth) return -1;
    const slot = slotAddress(this.input, this.fields.inputRow, this.firstInputRow, y);
    const group = (x / config.pixels) | 0;
    return this.byteOf(y, slot + group * stage.inputBlocks + block, x - group * config.pixels);
  }

  private byteOf(row: number, address: number, column: number): number {
    const { config } = this;
    if (address < 0 || address >= config.activationDepth) this.fail('a word lies outside the activation memory');
    return (((row & (ROW_SETS - 1)) * config.activationDepth + address) * config.pixels + column) * config.inputs;
  }

  private directPixel(row: number, x: number, block: number, firstWord: number): void {
    const { stage, config } = this;
    const top = (1 + stage.strideY) * row - stage.paddingTop;
    const left = (1 + stage.strideX) * x - stage.paddingLeft;
    const own = Math.floor((block * config.lanes) / config.inputs);
    const depth = inputDepth(stage, this.level);
    const wordsPerTap = stage.sharedWeights ? 0 : stage.diagonal ? 1 : stage.inputBlocks;
    for (let ky = 0; ky < stage.kernelHeight; ky++) {
      for (let kx = 0; kx < stage.kernelWidth; kx++) {
        const at = this.inputWord(top + ky, left + kx, stage.diagonal ? own : 0);
        if (at < 0) continue;
        const word = firstWord + (ky * stage.kernelWidth + kx) * wordsPerTap;
        // Channel blocks of a pixel follow each other P words apart.
        for (let index = 0; index < depth; index++) {
          this.accumulateWord(at + index * config.pixels * config.inputs, word + index);
        }
      }
    }
  }

  /** All lanes see the same N channels. */
  private accumulateWord(at: number, word: number): void {
    const { stage, config, acc, operands, pruning } = this;
    const { weightThreshold, productShift, alternate } = pruning;
    const { activations, weights } = this.memories;
    const { lanes, inputs } = config;
    for (let input = 0; input < inputs; input++) {
      operands[input] = countedActivation(activations[at + input]! - stage.inputZero, stage.inputZero, pruning);
    }
    let weight = word * lanes * inputs;
    for (let lane = 0; lane < lanes; lane++) {
      let sum = acc[lane]!;
      if (stage.maximum) {
        for (let input = 0; input < inputs; input++) {
          if (weights[weight + input] !== 0) sum = Math.max(sum, operands[input]!);
        }
      } else if (weightThreshold > 0 || productShift > 0) {
        for (let input = 0; input < inputs; input++) {
          const w = weights[weight + input]!;
          if (Math.abs(w) < weightThreshold) continue;
          sum = (sum + countedProduct(operands[input]! * w, productShift, alternate && input % 2 === 1)) | 0;
        }
      } else {
        for (let input = 0; input < inputs; input++) sum = (sum + operands[input]! * weights[weight + input]!) | 0;
      }
      acc[lane] = sum;
      weight += inputs;
    }
  }

  private windowPixel(row: number, x: number, block: number, firstWord: number): void {
    const { stage, config, acc, tapWords, pruning } = this;
    const { activations, weights } = this.memories;
    const { lanes, inputs } = config;
    const centre = this.centre();
    const top = (1 + stage.strideY) * row - stage.paddingTop;
    const left = (1 + stage.strideX) * x + stage.paddingLeft - centre;
    const own = Math.floor((block * lanes) / inputs);
    const offset = (block * lanes) % inputs;
    for (let s = 0; s < stage.steps; s++) {
      const { taps, firstRow } = this.windows.steps[stage.firstStep + s]!;
      for (let input = 0; input < inputs; input++) {
        const tap = taps[input];
        if (tap === undefined) {
          tapWords[input] = -1;
          continue;
        }
        const word = this.inputWord(top + firstRow + tap.row, left + tap.column, tap.byte === 'lane' ? own : 0);
        tapWords[input] = word < 0 ? -1 : word + (tap.byte === 'lane' ? offset : tap.byte);
      }
      const laneStep = taps[0]?.byte === 'lane' ? 1 : 0;
      const weightBase = (firstWord + s) * lanes * inputs;
      for (let lane = 0; lane < lanes; lane++) {
        let sum = acc[lane]!;
        for (let input = 0; input < inputs; input++) {
          const at = tapWords[input]!;
          if (at < 0) continue;
          const w = weights[weightBase + lane * inputs + input]!;
          if (Math.abs(w) < pruning.weightThreshold) continue;
          const x = activations[at + lane * laneStep]! - stage.inputZero;
          const product = countedActivation(x, stage.inputZero, pruning) * w;
          sum = (sum + countedProduct(product, pruning.productShift, pruning.alternate && input % 2 === 1)) | 0;
        }
        acc[lane] = sum;
      }
    }
  }

  private centre(): number {
    for (const kernel of this.windows.kernels.values()) {
      if (kernel.firstStep === this.stage.firstStep) return kernel.centre;
    }
    return this.fail(`no window kernel starts at step ${this.stage.firstStep}`);
  }

  /** Requantise, residual, table and write, for one pixel of a block of M channels. */
  private finisher(block: number, parameterWord: number): (row: number, x: number) => void {
    const { stage, config, fields, acc } = this;
    const { activations, tables, parameters } = this.memories;
    const { lanes, inputs, pixels } = config;
    const own = Math.floor((block * lanes) / inputs);
    const offset = (block * lanes) % inputs;
    const channels = Array.from({ length: lanes }, (_, lane) =>
      unpackParameters(config, parameters, parameterWord * lanes + lane),
    );
    const output = ringOf(stage, 'output');
    const residual = ringOf(stage, 'residual');
    const pixelByte = (
      ring: RowRing,
      first: number,
      firstRow: number,
      y: number,
      x: number,
      blocks: number,
    ): number => {
      const group = (x / pixels) | 0;
      const address = slotAddress(ring, first, firstRow, y) + group * blocks + own;
      return this.byteOf(y, address, x - group * pixels) + offset;
    };
    return (row, x) => {
      const to = pixelByte(output, fields.outputRow, fields.row, row, x, stage.outputBlocks);
      let from = -1;
      if (stage.residual) {
        from = stage.broadcast
          ? pixelByte(residual, fields.residualRow, 0, 0, 0, stage.residualBlocks)
          : pixelByte(residual, fields.residualRow, fields.row, row, x, stage.residualBlocks);
      }
      for (let lane = 0; lane < lanes; lane++) {
        const { bias, multiplier, shift } = channels[lane]!;
        // Lanes beyond the last channel have no parameters: multiplier and shift 0 give the zero point.
        let code = requantise(
          (acc[lane]! + bias) | 0,
          multiplier,
          Math.max(1, shift),
          stage.middleZero,
          stage.middleLow,
          stage.middleHigh,
        );
        if (from >= 0) {
          const middle = code - stage.middleZero;
          const other = activations[from + lane]! - stage.residualZero;
          const sum =
            stage.residual === 1
              ? middle * stage.middleMultiplier + other * stage.residualMultiplier
              : middle * other * stage.middleMultiplier;
          const rounded = roundShift(sum, stage.residualShift) + stage.outputZero;
          code = Math.min(stage.outputHigh, Math.max(stage.outputLow, rounded));
        }
        if (stage.table > 0) code = tables[(stage.table - 1) * 256 + code + 128]!;
        activations[to + lane] = code;
      }
    };
  }
}
