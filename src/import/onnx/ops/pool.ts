import { NO_CLAMP, type Shape, type Window } from '../../../graph/graph.ts';
import { unitWindow } from '../../../graph/shapes.ts';
import { axesOf, intAttribute, intsAttribute } from '../attributes.ts';
import { activation, type Context, emit, mapInput, optionalConstant, shapeOf } from '../context.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { type Axis, type Dims, dimsOf, extents } from '../value.ts';
import { placeWindow } from './window.ts';

/** AveragePool and MaxPool. */
export function importPool(context: Context, node: OnnxNode): void {
  const { value, shape } = mapInput(context, node);
  const kernel = intsAttribute(node, 'kernel_shape');
  if (!kernel) throw wrong(`${node.op}: kernel_shape is missing`);
  const { window, map, extra } = placeWindow(node, shape, kernel);
  const output = { ...map, channels: shape.channels };
  const dims = dimsOf(output, ['n', 'c', 'h', 'w']);
  const { top, left, bottom, right } = window.padding;
  if (node.op === 'MaxPool') {
    emit(context, node, { op: 'maxPool', inputs: [value.tensor], window, clamp: NO_CLAMP }, output, dims);
    return;
  }
  const counted = intAttribute(node, 'count_include_pad', 0) !== 0 && top + left + bottom + right > 0;
  if (!counted) {
    emit(context, node, { op: 'averagePool', inputs: [value.tensor], window, clamp: NO_CLAMP }, output, dims);
    return;
  }
  if (extra.bottom + extra.right > 0)
    throw refuse(node.op, 'ceil_mode together with count_include_pad is not supported');
  emit(context, node, countedMean(value.tensor, window, shape.channels), output, dims);
}

/** A mean that counts the padding is a depthwise convolution by 1 / taps. */
function countedMean(input: string, window: Window, channels: number): Parameters<typeof emit>[2] {
  const taps = window.kernelHeight * window.kernelWidth;
  if (taps * channels > 2 ** 24) throw refuse('AveragePool', 'its kernel is too large for count_include_pad');
  const values = new Float32Array(taps * channels).fill(1 / taps);
  return {
    op: 'depthwise',
    inputs: [input],
    window,
    weights: { kind: 'real', values },
    bias: undefined,
    clamp: NO_CLAMP,
  };
}

/** GlobalAveragePool and GlobalMaxPool. */
export function importGlobalPool(context: Context, node: OnnxNode): void {
  const { value, shape } = mapInput(context, node);
  const output: Shape = { height: 1, width: 1, channels: shape.channels };
  const op = node.op === 'GlobalMaxPool' ? 'maxPool' : 'averagePool';
  const window = unitWindow(shape.height, shape.width);
  emit(
    context,
    node,
    { op, inputs: [value.tensor], window, clamp: NO_CLAMP },
    output,
    dimsOf(output, ['n', 'c', 'h', 'w']),
  );
}

/** ReduceMean and ReduceMax over height, width or both. */
export function importReduce(context: Context, node: OnnxNode): void {
  const value = activation(context, node);
  const shape = shapeOf(context, value);
  const rank = value.dims.length;
  const stated = axesOf(node, optionalConstant(context, node, 1), rank);
  if (!stated?.length && intAttribute(node, 'noop_with_empty_axes', 0) !== 0) {
    throw refuse(node.op, 'it reduces nothing');
  }
  const reduced = new Set(stated?.length ? stated : value.dims.keys());
  const gone = new Set<Axis>(value.dims.flatMap((axes, i) => (reduced.has(i) ? axes : [])));
  if (gone.has('c')) {
    throw refuse(node.op, `it reduces the channels of an input of shape [${extents(value.dims, shape)}]`);
  }
  const kernelHeight = gone.has('h') ? shape.height : 1;
  const kernelWidth = gone.has('w') ? shape.width : 1;
  const output: Shape = {
    height: gone.has('h') ? 1 : shape.height,
    width: gone.has('w') ? 1 : shape.width,
    channels: shape.channels,
  };
  const keep = intAttribute(node, 'keepdims', 1) !== 0;
  const dims: Dims = value.dims.flatMap((axes, i) => (reduced.has(i) ? (keep ? [[]] : []) : [axes]));
  const op = node.op === 'ReduceMax' ? 'maxPool' : 'averagePool';
  const window = unitWindow(kernelHeight, kernelWidth);
  emit(context, node, { op, inputs: [value.tensor], window, clamp: NO_CLAMP }, output, dims);
}
