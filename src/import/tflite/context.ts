import { UserError } from '../../errors.ts';
import type {
  ActivationQuantisation,
  GraphInput,
  GraphNode,
  GraphTensor,
  HostOperator,
  Padding,
  RealClamp,
  Shape,
} from '../../graph/graph.ts';
import { NO_PADDING, sameShape, shapeText } from '../../graph/shapes.ts';
import { type Constant, elements } from './constants.ts';
import type { FileModel, FileOperator, FileTensor } from './model.ts';
import { FUSED_ACTIVATIONS } from './schema.ts';

/** An activation of the file, as the graph holds it: perhaps padded, re-viewed, or after operators of the host. */
export interface Activation {
  readonly kind: 'activation';
  /** Name of the graph's tensor. */
  readonly tensor: string;
  /** Extents in the file at this point, batch 1 included (padding included too). */
  readonly dims: readonly number[];
  /** Zeros that a PAD put around the map and that the reader must take over. */
  readonly padding: Padding;
  readonly host: readonly HostOperator[];
  /** Nothing else reads the tensor. */
  readonly exclusive: boolean;
}
export type Value = Activation | ({ readonly kind: 'constant' } & Constant);

/** Everything that the lowering of one file builds up, in file order. */
export interface Context {
  readonly model: FileModel;
  readonly values: Map<number, Value>;
  readonly tensors: Map<string, GraphTensor>;
  readonly nodes: GraphNode[];
  readonly inputs: Map<string, GraphInput>;
  /** Index in `nodes` of the layer that writes a tensor. */
  readonly producers: Map<string, number>;
  readonly notes: Set<string>;
  /** How many operators and graph outputs read each file tensor. */
  readonly uses: readonly number[];
  /** File tensors that only the host's closing operators and the outputs read. */
  readonly closing: readonly boolean[];
  /** Names of tensors, and of layers, that are taken. */
  readonly names: Map<string, number>;
  readonly layerNames: Map<string, number>;
  /** Elements that constants may still grow to in all: a small file cannot ask for unbounded memory. */
  allowance: number;
}

/** A name that is not taken yet: `name`, else `name#2`, `name#3`... */
export function uniqueName(context: Context, wanted: string): string {
  return freeName(context.names, wanted);
}

function freeName(taken: Map<string, number>, wanted: string): string {
  for (let count = (taken.get(wanted) ?? 0) + 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}#${count}`;
    if (count > 1 && taken.has(name)) continue;
    taken.set(name, 1);
    taken.set(wanted, count);
    return name;
  }
}

/** Fused names list every operator that went in, separated by semicolons: the first says enough. */
export function shortName(name: string, index: number): string {
  return name.split(';')[0] || `tensor ${index}`;
}

export function layerName(context: Context, operator: FileOperator): string {
  const index = operator.outputs[0] ?? -1;
  return index < 0 ? operator.name : shortName(context.model.tensors[index]!.name, index);
}

/** A refusal of something that the operator asks for. */
export function refuse(operator: FileOperator, why: string, fix?: string): UserError {
  return new UserError('unsupported', `${operator.name}: ${why}`, {}, fix ?? 'Change the layer and export again.');
}

/** A contradiction in the operator. */
export function wrong(operator: FileOperator, what: string): UserError {
  return new UserError('bad-model', `${operator.name}: ${what}`, {}, 'Export the model again.');
}

export function spend(context: Context, count: number): void {
  context.allowance -= count;
  if (context.allowance < 0) {
    throw new UserError('unsupported', 'the constants unfold to too many elements for the size of the file');
  }
}

export function outputTensor(context: Context, operator: FileOperator): FileTensor {
  const index = operator.outputs[0];
  if (index === undefined || operator.outputs.length !== 1) throw wrong(operator, 'one output is expected');
  return context.model.tensors[index]!;
}

export function inputValue(context: Context, operator: FileOperator, position: number): Value {
  const index = operator.inputs[position] ?? -1;
  if (index < 0) throw wrong(operator, `input ${position} is missing`);
  const value = context.values.get(index);
  if (!value) {
    const name = context.model.tensors[index]!.name;
    throw wrong(operator, `input '${name}' is read before anything produces it (a cycle, or operators out of order)`);
  }
  return value;
}

export function hasInput(operator: FileOperator, position: number): boolean {
  return (operator.inputs[position] ?? -1) >= 0;
}

/** An activation input that may still carry padding or a re-view. */
export function activationInput(context: Context, operator: FileOperator, position: number): Activation {
  const value = inputValue(context, operator, position);
  if (value.kind === 'constant') throw refuse(operator, `input ${position} is a constant`);
  const host = value.host.filter((step) => step !== 'reshape');
  if (host.length > 0) throw refuse(operator, `it follows a ${host.join(', ')} that only the host can do`);
  return value;
}

/** An activation input whose map is exactly the graph's tensor. */
export function mapInput(context: Context, operator: FileOperator, position: number): Activation {
  const value = activationInput(context, operator, position);
  if (isPadded(value)) {
    throw refuse(operator, 'its input is padded, and padding can only be merged into a convolution');
  }
  mapShape(context, operator, value);
  return value;
}

/** The height x width x channels that an activation has in the file, its padding taken off; must be the tensor's own. */
export function mapShape(context: Context, operator: FileOperator, value: Activation): Shape {
  const viewed = shapeOf(operator, value.dims);
  const shape = {
    height: viewed.height - value.padding.top - value.padding.bottom,
    width: viewed.width - value.padding.left - value.padding.right,
    channels: viewed.channels,
  };
  const own = context.tensors.get(value.tensor)!.shape;
  if (!sameShape(shape, own)) {
    throw refuse(operator, `it reads a ${shapeText(own)} map reshaped to ${value.dims.join('x')}`);
  }
  return shape;
}

export function constantInput(context: Context, operator: FileOperator, position: number): Constant {
  const value = inputValue(context, operator, position);
  if (value.kind !== 'constant') throw refuse(operator, `input ${position} must be a constant`);
  spend(context, elements(value.file.dims));
  return value;
}

export function isPadded(value: Activation): boolean {
  const { top, left, bottom, right } = value.padding;
  return top + left + bottom + right > 0;
}

/** [N, H, W, C] with N = 1, or fewer extents: [N, C] is 1 x 1 x C, [N, W, C] is 1 x W x C. */
export function shapeOf(operator: FileOperator, dims: readonly number[]): Shape {
  if (dims.length > 4) throw refuse(operator, `shape ${dims.join('x')} has more than four extents`);
  const batch = dims.length > 1 ? dims[0]! : 1;
  if (batch !== 1) throw refuse(operator, `batch ${batch}; only 1 is possible`, 'Export the model with batch 1.');
  const rest = dims.length > 1 ? dims.slice(1) : dims;
  const [channels = 1, width = 1, height = 1] = [...rest].reverse();
  return { height, width, channels };
}

/** Limits of a fused activation function. */
export function fusedClamp(operator: FileOperator, slot: number): RealClamp {
  const code = operator.options?.int8(slot) ?? 0;
  const name = FUSED_ACTIVATIONS[code];
  if (name === undefined) throw wrong(operator, `fused activation number ${code} does not exist`);
  const clamp = CLAMPS[name];
  if (!clamp) throw refuse(operator, `fused activation ${name}`);
  return clamp;
}

/** Real limits of the activation functions that only cut off. */
export const CLAMPS: Readonly<Record<string, RealClamp>> = {
  NONE: { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  RELU: { low: 0, high: Number.POSITIVE_INFINITY },
  RELU_N1_TO_1: { low: -1, high: 1 },
  RELU6: { low: 0, high: 6 },
  RELU_0_TO_1: { low: 0, high: 1 },
};

/** The quantisation of an activation in the project's codes: uint8 files are shifted by 128. */
export function activationQuantisation(tensor: FileTensor): ActivationQuantisation | undefined {
  if (tensor.type === 'float32' || tensor.type === 'float16') return undefined;
  const where = { tensor: tensor.name };
  if (tensor.type !== 'int8' && tensor.type !== 'uint8') {
    throw new UserError('unsupported', `an activation is of type ${tensor.type}`, where, 'Use int8, uint8 or float.');
  }
  const quantisation = tensor.quantisation;
  if (quantisation?.scales.length !== 1) {
    const count = quantisation?.scales.length ?? 0;
    throw new UserError('bad-model', `an ${tensor.type} activation has ${count} scales, not 1`, where);
  }
  const [scale, zero] = [quantisation.scales[0]!, quantisation.zeroPoints[0]!];
  return { scale, zeroPoint: tensor.type === 'uint8' ? zero - 128 : zero };
}

/** Declares the tensor that an operator writes; checks the shape against what the file states. Returns its name. */
export function declareOutput(context: Context, operator: FileOperator, shape: Shape, dims: readonly number[]): string {
  const file = outputTensor(context, operator);
  checkDims(operator, file, dims);
  const name = uniqueName(context, shortName(file.name, operator.outputs[0]!));
  const quantisation = activationQuantisation(file);
  context.tensors.set(name, quantisation ? { name, shape, quantisation } : { name, shape });
  setValue(context, operator, name, dims);
  return name;
}

/** Binds the operator's output to a graph tensor. */
export function setValue(
  context: Context,
  operator: FileOperator,
  tensor: string,
  dims: readonly number[],
  more: Partial<Activation> = {},
): void {
  const index = operator.outputs[0]!;
  if (context.values.has(index)) {
    throw wrong(operator, `'${context.model.tensors[index]!.name}' is written by more than one operator`);
  }
  const exclusive = context.uses[index] === 1 && (more.exclusive ?? true);
  context.values.set(index, { kind: 'activation', tensor, dims, padding: NO_PADDING, host: [], ...more, exclusive });
}

/** The file's statement of a shape, where it makes one, must be what the operators give. */
export function checkDims(operator: FileOperator, file: FileTensor, dims: readonly number[]): void {
  const stated = file.dims;
  if (stated.length !== dims.length) {
    if (stated.length === 0) return;
  } else if (stated.every((extent, i) => extent === dims[i] || extent === -1)) {
    return;
  }
  throw wrong(operator, `its output is ${dims.join('x')}, the file says ${stated.join('x')}`);
}

/** Appends a layer. A layer with a quantised output needs quantised inputs. */
export function addNode(context: Context, operator: FileOperator, node: GraphNode): void {
  const quantised = context.tensors.get(node.output)!.quantisation !== undefined;
  for (const input of node.inputs) {
    if (quantised && !context.tensors.get(input)!.quantisation) {
      throw refuse(operator, `its output is quantised but its input '${input}' is not`);
    }
  }
  context.producers.set(node.output, context.nodes.length);
  context.nodes.push({ ...node, name: freeName(context.layerNames, node.name) });
}
