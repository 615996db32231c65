/** Writes GGUF files (version 3) for tests. */

export interface TestGgufTensor {
  readonly name: string;
  /** Outermost first. */
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** Metadata: strings, or numbers stored as float32 (fractions) or uint32. */
export type TestMetadata = Readonly<Record<string, string | number>>;

export function writeGguf(metadata: TestMetadata, tensors: readonly TestGgufTensor[], version = 3): Uint8Array {
  const parts: Buffer[] = [];
  const u32 = (value: number): void => {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    parts.push(part);
  };
  const u64 = (value: number): void => {
    u32(value);
    u32(0);
  };
  const text = (value: string): void => {
    u64(Buffer.byteLength(value));
    parts.push(Buffer.from(value));
  };
  parts.push(Buffer.from('GGUF'));
  u32(version);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    if (typeof value === 'string') {
      u32(8);
      text(value);
    } else if (Number.isInteger(value)) {
      u32(4);
      u32(value);
    } else {
      u32(6);
      parts.push(Buffer.from(Float32Array.of(value).buffer));
    }
  }
  const aligned = (length: number): number => Math.ceil(length / 32) * 32;
  let offset = 0;
  for (const { name, dims, values } of tensors) {
    text(name);
    u32(dims.length);
    for (const extent of [...dims].reverse()) u64(extent);
    u32(0);
    u64(offset);
    offset += aligned(values.byteLength);
  }
  const head = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(Buffer.alloc(aligned(head) - head));
  for (const { values } of tensors) {
    parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    parts.push(Buffer.alloc(aligned(values.byteLength) - values.byteLength));
  }
  return new Uint8Array(Buffer.concat(parts));
}
