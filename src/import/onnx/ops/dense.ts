/** Gemm and MatMul with constant weights: a convolution whose kernel covers the map, or 1 x 1 at every pixel. */
import { NO_CLAMP, type Shape, type Weights } from '../../../graph/graph.ts';
import { unitWindow } from '../../../graph/shapes.ts';
import { floatAttribute, intAttribute } from '../attributes.ts';
import { type Constant, transposeConstant } from '../constant.ts';
import { activation, type Context, constant, emit, optionalConstant, shapeOf } from '../context.ts';
import type { DraftBias } from '../draft.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { type ActivationValue, type Axis, type Dims, extentOf, extents, only } from '../value.ts';
import { takeBias, takeWeights } from './weights.ts';

/** Gemm: alpha * A * B + beta * C, A and B transposed where transA, transB say so. */
export function importGemm(context: Context, node: OnnxNode): void {
  const given = activation(context, node);
  const dims = intAttribute(node, 'transA', 0) ? [...given.dims].reverse() : given.dims;
  const value = { ...given, dims };
  if (dims.length !== 2) {
    throw refuse(node.op, `its input has shape [${extents(given.dims, shapeOf(context, given))}], not two dimensions`);
  }
  const stored = constant(context, node, 1);
  if (stored.dims.length !== 2) throw wrong(`${node.op}: its weights have shape [${stored.dims}]`);
  // [inputs][outputs]
  const weights = intAttribute(node, 'transB', 0) ? transposeConstant(stored, [1, 0]) : stored;
  const bias = optionalConstant(context, node, 2);
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  const outputs = weights.dims[1]!;
  if (bias && bias.values.length > 1 && bias.dims.at(-1) !== outputs) {
    throw wrong(`${node.op}: its bias of shape [${bias.dims}] does not fit ${outputs} outputs`, bias.name);
  }
  const taken = bias && beta !== 0 ? scaleBias(takeBias(bias, outputs), beta) : undefined;
  multiply(context, node, value, weights, alpha, taken);
}

/** MatMul of an activation by a constant; the bias is a later Add. */
export function importMatMul(context: Context, node: OnnxNode): void {
  const value = activation(context, node);
  const weights = constant(context, node, 1);
  if (weights.dims.length !== 2) throw refuse(node.op, `its weights have shape [${weights.dims}], not two dimensions`);
  multiply(context, node, value, weights, 1, undefined);
}

function multiply(
  context: Context,
  node: OnnxNode,
  value: ActivationValue,
  weights: Constant,
  alpha: number,
  bias: DraftBias | undefined,
): void {
  const shape = shapeOf(context, value);
  const [inputs, outputs] = weights.dims as [number, number];
  const inner = value.dims.at(-1) ?? [];
  const outer = value.dims.slice(0, -1);
  const given = extents(value.dims, shape);
  if (given.at(-1) !== inputs)
    throw wrong(`${node.op}: weights [${weights.dims}] do not fit an input of shape [${given}]`);
  const everywhere = outer.flat();
  const whole = everywhere.length === 0;
  if (!whole && !only(inner, 'c')) throw refuse(node.op, `it multiplies an input of shape [${given}] across its map`);
  const position = positionOf(inner, shape);
  const taken = takeWeights(node, weights, 1, outputs * inputs, (i) => {
    return position(i % inputs) * outputs + Math.floor(i / inputs);
  });
  const map = whole ? { height: 1, width: 1 } : { height: shape.height, width: shape.width };
  const output = { ...map, channels: outputs };
  const dims: Dims = [...outer, outputs === 1 ? [] : ['c']];
  const draft = {
    op: 'conv' as const,
    inputs: [value.tensor],
    window: whole ? unitWindow(shape.height, shape.width) : unitWindow(),
    weights: scaleWeights(taken, alpha),
    bias,
    clamp: NO_CLAMP,
  };
  emit(context, node, draft, output, dims);
}

/** From an element's place in [height][width][channel] to its place in a dimension that walks the axes in this order. */
function positionOf(axes: readonly Axis[], shape: Shape): (place: number) => number {
  const strides = { h: 0, w: 0, c: 0 };
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    strides[axis] = stride;
    stride *= extentOf(shape, axis);
  }
  const { width, channels } = shape;
  return (place) => {
    const pixel = Math.floor(place / channels);
    return (place % channels) * strides.c + (pixel % width) * strides.w + Math.floor(pixel / width) * strides.h;
  };
}

function scaleWeights(weights: Weights, factor: number): Weights {
  if (factor === 1) return weights;
  if (weights.kind === 'real') return { kind: 'real', values: weights.values.map((value) => value * factor) };
  const codes = factor < 0 ? weights.codes.map((code) => -code) : weights.codes;
  if (factor === 0) return { kind: 'real', values: new Float32Array(codes.length) };
  return { kind: 'codes', codes, scales: weights.scales.map((scale) => scale * Math.abs(factor)) };
}

function scaleBias(bias: DraftBias, factor: number): DraftBias {
  return factor === 1 ? bias : { values: bias.values.map((value) => value * factor) };
}
