/** Feeds the operand registers with the steps of a COMPUTE, in the order in which the sequencer issues them. */
import { type ComputeFields, operandPruning } from '../simulate/compute.ts';
import type { Config } from '../spec/config.ts';
import type { Stage } from '../spec/isa.ts';
import { computedBlocks, directGroupPixels, inputDepth, validKernelRows } from '../spec/sequence.ts';
import { type WindowTables, windowTables } from '../spec/window.ts';
import { groupsOf } from './accesses.ts';
import { type ArrayCounts, noCounts, type StepRegisters } from './array.ts';
import { operandRegisters } from './vector-registers.ts';

/** Codes and weights of a COMPUTE, wherever they lie. */
export interface Operands {
  readonly codes: Int8Array;
  /** Index of the first code of word `word` (N channels) of a pixel inside the map. */
  codeAt(row: number, column: number, word: number): number;
  /** Codes of that word, at most N; what is missing counts as the zero point. */
  codesOf(word: number): number;
  /** Words of [lane][input]. */
  readonly weights: Int8Array;
  /** Index of the first weight word of a block of M output channels. */
  weightWord(block: number): number;
}

/** Weight words of a block in one round. */
export function wordsPerRound(stage: Stage): number {
  return stage.window ? stage.steps : stage.kernelHeight * stage.kernelWidth * (stage.diagonal ? 1 : stage.inputBlocks);
}

/** Groups of a flat row that are sampled together: flat rows are long. */
const FLAT_PIECE = 16;

/** Runs of groups that are sampled as one: a row, or a piece of a flat one. */
export function runsOf(config: Config, stage: Stage, fields: ComputeFields, level: number): number {
  const groups = groupsOf(config, stage, fields.rows);
  const perBlock = stage.flat ? Math.ceil(groups / FLAT_PIECE) : fields.rows;
  return perBlock * computedBlocks(config, stage, level, fields.block, fields.blocks);
}

/** Picks about one run in `every`, alike from all rows and blocks. */
export class Sampler {
  private readonly every: number;
  private run = 0;

  constructor(every: number) {
    this.every = every;
  }

  takes(): boolean {
    this.run += 1;
    // Multiples of the golden ratio spread evenly, whatever the period of rows and blocks.
    return ((this.run * 0.6180339887) % 1) * this.every < 1;
  }
}

export class StepWalker {
  private readonly config: Config;
  private readonly level: number;
  private readonly windows: WindowTables;
  private readonly registers: StepRegisters;

  constructor(config: Config, level: number) {
    this.config = config;
    this.level = level;
    this.windows = windowTables(config);
    this.registers = operandRegisters(config);
  }

  compute(stage: Stage, fields: ComputeFields, operands: Operands, sampler: Sampler, counts: ArrayCounts): void {
    const computed = computedBlocks(this.config, stage, this.level, fields.block, fields.blocks);
    const groups = groupsOf(this.config, stage, fields.rows);
    const piece = stage.flat ? FLAT_PIECE : groups;
    // The window path reads ahead first.
    if (stage.window) this.registers.idle(counts);
    const walk = (block: number, row: number, group: number, into: ArrayCounts): void => {
      if (stage.window) this.windowGroup(stage, operands, row, group, block, into);
      else this.directGroup(stage, fields, operands, row, group, block, into);
    };
    let before: readonly [number, number, number] | undefined;
    let taken = true;
    for (let block = fields.block; block < fields.block + computed; block++) {
      for (let row = fields.row; row < fields.row + (stage.flat ? 1 : fields.rows); row++) {
        for (let group = 0; group < groups; group += piece) {
          const end = Math.min(groups, group + piece);
          if (sampler.takes()) {
            // The registers hold what the group before left, which was not in the sample.
            if (!taken && before !== undefined) walk(...before, noCounts());
            for (let at = group; at < end; at++) walk(block, row, at, counts);
            taken = true;
          } else taken = false;
          before = [block, row, end - 1];
        }
      }
    }
  }

  private directGroup(
    stage: Stage,
    fields: ComputeFields,
    source: Operands,
    row: number,
    group: number,
    block: number,
    counts: ArrayCounts,
  ): void {
    const { config, registers } = this;
    const { operands } = registers;
    const { pixels, inputs, lanes } = config;
    const { codes } = source;
    const pruning = operandPruning(stage, this.level);
    const depth = inputDepth(stage, this.level);
    const perTap = stage.sharedWeights ? 0 : stage.diagonal ? 1 : stage.inputBlocks;
    const own = stage.diagonal ? Math.floor((block * lanes) / inputs) : 0;
    const each = stage.flat ? pixels : directGroupPixels(config, stage.strideX);
    const outputs = (stage.flat ? fields.rows : 1) * stage.outputWidth;
    const slots = Math.min(each, outputs - group * each);
    const valid = validKernelRows(stage, row);
    const top = (1 + stage.strideY) * row - stage.paddingTop;
    const first = source.weightWord(block);
    for (let round = 0; round <= stage.repeat; round++) {
      for (let ky = valid.first; ky < valid.first + valid.count; ky++) {
        for (let kx = 0; kx < stage.kernelWidth; kx++) {
          for (let word = own; word < own + depth; word++) {
            operands.fill(0, 0, pixels * inputs);
            const count = source.codesOf(word);
            for (let slot = 0; slot < slots; slot++) {
              const pixel = group * each + slot;
              const y = stage.flat ? row + Math.floor(pixel / stage.outputWidth) : (top + ky) >> stage.upsample;
              const column = stage.flat
                ? pixel % stage.outputWidth
                : (1 + stage.strideX) * pixel - stage.paddingLeft + kx;
              const x = column >> stage.upsample;
              if (column < 0 || x >= stage.inputWidth) continue;
              const from = source.codeAt(y, x, word);
              for (let n = 0; n < count; n++) operands[slot * inputs + n] = codes[from + n]! - stage.inputZero;
            }
            const at = first + round * wordsPerRound(stage) + (ky * stage.kernelWidth + kx) * perTap + word - own;
            const weightAt = at * lanes * inputs;
            registers.step(counts, source.weights, weightAt, 0, pruning, stage.inputZero);
          }
        }
      }
    }
    // A cycle for the residual.
    if (stage.residual) registers.idle(counts);
  }

  private windowGroup(
    stage: Stage,
    source: Operands,
    row: number,
    group: number,
    block: number,
    counts: ArrayCounts,
  ): void {
    const { config, registers } = this;
    const { operands } = registers;
    const { pixels, inputs, lanes } = config;
    const { codes } = source;
    const pruning = operandPruning(stage, this.level);
    const top = (1 + stage.strideY) * row - stage.paddingTop;
    const own = Math.floor((block * lanes) / inputs);
    const offset = (block * lanes) % inputs;
    const kernel = [...this.windows.kernels.values()].find(({ firstStep }) => firstStep === stage.firstStep)!;
    const first = source.weightWord(block);
    for (let round = 0; round <= stage.repeat; round++) {
      for (let s = 0; s < stage.steps; s++) {
        const { taps, firstRow } = this.windows.steps[stage.firstStep + s]!;
        operands.fill(0);
        const laneWise = taps[0]?.byte === 'lane';
        const count = laneWise ? Math.min(lanes, source.codesOf(own) - offset) : 0;
        for (let input = 0; input < inputs; input++) {
          const tap = taps[input];
          if (tap === undefined) continue;
          const row0 = top + firstRow + tap.row;
          const y = row0 >> stage.upsample;
          if (row0 < 0 || y >= stage.inputHeight) continue;
          for (let pixel = 0; pixel < pixels; pixel++) {
            // The window slides over every column of the input; a stride drops outputs, not steps.
            const column = group * pixels + pixel - kernel.centre + tap.column;
            const x = column >> stage.upsample;
            if (column < 0 || x >= stage.inputWidth || column >= stage.groups * pixels) continue;
            if (!laneWise) {
              operands[pixel * inputs + input] =
                codes[source.codeAt(y, x, 0) + (tap.byte as number)]! - stage.inputZero;
              continue;
            }
            const from = source.codeAt(y, x, own) + offset;
            for (let lane = 0; lane < count; lane++) {
              operands[(lane * pixels + pixel) * inputs + input] = codes[from + lane]! - stage.inputZero;
            }
          }
        }
        const weightAt = (first + round * stage.steps + s) * lanes * inputs;
        const stride = laneWise ? pixels * inputs : 0;
        registers.step(counts, source.weights, weightAt, stride, pruning, stage.inputZero);
      }
    }
  }
}
