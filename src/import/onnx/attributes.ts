/** Attributes of a node, each of the type that the standard gives it, with its default. */
import { type Constant, integers } from './constant.ts';
import { wrong } from './errors.ts';
import type { OnnxNode } from './model.ts';
import { ATTRIBUTE_TYPE, type AttributeProto, toNumber } from './proto.ts';
import { readTensor } from './tensor.ts';

const text = new TextDecoder();

function find(node: OnnxNode, name: string, type: keyof typeof ATTRIBUTE_TYPE): AttributeProto | undefined {
  const attribute = node.attributes.get(name);
  if (attribute && attribute.type !== 0 && attribute.type !== ATTRIBUTE_TYPE[type]) {
    throw wrong(`${node.op}: attribute '${name}' is not of type ${type}`);
  }
  return attribute;
}

export function intAttribute(node: OnnxNode, name: string, fallback: number): number {
  const attribute = find(node, name, 'int');
  return attribute ? toNumber(attribute.i) : fallback;
}

export function floatAttribute(node: OnnxNode, name: string, fallback: number): number {
  return find(node, name, 'float')?.f ?? fallback;
}

export function stringAttribute(node: OnnxNode, name: string, fallback: string): string {
  const attribute = find(node, name, 'string');
  return attribute ? text.decode(attribute.s) : fallback;
}

export function intsAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  return find(node, name, 'ints')?.ints.map(toNumber);
}

export function floatsAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  return find(node, name, 'floats')?.floats;
}

export function tensorAttribute(node: OnnxNode, name: string): Constant | undefined {
  const attribute = find(node, name, 'tensor');
  return attribute?.t ? readTensor(attribute.t, node.outputs[0] ?? name, undefined) : undefined;
}

/** Axes, counted from the end where negative, given as an attribute (early opsets) or as a constant (later ones). */
export function axesOf(node: OnnxNode, input: Constant | undefined, rank: number): readonly number[] | undefined {
  const axes = input ? integers(input) : intsAttribute(node, 'axes');
  return axes?.map((axis) => wholeAxis(node, axis, rank));
}

export function wholeAxis(node: OnnxNode, axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(counted) || counted < 0 || counted >= rank) {
    throw wrong(`${node.op}: axis ${axis} does not exist in a tensor of ${rank} dimensions`);
  }
  return counted;
}
