import { UserError } from '../../errors.ts';
import { halvesToFloats } from '../half.ts';
import { damaged } from './flatbuffer.ts';
import type { FileTensor } from './model.ts';

/** A constant of the model file: its tensor, and whether a DEQUANTIZE made real numbers of it. */
export interface Constant {
  readonly file: FileTensor;
  readonly dequantised: boolean;
}

/** Number of elements of a shape. */
export function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

const WIDTH: Readonly<Record<string, number>> = { float32: 4, float16: 2, int8: 1, uint8: 1, int32: 4, int64: 8 };

type RawValues = Int8Array | Uint8Array | Int32Array | Float32Array | Float64Array;

/** Raw values in file order: codes for integer types, real for float ones. May share the file's bytes. */
function rawValues(tensor: FileTensor): RawValues {
  const width = WIDTH[tensor.type];
  if (width === undefined || tensor.sparse) {
    throw new UserError(
      'unsupported',
      `the constant is ${tensor.sparse ? 'sparse' : `of type ${tensor.type}`}`,
      { tensor: tensor.name },
      'Constants may be dense float32, float16, int8 or uint8.',
    );
  }
  const { data } = tensor;
  const count = elements(tensor.dims);
  if (tensor.dims.some((extent) => extent < 1) || data.length !== count * width) {
    throw damaged(`constant '${tensor.name}' has ${data.length} bytes, its shape needs ${count * width}`);
  }
  switch (tensor.type) {
    case 'uint8':
      return data;
    case 'int8':
      return new Int8Array(data.buffer, data.byteOffset, count);
    // Copies are aligned; typed arrays are little-endian on every machine that runs WebAssembly.
    case 'float32':
      return new Float32Array(data.slice().buffer);
    case 'int32':
      return new Int32Array(data.slice().buffer);
    case 'float16':
      return halvesToFloats(new Uint16Array(data.slice().buffer));
    default:
      return Float64Array.from(new BigInt64Array(data.slice().buffer), Number);
  }
}

/** Integer constant (axes, paddings, shapes). */
export function integers(tensor: FileTensor): number[] {
  if (tensor.type !== 'int32' && tensor.type !== 'int64') throw damaged(`'${tensor.name}' should hold integers`);
  return Array.from(rawValues(tensor));
}

/** int32 codes of a quantised bias. */
export function biasCodes(tensor: FileTensor): Int32Array {
  if (tensor.type !== 'int32') {
    throw new UserError(
      'unsupported',
      `a quantised bias is of type ${tensor.type}`,
      { tensor: tensor.name },
      'Quantise to int8 or uint8 activations with int32 biases.',
    );
  }
  return rawValues(tensor) as Int32Array;
}

export interface Codes {
  /** Codes minus their zero point, file order. */
  readonly codes: Int16Array;
  /** One scale in all, or one a channel. */
  readonly scales: readonly number[];
}

/** Weight codes minus zero point. `channelAxis` is the axis that per-channel scales must belong to. */
export function weightCodes(tensor: FileTensor, channelAxis: number): Codes {
  const quantisation = tensor.quantisation;
  if ((tensor.type !== 'int8' && tensor.type !== 'uint8') || !quantisation) {
    throw new UserError(
      'unsupported',
      `weights of a quantised layer are of type ${tensor.type}${quantisation ? '' : ' without scale'}`,
      { tensor: tensor.name },
      'Weights of quantised layers may be int8 or uint8.',
    );
  }
  const { scales, zeroPoints } = quantisation;
  checkAxis(tensor, channelAxis);
  if (scales.length > 1 && zeroPoints.some((zero) => zero !== 0)) {
    throw new UserError('unsupported', 'per-channel weights have zero points other than 0', { tensor: tensor.name });
  }
  const [lowest, highest] = tensor.type === 'int8' ? [-128, 127] : [0, 255];
  const zero = zeroPoints[0]!;
  if (zero < lowest || zero > highest) {
    throw new UserError('bad-model', `weight zero point ${zero} is no ${tensor.type} code`, { tensor: tensor.name });
  }
  const codes = Int16Array.from(rawValues(tensor));
  if (zero !== 0) for (let i = 0; i < codes.length; i++) codes[i] = codes[i]! - zero;
  return { codes, scales };
}

/** Real values of a constant: as stored, or dequantised by its own scales. */
export function realValues(tensor: FileTensor): Float32Array {
  const raw = rawValues(tensor);
  if (raw instanceof Float32Array) return raw;
  const quantisation = tensor.quantisation;
  if (!quantisation || (tensor.type !== 'int8' && tensor.type !== 'uint8' && tensor.type !== 'int32')) {
    throw new UserError('bad-model', `a constant of type ${tensor.type} stands for real numbers but has no scale`, {
      tensor: tensor.name,
    });
  }
  const { scales, zeroPoints, dimension } = quantisation;
  checkAxis(tensor, dimension);
  const inner = elements(tensor.dims.slice(dimension + 1));
  const values = new Float32Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    const channel = Math.floor(i / inner) % scales.length;
    values[i] = scales[channel]! * (raw[i]! - zeroPoints[channel]!);
  }
  return values;
}

function checkAxis(tensor: FileTensor, axis: number): void {
  const quantisation = tensor.quantisation!;
  if (quantisation.scales.length === 1) return;
  if (quantisation.dimension !== axis || quantisation.scales.length !== tensor.dims[axis]) {
    throw new UserError(
      'bad-model',
      `${quantisation.scales.length} scales along axis ${quantisation.dimension} do not fit shape ${tensor.dims.join('x')}`,
      { tensor: tensor.name },
      'Per-channel scales must follow the output channels.',
    );
  }
}
