import { UserError } from '../../errors.ts';
import type { Graph, GraphInput, GraphOutput, GraphTensor } from '../../graph/graph.ts';
import { validateGraph } from '../../graph/validate.ts';
import { elements } from './constants.ts';
import { activationQuantisation, type Context, isPadded, shapeOf, shortName, uniqueName } from './context.ts';
import { joinGates } from './gates.ts';
import { lowerClamp, lowerFunction, lowerSoftmax } from './lower/activation.ts';
import { lowerConv, lowerDepthwise, lowerFullyConnected } from './lower/conv.ts';
import { lowerBinary } from './lower/elementwise.ts';
import { lowerPad } from './lower/pad.ts';
import { lowerMean, lowerPool } from './lower/pool.ts';
import { lowerDequantize, lowerQuantize } from './lower/quantise.ts';
import { lowerConcatenation, lowerReshape, lowerResizeNearest } from './lower/view.ts';
import { type FileModel, type FileOperator, readModel } from './model.ts';

type Lowering = (context: Context, operator: FileOperator) => void;

/** What is imported; every other operator is refused by name. */
const LOWERINGS: ReadonlyMap<string, Lowering> = new Map([
  ['ADD', lowerBinary],
  ['AVERAGE_POOL_2D', lowerPool],
  ['CONCATENATION', lowerConcatenation],
  ['CONV_2D', lowerConv],
  ['DEPTHWISE_CONV_2D', lowerDepthwise],
  ['DEQUANTIZE', lowerDequantize],
  ['EXPAND_DIMS', lowerReshape],
  ['FULLY_CONNECTED', lowerFullyConnected],
  ['HARD_SWISH', lowerFunction],
  ['LOGISTIC', lowerFunction],
  ['MAX_POOL_2D', lowerPool],
  ['MEAN', lowerMean],
  ['MUL', lowerBinary],
  ['PAD', lowerPad],
  ['QUANTIZE', lowerQuantize],
  ['RELU', lowerClamp],
  ['RELU6', lowerClamp],
  ['RELU_0_TO_1', lowerClamp],
  ['RELU_N1_TO_1', lowerClamp],
  ['RESHAPE', lowerReshape],
  ['RESIZE_NEAREST_NEIGHBOR', lowerResizeNearest],
  ['SOFTMAX', lowerSoftmax],
  ['SQUEEZE', lowerReshape],
  ['TANH', lowerFunction],
]);

/** Operators that the host can do after the accelerator. */
const CLOSING = new Set(['DEQUANTIZE', 'EXPAND_DIMS', 'LOGISTIC', 'QUANTIZE', 'RESHAPE', 'SOFTMAX', 'SQUEEZE']);

/** A TFLite file (schema version 3; float32, float16, int8 or uint8) as a graph. `name` is the network's name. */
export function importTflite(bytes: Uint8Array, name: string): Graph {
  const model = readModel(bytes);
  const live = liveOperators(model);
  const context: Context = {
    model,
    values: new Map(),
    tensors: new Map(),
    nodes: [],
    inputs: new Map(),
    producers: new Map(),
    notes: new Set(),
    uses: countUses(model, live),
    closing: closingTensors(model, live),
    names: new Map(),
    layerNames: new Map(),
    allowance: 64 * bytes.length + (1 << 22),
  };
  declareInputs(context);
  model.tensors.forEach((file, index) => {
    if (file.data.length > 0) context.values.set(index, { kind: 'constant', file, dequantised: false });
  });
  for (const operator of live) lowerOperator(context, operator);
  const outputs = model.outputs.map((index) => graphOutput(context, index));
  const kept = new Set(outputs.map(({ tensor }) => tensor));
  const nodes = joinGates(context.nodes, context.tensors, kept);
  return validateGraph({
    name,
    format: 'tflite',
    inputs: [...context.inputs.values()],
    outputs,
    tensors: context.tensors,
    nodes,
    notes: [...context.notes],
  });
}

function lowerOperator(context: Context, operator: FileOperator): void {
  const index = operator.outputs[0];
  const layer = index === undefined ? operator.name : shortName(context.model.tensors[index]!.name, index);
  const lower = LOWERINGS.get(operator.name);
  try {
    if (!lower) {
      const known = [...LOWERINGS.keys()].join(', ');
      throw new UserError('unsupported', `${operator.name} is not supported`, {}, `Supported are ${known}.`);
    }
    lower(context, operator);
  } catch (error) {
    throw error instanceof UserError ? error.at({ layer }) : error;
  }
}

/** Positions of the inputs that carry data; a Reshape's second input only repeats the shape. */
function dataInputs(operator: FileOperator): readonly number[] {
  const inputs = CLOSING.has(operator.name) ? operator.inputs.slice(0, 1) : operator.inputs;
  return inputs.filter((index) => index >= 0);
}

/** Operators that some output depends on, in file order. */
function liveOperators(model: FileModel): FileOperator[] {
  const needed = new Set(model.outputs);
  const live: FileOperator[] = [];
  for (const operator of [...model.operators].reverse()) {
    if (!operator.outputs.some((index) => needed.has(index))) continue;
    for (const index of dataInputs(operator)) needed.add(index);
    live.push(operator);
  }
  return live.reverse();
}

function countUses(model: FileModel, live: readonly FileOperator[]): number[] {
  const uses = new Array<number>(model.tensors.length).fill(0);
  const add = (index: number): void => {
    uses[index] = uses[index]! + 1;
  };
  for (const operator of live) dataInputs(operator).forEach(add);
  model.outputs.forEach(add);
  return uses;
}

function closingTensors(model: FileModel, live: readonly FileOperator[]): boolean[] {
  const closing = new Array<boolean>(model.tensors.length).fill(true);
  for (const operator of [...live].reverse()) {
    if (CLOSING.has(operator.name) && operator.outputs.every((index) => closing[index])) continue;
    for (const index of dataInputs(operator)) closing[index] = false;
  }
  return closing;
}

function declareInputs(context: Context): void {
  for (const index of context.model.inputs) {
    const file = context.model.tensors[index]!;
    const where = { tensor: file.name };
    if (context.values.has(index)) throw new UserError('bad-model', 'it is a graph input twice', where);
    if (context.uses[index] === 0) {
      context.notes.add(`input '${file.name}' is not used`);
      continue;
    }
    const dims = fixedDims(context, file.dims, file.signature, file.name);
    const operator: FileOperator = { name: 'input', inputs: [], outputs: [index], options: undefined };
    const name = uniqueName(context, shortName(file.name, index));
    const quantisation = activationQuantisation(file);
    const shape = shapeOf(operator, dims);
    const tensor: GraphTensor = quantisation ? { name, shape, quantisation } : { name, shape };
    context.tensors.set(name, tensor);
    context.inputs.set(name, { tensor: name, fileType: file.type as GraphInput['fileType'] });
    const exclusive = context.uses[index] === 1;
    const padding = { top: 0, left: 0, bottom: 0, right: 0 };
    context.values.set(index, { kind: 'activation', tensor: name, dims, padding, host: [], exclusive });
  }
}

/** Extents of an input: an open batch becomes 1, any other open extent is refused. */
function fixedDims(
  context: Context,
  dims: readonly number[],
  signature: readonly number[],
  tensor: string,
): readonly number[] {
  const open = dims.map((extent, i) => extent === -1 || signature[i] === -1);
  const fixed = dims.map((extent, i) => (i === 0 && open[i] ? 1 : extent));
  const later = open.findIndex((isOpen, i) => isOpen && i > 0);
  if (later > 0) {
    throw new UserError(
      'unsupported',
      `input extent ${later} is not fixed`,
      { tensor },
      'Export the model with a fixed height, width and number of channels.',
    );
  }
  if (fixed.length === 0 || fixed.some((extent) => extent < 1) || elements(fixed) > 2 ** 28) {
    throw new UserError('bad-model', `an input has shape ${dims.join('x') || 'of nothing'}`, { tensor });
  }
  if (open[0]) context.notes.add('batch dimension fixed to 1');
  return fixed;
}

function graphOutput(context: Context, index: number): GraphOutput {
  const file = context.model.tensors[index]!;
  const value = context.values.get(index);
  const where = { tensor: file.name };
  if (value?.kind !== 'activation') throw new UserError('bad-model', 'an output depends on no input', where);
  if (isPadded(value)) throw new UserError('unsupported', 'PAD: an output is a padded map', where);
  if (context.inputs.has(value.tensor)) throw new UserError('unsupported', 'an output is an input unchanged', where);
  return { name: file.name || `tensor ${index}`, tensor: value.tensor, hostOperators: value.host };
}
