import { UserError } from '../../errors.ts';
import { damaged, FlatTable, MAX_TABLES, openFlatFile } from './flatbuffer.ts';
import {
  BUFFER,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  OPTIONS_TYPE,
  operatorName,
  QUANTIZATION,
  SUBGRAPH,
  TENSOR,
  type TensorType,
  tensorType,
} from './schema.ts';

/** Scales and zero points of a tensor: one pair, or one a channel along `dimension`. */
export interface FileQuantisation {
  /** The file's float32, unchanged. */
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly dimension: number;
}

export interface FileTensor {
  readonly name: string;
  /** Extents as stored, batch included. */
  readonly dims: readonly number[];
  /** Extents with -1 where the file leaves them open; empty where the file says nothing. */
  readonly signature: readonly number[];
  readonly type: TensorType;
  /** Little-endian data of a constant; empty for an activation. */
  readonly data: Uint8Array;
  readonly sparse: boolean;
  readonly quantisation: FileQuantisation | undefined;
}

export interface FileOperator {
  /** The schema's name, or "custom operator 'x'". */
  readonly name: string;
  /** Tensor indices; -1 marks an input that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: FlatTable | undefined;
}

/** The main subgraph of a TFLite file, structurally sound: indices are in range. */
export interface FileModel {
  readonly tensors: readonly FileTensor[];
  readonly operators: readonly FileOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const MAX_RANK = 8;
const MAX_OPERANDS = 1024;
const MAX_CHANNELS = 1 << 16;

export function isTflite(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && String.fromCharCode(...bytes.subarray(4, 8)) === 'TFL3';
}

/** Reads and checks the structure of a TFLite file (schema version 3). */
export function readModel(bytes: Uint8Array): FileModel {
  if (!isTflite(bytes)) {
    throw new UserError('bad-model', 'this is not a TFLite file (no TFL3 mark)', {}, 'Give a .tflite or .onnx model.');
  }
  const model = FlatTable.root(openFlatFile(bytes));
  const version = model.uint32(MODEL.version);
  if (version !== 3) throw damaged(`schema version ${version}, only 3 is known`);
  const subgraphs = model.tables(MODEL.subgraphs);
  if (subgraphs.length !== 1) {
    throw new UserError(
      'unsupported',
      `the file holds ${subgraphs.length} subgraphs`,
      {},
      'Export a model with one subgraph and no control flow.',
    );
  }
  const main = subgraphs[0]!;
  const buffers = model.tables(MODEL.buffers);
  const tensors = main.tables(SUBGRAPH.tensors).map((table) => readTensor(table, buffers, bytes));
  const names = model.tables(MODEL.operatorCodes).map(readOperatorName);
  const operators = main.tables(SUBGRAPH.operators).map((table) => readOperator(table, names, tensors.length));
  const inputs = indices(main, SUBGRAPH.inputs, tensors.length, 0);
  const outputs = indices(main, SUBGRAPH.outputs, tensors.length, 0);
  return { tensors, operators, inputs, outputs };
}

function readTensor(table: FlatTable, buffers: readonly FlatTable[], bytes: Uint8Array): FileTensor {
  const index = table.uint32(TENSOR.buffer);
  const buffer = buffers[index];
  if (!buffer && index !== 0) throw damaged(`a tensor names buffer ${index} of ${buffers.length}`);
  return {
    name: table.string(TENSOR.name),
    dims: table.int32s(TENSOR.shape, MAX_RANK),
    signature: table.int32s(TENSOR.shapeSignature, MAX_RANK),
    type: tensorType(table.int8(TENSOR.type)),
    data: buffer ? bufferData(buffer, bytes) : new Uint8Array(0),
    sparse: table.table(TENSOR.sparsity) !== undefined,
    quantisation: readQuantisation(table.table(TENSOR.quantization)),
  };
}

/** Data lie in the buffer's vector, or (files above 2 GB) after the flatbuffer at an offset. */
function bufferData(buffer: FlatTable, bytes: Uint8Array): Uint8Array {
  const offset = buffer.uint64(BUFFER.offset);
  if (offset <= 1) return buffer.bytes(BUFFER.data);
  const size = buffer.uint64(BUFFER.size);
  if (offset + size > bytes.length) throw damaged('a buffer lies outside the file');
  return bytes.subarray(offset, offset + size);
}

function readQuantisation(table: FlatTable | undefined): FileQuantisation | undefined {
  const scales = table?.float32s(QUANTIZATION.scale, MAX_CHANNELS) ?? [];
  if (!table || scales.length === 0) return undefined;
  if (table.uint8(QUANTIZATION.detailsType) !== 0) throw damaged('a tensor uses a custom quantisation');
  const zeroPoints = table.int64s(QUANTIZATION.zeroPoint, MAX_CHANNELS);
  const complete = zeroPoints.length === 0 ? scales.map(() => 0) : zeroPoints;
  if (complete.length !== scales.length) throw damaged(`${scales.length} scales with ${complete.length} zero points`);
  return { scales, zeroPoints: complete, dimension: table.int32(QUANTIZATION.quantizedDimension) };
}

function readOperatorName(table: FlatTable): string {
  const code = Math.max(table.int8(OPERATOR_CODE.deprecatedBuiltinCode), table.int32(OPERATOR_CODE.builtinCode));
  const name = operatorName(code);
  return name === 'CUSTOM' ? `custom operator '${table.string(OPERATOR_CODE.customCode)}'` : name;
}

function readOperator(table: FlatTable, names: readonly string[], tensorCount: number): FileOperator {
  const name = names[table.uint32(OPERATOR.opcodeIndex)];
  if (name === undefined) throw damaged('an operator has no operator code');
  const expected = OPTIONS_TYPE[name];
  const options = expected === undefined ? undefined : table.table(OPERATOR.builtinOptions);
  if (options && table.uint8(OPERATOR.builtinOptionsType) !== expected) {
    throw damaged(`an operator ${name} has the options of another`);
  }
  return {
    name,
    inputs: indices(table, OPERATOR.inputs, tensorCount, -1),
    outputs: indices(table, OPERATOR.outputs, tensorCount, 0),
    options,
  };
}

function indices(table: FlatTable, slot: number, count: number, lowest: number): number[] {
  const list = table.int32s(slot, Math.min(MAX_OPERANDS, MAX_TABLES));
  for (const index of list) {
    if (index < lowest || index >= count) throw damaged(`tensor ${index} is named, ${count} exist`);
  }
  return list;
}
