import type { ActivationQuantisation, GraphInput, GraphTensor, Shape } from '../../graph/graph.ts';
import { shapeText } from '../../graph/shapes.ts';
import type { Constant } from './constant.ts';
import type { DraftNode } from './draft.ts';
import { refuse, wrong } from './errors.ts';
import type { OnnxModel, OnnxNode } from './model.ts';
import { type ActivationValue, type Dims, extents, isMap, type Value } from './value.ts';

/** What grows while the nodes are walked in order. */
export interface Context {
  readonly model: OnnxModel;
  /** By ONNX name. */
  readonly values: Map<string, Value>;
  readonly tensors: Map<string, GraphTensor>;
  readonly inputs: Map<string, GraphInput>;
  readonly nodes: DraftNode[];
  readonly notes: Set<string>;
  /** How many nodes read each ONNX value; being a graph output counts as one. */
  readonly uses: ReadonlyMap<string, number>;
  /** ONNX values from which only operators that the host can do lead to outputs. */
  readonly closing: ReadonlySet<string>;
}

/** Extents and elements of one activation that are still taken for a real network. */
const MAX_EXTENT = 2 ** 16;
const MAX_ELEMENTS = 2 ** 28;

/** The i-th input, or undefined where it is left out. */
export function optional(context: Context, node: OnnxNode, index: number): Value | undefined {
  const name = node.inputs[index];
  if (name === undefined || name === '') return undefined;
  const known = context.values.get(name);
  if (known) return known;
  const constant = context.model.initializer(name);
  if (!constant) throw wrong(`${node.op}: its input '${name}' is neither computed nor stored`);
  return { kind: 'constant', constant };
}

/** The i-th input as an activation of any kind, codes and host values included. */
export function anyActivation(context: Context, node: OnnxNode, index: number): ActivationValue {
  const value = optional(context, node, index);
  if (!value) throw wrong(`${node.op}: its input ${index} is missing`);
  if (value.kind === 'constant') throw refuse(node.op, `its input ${index} is a constant, not an activation`);
  return value;
}

/** The i-th input as real numbers that the accelerator holds. */
export function activation(context: Context, node: OnnxNode, index = 0): ActivationValue {
  const value = anyActivation(context, node, index);
  if (value.host.length > 0)
    throw refuse(node.op, `it follows ${value.host.at(-1)}, which only the host does at the end`);
  if (value.codes) {
    throw refuse(
      node.op,
      'it computes on codes',
      'Quantise in QDQ form, each layer between DequantizeLinear and QuantizeLinear.',
    );
  }
  return value;
}

/** The i-th input as an activation whose dimensions are batch, channels, height, width. */
export function mapInput(context: Context, node: OnnxNode, index = 0): { value: ActivationValue; shape: Shape } {
  const value = activation(context, node, index);
  const shape = shapeOf(context, value);
  if (!isMap(value.dims)) {
    throw refuse(node.op, `its input has shape [${extents(value.dims, shape)}], not batch x channels x height x width`);
  }
  return { value, shape };
}

/** The i-th input as a constant, or undefined where it is left out. */
export function optionalConstant(context: Context, node: OnnxNode, index: number): Constant | undefined {
  const value = optional(context, node, index);
  if (value?.kind === 'activation') throw refuse(node.op, `its input ${index} is computed, it must be a constant`);
  return value?.constant;
}

export function constant(context: Context, node: OnnxNode, index: number): Constant {
  const value = optionalConstant(context, node, index);
  if (!value) throw wrong(`${node.op}: its input ${index} is missing`);
  return value;
}

export function shapeOf(context: Context, value: ActivationValue): Shape {
  const tensor = context.tensors.get(value.tensor);
  if (!tensor) throw new Error(`tensor '${value.tensor}' was never declared`);
  return tensor.shape;
}

/** The only output of a node; optional further ones must not be read. */
export function outputName(context: Context, node: OnnxNode): string {
  const [first, ...others] = node.outputs;
  if (!first) throw wrong(`${node.op}: it has no output`);
  const read = others.find((name) => context.uses.has(name));
  if (read !== undefined) throw refuse(node.op, `its further output '${read}' is read`);
  return first;
}

/** Declares the tensor that a node computes. */
export function declare(
  context: Context,
  name: string,
  shape: Shape,
  quantisation?: ActivationQuantisation | undefined,
): string {
  const sides = [shape.height, shape.width, shape.channels];
  const sound = sides.every((side) => Number.isInteger(side) && side >= 1 && side <= MAX_EXTENT);
  if (!sound || sides.reduce((a, b) => a * b) > MAX_ELEMENTS) {
    throw wrong(`its shape ${shapeText(shape)} (height x width x channels) is impossible or too large`, name);
  }
  let unique = name;
  for (let i = 2; context.tensors.has(unique); i++) unique = `${name} ${i}`;
  context.tensors.set(unique, quantisation ? { name: unique, shape, quantisation } : { name: unique, shape });
  return unique;
}

/** Makes the node's output this value. */
export function setOutput(context: Context, node: OnnxNode, value: Value): void {
  context.values.set(outputName(context, node), value);
}

/** Parts of a draft node that `emit` fills in. */
type Unnamed<T> = T extends DraftNode ? Omit<T, 'name' | 'output'> : never;

/** Adds a node that computes the ONNX node's output, of the given shape and dimensions. */
export function emit(context: Context, node: OnnxNode, draft: Unnamed<DraftNode>, shape: Shape, dims: Dims): void {
  const output = declare(context, outputName(context, node), shape);
  context.nodes.push({ ...draft, name: node.name, output } as DraftNode);
  setOutput(context, node, { kind: 'activation', tensor: output, dims, host: [] });
}
