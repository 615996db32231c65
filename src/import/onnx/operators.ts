import type { Context } from './context.ts';
import type { OnnxNode } from './model.ts';
import { importFunction, importSoftmax } from './ops/activation.ts';
import { importConv } from './ops/conv.ts';
import { importGemm, importMatMul } from './ops/dense.ts';
import { importBatchNormalization, importBinary, importClamp } from './ops/elementwise.ts';
import { importConstant, importShape } from './ops/fold.ts';
import { importConcat, importPad, importResize } from './ops/join.ts';
import { importGlobalPool, importPool, importReduce } from './ops/pool.ts';
import { importCast, importDequantize, importQuantize } from './ops/quantise.ts';
import {
  importFlatten,
  importIdentity,
  importReshape,
  importSqueeze,
  importTranspose,
  importUnsqueeze,
} from './ops/shape.ts';

export type ImportOperator = (context: Context, node: OnnxNode) => void;

/** What is imported, by operator type; every other operator is refused by name. */
export const OPERATORS: ReadonlyMap<string, ImportOperator> = new Map([
  ['Add', importBinary],
  ['AveragePool', importPool],
  ['BatchNormalization', importBatchNormalization],
  ['Cast', importCast],
  ['Clip', importClamp],
  ['Concat', importConcat],
  ['Constant', importConstant],
  ['Conv', importConv],
  ['DequantizeLinear', importDequantize],
  ['Div', importBinary],
  ['Dropout', importIdentity],
  ['Flatten', importFlatten],
  ['Gemm', importGemm],
  ['GlobalAveragePool', importGlobalPool],
  ['GlobalMaxPool', importGlobalPool],
  ['HardSigmoid', importFunction],
  ['HardSwish', importFunction],
  ['Identity', importIdentity],
  ['MatMul', importMatMul],
  ['Max', importClamp],
  ['MaxPool', importPool],
  ['Min', importClamp],
  ['Mul', importBinary],
  ['Pad', importPad],
  ['QuantizeLinear', importQuantize],
  ['ReduceMax', importReduce],
  ['ReduceMean', importReduce],
  ['Relu', importClamp],
  ['Reshape', importReshape],
  ['Resize', importResize],
  ['Shape', importShape],
  ['Sigmoid', importFunction],
  ['Softmax', importSoftmax],
  ['Squeeze', importSqueeze],
  ['Sub', importBinary],
  ['Tanh', importFunction],
  ['Transpose', importTranspose],
  ['Unsqueeze', importUnsqueeze],
]);

/** Operators through which a value may still reach an output when only the host works on it. */
export const HOST_OPERATORS: ReadonlySet<string> = new Set([
  'Cast',
  'DequantizeLinear',
  'Dropout',
  'Flatten',
  'Identity',
  'QuantizeLinear',
  'Reshape',
  'Sigmoid',
  'Softmax',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);
