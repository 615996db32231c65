/** Add, Sub, Mul, Div, BatchNormalization and the clamps. */
import { NO_CLAMP } from '../../../graph/graph.ts';
import { floatAttribute, intAttribute } from '../attributes.ts';
import { type Constant, realValues, scalar } from '../constant.ts';
import { activation, type Context, constant, emit, optional, optionalConstant, shapeOf } from '../context.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { type ActivationValue, extents, only } from '../value.ts';

/** Add, Sub, Mul, Div: of two activations, or of one and a constant that holds one number or one a channel. */
export function importBinary(context: Context, node: OnnxNode): void {
  const [first, second] = [optional(context, node, 0), optional(context, node, 1)];
  if (!first || !second) throw wrong(`${node.op}: an input is missing`);
  if (first.kind === 'activation' && second.kind === 'activation') return importPair(context, node);
  const constantFirst = first.kind === 'constant';
  const value = activation(context, node, constantFirst ? 1 : 0);
  const operand = perChannel(context, node, value, constant(context, node, constantFirst ? 0 : 1));
  const channels = operand.length;
  const ones = new Float64Array(channels).fill(1);
  const zeros = new Float64Array(channels);
  switch (node.op) {
    case 'Add':
      return emitAffine(context, node, value, ones, operand);
    case 'Sub':
      if (constantFirst) return emitAffine(context, node, value, ones.fill(-1), operand);
      return emitAffine(
        context,
        node,
        value,
        ones,
        operand.map((b) => -b),
      );
    case 'Mul':
      return emitAffine(context, node, value, operand, zeros);
    default: {
      if (constantFirst) throw refuse(node.op, 'it divides by an activation');
      if (operand.includes(0)) throw wrong(`${node.op}: it divides by 0`);
      return emitAffine(
        context,
        node,
        value,
        operand.map((b) => 1 / b),
        zeros,
      );
    }
  }
}

function importPair(context: Context, node: OnnxNode): void {
  const [a, b] = [activation(context, node, 0), activation(context, node, 1)];
  const [shapeA, shapeB] = [shapeOf(context, a), shapeOf(context, b)];
  const [extentsA, extentsB] = [extents(a.dims, shapeA), extents(b.dims, shapeB)];
  const what = `inputs of shape [${extentsA}] and [${extentsB}]`;
  const [axesA, axesB] = [JSON.stringify(a.dims), JSON.stringify(b.dims)];
  const equal = `${extentsA}` === `${extentsB}` && axesA === axesB;
  if (node.op === 'Add') {
    if (!equal) throw refuse(node.op, `it adds ${what}; they must be the same`);
    emit(context, node, { op: 'add', inputs: [a.tensor, b.tensor], clamp: NO_CLAMP }, shapeA, a.dims);
    return;
  }
  if (node.op !== 'Mul')
    throw refuse(node.op, 'it joins two activations', 'Only Add and Mul may join two activations.');
  const gates = (gate: ActivationValue, gateExtents: readonly number[], onto: readonly number[]): boolean => {
    const fits = gateExtents.every((extent, i) => extent === 1 || extent === onto[i]);
    return gate.dims.length === onto.length && fits && only(gate.dims.flat(), 'c');
  };
  const onFirst = equal || (gates(b, extentsB, extentsA) && shapeA.channels === shapeB.channels);
  const onSecond = gates(a, extentsA, extentsB) && shapeA.channels === shapeB.channels;
  if (!onFirst && !onSecond)
    throw refuse(node.op, `it multiplies ${what}; the second must be the same or one value a channel`);
  const [x, gate, shape] = onFirst ? [a, b, shapeA] : [b, a, shapeB];
  emit(context, node, { op: 'mul', inputs: [x.tensor, gate.tensor], clamp: NO_CLAMP }, shape, x.dims);
}

/** The constant's value for every channel. It may vary along the channels only. */
function perChannel(context: Context, node: OnnxNode, value: ActivationValue, operand: Constant): Float64Array {
  const shape = shapeOf(context, value);
  const real = realValues(operand);
  const given = extents(value.dims, shape);
  const lead = value.dims.length - operand.dims.length;
  const fits = operand.dims.every((extent, i) => {
    return extent === 1 || (only(value.dims[i + lead], 'c') && extent === given[i + lead]);
  });
  if (lead < 0 || !fits) {
    throw refuse(
      node.op,
      `its constant of shape [${operand.dims}] does not hold one number, or one a channel, of an input of shape [${given}]`,
    );
  }
  return Float64Array.from({ length: shape.channels }, (_, c) => real[real.length === 1 ? 0 : c]!);
}

function emitAffine(
  context: Context,
  node: OnnxNode,
  value: ActivationValue,
  scale: Float64Array,
  shift: Float64Array,
): void {
  const draft = { op: 'affine' as const, inputs: [value.tensor], scale, shift, clamp: NO_CLAMP };
  emit(context, node, draft, shapeOf(context, value), value.dims);
}

/** BatchNormalization in inference: gamma * (x - mean) / sqrt(variance + epsilon) + beta. */
export function importBatchNormalization(context: Context, node: OnnxNode): void {
  const value = activation(context, node);
  const shape = shapeOf(context, value);
  if (intAttribute(node, 'training_mode', 0) !== 0)
    throw refuse(node.op, 'it is in training mode', 'Export for inference.');
  if (!only(value.dims[1], 'c')) throw refuse(node.op, 'its second dimension is not the channels');
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => {
    const parameter = constant(context, node, index);
    const values = realValues(parameter);
    if (values.length !== shape.channels) {
      throw wrong(`${node.op}: it has ${values.length} values for ${shape.channels} channels`, parameter.name);
    }
    return values;
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c]! + epsilon));
  if (!scale.every(Number.isFinite)) throw wrong(`${node.op}: a variance is not above -epsilon`, node.inputs[4]);
  emitAffine(
    context,
    node,
    value,
    scale,
    Float64Array.from(beta, (b, c) => b - scale[c]! * mean[c]!),
  );
}

/** Relu, Clip, and Min or Max with one number. */
export function importClamp(context: Context, node: OnnxNode): void {
  const index = node.op === 'Min' || node.op === 'Max' ? activationIndex(context, node) : 0;
  const value = activation(context, node, index);
  const clamp = clampOf(context, node, index);
  if (!(clamp.low <= clamp.high)) throw wrong(`${node.op}: its limits are ${clamp.low} to ${clamp.high}`);
  emit(context, node, { op: 'clamp', inputs: [value.tensor], clamp }, shapeOf(context, value), value.dims);
}

function clampOf(context: Context, node: OnnxNode, index: number): { low: number; high: number } {
  switch (node.op) {
    case 'Relu':
      return { low: 0, high: Number.POSITIVE_INFINITY };
    case 'Clip': {
      const low = optionalConstant(context, node, 1);
      const high = optionalConstant(context, node, 2);
      return {
        low: limit(low ? scalar(low) : floatAttribute(node, 'min', Number.NEGATIVE_INFINITY)),
        high: limit(high ? scalar(high) : floatAttribute(node, 'max', Number.POSITIVE_INFINITY)),
      };
    }
    default: {
      const bound = scalar(constant(context, node, 1 - index));
      return node.op === 'Min' ? { ...NO_CLAMP, high: bound } : { ...NO_CLAMP, low: bound };
    }
  }
}

/** The largest float32 stands for no limit. */
function limit(value: number): number {
  return Math.abs(value) >= 3.4e38 ? Math.sign(value) * Number.POSITIVE_INFINITY : value;
}

function activationIndex(context: Context, node: OnnxNode): number {
  if (node.inputs.length !== 2) throw refuse(node.op, `it has ${node.inputs.length} inputs; two are supported`);
  return optional(context, node, 0)?.kind === 'activation' ? 0 : 1;
}
