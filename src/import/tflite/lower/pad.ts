import { NO_CLAMP, type Weights } from '../../../graph/graph.ts';
import { unitWindow } from '../../../graph/shapes.ts';
import { integers } from '../constants.ts';
import {
  type Activation,
  activationInput,
  activationQuantisation,
  addNode,
  type Context,
  checkDims,
  constantInput,
  declareOutput,
  layerName,
  mapInput,
  mapShape,
  outputTensor,
  refuse,
  setValue,
  spend,
  wrong,
} from '../context.ts';
import type { FileOperator } from '../model.ts';
import { sameQuantisation } from './activation.ts';

/** Pad with zeros: around the map it waits for the convolution that reads it; of channels it is a convolution. */
export function lowerPad(context: Context, operator: FileOperator): void {
  const input = activationInput(context, operator, 0);
  const amounts = integers(constantInput(context, operator, 1).file);
  if (input.dims.length !== 4 || amounts.length !== 8 || amounts.some((amount) => amount < 0 || amount > 65535)) {
    throw refuse(operator, `by ${amounts.join(', ')} around ${input.dims.length} extents`);
  }
  mapShape(context, operator, input);
  const [before, after, top, bottom, left, right, front, back] = amounts as [
    number, number, number, number, number, number, number, number,
  ]; // biome-ignore format: eight alike
  if (before + after > 0) throw refuse(operator, 'of the batch');
  const dims = input.dims.map((extent, i) => extent + amounts[2 * i]! + amounts[2 * i + 1]!);
  const spatial = top + bottom + left + right;
  if (front + back > 0) {
    if (spatial > 0) throw refuse(operator, 'of map and channels at once');
    padChannels(context, operator, front, dims);
    return;
  }
  const file = outputTensor(context, operator);
  checkDims(operator, file, dims);
  if (!sameQuantisation(context.tensors.get(input.tensor)!.quantisation, activationQuantisation(file))) {
    throw refuse(operator, 'that also changes the quantisation');
  }
  const padding: Activation['padding'] = {
    top: input.padding.top + top,
    left: input.padding.left + left,
    bottom: input.padding.bottom + bottom,
    right: input.padding.right + right,
  };
  setValue(context, operator, input.tensor, dims, { padding, exclusive: input.exclusive });
}

/** New channels of zeros: a pointwise convolution with the unit matrix. */
function padChannels(context: Context, operator: FileOperator, front: number, dims: readonly number[]): void {
  const input = mapInput(context, operator, 0);
  const { height, width, channels: depth } = mapShape(context, operator, input);
  const channels = dims[3]!;
  if (channels > 65536) throw wrong(operator, `${channels} channels`);
  spend(context, channels * depth);
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, { height, width, channels }, dims);
  const quantised = context.tensors.get(output)!.quantisation !== undefined;
  const weights: Weights = quantised
    ? { kind: 'codes', codes: new Int16Array(channels * depth), scales: new Float64Array(channels).fill(1) }
    : { kind: 'real', values: new Float32Array(channels * depth) };
  const values = weights.kind === 'codes' ? weights.codes : weights.values;
  for (let c = 0; c < depth; c++) values[(front + c) * depth + c] = 1;
  context.notes.add('padding of channels is run as a pointwise convolution with the unit matrix');
  const window = unitWindow();
  const [inputs, bias, clamp] = [[input.tensor], undefined, NO_CLAMP];
  addNode(context, operator, { op: 'conv', name, inputs, output, window, weights, bias, clamp });
}
