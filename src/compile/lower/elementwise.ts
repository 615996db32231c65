/** Stages that copy their input lane by lane: elementwise operators, concatenation and resizing are built on them. */
import type { AddLayer, Layer, MulLayer, Requantise, ResizeLayer, TableLayer } from '../../network/network.ts';
import type { MachineStage, StageCodes } from '../machine-graph.ts';
import { identityWords } from '../weights.ts';
import { addCodes, type Context, channelParameters, middleCodes, outputCodes, unsupported } from './context.ts';
import { push } from './push.ts';

/** Multiplier and shift that leave a value as it is. */
export function unity(bits: number): Requantise {
  return { multiplier: Uint32Array.of(2 ** (bits - 1)), shift: Uint8Array.of(bits - 1), low: -128, high: 127 };
}

export function identityCodes(context: Context, input: number): StageCodes {
  const { zeroPoint } = context.network.tensors[input]!;
  return { diagonal: 1, inputZero: zeroPoint, middleZero: zeroPoint, middleLow: -128, middleHigh: 127 };
}

/** A stage that copies its input codes: identity weights, unity requantisation. */
export function identityStage(
  context: Context,
  layer: Layer,
  index: number,
  input: number,
  requantise: Requantise = unity(context.config.multiplierBits),
): MachineStage {
  const { config, tensors } = context;
  const { channels } = tensors[layer.output]!;
  const count = tensors[input]!.channels;
  const weights = identityWords(config);
  return {
    name: layer.name,
    layers: [index],
    kind: 'copy',
    input,
    residual: undefined,
    output: layer.output,
    outputBlock: 0,
    windowKernel: undefined,
    kernelHeight: 1,
    kernelWidth: 1,
    strideY: 1,
    strideX: 1,
    paddingTop: 0,
    paddingLeft: 0,
    upsample: 0,
    blocks: Math.ceil(Math.min(count, channels) / config.lanes),
    wordsPerBlock: config.inputs / config.lanes,
    sharedWeights: true,
    weights,
    parameters: channelParameters(context, count, [], requantise),
    table: undefined,
    codes: {},
    macs: 0,
  };
}

export function lowerAdd(context: Context, layer: AddLayer, index: number, done: Set<number>): void {
  const [a, b] = layer.inputs as [number, number];
  push(context, index, done, {
    ...identityStage(context, layer, index, a),
    kind: 'add',
    residual: b,
    codes: { ...identityCodes(context, a), ...addCodes(context, layer, 0) },
  });
}

export function lowerConcat(context: Context, layer: Layer & { op: 'concat' }, index: number): void {
  const { config, tensors } = context;
  tensors[layer.output] = { ...tensors[layer.output]!, ring: false };
  let offset = 0;
  layer.inputs.forEach((input, position) => {
    if (offset % config.inputs !== 0) {
      unsupported(
        layer,
        `a concatenation whose seam is at channel ${offset}`,
        `Seams must be multiples of ${config.inputs} channels in configuration '${config.name}'.`,
      );
    }
    const requantise = layer.rescale[position]!;
    context.stages.push({
      ...identityStage(context, layer, index, input, requantise),
      outputBlock: offset / config.inputs,
      codes: { ...identityCodes(context, input), ...middleCodes(context, layer.output, requantise) },
    });
    offset += tensors[input]!.channels;
  });
}

export function lowerMul(context: Context, layer: MulLayer, index: number, done: Set<number>): void {
  const [a, b] = layer.inputs as [number, number];
  const product = context.network.tensors[b]!;
  push(context, index, done, {
    ...identityStage(context, layer, index, a),
    kind: 'mul',
    residual: b,
    codes: {
      ...identityCodes(context, a),
      residual: 2,
      broadcast: product.height * product.width === 1 ? 1 : 0,
      residualZero: product.zeroPoint,
      middleMultiplier: layer.requantise.multiplier[0]!,
      residualShift: layer.requantise.shift[0]!,
      ...outputCodes(context, layer.output, layer.requantise),
    },
  });
}

export function lowerTable(context: Context, layer: TableLayer, index: number, done: Set<number>): void {
  push(context, index, done, {
    ...identityStage(context, layer, index, layer.inputs[0]!),
    kind: 'table',
    table: layer.table,
    codes: identityCodes(context, layer.inputs[0]!),
  });
}

export function lowerResize(context: Context, layer: ResizeLayer, index: number, done: Set<number>): void {
  const factor = Math.log2(layer.factorY);
  if (layer.factorX !== layer.factorY || !Number.isInteger(factor) || factor > 3) {
    unsupported(layer, `a resize by ${layer.factorY} x ${layer.factorX}`, 'Factors are 2, 4 or 8 in both directions.');
  }
  push(context, index, done, {
    ...identityStage(context, layer, index, layer.inputs[0]!),
    kind: 'copy',
    upsample: factor,
    codes: identityCodes(context, layer.inputs[0]!),
  });
}
