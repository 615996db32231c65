import { UserError } from '../../errors.ts';
import { halvesToFloats } from '../half.ts';

export type GgufValue = string | number | boolean | readonly (string | number | boolean)[];

/** A tensor as stored: `dims` outermost first (GGUF names the innermost first), values real. */
export interface GgufTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: 'float32' | 'float16' | undefined;
  /** Little-endian values; meaningful where `type` is known. */
  readonly data: Uint8Array;
}

export interface GgufFile {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const MAX_ENTRIES = 1 << 16;
const MAX_STRING = 1 << 16;

export function isGguf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && String.fromCharCode(...bytes.subarray(0, 4)) === 'GGUF';
}

function damaged(what: string): UserError {
  const fix = 'Download or export the model file again.';
  return new UserError('bad-model', `the GGUF file is damaged: ${what}`, {}, fix);
}

/** Reads forwards and never past the end. */
class Cursor {
  readonly #view: DataView;
  position = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  take(count: number): number {
    const at = this.position;
    if (count > this.bytes.length - at) throw damaged('it ends too early');
    this.position = at + count;
    return at;
  }
  uint32(): number {
    return this.#view.getUint32(this.take(4), true);
  }
  uint64(): number {
    return Number(this.#view.getBigUint64(this.take(8), true));
  }
  string(): string {
    const length = this.uint64();
    if (length > MAX_STRING) throw damaged(`a string has ${length} bytes`);
    const at = this.take(length);
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
  }
  scalar(type: number): string | number | boolean {
    const view = this.#view;
    switch (type) {
      case 0:
        return view.getUint8(this.take(1));
      case 1:
        return view.getInt8(this.take(1));
      case 2:
        return view.getUint16(this.take(2), true);
      case 3:
        return view.getInt16(this.take(2), true);
      case 4:
        return this.uint32();
      case 5:
        return view.getInt32(this.take(4), true);
      case 6:
        return view.getFloat32(this.take(4), true);
      case 7:
        return view.getUint8(this.take(1)) !== 0;
      case 8:
        return this.string();
      case 10:
        return this.uint64();
      case 11:
        return Number(view.getBigInt64(this.take(8), true));
      case 12:
        return view.getFloat64(this.take(8), true);
      default:
        throw damaged(`a value of type ${type}`);
    }
  }
  value(): GgufValue {
    const type = this.uint32();
    if (type !== 9) return this.scalar(type);
    const [element, length] = [this.uint32(), this.uint64()];
    // Every element takes at least a byte.
    if (length > this.bytes.length - this.position) throw damaged(`a list of ${length} values`);
    return Array.from({ length }, () => this.scalar(element));
  }
  count(): number {
    const count = this.uint64();
    if (count > MAX_ENTRIES) throw damaged(`${count} entries`);
    return count;
  }
}

const TYPES = [
  ['float32', 4],
  ['float16', 2],
] as const;

/** Reads a GGUF file, version 2 or 3. Tensors of other types than float32 and float16 come without data. */
export function readGguf(bytes: Uint8Array): GgufFile {
  if (!isGguf(bytes)) throw damaged('it does not begin with GGUF');
  const cursor = new Cursor(bytes);
  cursor.take(4);
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) throw damaged(`version ${version}, 2 and 3 are known`);
  const [tensorCount, valueCount] = [cursor.count(), cursor.count()];
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < valueCount; i++) metadata.set(cursor.string(), cursor.value());
  const heads = Array.from({ length: tensorCount }, () => {
    const name = cursor.string();
    const rank = cursor.uint32();
    if (rank > 4) throw damaged(`tensor '${name}' has ${rank} extents`);
    const dims = Array.from({ length: rank }, () => cursor.uint64()).reverse();
    return { name, dims, type: cursor.uint32(), offset: cursor.uint64() };
  });
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment < 1) throw damaged('its alignment');
  const start = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { name, dims, type, offset } of heads) {
    if (tensors.has(name)) throw damaged(`two tensors are called '${name}'`);
    const known = TYPES[type];
    const length = known ? dims.reduce((product, extent) => product * extent, known[1]) : 0;
    if (start + offset + length > bytes.length) throw damaged(`tensor '${name}' lies outside the file`);
    const data = bytes.subarray(start + offset, start + offset + length);
    tensors.set(name, { name, dims, type: known?.[0], data });
  }
  return { metadata, tensors };
}

/** Values of a tensor of the given extents (outermost first), as real numbers. */
export function ggufValues(file: GgufFile, name: string, dims: readonly number[]): Float32Array {
  const tensor = file.tensors.get(name);
  const where = { tensor: name };
  if (!tensor) throw new UserError('bad-model', 'the file lacks this tensor', where);
  if (!tensor.type) throw new UserError('unsupported', 'only float32 and float16 weights are read', where);
  const extents = tensor.dims.length === 0 ? [1] : tensor.dims;
  if (extents.length !== dims.length || extents.some((extent, i) => extent !== dims[i])) {
    throw new UserError('bad-model', `its shape is ${extents.join('x')}, not ${dims.join('x')}`, where);
  }
  const copy = tensor.data.slice().buffer;
  return tensor.type === 'float32' ? new Float32Array(copy) : halvesToFloats(new Uint16Array(copy));
}
