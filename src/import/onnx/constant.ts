import { wrong } from './errors.ts';
import type { DATA_TYPE } from './proto.ts';

export type ElementType = keyof typeof DATA_TYPE;

/** Elements of a constant in file order (row-major); 64-bit integers are held as float64. */
export type Values =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** real = scale * (code - zeroPoint); one of each, or one per index along `axis`. */
export interface Dequantisation {
  readonly scales: Float64Array;
  readonly zeroPoints: Int32Array;
  readonly axis: number | undefined;
}

/** A tensor known from the file alone. With `dequantisation` its values are codes that stand for real numbers. */
export interface Constant {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly values: Values;
  readonly dequantisation?: Dequantisation;
}

const FLOAT_TYPES: ReadonlySet<ElementType> = new Set(['float32', 'float16', 'float64', 'bfloat16']);

export function isFloatType(type: ElementType): boolean {
  return FLOAT_TYPES.has(type);
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Real values, dequantised where the constant holds codes. All must be finite. */
export function realValues(constant: Constant): Float32Array {
  const { dequantisation, values } = constant;
  let real: Float32Array;
  if (dequantisation) {
    const channel = channelIndex(constant.dims, dequantisation.axis);
    const { scales, zeroPoints } = dequantisation;
    real = Float32Array.from(values, (code, i) => scales[channel(i)]! * (code - zeroPoints[channel(i)]!));
  } else {
    if (!isFloatType(constant.type)) throw wrong(`it is of type ${constant.type}, not real numbers`, constant.name);
    real = values instanceof Float32Array ? values : Float32Array.from(values);
  }
  if (!real.every(Number.isFinite)) throw wrong('it holds numbers that are not finite', constant.name);
  return real;
}

/** From the position of an element to its index along `axis` (0 for no axis). */
export function channelIndex(dims: readonly number[], axis: number | undefined): (position: number) => number {
  if (axis === undefined) return () => 0;
  const inner = elementCount(dims.slice(axis + 1));
  const extent = dims[axis]!;
  return (position) => Math.floor(position / inner) % extent;
}

/** Whole numbers such as axes, pads and shapes. */
export function integers(constant: Constant): number[] {
  if (isFloatType(constant.type) || constant.dequantisation) throw wrong('it should hold integers', constant.name);
  return Array.from(constant.values);
}

/** The only element of a scalar or one-element tensor, as a real number (infinite allowed). */
export function scalar(constant: Constant): number {
  if (constant.values.length !== 1) {
    throw wrong(`it has ${constant.values.length} elements where one number is expected`, constant.name);
  }
  return constant.dequantisation ? realValues(constant)[0]! : constant.values[0]!;
}

export function reshapeConstant(constant: Constant, dims: readonly number[]): Constant {
  if (elementCount(dims) !== constant.values.length) {
    throw wrong(`shape [${constant.dims}] cannot become [${dims}]`, constant.name);
  }
  const { dequantisation } = constant;
  if (dequantisation?.axis === undefined) return { ...constant, dims };
  const extent = constant.dims[dequantisation.axis]!;
  const inner = elementCount(constant.dims.slice(dequantisation.axis + 1));
  const axis = dims.findIndex((dim, i) => dim === extent && elementCount(dims.slice(i + 1)) === inner);
  if (axis < 0) throw wrong('a reshape mixes its channels, which have scales of their own', constant.name);
  return { ...constant, dims, dequantisation: { ...dequantisation, axis } };
}

/** result[i0, i1, ...] = constant[..., i_k at axis permutation[k], ...] */
export function transposeConstant(constant: Constant, permutation: readonly number[]): Constant {
  const { dims, values, dequantisation } = constant;
  const target = permutation.map((axis) => dims[axis]!);
  const strides = permutation.map((axis) => elementCount(dims.slice(axis + 1)));
  const result = values.slice();
  const at = new Array<number>(target.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from]!;
    for (let k = target.length - 1; k >= 0; k--) {
      at[k] = at[k]! + 1;
      from += strides[k]!;
      if (at[k]! < target[k]!) break;
      from -= strides[k]! * target[k]!;
      at[k] = 0;
    }
  }
  const turned: Constant = { ...constant, dims: target, values: result };
  if (dequantisation?.axis === undefined) return turned;
  return { ...turned, dequantisation: { ...dequantisation, axis: permutation.indexOf(dequantisation.axis) } };
}
