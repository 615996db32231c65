/**
 * TensorFlow Lite from npm's `@tensorflow/tfjs-tflite` (WebAssembly, XNNPACK kernels), loaded in Node without its
 * JavaScript layer. Optional: without the package the comparison says so.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ByteBuffer } from 'flatbuffers';
import { UserError } from '../../errors.ts';
import type { Graph, GraphTensor } from '../../graph/graph.ts';
import { shapeSize } from '../../graph/shapes.ts';
import { readModel } from '../../import/tflite/model.ts';
import { MODEL, SUBGRAPH } from '../../import/tflite/schema.ts';
import type { OutsideRuntime, OutsideValues } from './outside.ts';

export const TFLITE_PACKAGE = '@tensorflow/tfjs-tflite';

interface TensorInfo {
  readonly dataType: string;
  data(): Int8Array | Uint8Array | Float32Array;
}

interface TensorList {
  size(): number;
  get(index: number): TensorInfo;
}

interface Runner {
  GetInputs(): TensorList;
  GetOutputs(): TensorList;
  Infer(): boolean;
  delete?(): void;
}

interface TfliteModule {
  readonly HEAPU8: Uint8Array;
  _malloc(length: number): number;
  _free(pointer: number): void;
  readonly TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(
      pointer: number,
      length: number,
      options: object,
    ): {
      ok(): boolean;
      errorMessage(): string;
      value(): Runner;
    };
  };
}

/**
 * The runtime on a .tflite file whose imported graph is `graph`. The package shows only a model's outputs, so every
 * tensor is fetched by a run of its own with the output exchanged. `folder` is the package's where it is not installed
 * beside us.
 */
export async function openTflite(model: Uint8Array, graph: Graph, folder?: string): Promise<OutsideRuntime> {
  const module = await loadModule(folder);
  const indices = tensorIndices(model, graph);
  const outputAt = outputOffset(model);
  const names = graph.nodes.map(({ output }) => output).filter((name) => indices.has(name));
  return {
    name: `TensorFlow Lite (${TFLITE_PACKAGE}, XNNPACK)`,
    run(input) {
      const shown = new Map<string, OutsideValues>();
      const file = model.slice();
      const view = new DataView(file.buffer);
      for (const name of names) {
        view.setInt32(outputAt, indices.get(name)!, true);
        shown.set(name, runOnce(module, file, input));
      }
      return Promise.resolve(shown);
    },
  };
}

function runOnce(module: TfliteModule, file: Uint8Array, input: OutsideValues): OutsideValues {
  const pointer = module._malloc(file.length);
  module.HEAPU8.set(file, pointer);
  try {
    const options = { numThreads: 1, enableWebNn: false, enableProfiling: false, maxProfilingBufferEntries: 0 };
    const made = module.TFLiteWebModelRunner.CreateFromBufferAndOptions(pointer, file.length, options);
    if (!made.ok()) throw new UserError('bad-model', `TensorFlow Lite refuses it: ${made.errorMessage()}`);
    const runner = made.value();
    fill(runner.GetInputs().get(0).data(), input);
    if (!runner.Infer()) throw new UserError('bad-model', 'TensorFlow Lite could not run it');
    const shown = read(runner.GetOutputs().get(0).data());
    runner.delete?.();
    return shown;
  } finally {
    module._free(pointer);
  }
}

function fill(target: Int8Array | Uint8Array | Float32Array, input: OutsideValues): void {
  if (input.kind === 'real') target.set(input.values);
  else if (target instanceof Uint8Array) target.set(Uint8Array.from(input.codes, (code) => code + 128));
  else target.set(input.codes);
}

function read(data: Int8Array | Uint8Array | Float32Array): OutsideValues {
  if (data instanceof Float32Array) return { kind: 'real', values: data.slice() };
  if (data instanceof Int8Array) return { kind: 'codes', codes: data.slice() };
  return { kind: 'codes', codes: Int8Array.from(data, (code) => code - 128) };
}

/** Position in the file of the main subgraph's first output, a tensor index of 32 bits. */
function outputOffset(model: Uint8Array): number {
  const file = new ByteBuffer(model);
  const field = (table: number, slot: number): number => table + file.__offset(table, 4 + 2 * slot);
  const root = file.readInt32(0);
  const subgraphs = file.__vector(field(root, MODEL.subgraphs));
  const main = file.__indirect(subgraphs);
  return file.__vector(field(main, SUBGRAPH.outputs));
}

/** Index in the file of each of the graph's tensors: the one of its name, size and scale (uint8 zero points less 128). */
function tensorIndices(model: Uint8Array, graph: Graph): Map<string, number> {
  const file = readModel(model);
  const taken = new Set<number>();
  const indices = new Map<string, number>();
  for (const tensor of graph.tensors.values()) {
    const index = file.tensors.findIndex((stored, i) => {
      const [scale] = stored.quantisation?.scales ?? [];
      const name = stored.name.split(';')[0] || `tensor ${i}`;
      const size = stored.dims.reduce((product, extent) => product * extent, 1);
      const fits = size === shapeSize(tensor.shape) && scale === tensor.quantisation?.scale;
      return !taken.has(i) && fits && stored.data.length === 0 && name === plainName(tensor);
    });
    if (index < 0) continue;
    taken.add(index);
    indices.set(tensor.name, index);
  }
  return indices;
}

/** The importer tells tensors of one name apart by '#2', '#3', ... */
function plainName({ name }: GraphTensor): string {
  return name.replace(/#\d+$/, '');
}

async function loadModule(folder: string | undefined): Promise<TfliteModule> {
  const require = createRequire(import.meta.url);
  let place: string;
  try {
    place = folder ?? dirname(require.resolve(`${TFLITE_PACKAGE}/package.json`));
    const factory = require(join(place, 'wasm', 'tflite_web_api_cc_simd.js')) as (
      options: object,
    ) => Promise<TfliteModule>;
    const wasmBinary = readFileSync(join(place, 'wasm', 'tflite_web_api_cc_simd.wasm'));
    const silent = (): void => {};
    return await factory({ wasmBinary, print: silent, printErr: silent });
  } catch (cause) {
    if (!(cause instanceof Error) || !/Cannot find|ENOENT/.test(cause.message)) throw cause;
    throw new UserError('tool-missing', `${TFLITE_PACKAGE} is not installed`, {}, `Run npm i -D ${TFLITE_PACKAGE}.`);
  }
}
