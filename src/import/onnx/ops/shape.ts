/** Operators that only say how the elements are looked at: no work for the accelerator. */
import type { GraphTensor } from '../../../graph/graph.ts';
import { axesOf, intAttribute, intsAttribute, wholeAxis } from '../attributes.ts';
import { elementCount, integers } from '../constant.ts';
import { anyActivation, type Context, constant, optionalConstant, setOutput, shapeOf } from '../context.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { type ActivationValue, type Dims, dimsOf, extents, regroup } from '../value.ts';

/** Reshape: 0 copies an extent, -1 stands for what is left. */
export function importReshape(context: Context, node: OnnxNode): void {
  const value = anyActivation(context, node, 0);
  const given = extents(value.dims, shapeOf(context, value));
  const wanted = integers(constant(context, node, 1));
  const zeroIsZero = intAttribute(node, 'allowzero', 0) !== 0;
  const target = wanted.map((extent, i) => (extent === 0 && !zeroIsZero ? (given[i] ?? 0) : extent));
  const open = target.indexOf(-1);
  if (open >= 0) target[open] = elementCount(given) / elementCount(target.filter((_, i) => i !== open));
  const sound = target.every((extent) => Number.isInteger(extent) && extent > 0);
  if (!sound || elementCount(target) !== elementCount(given)) {
    throw wrong(`${node.op}: shape [${given}] cannot become [${wanted}]`);
  }
  regroupTo(context, node, value, target);
}

export function importFlatten(context: Context, node: OnnxNode): void {
  const value = anyActivation(context, node, 0);
  const given = extents(value.dims, shapeOf(context, value));
  const stated = intAttribute(node, 'axis', 1);
  const axis = stated < 0 ? stated + given.length : stated;
  if (!(axis >= 0 && axis <= given.length)) throw wrong(`${node.op}: axis ${stated} does not exist`);
  regroupTo(context, node, value, [elementCount(given.slice(0, axis)), elementCount(given.slice(axis))]);
}

export function importSqueeze(context: Context, node: OnnxNode): void {
  const value = anyActivation(context, node, 0);
  const given = extents(value.dims, shapeOf(context, value));
  const stated = axesOf(node, optionalConstant(context, node, 1), given.length);
  const axes = stated ?? [...given.keys()].filter((i) => given[i] === 1);
  if (axes.some((axis) => given[axis] !== 1))
    throw wrong(`${node.op}: axes [${axes}] of shape [${given}] are not all 1`);
  setDims(
    context,
    node,
    value,
    value.dims.filter((_, i) => !axes.includes(i)),
  );
}

export function importUnsqueeze(context: Context, node: OnnxNode): void {
  const value = anyActivation(context, node, 0);
  const stated = optionalConstant(context, node, 1);
  const count = (stated ? integers(stated) : (intsAttribute(node, 'axes') ?? [])).length;
  const rank = value.dims.length + count;
  if (rank > 8) throw refuse(node.op, `its output has ${rank} dimensions`);
  const axes = new Set(axesOf(node, stated, rank));
  if (axes.size !== count) throw wrong(`${node.op}: its axes are stated twice`);
  const rest = [...value.dims];
  setDims(
    context,
    node,
    value,
    Array.from({ length: rank }, (_, i) => (axes.has(i) ? [] : rest.shift()!)),
  );
}

export function importTranspose(context: Context, node: OnnxNode): void {
  const value = anyActivation(context, node, 0);
  const rank = value.dims.length;
  const stated = intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const permutation = stated.map((axis) => wholeAxis(node, axis, rank));
  if (permutation.length !== rank || new Set(permutation).size !== rank) {
    throw wrong(`${node.op}: perm [${stated}] does not fit ${rank} dimensions`);
  }
  setDims(
    context,
    node,
    value,
    permutation.map((axis) => value.dims[axis]!),
  );
}

/** Identity, Dropout in inference, and other operators that change nothing. */
export function importIdentity(context: Context, node: OnnxNode): void {
  if (node.op === 'Dropout') {
    const training = optionalConstant(context, node, 2);
    if (training && training.values[0] !== 0) throw refuse(node.op, 'it is in training mode', 'Export for inference.');
  }
  setOutput(context, node, anyActivation(context, node, 0));
}

function setDims(context: Context, node: OnnxNode, value: ActivationValue, dims: Dims): void {
  setOutput(context, node, { ...value, dims });
}

function regroupTo(context: Context, node: OnnxNode, value: ActivationValue, target: readonly number[]): void {
  const shape = shapeOf(context, value);
  const dims = regroup(value.dims, shape, target) ?? reshapeInput(context, node, value, target);
  if (!dims) {
    const given = extents(value.dims, shape);
    throw refuse(node.op, `it cuts a dimension of [${given}] into parts to make [${target}]`);
  }
  setDims(context, node, value, dims);
}

/** A graph input that is only ever read in another shape is declared in that shape. */
function reshapeInput(
  context: Context,
  node: OnnxNode,
  value: ActivationValue,
  target: readonly number[],
): Dims | undefined {
  const input = context.inputs.get(value.tensor);
  const alone = input && context.uses.get(value.tensor) === 1 && node.inputs[0] === value.tensor;
  if (!alone || target.length !== 4 || target[0] !== 1) return undefined;
  const [, channels, height, width] = target as [number, number, number, number];
  const tensor = context.tensors.get(value.tensor) as GraphTensor;
  const shape = { height, width, channels };
  context.tensors.set(value.tensor, { ...tensor, shape });
  context.notes.add(`input '${value.tensor}' is taken in the shape that '${node.name}' gives it`);
  return dimsOf(shape, ['n', 'c', 'h', 'w']);
}
