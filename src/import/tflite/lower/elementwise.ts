import type { Bias, Shape, Weights } from '../../../graph/graph.ts';
import { sameShape, shapeText, unitWindow } from '../../../graph/shapes.ts';
import { type Constant, elements, realValues, weightCodes } from '../constants.ts';
import {
  type Activation,
  addNode,
  type Context,
  constantInput,
  declareOutput,
  fusedClamp,
  inputValue,
  layerName,
  mapInput,
  mapShape,
  refuse,
} from '../context.ts';
import type { FileOperator } from '../model.ts';
import { BINARY_OPTIONS } from '../schema.ts';

/** Add and Mul of two activations, or of one and a constant a channel. */
export function lowerBinary(context: Context, operator: FileOperator): void {
  const constants = [0, 1].filter((position) => inputValue(context, operator, position).kind === 'constant');
  if (constants.length > 0) {
    lowerWithConstant(context, operator, constants[0]!);
    return;
  }
  const [a, b] = [mapInput(context, operator, 0), mapInput(context, operator, 1)];
  const [shapeA, shapeB] = [mapShape(context, operator, a), mapShape(context, operator, b)];
  const op = operator.name === 'MUL' ? 'mul' : 'add';
  const perChannel = (small: Shape, large: Shape): boolean =>
    op === 'mul' && small.height === 1 && small.width === 1 && small.channels === large.channels;
  if (!sameShape(shapeA, shapeB) && !perChannel(shapeA, shapeB) && !perChannel(shapeB, shapeA)) {
    throw refuse(operator, `of a ${shapeText(shapeA)} and a ${shapeText(shapeB)} map`);
  }
  const swap = !sameShape(shapeA, shapeB) && perChannel(shapeA, shapeB);
  const [first, second] = swap ? [b, a] : [a, b];
  const dims = second.dims.length > first.dims.length && sameShape(shapeA, shapeB) ? second.dims : first.dims;
  const clamp = fusedClamp(operator, BINARY_OPTIONS.activation);
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, swap ? shapeB : shapeA, dims);
  addNode(context, operator, { op, name, inputs: [first.tensor, second.tensor], output, clamp });
}

/** A constant a channel: a depthwise convolution of one tap. */
function lowerWithConstant(context: Context, operator: FileOperator, position: number): void {
  const constant = constantInput(context, operator, position);
  const input = mapInput(context, operator, 1 - position);
  const shape = mapShape(context, operator, input);
  const count = elements(constant.file.dims);
  if (count !== 1 && (count !== shape.channels || constant.file.dims.at(-1) !== count)) {
    throw refuse(operator, `with a constant of shape ${constant.file.dims.join('x')}`, 'Use one value a channel.');
  }
  const clamp = fusedClamp(operator, BINARY_OPTIONS.activation);
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, shape, input.dims);
  const parts =
    operator.name === 'MUL' ? factor(context, output, constant) : summand(context, operator, input, constant, output);
  const spread = spreadParts(parts, shape.channels);
  addNode(context, operator, {
    op: 'depthwise',
    name,
    inputs: [input.tensor],
    output,
    window: unitWindow(),
    ...spread,
    clamp,
  });
}

interface Parts {
  readonly weights: Weights;
  readonly bias: Bias | undefined;
}

function factor(context: Context, output: string, constant: Constant): Parts {
  if (!context.tensors.get(output)!.quantisation) {
    return { weights: { kind: 'real', values: realValues(constant.file) }, bias: undefined };
  }
  const { codes, scales } = weightCodes(constant.file, constant.file.dims.length - 1);
  return { weights: { kind: 'codes', codes, scales: Float64Array.from(scales) }, bias: undefined };
}

function summand(
  context: Context,
  operator: FileOperator,
  input: Activation,
  constant: Constant,
  output: string,
): Parts {
  const values = realValues(constant.file);
  const scale = context.tensors.get(input.tensor)!.quantisation?.scale;
  if (!context.tensors.get(output)!.quantisation || scale === undefined) {
    return { weights: { kind: 'real', values: Float32Array.of(1) }, bias: { kind: 'real', values } };
  }
  // Weight code 127 of scale 1/127 is 1; the constant is then kept to 1/254 of an input step.
  const codes = Int32Array.from(values, (value) => Math.round((value / scale) * 127));
  if (values.some((value) => Math.abs((value / scale) * 127) > 2 ** 30))
    throw refuse(operator, 'its constant is too large');
  context.notes.add('added constants of quantised layers are kept to 1/254 of an input step');
  return {
    weights: { kind: 'codes', codes: Int16Array.of(127), scales: Float64Array.of(1 / 127) },
    bias: { kind: 'codes', codes },
  };
}

/** One value for all channels becomes one a channel. */
function spreadParts({ weights, bias }: Parts, channels: number): Parts {
  const at = (length: number, channel: number): number => (length === 1 ? 0 : channel);
  const pick = <T extends Float32Array | Float64Array | Int16Array | Int32Array>(values: T): T => {
    const spread = new (values.constructor as new (length: number) => T)(channels);
    for (let channel = 0; channel < channels; channel++) spread[channel] = values[at(values.length, channel)]!;
    return spread;
  };
  return {
    weights:
      weights.kind === 'real'
        ? { kind: 'real', values: pick(weights.values) }
        : { kind: 'codes', codes: pick(weights.codes), scales: pick(weights.scales) },
    bias:
      bias === undefined
        ? undefined
        : bias.kind === 'real'
          ? { kind: 'real', values: pick(bias.values) }
          : { kind: 'codes', codes: pick(bias.codes) },
  };
}
