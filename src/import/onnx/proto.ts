/**
 * The part of the ONNX file format that we read: a protobuf description with the public field numbers of the
 * standard's messages. Fields that are not named here are skipped by the decoder.
 */
import protobuf from 'protobufjs/light.js';
import { UserError } from '../../errors.ts';

/** A 64-bit integer as the decoder gives it: a number, or an object where the `long` package is at hand. */
export type Int64 = number | { toNumber(): number };

export interface TensorProto {
  readonly dims: readonly Int64[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly Int64[];
  readonly name: string;
  readonly rawData: Uint8Array;
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly Int64[];
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  /** 1: the data lie in another file. */
  readonly dataLocation: number;
}

export interface AttributeProto {
  readonly name: string;
  readonly f: number;
  readonly i: Int64;
  readonly s: Uint8Array;
  readonly t: TensorProto | null;
  readonly g: object | null;
  readonly floats: readonly number[];
  readonly ints: readonly Int64[];
  readonly strings: readonly Uint8Array[];
  /** One of ATTRIBUTE_TYPE. */
  readonly type: number;
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly AttributeProto[];
  readonly domain: string;
}

export interface DimensionProto {
  readonly dimValue: Int64;
  readonly dimParam: string;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly DimensionProto[] } | null;
    } | null;
  } | null;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name: string;
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly sparseInitializer: readonly object[];
}

export interface ModelProto {
  readonly irVersion: Int64;
  readonly producerName: string;
  readonly graph: GraphProto | null;
  readonly opsetImport: readonly { readonly domain: string; readonly version: Int64 }[];
}

/** Codes of AttributeProto.type that we read. */
export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** Codes of TensorProto.dataType and of a value's element type. */
export const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

const one = (type: string, id: number): protobuf.IField => ({ type, id });
const many = (type: string, id: number): protobuf.IField => ({ type, id, rule: 'repeated' });

const MESSAGES: protobuf.INamespace = {
  nested: {
    Model: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        graph: one('Graph', 7),
        opsetImport: many('OperatorSet', 8),
      },
    },
    OperatorSet: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    Graph: {
      fields: {
        node: many('Node', 1),
        name: one('string', 2),
        initializer: many('Tensor', 5),
        input: many('ValueInfo', 11),
        output: many('ValueInfo', 12),
        sparseInitializer: many('SparseTensor', 15),
      },
    },
    SparseTensor: { fields: { dims: many('int64', 3) } },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('Attribute', 5),
        domain: one('string', 7),
      },
    },
    Attribute: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        t: one('Tensor', 5),
        g: one('Graph', 6),
        floats: many('float', 7),
        ints: many('int64', 8),
        strings: many('bytes', 9),
        type: one('int32', 20),
      },
    },
    Tensor: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        floatData: many('float', 4),
        int32Data: many('int32', 5),
        int64Data: many('int64', 7),
        name: one('string', 8),
        rawData: one('bytes', 9),
        doubleData: many('double', 10),
        uint64Data: many('uint64', 11),
        externalData: many('Entry', 13),
        dataLocation: one('int32', 14),
      },
    },
    Entry: { fields: { key: one('string', 1), value: one('string', 2) } },
    ValueInfo: { fields: { name: one('string', 1), type: one('Type', 2) } },
    Type: { fields: { tensorType: one('TensorType', 1) } },
    TensorType: { fields: { elemType: one('int32', 1), shape: one('TensorShape', 2) } },
    TensorShape: { fields: { dim: many('Dimension', 1) } },
    Dimension: { fields: { dimValue: one('int64', 1), dimParam: one('string', 2) } },
  },
};

let modelType: protobuf.Type | undefined;

/** The message `Model`; tests use it to encode small models. */
export function onnxModelType(): protobuf.Type {
  modelType ??= protobuf.Root.fromJSON(MESSAGES).lookupType('Model');
  return modelType;
}

/** Bytes of an .onnx file to its messages. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  try {
    return onnxModelType().decode(bytes) as unknown as ModelProto;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      'bad-model',
      `This is not a readable ONNX file (${reason})`,
      {},
      'Check that the file is complete and that it is an .onnx model.',
    );
  }
}

export function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : value.toNumber();
}
