import { sameShape } from '../../../graph/shapes.ts';
import { elements, integers } from '../constants.ts';
import {
  addNode,
  type Context,
  checkDims,
  constantInput,
  declareOutput,
  fusedClamp,
  inputValue,
  isPadded,
  layerName,
  mapInput,
  mapShape,
  outputTensor,
  refuse,
  setValue,
  shapeOf,
  uniqueName,
  wrong,
} from '../context.ts';
import type { FileOperator } from '../model.ts';
import { CONCATENATION_OPTIONS, RESHAPE_OPTIONS, RESIZE_NEAREST_OPTIONS } from '../schema.ts';
import { emitClamp } from './pool.ts';

/** Reshape, Squeeze and ExpandDims look at the same values with other extents: nothing is computed. */
export function lowerReshape(context: Context, operator: FileOperator): void {
  const value = inputValue(context, operator, 0);
  if (value.kind === 'constant') throw refuse(operator, 'of a constant');
  if (isPadded(value)) throw refuse(operator, 'of a padded map');
  const dims = newDims(context, operator, value.dims);
  checkDims(operator, outputTensor(context, operator), dims);
  const more = { host: value.host, exclusive: value.exclusive };
  const tensor = context.tensors.get(value.tensor)!;
  if (dims[0] !== 1 && dims.length > 1) {
    setValue(context, operator, value.tensor, dims, more);
    return;
  }
  const shape = shapeOf(operator, dims);
  if (sameShape(shape, tensor.shape)) {
    setValue(context, operator, value.tensor, dims, more);
    return;
  }
  const closing = context.closing[operator.outputs[0]!] ?? false;
  if (context.inputs.has(value.tensor) && value.exclusive && !closing) {
    context.tensors.set(value.tensor, { ...tensor, shape });
    setValue(context, operator, value.tensor, dims, more);
    return;
  }
  const host = closing && value.host.at(-1) !== 'reshape' ? [...value.host, 'reshape' as const] : value.host;
  setValue(context, operator, value.tensor, dims, { ...more, host });
}

/** The extents asked for: of the file's output tensor where it states them all, else of the operator. */
function newDims(context: Context, operator: FileOperator, dims: readonly number[]): number[] {
  const count = elements(dims);
  const file = outputTensor(context, operator);
  const shape = context.values.get(operator.inputs[1] ?? -1);
  const asked =
    operator.name !== 'RESHAPE' || (file.dims.length > 0 && file.dims.every((extent) => extent > 0))
      ? file.dims
      : shape?.kind === 'constant'
        ? integers(shape.file)
        : (operator.options?.int32s(RESHAPE_OPTIONS.newShape, 8) ?? file.dims);
  const known = asked.filter((extent) => extent !== -1);
  const rest = count / elements(known);
  const result = asked.map((extent) => (extent === -1 ? rest : extent));
  const valid = result.length <= 8 && result.every((extent) => Number.isInteger(extent) && extent > 0);
  if (!valid || elements(result) !== count) throw wrong(operator, `from ${dims.join('x')} to ${asked.join('x')}`);
  return result;
}

/** Concatenation on channels. */
export function lowerConcatenation(context: Context, operator: FileOperator): void {
  const inputs = operator.inputs.map((_, position) => mapInput(context, operator, position));
  const first = inputs[0];
  if (!first) throw wrong(operator, 'it has no input');
  const rank = first.dims.length;
  const axis = operator.options?.int32(CONCATENATION_OPTIONS.axis) ?? 0;
  if ((axis < 0 ? axis + rank : axis) !== rank - 1 || rank < 2) {
    throw refuse(operator, `on axis ${axis} of ${rank}`, 'Only concatenation on channels runs.');
  }
  const shapes = inputs.map((input) => mapShape(context, operator, input));
  const { height, width } = shapes[0]!;
  if (shapes.some((shape) => shape.height !== height || shape.width !== width)) {
    throw wrong(operator, 'its maps differ in height or width');
  }
  const channels = shapes.reduce((sum, shape) => sum + shape.channels, 0);
  const clamp = fusedClamp(operator, CONCATENATION_OPTIONS.activation);
  const clamped = clamp.low !== Number.NEGATIVE_INFINITY || clamp.high !== Number.POSITIVE_INFINITY;
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, { height, width, channels }, [...first.dims.slice(0, -1), channels]);
  const joined = clamped ? uniqueName(context, `${output}/joined`) : output;
  if (clamped) context.tensors.set(joined, { ...context.tensors.get(output)!, name: joined });
  addNode(context, operator, { op: 'concat', name, inputs: inputs.map((input) => input.tensor), output: joined });
  if (clamped) emitClamp(context, operator, `${name}/clamp`, joined, output, clamp);
}

/** ResizeNearestNeighbor by whole factors: half-pixel centres give the same rows then. */
export function lowerResizeNearest(context: Context, operator: FileOperator): void {
  const input = mapInput(context, operator, 0);
  const shape = mapShape(context, operator, input);
  const [height = 0, width = 0] = integers(constantInput(context, operator, 1).file);
  const [factorY, factorX] = [height / shape.height, width / shape.width];
  if ((operator.options?.uint8(RESIZE_NEAREST_OPTIONS.alignCorners) ?? 0) !== 0) {
    throw refuse(operator, 'with aligned corners');
  }
  if (!Number.isInteger(factorY) || !Number.isInteger(factorX) || factorY < 1 || factorX < 1) {
    throw refuse(operator, `from ${shape.height}x${shape.width} to ${height}x${width}`, 'Only whole factors run.');
  }
  const name = layerName(context, operator);
  const dims = [1, height, width, shape.channels];
  const output = declareOutput(context, operator, { height, width, channels: shape.channels }, dims);
  addNode(context, operator, { op: 'resize', name, inputs: [input.tensor], output, factorY, factorX });
}
