/** The part of the platform's WebAssembly that we use, typed here because no DOM types are loaded in the core. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; `buffer` is another one afterwards. */
  grow(pages: number): number;
}

export interface WasmInstance {
  readonly exports: Record<string, unknown>;
}

interface Platform {
  readonly Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => WasmInstance;
  compile(bytes: Uint8Array): Promise<object>;
}

const { WebAssembly: platform } = globalThis as unknown as { readonly WebAssembly: Platform };

export const PAGE_BYTES = 65536;

export function createMemory(pages = 1): WasmMemory {
  return new platform.Memory({ initial: pages });
}

/** Compiles and instantiates a module at once (our modules are small); returns its exports. */
export function instantiate(bytes: Uint8Array, imports: object): Record<string, unknown> {
  return new platform.Instance(new platform.Module(bytes), imports).exports;
}

/** Compiles a large module beside other work, as browsers ask for; gives what instantiates it. */
export async function compileModule(bytes: Uint8Array): Promise<(imports: object) => WasmInstance> {
  const module = await platform.compile(bytes);
  return (imports) => new platform.Instance(module, imports);
}

/** Grows the memory until `end` bytes fit. */
export function reserve(memory: WasmMemory, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
