/** An integer network as JSON and one block of bytes, and back. */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Network } from './network.ts';

const ARRAYS = { Int8Array, Int16Array, Int32Array, Uint8Array, Uint32Array, Float64Array } as const;
type ArrayName = keyof typeof ARRAYS;

export interface SerialisedNetwork {
  readonly json: string;
  readonly bytes: Uint8Array;
}

/** A network's plain data; see `packArrays`. */
export function serialiseNetwork(network: Network): SerialisedNetwork {
  return packArrays(network);
}

/** Typed arrays become `{ "array": type, "offset": bytes, "length": elements }`; their values go to `bytes`. */
export function packArrays(data: unknown): SerialisedNetwork {
  const blocks: Uint8Array[] = [];
  let offset = 0;
  const json = JSON.stringify(
    data,
    (_key, value: unknown) => {
      if (!ArrayBuffer.isView(value)) return value;
      const view = value as Int8Array;
      const block = new Uint8Array(Math.ceil(view.byteLength / 8) * 8);
      block.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      const entry = { array: view.constructor.name, offset, length: view.length };
      blocks.push(block);
      offset += block.length;
      return entry;
    },
    1,
  );
  const bytes = new Uint8Array(offset);
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return { json, bytes };
}

const shape = z.looseObject({
  name: z.string(),
  multiplierBits: z.union([z.literal(16), z.literal(31)]),
  tensors: z.array(z.looseObject({ name: z.string() })),
  layers: z.array(z.looseObject({ op: z.string(), name: z.string() })),
});

/** Reads what `serialiseNetwork` wrote; hashes guard the content, this guards the form. */
export function deserialiseNetwork(serialised: SerialisedNetwork): Network {
  const broken = (what: string) => new UserError('bad-build', `the network description is broken: ${what}`);
  let value: unknown;
  try {
    value = unpackArrays(serialised);
  } catch (error) {
    throw broken((error as Error).message);
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw broken(parsed.error.issues[0]!.message);
  return value as Network;
}

/** Reads what `packArrays` wrote. */
export function unpackArrays({ json, bytes }: SerialisedNetwork): unknown {
  return JSON.parse(json, (_key, entry: unknown) => {
    const stub = entry as { array?: ArrayName; offset: number; length: number } | null;
    if (typeof stub !== 'object' || stub === null || stub.array === undefined) return entry;
    const TypedArray = ARRAYS[stub.array];
    if (TypedArray === undefined) throw new Error(`unknown array type ${stub.array}`);
    const size = stub.length * TypedArray.BYTES_PER_ELEMENT;
    if (stub.offset + size > bytes.length) throw new Error('an array lies beyond the data');
    // A copy of its own, also where `bytes` is a Node buffer, whose slices share memory.
    return new TypedArray(Uint8Array.from(bytes.subarray(stub.offset, stub.offset + size)).buffer);
  });
}
