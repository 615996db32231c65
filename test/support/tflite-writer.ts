/** Writes TFLite files for tests, through the flatbuffers library: no code in common with the reader but the slots. */
import { Builder } from 'flatbuffers';
import {
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  OPTIONS_TYPE,
  operatorName,
  QUANTIZATION,
  SUBGRAPH,
  TENSOR,
} from '../../src/import/tflite/schema.ts';

const TYPES = { float32: 0, float16: 1, int32: 2, uint8: 3, int64: 4, int16: 7, int8: 9 } as const;
export type TestType = keyof typeof TYPES;

export interface TestTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** Default float32. */
  readonly type?: TestType;
  /** Present for constants. */
  readonly data?: Float32Array | Uint16Array | Int32Array | Int8Array | Uint8Array;
  readonly scales?: readonly number[];
  /** Default zeros. */
  readonly zeroPoints?: readonly number[];
  readonly dimension?: number;
  readonly signature?: readonly number[];
}
/** A field of an options table: slot and value; a float32 is marked, other numbers are written as their width says. */
export type OptionField = readonly [slot: number, width: 'int8' | 'int32' | 'float32', value: number];
export interface TestOperator {
  readonly name: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: readonly OptionField[];
  /** Union tag that is not the operator's own. */
  readonly optionsType?: number;
}
export interface TestModel {
  readonly tensors: readonly TestTensor[];
  readonly operators: readonly TestOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly version?: number;
}

const CODES = new Map(Array.from({ length: 153 }, (_, code) => [operatorName(code), code] as const));

function vector(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of [...offsets].reverse()) builder.addOffset(offset);
  return builder.endVector();
}

function int32s(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addInt32(value);
  return builder.endVector();
}

function writeQuantisation(builder: Builder, tensor: TestTensor): number {
  const { scales, zeroPoints = scales?.map(() => 0), dimension = 0 } = tensor;
  if (!scales || !zeroPoints) return 0;
  builder.startVector(4, scales.length, 4);
  for (const scale of [...scales].reverse()) builder.addFloat32(scale);
  const scaleVector = builder.endVector();
  builder.startVector(8, zeroPoints.length, 8);
  for (const zero of [...zeroPoints].reverse()) builder.addInt64(BigInt(zero));
  const zeroVector = builder.endVector();
  builder.startObject(7);
  builder.addFieldOffset(QUANTIZATION.scale, scaleVector, 0);
  builder.addFieldOffset(QUANTIZATION.zeroPoint, zeroVector, 0);
  builder.addFieldInt32(QUANTIZATION.quantizedDimension, dimension, 0);
  return builder.endObject();
}

function writeTensor(builder: Builder, tensor: TestTensor, buffer: number): number {
  const shape = int32s(builder, tensor.dims);
  const name = builder.createString(tensor.name);
  const signature = tensor.signature ? int32s(builder, tensor.signature) : 0;
  const quantisation = writeQuantisation(builder, tensor);
  builder.startObject(8);
  builder.addFieldOffset(TENSOR.shape, shape, 0);
  builder.addFieldInt8(TENSOR.type, TYPES[tensor.type ?? 'float32'], 0);
  builder.addFieldInt32(TENSOR.buffer, buffer, 0);
  builder.addFieldOffset(TENSOR.name, name, 0);
  builder.addFieldOffset(TENSOR.quantization, quantisation, 0);
  builder.addFieldOffset(TENSOR.shapeSignature, signature, 0);
  return builder.endObject();
}

function writeBuffer(builder: Builder, data: TestTensor['data']): number {
  let offset = 0;
  if (data) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    offset = builder.createByteVector(bytes);
  }
  builder.startObject(1);
  builder.addFieldOffset(0, offset, 0);
  return builder.endObject();
}

function writeOperator(builder: Builder, operator: TestOperator, code: number): number {
  const inputs = int32s(builder, operator.inputs);
  const outputs = int32s(builder, operator.outputs);
  let options = 0;
  if (operator.options) {
    builder.startObject(8);
    for (const [slot, width, value] of operator.options) {
      if (width === 'int8') builder.addFieldInt8(slot, value, 127);
      else if (width === 'int32') builder.addFieldInt32(slot, value, -99);
      else builder.addFieldFloat32(slot, value, -99);
    }
    options = builder.endObject();
  }
  builder.startObject(8);
  builder.addFieldInt32(OPERATOR.opcodeIndex, code, -1);
  builder.addFieldOffset(OPERATOR.inputs, inputs, 0);
  builder.addFieldOffset(OPERATOR.outputs, outputs, 0);
  builder.addFieldInt8(OPERATOR.builtinOptionsType, operator.optionsType ?? OPTIONS_TYPE[operator.name] ?? 0, 0);
  builder.addFieldOffset(OPERATOR.builtinOptions, options, 0);
  return builder.endObject();
}

export function writeTflite(model: TestModel): Uint8Array {
  const builder = new Builder(1 << 12);
  const buffers = [writeBuffer(builder, undefined), ...model.tensors.map(({ data }) => writeBuffer(builder, data))];
  const tensors = model.tensors.map((tensor, i) => writeTensor(builder, tensor, tensor.data ? i + 1 : 0));
  const operators = model.operators.map((operator, i) => writeOperator(builder, operator, i));
  const codes = model.operators.map(({ name }) => {
    const code = CODES.get(name) ?? 32;
    const custom = code === 32 ? builder.createString(name) : 0;
    builder.startObject(4);
    builder.addFieldInt8(OPERATOR_CODE.deprecatedBuiltinCode, Math.min(code, 127), 0);
    builder.addFieldOffset(OPERATOR_CODE.customCode, custom, 0);
    builder.addFieldInt32(OPERATOR_CODE.builtinCode, code, 0);
    return builder.endObject();
  });
  const parts = [tensors, operators].map((list) => vector(builder, list)) as [number, number];
  const inputs = int32s(builder, model.inputs);
  const outputs = int32s(builder, model.outputs);
  builder.startObject(5);
  builder.addFieldOffset(SUBGRAPH.tensors, parts[0], 0);
  builder.addFieldOffset(SUBGRAPH.inputs, inputs, 0);
  builder.addFieldOffset(SUBGRAPH.outputs, outputs, 0);
  builder.addFieldOffset(SUBGRAPH.operators, parts[1], 0);
  const subgraph = builder.endObject();
  const subgraphs = vector(builder, [subgraph]);
  const codeVector = vector(builder, codes);
  const bufferVector = vector(builder, buffers);
  builder.startObject(5);
  builder.addFieldInt32(MODEL.version, model.version ?? 3, 0);
  builder.addFieldOffset(MODEL.operatorCodes, codeVector, 0);
  builder.addFieldOffset(MODEL.subgraphs, subgraphs, 0);
  builder.addFieldOffset(MODEL.buffers, bufferVector, 0);
  builder.finish(builder.endObject(), 'TFL3');
  return builder.asUint8Array().slice();
}
