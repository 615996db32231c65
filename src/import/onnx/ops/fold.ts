/** Nodes whose inputs are all constants, and Shape: computed here, as exporters compute the targets of a Reshape. */
import {
  axesOf,
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  tensorAttribute,
  wholeAxis,
} from '../attributes.ts';
import {
  type Constant,
  type ElementType,
  elementCount,
  integers,
  isFloatType,
  realValues,
  reshapeConstant,
  transposeConstant,
  type Values,
} from '../constant.ts';
import { type Context, constant, optional, optionalConstant, outputName, setOutput, shapeOf } from '../context.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { elementType } from '../tensor.ts';
import { extents } from '../value.ts';

const MAX_FOLDED = 2 ** 24;

/** Constant: a tensor, a number or several. */
export function importConstant(context: Context, node: OnnxNode): void {
  const name = outputName(context, node);
  const put = (type: ElementType, dims: readonly number[], values: Values): void => {
    setOutput(context, node, { kind: 'constant', constant: { name, type, dims, values } });
  };
  const tensor = tensorAttribute(node, 'value');
  if (tensor) return setOutput(context, node, { kind: 'constant', constant: tensor });
  const [ints, floats] = [intsAttribute(node, 'value_ints'), floatsAttribute(node, 'value_floats')];
  if (ints) return put('int64', [ints.length], Float64Array.from(ints));
  if (floats) return put('float32', [floats.length], Float32Array.from(floats));
  if (node.attributes.has('value_int')) return put('int64', [], Float64Array.of(intAttribute(node, 'value_int', 0)));
  if (node.attributes.has('value_float'))
    return put('float32', [], Float32Array.of(floatAttribute(node, 'value_float', 0)));
  throw refuse(node.op, 'it holds no dense numbers');
}

/** Shape of an activation or a constant; the batch is 1. */
export function importShape(context: Context, node: OnnxNode): void {
  const value = optional(context, node, 0);
  if (!value) throw wrong(`${node.op}: its input is missing`);
  const dims = value.kind === 'constant' ? [...value.constant.dims] : extents(value.dims, shapeOf(context, value));
  const part = dims.slice(intAttribute(node, 'start', 0), intAttribute(node, 'end', dims.length));
  const result: Constant = {
    name: outputName(context, node),
    type: 'int64',
    dims: [part.length],
    values: Float64Array.from(part),
  };
  setOutput(context, node, { kind: 'constant', constant: result });
}

type Fold = (context: Context, node: OnnxNode, inputs: readonly Constant[]) => Constant;

const FOLDS: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ['Identity', (_, __, [x]) => x!],
  ['Reshape', (_, __, [x, shape]) => reshapeConstant(x!, targetOf(x!, integers(shape!)))],
  ['Flatten', (_, node, [x]) => reshapeConstant(x!, flat(x!, intAttribute(node, 'axis', 1)))],
  ['Squeeze', (_, node, [x, axes]) => squeeze(node, x!, axes)],
  ['Unsqueeze', (_, node, [x, axes]) => unsqueeze(node, x!, axes)],
  ['Transpose', (_, node, [x]) => transpose(node, x!)],
  ['Cast', (_, node, [x]) => cast(node, x!)],
  ['Gather', gather],
  ['Concat', concat],
  ['Slice', slice],
  ['Add', arithmetic((a, b) => a + b)],
  ['Sub', arithmetic((a, b) => a - b)],
  ['Mul', arithmetic((a, b) => a * b)],
  ['Div', arithmetic((a, b) => a / b)],
  ['Neg', (_, __, [x]) => ({ ...x!, values: values(x!).map((value) => -value) })],
  ['Sqrt', (_, __, [x]) => ({ ...x!, values: values(x!).map(Math.sqrt) })],
]);

const TWO_INPUTS: ReadonlySet<string> = new Set(['Reshape', 'Gather', 'Add', 'Sub', 'Mul', 'Div']);

/** Computes the node if all its inputs are constants and it is one that can be; tells whether it did. */
export function foldConstants(context: Context, node: OnnxNode): boolean {
  const fold = FOLDS.get(node.op);
  if (!fold || node.inputs.length === 0) return false;
  const present = node.inputs.map((_, i) => optional(context, node, i));
  if (present.some((value) => value?.kind === 'activation') || !present[0]) return false;
  const inputs = present.map((value) => (value?.kind === 'constant' ? value.constant : undefined) as Constant);
  const needed = TWO_INPUTS.has(node.op) ? 2 : node.op === 'Concat' ? inputs.length : 1;
  if (Array.from({ length: needed }, (_, i) => inputs[i]).some((input) => input === undefined)) {
    throw wrong(`${node.op}: an input is missing`);
  }
  const result = fold(context, node, inputs);
  setOutput(context, node, { kind: 'constant', constant: { ...result, name: outputName(context, node) } });
  return true;
}

function values(constant: Constant): Values {
  return constant.dequantisation ? realValues(constant) : constant.values;
}

function targetOf(x: Constant, wanted: readonly number[]): number[] {
  const target = wanted.map((extent, i) => (extent === 0 ? (x.dims[i] ?? 0) : extent));
  const open = target.indexOf(-1);
  if (open >= 0) target[open] = x.values.length / elementCount(target.filter((_, i) => i !== open));
  if (target.some((extent) => !Number.isInteger(extent) || extent < 0))
    throw wrong(`shape [${x.dims}] cannot become [${wanted}]`);
  return target;
}

function flat(x: Constant, stated: number): number[] {
  const axis = stated < 0 ? stated + x.dims.length : stated;
  return [elementCount(x.dims.slice(0, axis)), elementCount(x.dims.slice(axis))];
}

function squeeze(node: OnnxNode, x: Constant, stated: Constant | undefined): Constant {
  const axes = axesOf(node, stated, x.dims.length);
  return reshapeConstant(
    x,
    x.dims.filter((extent, i) => (axes ? !axes.includes(i) : extent !== 1)),
  );
}

function unsqueeze(node: OnnxNode, x: Constant, stated: Constant | undefined): Constant {
  const count = (stated ? integers(stated) : (intsAttribute(node, 'axes') ?? [])).length;
  const rank = x.dims.length + count;
  if (rank > 16) throw refuse(node.op, `its output has ${rank} dimensions`);
  const axes = new Set(axesOf(node, stated, rank));
  const rest = [...x.dims];
  return reshapeConstant(
    x,
    Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : (rest.shift() ?? 1))),
  );
}

function transpose(node: OnnxNode, x: Constant): Constant {
  const rank = x.dims.length;
  const stated = intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const permutation = stated.map((axis) => wholeAxis(node, axis, rank));
  if (permutation.length !== rank || new Set(permutation).size !== rank) throw wrong(`${node.op}: perm is [${stated}]`);
  return transposeConstant(x, permutation);
}

function cast(node: OnnxNode, x: Constant): Constant {
  const type = elementType(intAttribute(node, 'to', 1), node.outputs[0] ?? '');
  const given = values(x);
  if (isFloatType(type)) return { name: x.name, type, dims: x.dims, values: Float32Array.from(given) };
  if (type !== 'int64' && type !== 'int32') throw refuse(node.op, `a cast of a constant to ${type} is not supported`);
  return { name: x.name, type, dims: x.dims, values: Float64Array.from(given, Math.trunc) };
}

function gather(_: Context, node: OnnxNode, [x, indices]: readonly Constant[]): Constant {
  if (intAttribute(node, 'axis', 0) !== 0 || x!.dims.length !== 1)
    throw refuse(node.op, 'only along a vector is supported');
  const picked = integers(indices!).map((index) => x!.values[index < 0 ? index + x!.values.length : index]);
  if (picked.some((value) => value === undefined)) throw wrong(`${node.op}: an index lies outside`);
  return { ...x!, dims: indices!.dims, values: Float64Array.from(picked as number[]) };
}

function concat(_: Context, node: OnnxNode, inputs: readonly Constant[]): Constant {
  if (inputs.some((input) => input?.dims.length !== 1)) throw refuse(node.op, 'only constant vectors can be joined');
  const joined = Float64Array.from(inputs.flatMap((input) => Array.from(values(input))));
  return { name: '', type: inputs[0]!.type, dims: [joined.length], values: joined };
}

function slice(context: Context, node: OnnxNode, [x]: readonly Constant[]): Constant {
  const bound = (index: number, fallback: number): number => {
    const given = optionalConstant(context, node, index);
    if (given && given.values.length !== 1) throw refuse(node.op, 'only one axis of a constant can be sliced');
    return given ? given.values[0]! : fallback;
  };
  const rank = x!.dims.length;
  if (rank !== 1 || bound(3, 0) % rank !== 0 || bound(4, 1) !== 1)
    throw refuse(node.op, 'only a run of a vector can be taken');
  constant(context, node, 2);
  const part = x!.values.slice(bound(1, 0), bound(2, x!.values.length));
  return { ...x!, dims: [part.length], values: part };
}

/** Elementwise with broadcasting; integers divide towards zero. */
function arithmetic(compute: (a: number, b: number) => number): Fold {
  return (_, node, inputs) => {
    const [a, b] = inputs as readonly [Constant, Constant];
    const [left, right] = [values(a), values(b)];
    const rank = Math.max(a.dims.length, b.dims.length);
    const pad = (dims: readonly number[]): number[] => [...new Array<number>(rank - dims.length).fill(1), ...dims];
    const [dimsA, dimsB] = [pad(a.dims), pad(b.dims)];
    const dims = dimsA.map((extent, i) => (extent === 1 ? dimsB[i]! : extent));
    if (dims.some((extent, i) => dimsB[i] !== extent && dimsB[i] !== 1))
      throw wrong(`${node.op}: shapes [${a.dims}] and [${b.dims}] do not match`);
    const count = elementCount(dims);
    if (count > MAX_FOLDED) throw refuse(node.op, `its constant result of shape [${dims}] is too large`);
    const real = isFloatType(a.type) || a.dequantisation !== undefined;
    const result = real ? new Float32Array(count) : new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const value = compute(left[source(i, dims, dimsA)]!, right[source(i, dims, dimsB)]!);
      result[i] = real ? value : Math.trunc(value);
    }
    return { name: '', type: real ? 'float32' : a.type, dims, values: result };
  };
}

/** Position in a tensor of extents `from` (1 where it repeats) of the element at `position` in extents `dims`. */
function source(position: number, dims: readonly number[], from: readonly number[]): number {
  let [rest, at, stride] = [position, 0, 1];
  for (let k = dims.length - 1; k >= 0; k--) {
    const index = rest % dims[k]!;
    rest = Math.floor(rest / dims[k]!);
    if (from[k] !== 1) at += index * stride;
    stride *= from[k]!;
  }
  return at;
}
