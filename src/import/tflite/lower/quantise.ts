import {
  activationInput,
  activationQuantisation,
  addNode,
  type Context,
  checkDims,
  declareOutput,
  inputValue,
  layerName,
  mapInput,
  mapShape,
  outputTensor,
  refuse,
  setValue,
} from '../context.ts';
import type { FileOperator } from '../model.ts';
import { sameQuantisation } from './activation.ts';

/** Dequantize: constants become real; an activation keeps its codes, which the reader may take as real. */
export function lowerDequantize(context: Context, operator: FileOperator): void {
  const file = outputTensor(context, operator);
  const value = inputValue(context, operator, 0);
  checkDims(operator, file, value.kind === 'constant' ? value.file.dims : value.dims);
  if (value.kind === 'constant') {
    if (context.values.has(operator.outputs[0]!)) throw refuse(operator, 'its output is written twice');
    context.values.set(operator.outputs[0]!, { ...value, dequantised: true });
    return;
  }
  setValue(context, operator, value.tensor, value.dims, value);
}

/**
 * Quantize: of a real tensor, the tensor's quantisation from here on; of a quantised one, nothing where only the
 * storage changes (uint8 to int8), else a rescale.
 */
export function lowerQuantize(context: Context, operator: FileOperator): void {
  const file = outputTensor(context, operator);
  const wanted = activationQuantisation(file);
  if (!wanted) throw refuse(operator, `to ${file.type}`);
  const value = inputValue(context, operator, 0);
  if (value.kind === 'constant') throw refuse(operator, 'of a constant');
  const tensor = context.tensors.get(value.tensor)!;
  const onHost = value.host.some((step) => step !== 'reshape');
  if (onHost || sameQuantisation(tensor.quantisation, wanted)) {
    checkDims(operator, file, value.dims);
    setValue(context, operator, value.tensor, value.dims, value);
    return;
  }
  const input = activationInput(context, operator, 0);
  if (!tensor.quantisation) {
    if (!input.exclusive) throw refuse(operator, `'${tensor.name}' is also read as real numbers`);
    checkDims(operator, file, input.dims);
    context.tensors.set(tensor.name, { ...tensor, quantisation: wanted });
    setValue(context, operator, input.tensor, input.dims, input);
    return;
  }
  const map = mapInput(context, operator, 0);
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, mapShape(context, operator, map), map.dims);
  addNode(context, operator, { op: 'rescale', name, inputs: [map.tensor], output });
}
