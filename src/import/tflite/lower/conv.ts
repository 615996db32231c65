import type { Padding, Shape, Weights, Window } from '../../../graph/graph.ts';
import { NO_PADDING, sameShape, shapeSize, unitWindow, windowShape } from '../../../graph/shapes.ts';
import { samePadding } from '../../../network/network.ts';
import { expandGroups, transpose } from '../../grouped.ts';
import {
  type Activation,
  activationInput,
  addNode,
  type Context,
  constantInput,
  declareOutput,
  fusedClamp,
  isPadded,
  layerName,
  mapShape,
  refuse,
  shapeOf,
  spend,
  wrong,
} from '../context.ts';
import type { FileOperator } from '../model.ts';
import { CONV_2D_OPTIONS, DEPTHWISE_OPTIONS, FULLY_CONNECTED_OPTIONS } from '../schema.ts';
import { readBias, readWeights } from './weights.ts';

const MAX_KERNEL = 1024;

/** Conv2D: weights [outChannel][ky][kx][inChannel]; fewer input channels than the map has mean groups. */
export function lowerConv(context: Context, operator: FileOperator): void {
  const input = activationInput(context, operator, 0);
  const constant = constantInput(context, operator, 1);
  const [outChannels, kernelHeight, kernelWidth, depth] = rank4(operator, constant.file.dims);
  const weights = readWeights(context, operator, constant, 0, outChannels);
  if (kernelHeight === 1 && kernelWidth === 1 && isFlattened(context, operator, input)) {
    wholeMap(context, operator, input, weights, outChannels, depth, [1, 1, 1, outChannels], 3);
    return;
  }
  const shape = mapShape(context, operator, input);
  const window = readWindow(operator, CONV_2D_OPTIONS, shape, input.padding, kernelHeight, kernelWidth);
  const groups = shape.channels / depth;
  if (!Number.isInteger(groups) || outChannels % groups !== 0) {
    throw wrong(operator, `weights for ${depth} input channels on a map of ${shape.channels}`);
  }
  if (groups === 1) {
    emit(context, operator, 'conv', input, shape, window, weights, CONV_2D_OPTIONS.activation);
    return;
  }
  const taps = kernelHeight * kernelWidth;
  spend(context, outChannels * taps * shape.channels);
  const full = mapValues(weights, (values) => expandGroups(values, outChannels, taps, shape.channels, groups));
  context.notes.add('grouped convolutions are run as ordinary ones, with zero weights between groups');
  emit(context, operator, 'conv', input, shape, window, full, CONV_2D_OPTIONS.activation);
  return;
}

/** DepthwiseConv2D: weights [1][ky][kx][channel * multiplier + j]. */
export function lowerDepthwise(context: Context, operator: FileOperator): void {
  const input = activationInput(context, operator, 0);
  const constant = constantInput(context, operator, 1);
  const [one, kernelHeight, kernelWidth, outChannels] = rank4(operator, constant.file.dims);
  if (one !== 1) throw wrong(operator, `its weights have a leading extent ${one}`);
  const shape = mapShape(context, operator, input);
  const window = readWindow(operator, DEPTHWISE_OPTIONS, shape, input.padding, kernelHeight, kernelWidth);
  const weights = readWeights(context, operator, constant, 3, outChannels);
  const multiplier = outChannels / shape.channels;
  if (!Number.isInteger(multiplier)) {
    throw wrong(operator, `${outChannels} filters on a map of ${shape.channels} channels`);
  }
  const slot = DEPTHWISE_OPTIONS.activation;
  if (multiplier === 1) {
    emit(context, operator, 'depthwise', input, shape, window, weights, slot);
    return;
  }
  const taps = kernelHeight * kernelWidth;
  spend(context, outChannels * taps * shape.channels);
  const full = mapValues(weights, (values) =>
    expandGroups(transpose(values, taps, outChannels), outChannels, taps, shape.channels, shape.channels),
  );
  if (shape.channels > 1) {
    context.notes.add('depthwise convolutions with a channel multiplier above 1 are run as ordinary convolutions');
  }
  emit(context, operator, 'conv', input, shape, window, full, slot);
  return;
}

/** FullyConnected: weights [outChannel][input]; on a flattened map it is a convolution as large as the map. */
export function lowerFullyConnected(context: Context, operator: FileOperator): void {
  const slots = FULLY_CONNECTED_OPTIONS;
  const input = activationInput(context, operator, 0);
  if ((operator.options?.int8(slots.weightsFormat) ?? 0) !== 0) throw refuse(operator, 'shuffled weights');
  const constant = constantInput(context, operator, 1);
  const [outChannels, depth] = constant.file.dims;
  if (constant.file.dims.length !== 2) throw wrong(operator, 'its weights are no matrix');
  const weights = readWeights(context, operator, constant, 0, outChannels!);
  const keep = (operator.options?.uint8(slots.keepNumDims) ?? 0) !== 0;
  const own = context.tensors.get(input.tensor)!.shape;
  const kept = [...input.dims.slice(0, -1), outChannels!];
  if (shapeSize(own) === depth) {
    const dims = keep && input.dims.at(-1) === depth ? kept : [1, outChannels!];
    wholeMap(context, operator, input, weights, outChannels!, depth, dims, slots.activation);
    return;
  }
  if (own.channels !== depth || input.dims.at(-1) !== depth || isPadded(input)) {
    throw wrong(operator, `${depth} inputs expected, the map is ${input.dims.join('x')}`);
  }
  const dims = keep ? kept : [own.height * own.width, outChannels!];
  emit(context, operator, 'conv', input, own, unitWindow(), weights, slots.activation, dims);
  return;
}

/** A product with the whole map: kernel height x width, no padding. */
function wholeMap(
  context: Context,
  operator: FileOperator,
  input: Activation,
  weights: Weights,
  outChannels: number,
  depth: number,
  dims: readonly number[],
  activationSlot: number,
): void {
  const own = context.tensors.get(input.tensor)!.shape;
  if (depth !== shapeSize(own) || isPadded(input)) {
    throw wrong(operator, `${depth} inputs expected for ${outChannels} outputs, the map has ${shapeSize(own)} values`);
  }
  emit(context, operator, 'conv', input, own, unitWindow(own.height, own.width), weights, activationSlot, dims);
}

/** Whether the file sees a map of several positions as one vector. */
function isFlattened(context: Context, operator: FileOperator, input: Activation): boolean {
  const own = context.tensors.get(input.tensor)!.shape;
  const flat = { height: 1, width: 1, channels: shapeSize(own) };
  return !isPadded(input) && !sameShape(own, flat) && sameShape(shapeOf(operator, input.dims), flat);
}

function emit(
  context: Context,
  operator: FileOperator,
  op: 'conv' | 'depthwise',
  input: Activation,
  shape: Shape,
  window: Window,
  weights: Weights,
  activationSlot: number,
  dims?: readonly number[],
): void {
  const { height, width } = windowShape(shape, window);
  const count = weights.kind === 'real' ? weights.values.length : weights.codes.length;
  const perOutput = window.kernelHeight * window.kernelWidth * (op === 'conv' ? shape.channels : 1);
  const channels = count / perOutput;
  const clamp = fusedClamp(operator, activationSlot);
  const scale = context.tensors.get(input.tensor)!.quantisation?.scale;
  const bias = readBias(context, operator, 2, weights, scale, channels);
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, { height, width, channels }, dims ?? [1, height, width, channels]);
  addNode(context, operator, { op, name, inputs: [input.tensor], output, window, weights, bias, clamp });
}

interface WindowSlots {
  readonly padding: number;
  readonly strideW: number;
  readonly strideH: number;
  readonly dilationW?: number;
  readonly dilationH?: number;
}

/** The sliding window; `before` is the padding that a PAD has already put around the map. */
export function readWindow(
  operator: FileOperator,
  slots: WindowSlots,
  shape: Shape,
  before: Padding,
  kernelHeight: number,
  kernelWidth: number,
): Window {
  const options = operator.options;
  if (!options) throw wrong(operator, 'its options are missing');
  const [strideY, strideX] = [options.int32(slots.strideH), options.int32(slots.strideW)];
  const dilationY = slots.dilationH === undefined ? 1 : options.int32(slots.dilationH, 1);
  const dilationX = slots.dilationW === undefined ? 1 : options.int32(slots.dilationW, 1);
  for (const value of [kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX]) {
    if (value < 1 || value > MAX_KERNEL) throw wrong(operator, `a kernel, stride or dilation is ${value}`);
  }
  const kind = options.int8(slots.padding);
  if (kind !== 0 && kind !== 1) throw wrong(operator, `padding number ${kind} does not exist`);
  const rows = shape.height + before.top + before.bottom;
  const columns = shape.width + before.left + before.right;
  const [top, bottom] = kind === 0 ? samePadding(rows, kernelHeight, strideY, dilationY) : [0, 0];
  const [left, right] = kind === 0 ? samePadding(columns, kernelWidth, strideX, dilationX) : [0, 0];
  const padding = {
    top: top + before.top,
    left: left + before.left,
    bottom: bottom + before.bottom,
    right: right + before.right,
  };
  const [reachY, reachX] = [dilationY * (kernelHeight - 1) + 1, dilationX * (kernelWidth - 1) + 1];
  const window = { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padding };
  const { height, width } = windowShape(shape, window);
  if (height < 1 || width < 1) throw wrong(operator, `a ${reachY}x${reachX} window does not fit the map`);
  if (Math.max(padding.top, padding.bottom) >= reachY || Math.max(padding.left, padding.right) >= reachX) {
    throw refuse(operator, 'it would read windows of nothing but padding');
  }
  return padding.top + padding.left + padding.bottom + padding.right === 0
    ? { ...window, padding: NO_PADDING }
    : window;
}

function mapValues(weights: Weights, change: <T extends Float32Array | Int16Array>(values: T) => T): Weights {
  return weights.kind === 'real'
    ? { kind: 'real', values: change(weights.values) }
    : { ...weights, codes: change(weights.codes) };
}

function rank4(operator: FileOperator, dims: readonly number[]): [number, number, number, number] {
  if (dims.length !== 4) throw wrong(operator, `its weights have ${dims.length} extents, not 4`);
  return [dims[0]!, dims[1]!, dims[2]!, dims[3]!];
}
