/** Tensors as .npy files, the array format that numerical tools read. */
import type { Network } from '../network/network.ts';

/** NPY 1.0: magic, version, padded header, int8 values in C order. */
export function npy(codes: Int8Array, shape: readonly number[]): Uint8Array {
  const head = `{'descr': '|i1', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((10 + head.length + 1) / 64) * 64;
  const file = new Uint8Array(length + codes.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (length - 10) & 255, (length - 10) >> 8]);
  new TextEncoder().encodeInto(`${head.padEnd(length - 11)}\n`, file.subarray(10));
  file.set(new Uint8Array(codes.buffer, codes.byteOffset, codes.length), length);
  return file;
}

/** One file a tensor, and an index with scales and zero points. */
export function tensorDump(network: Network, tensors: readonly Int8Array[]): Map<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>();
  const index = network.tensors.map((tensor, position) => {
    const file = `${String(position).padStart(3, '0')}-${tensor.name.replace(/[^\w.-]+/g, '_').slice(-80)}.npy`;
    files.set(file, npy(tensors[position]!, [tensor.height, tensor.width, tensor.channels]));
    return { file, ...tensor };
  });
  files.set('index.json', `${JSON.stringify(index, null, 2)}\n`);
  return files;
}
