import { UserError } from '../../errors.ts';
import type { Graph } from '../../graph/graph.ts';

/** An ONNX file as a graph. */
export function importOnnx(_bytes: Uint8Array, fileName: string): Graph {
  throw new UserError('unsupported', 'ONNX models are not read yet', { file: fileName });
}
