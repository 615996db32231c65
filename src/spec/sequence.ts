/** How many cycles the sequencer issues steps for a COMPUTE: part of the timing contract, and the compiler's cost. */
import type { Config } from './config.ts';
import type { Stage } from './isa.ts';

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
>;

/** Output pixels of a group on the direct path; a stride of 2 meets every bank twice, so half the slots idle. */
export function directGroupPixels(config: Config, strideX: number): number {
  return strideX === 1 ? Math.max(1, config.pixels / 2) : config.pixels;
}

/** Cycles from one group's end to the next that requantisation asks for. */
export function requantiseInterval(config: Config): number {
  return config.pixels / config.requantisePixels;
}

/** Kernel rows that lie inside the map for an output row: the others take no cycle. */
export function validKernelRows(stage: SequenceStage, row: number): { first: number; count: number } {
  const top = (1 + stage.strideY) * row - stage.paddingTop;
  const height = stage.inputHeight << stage.upsample;
  const first = Math.max(0, -top);
  return { first, count: Math.max(0, Math.min(stage.kernelHeight, height - top) - first) };
}

/** Steps of a group of the direct path in an output row: taps x channel blocks, and one to fetch the residual. */
export function directSteps(stage: SequenceStage, row: number): number {
  const depth = stage.diagonal ? 1 : stage.inputBlocks;
  const taps = validKernelRows(stage, row).count * stage.kernelWidth;
  return Math.max(1, taps * depth * (1 + stage.repeat)) + (stage.residual ? 1 : 0);
}

/** Steps of a group of the window path. */
export function windowSteps(stage: SequenceStage): number {
  return stage.steps * (1 + stage.repeat);
}

/** Issue cycles of a COMPUTE, requantisation's interval included. */
export function computeCycles(
  config: Config,
  stage: SequenceStage,
  haloGroups: number,
  row: number,
  rows: number,
  blocks: number,
): number {
  const interval = requantiseInterval(config);
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
