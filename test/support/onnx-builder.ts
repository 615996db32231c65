/** Small ONNX models, encoded with the same description of the format that the importer decodes with. */
import { ATTRIBUTE_TYPE, DATA_TYPE, onnxModelType } from '../../src/import/onnx/proto.ts';

export type TypeName = keyof typeof DATA_TYPE;
type Message = Readonly<Record<string, unknown>>;

/** What may be given for an attribute; whole numbers are ints, `real` makes a float of one. */
export type AttributeValue = number | string | readonly number[] | Message;

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export interface ValueSpec {
  readonly name: string;
  /** A string is a symbolic extent. */
  readonly dims: readonly (number | string)[];
  readonly type?: TypeName;
}

export interface ModelSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly (string | ValueSpec)[];
  readonly constants?: Readonly<Record<string, Message>>;
  readonly opset?: number;
}

const real = Symbol('real');

/** A float attribute, also of a whole value. */
export function float(value: number): Message {
  return { [real]: true, type: ATTRIBUTE_TYPE.float, f: value };
}

/** A tensor in its raw form. */
export function tensor(type: TypeName, dims: readonly number[], values: readonly number[]): Message {
  return { dims, dataType: DATA_TYPE[type], rawData: rawBytes(type, values) };
}

export function floats(dims: readonly number[], values: Iterable<number>): Message {
  return tensor('float32', dims, [...values]);
}

export function int64s(...values: readonly number[]): Message {
  return tensor('int64', [values.length], values);
}

export function rawBytes(type: TypeName, values: readonly number[]): Uint8Array {
  const arrays: Partial<Record<TypeName, () => ArrayBufferView>> = {
    float32: () => Float32Array.from(values),
    float64: () => Float64Array.from(values),
    int8: () => Int8Array.from(values),
    uint8: () => Uint8Array.from(values),
    bool: () => Uint8Array.from(values),
    float16: () => Uint16Array.from(values, halfBits),
    int32: () => Int32Array.from(values),
    int64: () => BigInt64Array.from(values, (value) => BigInt(value)),
  };
  const { buffer } = arrays[type]!();
  return new Uint8Array(buffer as ArrayBuffer);
}

/** Half precision bits of a number that has few significant bits. */
export function halfBits(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}

function attribute(name: string, value: AttributeValue): Message {
  if (typeof value === 'string') {
    return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value) };
  }
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? { name, type: ATTRIBUTE_TYPE.int, i: value }
      : { name, type: ATTRIBUTE_TYPE.float, f: value };
  }
  if (Array.isArray(value)) return { name, type: ATTRIBUTE_TYPE.ints, ints: value };
  const message = value as Message & { readonly [real]?: boolean };
  return message[real] ? { ...message, name } : { name, type: ATTRIBUTE_TYPE.tensor, t: message };
}

function valueInfo({ name, dims, type = 'float32' }: ValueSpec): Message {
  const dim = dims.map((extent) => (typeof extent === 'string' ? { dimParam: extent } : { dimValue: extent }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim } } } };
}

/** Outputs given by name alone are declared as float32 of an unknown shape. */
function outputInfo(output: string | ValueSpec): Message {
  if (typeof output !== 'string') return valueInfo(output);
  return { name: output, type: { tensorType: { elemType: DATA_TYPE.float32 } } };
}

export function modelMessage({ nodes, inputs, outputs, constants = {}, opset = 13 }: ModelSpec): Message {
  const node = nodes.map((spec) => ({
    opType: spec.op,
    name: spec.name ?? '',
    domain: spec.domain ?? '',
    input: spec.inputs,
    output: spec.outputs,
    attribute: Object.entries(spec.attributes ?? {}).map(([name, value]) => attribute(name, value)),
  }));
  const initializer = Object.entries(constants).map(([name, message]) => ({ ...message, name }));
  const graph = { name: 'graph', node, initializer, input: inputs.map(valueInfo), output: outputs.map(outputInfo) };
  return { irVersion: 8, opsetImport: [{ domain: '', version: opset }], graph };
}

export function encodeMessage(message: Message): Uint8Array {
  const type = onnxModelType();
  return type.encode(type.fromObject(message)).finish();
}

export function encodeModel(spec: ModelSpec): Uint8Array {
  return encodeMessage(modelMessage(spec));
}

/** A chain of nodes from 'x' to 'y', each reading the one before and then its further inputs. */
export function chain(
  ...steps: readonly (Omit<NodeSpec, 'inputs' | 'outputs'> & { readonly inputs?: readonly string[] })[]
): NodeSpec[] {
  return steps.map((step, i) => ({
    ...step,
    inputs: [i === 0 ? 'x' : `v${i}`, ...(step.inputs ?? [])],
    outputs: [i === steps.length - 1 ? 'y' : `v${i + 1}`],
  }));
}
