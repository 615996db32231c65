/** The part of a stage descriptor that follows from shapes alone. */
import type { Config } from '../spec/config.ts';
import type { Stage } from '../spec/isa.ts';
import { channelBlocks, rowWords } from '../spec/layout.ts';
import type { MachineGraph, MachineStage } from './machine-graph.ts';

/** A descriptor with every field; rings are placed later. */
export function stageGeometry(config: Config, graph: MachineGraph, stage: MachineStage): Stage {
  const input = graph.tensors[stage.input]!;
  const output = graph.tensors[stage.output]!;
  const residual = stage.residual === undefined ? undefined : graph.tensors[stage.residual]!;
  const kernel = stage.windowKernel;
  const shift = kernel === undefined ? stage.paddingLeft : kernel.centre - stage.paddingLeft;
  const flat =
    kernel === undefined &&
    stage.kernelHeight * stage.kernelWidth === 1 &&
    stage.strideX === 1 &&
    stage.strideY === 1 &&
    stage.paddingTop === 0 &&
    stage.paddingLeft === 0 &&
    output.height === input.height &&
    output.width === input.width &&
    stage.upsample === 0 &&
    output.width >= config.pixels &&
    output.width % config.pixels !== 0;
  // Every column that a tap looks at lies in a group of its own row: the stream of groups runs on into the next row.
  const lastCentre = (output.width - 1) * stage.strideX + shift;
  const lastTap = kernel === undefined ? 0 : Math.min(lastCentre - kernel.centre + kernel.width - 1, input.width - 1);
  return {
    window: kernel === undefined ? 0 : 1,
    maximum: 0,
    diagonal: 0,
    sharedWeights: stage.sharedWeights ? 1 : 0,
    flat: flat ? 1 : 0,
    residual: 0,
    broadcast: 0,
    table: 0,
    alternate: 0,
    upsample: stage.upsample,
    repeat: 0,
    inputHeight: input.height,
    inputWidth: input.width,
    inputBlocks: channelBlocks(config, input.channels),
    inputBase: 0,
    inputEnd: 0,
    inputPitch: rowWords(config, input.width, input.channels),
    kernelHeight: stage.kernelHeight,
    kernelWidth: stage.kernelWidth,
    strideY: stage.strideY - 1,
    strideX: stage.strideX - 1,
    paddingTop: stage.paddingTop,
    paddingLeft: shift,
    groups: kernel === undefined ? 0 : Math.floor(Math.max(lastCentre, lastTap) / config.pixels) + 1,
    firstStep: kernel?.firstStep ?? 0,
    steps: kernel?.steps.length ?? 0,
    outputWidth: output.width,
    outputBlocks: channelBlocks(config, output.channels),
    outputBase: 0,
    outputEnd: 0,
    outputPitch: rowWords(config, output.width, output.channels),
    residualBlocks: residual === undefined ? 0 : channelBlocks(config, residual.channels),
    residualBase: 0,
    residualEnd: 0,
    residualPitch: residual === undefined ? 0 : rowWords(config, residual.width, residual.channels),
    inputZero: 0,
    middleZero: 0,
    middleLow: 0,
    middleHigh: 0,
    residualZero: 0,
    outputZero: 0,
    outputLow: 0,
    outputHigh: 0,
    middleMultiplier: 0,
    residualMultiplier: 0,
    residualShift: 0,
    weightThresholds: 0n,
    activationThresholds: 0n,
    activationShifts: 0,
    productShifts: 0,
    skippedInputs: 0,
    skippedOutputs: 0,
    ...stage.codes,
  };
}

/** Input rows [first, end) that output rows [row, end) of a stage look at, within the map. */
export function inputRows(
  graph: MachineGraph,
  stage: MachineStage,
  row: number,
  end: number,
): { first: number; end: number } {
  const { height } = graph.tensors[stage.input]!;
  const top = stage.strideY * row - stage.paddingTop;
  const bottom = stage.strideY * (end - 1) - stage.paddingTop + stage.kernelHeight;
  const first = Math.max(0, top) >> stage.upsample;
  return { first: Math.min(first, height - 1), end: Math.min(height, ((bottom - 1) >> stage.upsample) + 1) };
}
