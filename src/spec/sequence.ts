/** How many cycles the sequencer issues steps for a COMPUTE: part of the timing contract, and the compiler's cost. */
import type { Config } from './config.ts';
import { SKIP_BITS, type Stage } from './isa.ts';

/** What of a stage descriptor decides its length. */
export type SequenceStage = Pick<
  Stage,
  | 'window'
  | 'diagonal'
  | 'flat'
  | 'residual'
  | 'repeat'
  | 'upsample'
  | 'inputHeight'
  | 'inputBlocks'
  | 'kernelHeight'
  | 'kernelWidth'
  | 'strideY'
  | 'strideX'
  | 'paddingTop'
  | 'groups'
  | 'steps'
  | 'outputWidth'
  | 'outputBlocks'
  | 'skippedInputs'
  | 'skippedOutputs'
>;

/** Output pixels of a group on the direct path; a stride of 2 meets every bank twice, so half the slots idle. */
export function directGroupPixels(config: Config, strideX: number): number {
  return strideX === 1 ? Math.max(1, config.pixels / 2) : config.pixels;
}

/** Cycles from any group's end to the end of a group of this stage that requantisation or the residual units ask for. */
export function closeInterval({ pixels, requantisePixels, residualPixels }: Config, residual: boolean): number {
  return pixels / (residual ? residualPixels : requantisePixels);
}

/** Kernel rows that lie inside the map for an output row: the others take no cycle. */
export function validKernelRows(stage: SequenceStage, row: number): { first: number; count: number } {
  const top = (1 + stage.strideY) * row - stage.paddingTop;
  const height = stage.inputHeight << stage.upsample;
  const first = Math.max(0, -top);
  return { first, count: Math.max(0, Math.min(stage.kernelHeight, height - top) - first) };
}

/** A level's entry of a packed skip field; level 0 skips nothing. */
export function skipped(entries: number, level: number): number {
  return level === 0 ? 0 : Math.floor(entries / 2 ** (SKIP_BITS * (level - 1))) % 2 ** SKIP_BITS;
}

/** Input words of a pixel that a tap steps through at a pruning level. */
export function inputDepth(stage: SequenceStage, level: number): number {
  return stage.diagonal ? 1 : stage.inputBlocks - skipped(stage.skippedInputs, level);
}

/** How many of the `blocks` blocks (of M channels) from `block` on are computed at a pruning level: perhaps none. */
export function computedBlocks(
  config: Config,
  stage: SequenceStage,
  level: number,
  block: number,
  blocks: number,
): number {
  const skip = skipped(stage.skippedOutputs, level);
  if (skip === 0) return blocks;
  const limit = (stage.outputBlocks - skip) * (config.inputs / config.lanes);
  return Math.max(0, Math.min(blocks, limit - block));
}

/** Steps of a group of the direct path in an output row: taps x channel blocks, and one to fetch the residual. */
export function directSteps(stage: SequenceStage, row: number, level = 0): number {
  const depth = inputDepth(stage, level);
  const taps = validKernelRows(stage, row).count * stage.kernelWidth;
  return Math.max(1, taps * depth * (1 + stage.repeat)) + (stage.residual ? 1 : 0);
}

/** Steps of a group of the window path. */
export function windowSteps(stage: SequenceStage): number {
  return stage.steps * (1 + stage.repeat);
}

/** Issue cycles of a COMPUTE at level 0, requantisation's interval included. */
export function computeCycles(
  config: Config,
  stage: SequenceStage,
  haloGroups: number,
  row: number,
  rows: number,
  blocks: number,
): number {
  const interval = closeInterval(config, stage.residual !== 0);
  if (stage.window) {
    const steps = windowSteps(stage);
    return blocks * rows * stage.groups * Math.max(steps, interval) + haloGroups * steps;
  }
  if (stage.flat) {
    const groups = Math.ceil((rows * stage.outputWidth) / config.pixels);
    return blocks * groups * Math.max(directSteps(stage, row), interval);
  }
  const groups = Math.ceil(stage.outputWidth / directGroupPixels(config, stage.strideX));
  let steps = 0;
  for (let y = row; y < row + rows; y++) steps += Math.max(directSteps(stage, y), interval);
  return blocks * groups * steps;
}
