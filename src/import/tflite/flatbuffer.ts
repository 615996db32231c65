import { ByteBuffer } from 'flatbuffers';
import { UserError } from '../../errors.ts';

/** The largest string (bytes) and vectors (entries) that a sound model holds; more means damage, not a model. */
const MAX_STRING = 1 << 16;
export const MAX_TABLES = 1 << 16;

/** The error for a file whose bytes contradict themselves. */
export function damaged(what: string): UserError {
  return new UserError(
    'bad-model',
    `the TFLite file is damaged: ${what}`,
    {},
    'Download or export the model file again.',
  );
}

/** A flatbuffer under suspicion: every offset is checked against the file before it is followed. */
export interface FlatFile {
  readonly buffer: ByteBuffer;
  readonly bytes: Uint8Array;
  readonly strings: Map<number, string>;
  /** Entries that may still be decoded: vectors that share their bytes cannot make a small file a large one. */
  remaining: number;
}

export function openFlatFile(bytes: Uint8Array): FlatFile {
  return { buffer: new ByteBuffer(bytes), bytes, strings: new Map(), remaining: 4 * bytes.length + 4096 };
}

/**
 * One flatbuffer table. Fields are named by their slot (order of declaration in the schema); an absent field has its
 * default, as the format demands.
 */
export class FlatTable {
  readonly #file: FlatFile;
  readonly #position: number;
  readonly #vtable: number;
  readonly #vtableSize: number;
  readonly #size: number;

  constructor(file: FlatFile, position: number) {
    this.#file = file;
    this.#position = position;
    need(file, position, 4);
    this.#vtable = position - file.buffer.readInt32(position);
    need(file, this.#vtable, 4);
    this.#vtableSize = file.buffer.readUint16(this.#vtable);
    this.#size = file.buffer.readUint16(this.#vtable + 2);
    if (this.#vtableSize < 4 || this.#vtableSize % 2 !== 0 || this.#size < 4) throw damaged('a table has no layout');
    need(file, this.#vtable, this.#vtableSize);
    need(file, position, this.#size);
  }

  static root(file: FlatFile): FlatTable {
    need(file, 0, 8);
    return new FlatTable(file, file.buffer.readUint32(0));
  }

  int8(slot: number, absent = 0): number {
    const at = this.#field(slot, 1);
    return at < 0 ? absent : this.#file.buffer.readInt8(at);
  }
  uint8(slot: number, absent = 0): number {
    const at = this.#field(slot, 1);
    return at < 0 ? absent : this.#file.buffer.readUint8(at);
  }
  int32(slot: number, absent = 0): number {
    const at = this.#field(slot, 4);
    return at < 0 ? absent : this.#file.buffer.readInt32(at);
  }
  uint32(slot: number, absent = 0): number {
    const at = this.#field(slot, 4);
    return at < 0 ? absent : this.#file.buffer.readUint32(at);
  }
  float32(slot: number, absent = 0): number {
    const at = this.#field(slot, 4);
    return at < 0 ? absent : this.#file.buffer.readFloat32(at);
  }
  uint64(slot: number): number {
    const at = this.#field(slot, 8);
    return at < 0 ? 0 : Number(this.#file.buffer.readUint64(at));
  }

  table(slot: number): FlatTable | undefined {
    const at = this.#target(slot);
    return at < 0 ? undefined : new FlatTable(this.#file, at);
  }

  string(slot: number): string {
    const at = this.#target(slot);
    if (at < 0) return '';
    const known = this.#file.strings.get(at);
    if (known !== undefined) return known;
    const [start, length] = this.#vector(at, 1, MAX_STRING);
    const text = new TextDecoder().decode(this.#file.bytes.subarray(start, start + length));
    this.#file.strings.set(at, text);
    return text;
  }

  tables(slot: number): FlatTable[] {
    const at = this.#target(slot);
    if (at < 0) return [];
    const [start, length] = this.#vector(at, 4, MAX_TABLES);
    return Array.from({ length }, (_, i) => {
      const entry = start + 4 * i;
      return new FlatTable(this.#file, entry + this.#file.buffer.readUint32(entry));
    });
  }

  /** Bytes of a [ubyte] field: a view into the file, not a copy. */
  bytes(slot: number): Uint8Array {
    const at = this.#target(slot);
    if (at < 0) return new Uint8Array(0);
    const [start, length] = this.#vector(at, 1, Number.MAX_SAFE_INTEGER);
    return this.#file.bytes.subarray(start, start + length);
  }

  int32s(slot: number, most: number): number[] {
    return this.#numbers(slot, 4, most, (at) => this.#file.buffer.readInt32(at));
  }
  int64s(slot: number, most: number): number[] {
    return this.#numbers(slot, 8, most, (at) => Number(this.#file.buffer.readInt64(at)));
  }
  float32s(slot: number, most: number): number[] {
    return this.#numbers(slot, 4, most, (at) => this.#file.buffer.readFloat32(at));
  }

  #numbers(slot: number, width: number, most: number, read: (at: number) => number): number[] {
    const target = this.#target(slot);
    if (target < 0) return [];
    const [start, length] = this.#vector(target, width, most);
    return Array.from({ length }, (_, i) => read(start + width * i));
  }

  /** Position of a field of `width` bytes, or -1 where the table does not hold it. */
  #field(slot: number, width: number): number {
    const entry = 4 + 2 * slot;
    if (entry + 2 > this.#vtableSize) return -1;
    const offset = this.#file.buffer.readUint16(this.#vtable + entry);
    if (offset === 0) return -1;
    if (offset < 4 || offset + width > this.#size) throw damaged('a field lies outside its table');
    return this.#position + offset;
  }

  #target(slot: number): number {
    const at = this.#field(slot, 4);
    return at < 0 ? -1 : at + this.#file.buffer.readUint32(at);
  }

  /** Start and length of the vector at `at`. */
  #vector(at: number, width: number, most: number): [number, number] {
    need(this.#file, at, 4);
    const length = this.#file.buffer.readUint32(at);
    need(this.#file, at + 4, length * width);
    if (length > most) throw damaged(`a vector has ${length} entries, at most ${most} make sense`);
    if (most < Number.MAX_SAFE_INTEGER) this.#file.remaining -= length;
    if (this.#file.remaining < 0) throw damaged('its parts overlap');
    return [at + 4, length];
  }
}

function need(file: FlatFile, position: number, count: number): void {
  if (position < 0 || position + count > file.bytes.length) throw damaged('an offset points outside the file');
}
