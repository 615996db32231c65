/** Reads TensorProto messages: raw bytes, typed fields, half precision, or another file's bytes. */
import { UserError } from '../../errors.ts';
import { halvesToFloats } from '../half.ts';
import { type Constant, type ElementType, elementCount, type Values } from './constant.ts';
import { wrong } from './errors.ts';
import { DATA_TYPE, type Int64, type TensorProto, toNumber } from './proto.ts';

/** Bytes of a file beside the model, by the name the model uses. */
export type ExternalFiles = (name: string) => Uint8Array | undefined;

/** Elements of one constant that are still taken for a real network. */
const MAX_ELEMENTS = 2 ** 28;

const TYPE_NAMES: ReadonlyMap<number, ElementType> = new Map(
  Object.entries(DATA_TYPE).map(([name, code]) => [code, name as ElementType]),
);

export function elementType(code: number, tensor: string): ElementType {
  const type = TYPE_NAMES.get(code);
  if (type !== undefined) return type;
  throw new UserError(
    'unsupported',
    `its element type (number ${code} of the standard) is not supported`,
    { tensor },
    'Use float32, float16, int8, uint8 or int32.',
  );
}

const WIDTH: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  bool: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
};

export function readTensor(tensor: TensorProto, name: string, external: ExternalFiles | undefined): Constant {
  const type = elementType(tensor.dataType, name);
  const dims = tensor.dims.map(toNumber);
  const count = elementCount(dims);
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0) || count > MAX_ELEMENTS) {
    throw wrong(`its shape [${dims}] is impossible or too large`, name);
  }
  const bytes = tensor.dataLocation === 1 ? externalBytes(tensor, name, external) : tensor.rawData;
  const values = bytes.length > 0 ? rawValues(type, bytes, count, name) : fieldValues(type, tensor);
  if (values.length !== count)
    throw wrong(`its shape [${dims}] needs ${count} elements, it has ${values.length}`, name);
  return { name, type, dims, values };
}

function rawValues(type: ElementType, bytes: Uint8Array, count: number, name: string): Values {
  if (bytes.length !== count * WIDTH[type]) {
    throw wrong(`it has ${bytes.length} bytes, its ${count} elements of ${type} need ${count * WIDTH[type]}`, name);
  }
  // A copy, so that elements are aligned.
  const { buffer } = new Uint8Array(bytes);
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'float16':
      return halvesToFloats(new Uint16Array(buffer));
    case 'bfloat16':
      return bfloatsToFloats(new Uint16Array(buffer));
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'int64':
      return wide(new BigInt64Array(buffer));
    case 'uint64':
      return wide(new BigUint64Array(buffer));
  }
}

/** bfloat16 bits are the upper half of a float32. */
function bfloatsToFloats(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
}

function wide(values: BigInt64Array | BigUint64Array): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = Number(values[i]!);
  return numbers;
}

/** The typed field that the standard assigns to each element type. */
function fieldValues(type: ElementType, tensor: TensorProto): Values {
  const long = (values: readonly Int64[]): Float64Array => Float64Array.from(values, toNumber);
  switch (type) {
    case 'float32':
      return Float32Array.from(tensor.floatData);
    case 'float64':
      return Float64Array.from(tensor.doubleData);
    case 'float16':
      return halvesToFloats(Uint16Array.from(tensor.int32Data));
    case 'bfloat16':
      return bfloatsToFloats(Uint16Array.from(tensor.int32Data));
    case 'int8':
      return Int8Array.from(tensor.int32Data);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(tensor.int32Data);
    case 'int16':
      return Int16Array.from(tensor.int32Data);
    case 'uint16':
      return Uint16Array.from(tensor.int32Data);
    case 'int32':
      return Int32Array.from(tensor.int32Data);
    case 'uint32':
      return Uint32Array.from(long(tensor.uint64Data));
    case 'int64':
      return long(tensor.int64Data);
    case 'uint64':
      return long(tensor.uint64Data);
  }
}

function externalBytes(tensor: TensorProto, name: string, external: ExternalFiles | undefined): Uint8Array {
  const entry = (key: string): string | undefined => tensor.externalData.find((pair) => pair.key === key)?.value;
  const location = entry('location');
  if (location === undefined) throw wrong('its data lie in another file whose name is missing', name);
  if (/^([\\/]|[a-z]:)|(^|[\\/])\.\.([\\/]|$)/i.test(location)) {
    throw wrong(`its data lie in '${location}', outside the model's folder`, name);
  }
  const file = external?.(location);
  if (!file) {
    throw new UserError(
      'bad-model',
      `its data lie in the file '${location}', which is not there`,
      { tensor: name },
      'Put that file beside the model, or save the model as one file.',
    );
  }
  const offset = Number(entry('offset') ?? 0);
  const length = Number(entry('length') ?? file.length - offset);
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!inside || offset + length > file.length) {
    throw wrong(`bytes ${offset} to ${offset + length} do not lie in '${location}' (${file.length} bytes)`, name);
  }
  return file.subarray(offset, offset + length);
}
