import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { isGguf } from './gguf/file.ts';
import { ggufPreprocess, importGguf } from './gguf/import.ts';
import { importOnnx, type OnnxOptions } from './onnx/import.ts';
import { defaultPreprocess, type Preprocess } from './preprocess.ts';
import { importTflite } from './tflite/import.ts';
import { isTflite } from './tflite/model.ts';

export type ModelFormat = 'tflite' | 'onnx' | 'gguf';

export interface ImportOptions {
  /** Gives the bytes of a file beside an ONNX model that keeps weights outside itself. */
  readonly external?: NonNullable<OnnxOptions['external']>;
}

/**
 * A model file as a graph; the format is told by content, then by the extension of `fileName`.
 * Anything wrong with the file is a `UserError` that names it.
 */
export function importModel(file: Uint8Array, fileName: string, options: ImportOptions = {}): Graph {
  // A Node Buffer is a Uint8Array whose slice() shares memory: from here on it is a plain one.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.length);
  try {
    switch (modelFormat(bytes, fileName)) {
      case 'tflite':
        return importTflite(bytes, modelName(fileName));
      case 'gguf':
        return importGguf(bytes, modelName(fileName));
      case 'onnx':
        return importOnnx(bytes, fileName, options);
    }
  } catch (error) {
    throw error instanceof UserError ? error.at({ file: fileName }) : error;
  }
}

/** The pre-processing that a model file states itself, or undefined: then the user must state it. */
export function modelPreprocess(bytes: Uint8Array, fileName: string, graph: Graph): Preprocess | undefined {
  return graph.format === 'gguf' ? ggufPreprocess(bytes, fileName) : defaultPreprocess(graph);
}

/** The format of a model file. */
export function modelFormat(bytes: Uint8Array, fileName: string): ModelFormat {
  if (bytes.length === 0) throw new UserError('bad-model', 'the file is empty');
  if (isTflite(bytes)) return 'tflite';
  if (isGguf(bytes)) return 'gguf';
  if (/\.onnx$/i.test(fileName)) return 'onnx';
  if (/\.tflite$/i.test(fileName)) {
    throw new UserError('bad-model', 'this is not a TFLite file (no TFL3 mark)', {}, 'Download or export it again.');
  }
  throw new UserError('bad-model', 'this is no TFLite, ONNX or GGUF model', {}, 'Give a .tflite, .onnx or .gguf file.');
}

/** File name without folders and extension. */
export function modelName(fileName: string): string {
  const base = fileName.split(/[\\/]/).at(-1) ?? fileName;
  return base.replace(/\.[^.]*$/, '') || base;
}
