/** The part of the WebAssembly interface that the kernels use, for hosts whose type libraries lack it. */
import { encodeModule, type WasmFunction } from './module.ts';

export const PAGE_BYTES = 65536;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
export type Kernel = (...args: number[]) => void;

interface WebAssemblyHost {
  Memory: new (limits: { initial: number }) => WasmMemory;
  instantiate(
    module: Uint8Array<ArrayBuffer>,
    imports: { env: { memory: WasmMemory } },
  ): Promise<{ instance: { exports: Record<string, Kernel> } }>;
}

function host(): WebAssemblyHost {
  const found = (globalThis as unknown as { WebAssembly?: WebAssemblyHost }).WebAssembly;
  if (found === undefined) throw new Error('this JavaScript engine has no WebAssembly');
  return found;
}

export function createMemory(pages: number): WasmMemory {
  const { Memory } = host();
  return new Memory({ initial: pages });
}

/** Compiles the functions onto the memory; gives them in the same order. */
export async function instantiate(functions: readonly WasmFunction[], memory: WasmMemory): Promise<Kernel[]> {
  const module = encodeModule(functions);
  const { instance } = await host().instantiate(module, { env: { memory } });
  return functions.map((_, index) => instance.exports[`f${index}`]!);
}
