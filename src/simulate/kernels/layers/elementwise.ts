/** Additions, products, tables, joins and resizing. */
import type { AddLayer, ConcatLayer, MulLayer, ResizeLayer, TableLayer, Tensor } from '../../../network/network.ts';
import { emitAddition, emitRepeat, emitScale, emitTable, packAddition, type ScaleShape } from '../emit/elementwise.ts';
import { BLOCK, formKey, packHeader, packParameters } from '../emit/requantise.ts';
import type { Bind, KernelPlan } from '../plan.ts';

const sizeOf = (tensor: Tensor): number => tensor.height * tensor.width * tensor.channels;

export function planAdd(plan: KernelPlan, layer: AddLayer): Bind {
  const to = plan.output(layer);
  const run = plan.function('add', emitAddition);
  const constants = plan.constant(packAddition(layer.multipliers, layer.shift));
  const header = plan.constant(packHeader(to.zeroPoint, layer.low, layer.high));
  const blocks = Math.ceil(sizeOf(to) / BLOCK);
  const zeroA = plan.input(layer, 0).zeroPoint;
  const zeroB = plan.input(layer, 1).zeroPoint;
  return ({ kernels }) => {
    const kernel = kernels[run]!;
    const [a, b] = layer.inputs.map((index) => plan.tensor(index).address) as [number, number];
    const target = plan.tensor(layer.output).address;
    return () => kernel(a, b, target, blocks, zeroA, zeroB, constants.address, header.address);
  };
}

const scaleKey = (shape: ScaleShape): string => `scale ${Object.values(shape).join(' ')}`;

export function planMul(plan: KernelPlan, layer: MulLayer): Bind {
  const to = plan.output(layer);
  const broadcast = sizeOf(plan.input(layer, 1)) !== sizeOf(to);
  // Where all values are treated alike, channels do not matter: take 8 values as a pixel.
  const flat = !broadcast && layer.requantise.multiplier.length === 1;
  const channels = flat ? BLOCK : to.channels;
  const pixels = flat ? Math.ceil(sizeOf(to) / BLOCK) : to.height * to.width;
  const packed = packParameters(layer.requantise, to.zeroPoint, channels, [255 * 255]);
  const parameters = plan.constant(packed.blocks);
  const header = plan.constant(packed.header);
  const shape = {
    product: true,
    channels,
    stepA: channels,
    stepB: broadcast ? 0 : channels,
    targetStep: channels,
  };
  const run = plan.function(`${scaleKey(shape)} ${formKey(packed.form)}`, () => emitScale(shape, packed.form));
  const zeroA = plan.input(layer, 0).zeroPoint;
  const zeroB = plan.input(layer, 1).zeroPoint;
  return ({ kernels }) => {
    const kernel = kernels[run]!;
    const [a, b] = layer.inputs.map((index) => plan.tensor(index).address) as [number, number];
    const target = plan.tensor(layer.output).address;
    return () => kernel(a, b, target, pixels, zeroA, zeroB, parameters.address, header.address);
  };
}

export function planConcat(plan: KernelPlan, layer: ConcatLayer): Bind {
  const to = plan.output(layer);
  const pixels = to.height * to.width;
  let firstChannel = 0;
  const parts = layer.inputs.map((input, index) => {
    const from = plan.network.tensors[input]!;
    const packed = packParameters(layer.rescale[index]!, to.zeroPoint, from.channels, [255]);
    const parameters = plan.constant(packed.blocks);
    const header = plan.constant(packed.header);
    const { channels } = from;
    const shape = { product: false, channels, stepA: channels, stepB: 0, targetStep: to.channels };
    const run = plan.function(`${scaleKey(shape)} ${formKey(packed.form)}`, () => emitScale(shape, packed.form));
    const offset = firstChannel;
    firstChannel += channels;
    return { input, zeroPoint: from.zeroPoint, parameters, header, run, offset };
  });
  return ({ kernels }) => {
    const target = plan.tensor(layer.output).address;
    return () => {
      for (const { input, zeroPoint, parameters, header, run, offset } of parts) {
        const source = plan.tensor(input).address;
        kernels[run]!(source, source, target + offset, pixels, zeroPoint, 0, parameters.address, header.address);
      }
    };
  };
}

export function planTable(plan: KernelPlan, layer: TableLayer): Bind {
  const run = plan.function('table', emitTable);
  const table = plan.constant(new Uint8Array(layer.table.slice().buffer));
  const count = sizeOf(plan.output(layer));
  return ({ kernels }) => {
    const kernel = kernels[run]!;
    const source = plan.tensor(layer.inputs[0]!).address;
    const target = plan.tensor(layer.output).address;
    return () => kernel(source, target, count, table.address);
  };
}

export function planResize(plan: KernelPlan, layer: ResizeLayer): Bind {
  const from = plan.input(layer);
  const { channels } = from;
  const run = plan.function(`repeat ${channels} ${layer.factorX}`, () => emitRepeat(channels, layer.factorX));
  const inputRow = from.width * channels;
  const outputRow = inputRow * layer.factorX;
  return ({ kernels, memory }) => {
    const kernel = kernels[run]!;
    const source = plan.tensor(layer.inputs[0]!).address;
    const target = plan.tensor(layer.output).address;
    return () => {
      for (let y = 0; y < from.height; y++) {
        const row = target + y * layer.factorY * outputRow;
        kernel(source + y * inputRow, row, from.width);
        for (let copy = 1; copy < layer.factorY; copy++)
          memory.copyWithin(row + copy * outputRow, row, row + outputRow);
      }
    };
  };
}
