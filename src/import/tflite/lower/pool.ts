import { NO_CLAMP, type Shape } from '../../../graph/graph.ts';
import { NO_PADDING, unitWindow, windowShape } from '../../../graph/shapes.ts';
import { integers } from '../constants.ts';
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
  mapInput,
  mapShape,
  refuse,
} from '../context.ts';
import type { FileOperator } from '../model.ts';
import { POOL_2D_OPTIONS, REDUCER_OPTIONS } from '../schema.ts';
import { readWindow } from './conv.ts';

/** AveragePool2D and MaxPool2D. */
export function lowerPool(context: Context, operator: FileOperator): void {
  const op = operator.name === 'MAX_POOL_2D' ? 'maxPool' : 'averagePool';
  const input = op === 'maxPool' ? zeroPaddable(context, operator) : mapInput(context, operator, 0);
  const shape = mapShape(context, operator, input);
  const slots = POOL_2D_OPTIONS;
  const kernelHeight = operator.options?.int32(slots.filterHeight) ?? 0;
  const kernelWidth = operator.options?.int32(slots.filterWidth) ?? 0;
  const window = readWindow(operator, slots, shape, input.padding, kernelHeight, kernelWidth);
  const { height, width } = windowShape(shape, window);
  const { channels } = shape;
  const clamp = fusedClamp(operator, slots.activation);
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, { height, width, channels }, [1, height, width, channels]);
  addNode(context, operator, { op, name, inputs: [input.tensor], output, window, clamp });
}

/** Padding with zeros never changes a maximum of values that are not negative: there it is the pool's own padding. */
function zeroPaddable(context: Context, operator: FileOperator): Activation {
  const input = activationInput(context, operator, 0);
  const producer = context.nodes[context.producers.get(input.tensor) ?? -1];
  const notNegative = producer && 'clamp' in producer && producer.clamp.low >= 0;
  if (isPadded(input) && !notNegative) throw refuse(operator, 'it takes the maximum of padding and negative values');
  return input;
}

/** Mean over height, width or both. */
export function lowerMean(context: Context, operator: FileOperator): void {
  const input = mapInput(context, operator, 0);
  const rank = input.dims.length;
  const axes = integers(constantInput(context, operator, 1).file).map((axis) => (axis < 0 ? axis + rank : axis));
  if (rank !== 4 || axes.length === 0 || axes.some((axis) => axis !== 1 && axis !== 2)) {
    throw refuse(operator, `mean over axes ${axes.join(', ')} of ${rank}`, 'Only means over height and width run.');
  }
  const { height, width, channels } = mapShape(context, operator, input);
  const window = unitWindow(axes.includes(1) ? height : 1, axes.includes(2) ? width : 1);
  const shape: Shape = { ...windowShape({ height, width, channels }, window), channels };
  const keep = (operator.options?.uint8(REDUCER_OPTIONS.keepDims) ?? 0) !== 0;
  const all = [1, shape.height, shape.width, channels];
  const dims = keep ? all : all.filter((_, axis) => !axes.includes(axis));
  if (!keep && new Set(axes).size === 1 && shape.height + shape.width !== 2) {
    throw refuse(operator, 'a mean over one axis that drops it', 'Set keep_dims.');
  }
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, shape, dims);
  addNode(context, operator, { op: 'averagePool', name, inputs: [input.tensor], output, window, clamp: NO_CLAMP });
}

/** A clamp as a layer of its own: the maximum of windows of one position, cut off. */
export function emitClamp(
  context: Context,
  operator: FileOperator,
  name: string,
  input: string,
  output: string,
  clamp: { readonly low: number; readonly high: number },
): void {
  const window = { ...unitWindow(), padding: NO_PADDING };
  addNode(context, operator, { op: 'maxPool', name, inputs: [input], output, window, clamp });
}
