/**
 * What an ONNX value is on our side. Activations are always held as height x width x channels; an ONNX value only says
 * which of those axes each of its dimensions walks over, so transposes, flattens and squeezes cost nothing.
 */
import type { HostOperator, Shape } from '../../graph/graph.ts';
import type { Constant } from './constant.ts';

export type Axis = 'h' | 'w' | 'c';

/**
 * For every ONNX dimension the axes that it runs over, slowest first; axes of extent 1 are left out, so the batch and
 * every other dimension of extent 1 are [].
 */
export type Dims = readonly (readonly Axis[])[];

/** How QuantizeLinear's codes are stored; real = scale * (code - zeroPoint), code and zero point as in the file. */
export interface FileCodes {
  readonly type: 'int8' | 'uint8';
  /** Undefined for a graph input of codes whose DequantizeLinear has not been seen. */
  readonly scale: number | undefined;
  readonly zeroPoint: number;
}

export interface ActivationValue {
  readonly kind: 'activation';
  /** Name of the graph's tensor. */
  readonly tensor: string;
  readonly dims: Dims;
  /** What the host does to the tensor to get this value; empty for values that the accelerator can use. */
  readonly host: readonly HostOperator[];
  /** Present between a QuantizeLinear and its DequantizeLinear: the value is codes, not real numbers. */
  readonly codes?: FileCodes;
}

export interface ConstantValue {
  readonly kind: 'constant';
  readonly constant: Constant;
}

export type Value = ActivationValue | ConstantValue;

export function extentOf(shape: Shape, axis: Axis): number {
  return axis === 'h' ? shape.height : axis === 'w' ? shape.width : shape.channels;
}

/** ONNX extents of a value, batch 1 included. */
export function extents(dims: Dims, shape: Shape): number[] {
  return dims.map((axes) => axes.reduce((product, axis) => product * extentOf(shape, axis), 1));
}

/** Dimensions in the given order of axes ('n' is the batch), those of extent 1 left out. */
export function dimsOf(shape: Shape, order: readonly (Axis | 'n')[]): Dims {
  return order.map((axis) => (axis === 'n' || extentOf(shape, axis) === 1 ? [] : [axis]));
}

/** The same elements in the same order under other extents, or undefined where an axis would have to be split. */
export function regroup(dims: Dims, shape: Shape, target: readonly number[]): Dims | undefined {
  const axes = dims.flat();
  const groups: Axis[][] = [];
  let next = 0;
  for (const extent of target) {
    const group: Axis[] = [];
    let product = 1;
    while (product < extent && next < axes.length) {
      const axis = axes[next++]!;
      group.push(axis);
      product *= extentOf(shape, axis);
    }
    if (product !== extent) return undefined;
    groups.push(group);
  }
  return next === axes.length ? groups : undefined;
}

/** Whether the dimension walks over no other axis than this one. */
export function only(axes: readonly Axis[] | undefined, axis: Axis): boolean {
  return axes?.every((each) => each === axis) ?? false;
}

/** Whether the dimensions are batch, channels, height, width. */
export function isMap(dims: Dims): boolean {
  return dims.length === 4 && dims[0]!.length === 0 && only(dims[1], 'c') && only(dims[2], 'h') && only(dims[3], 'w');
}
