/** From the checked model to a draft graph, one ONNX node after the other. */
import { UserError } from '../../errors.ts';
import type { GraphInput, GraphOutput } from '../../graph/graph.ts';
import { intsAttribute } from './attributes.ts';
import { type Context, declare, shapeOf } from './context.ts';
import type { DraftGraph } from './draft.ts';
import { wrong } from './errors.ts';
import type { OnnxModel, OnnxNode, OnnxValueInfo } from './model.ts';
import { HOST_OPERATORS, OPERATORS } from './operators.ts';
import { foldConstants } from './ops/fold.ts';
import { type Axis, type Dims, dimsOf, extents } from './value.ts';

/** Operators outside the standard's own set that mean the same as the standard's. */
const SAME_ELSEWHERE: ReadonlySet<string> = new Set(['com.microsoft QuantizeLinear', 'com.microsoft DequantizeLinear']);

export function walkModel(model: OnnxModel): DraftGraph {
  const context: Context = {
    model,
    values: new Map(),
    tensors: new Map(),
    inputs: new Map(),
    nodes: [],
    notes: new Set(),
    uses: countReads(model),
    closing: closingValues(model),
  };
  for (const input of model.inputs) declareInput(context, input);
  for (const node of model.nodes) walkNode(context, node);
  const outputs = model.outputs.map((output) => graphOutput(context, output));
  const { tensors, nodes, inputs, notes } = context;
  return { inputs: [...inputs.values()], outputs, tensors, nodes, notes: [...notes] };
}

function walkNode(context: Context, node: OnnxNode): void {
  try {
    const known = node.domain === '' || SAME_ELSEWHERE.has(`${node.domain} ${node.op}`);
    const operator = known ? OPERATORS.get(node.op) : undefined;
    if (foldConstants(context, node)) return;
    if (operator) return operator(context, node);
    throw unknownOperator(node);
  } catch (error) {
    throw error instanceof UserError ? error.at({ layer: node.name }) : error;
  }
}

function unknownOperator(node: OnnxNode): UserError {
  const name = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  const integer = /^(QLinear|QGemm|ConvInteger|MatMulInteger|DynamicQuantize)/.test(node.op);
  const fix = integer
    ? 'Quantise the model in QDQ form: QuantizeLinear and DequantizeLinear around ordinary operators.'
    : `Supported are ${[...OPERATORS.keys()].join(', ')}.`;
  return new UserError('unsupported', `operator ${name} is not supported`, {}, fix);
}

function countReads(model: OnnxModel): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const add = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of model.nodes) node.inputs.forEach(add);
  for (const { name } of model.outputs) add(name);
  return uses;
}

/** Values that are read only by operators the host can do, all of whose outputs are such values again. */
function closingValues(model: OnnxModel): ReadonlySet<string> {
  const other = new Set<string>();
  for (const node of [...model.nodes].reverse()) {
    if (HOST_OPERATORS.has(node.op) && !node.outputs.some((name) => other.has(name))) continue;
    for (const name of node.inputs) other.add(name);
  }
  const all = model.nodes.flatMap(({ outputs }) => outputs);
  return new Set(all.filter((name) => !other.has(name)));
}

function declareInput(context: Context, input: OnnxValueInfo): void {
  const { name, type } = input;
  if (!context.uses.has(name)) {
    context.notes.add(`input '${name}' is not used`);
    return;
  }
  const given = fixedDims(context, input);
  const order = given.length === 4 ? (isChannelsLast(context.model, name) ? NHWC : NCHW) : undefined;
  let dims: Dims;
  const side = (axis: Axis): number => given[order!.indexOf(axis)]!;
  const shape = order
    ? { height: side('h'), width: side('w'), channels: side('c') }
    : given.length === 3
      ? { height: given[1]!, width: given[2]!, channels: 1 }
      : { height: 1, width: 1, channels: given[1]! };
  if (order) dims = dimsOf(shape, order);
  else dims = dimsOf(shape, given.length === 3 ? ['n', 'h', 'w'] : ['n', 'c']);
  declare(context, name, shape);
  if (order === NCHW && shape.channels > 1 && shape.height * shape.width > 1) {
    context.notes.add(`input '${name}' is channels x height x width in the file, height x width x channels here`);
  }
  const fileType = fileTypeOf(input);
  context.inputs.set(name, { tensor: name, fileType });
  const integer = type === 'int8' || type === 'uint8';
  const codes = integer ? { codes: { type, scale: undefined, zeroPoint: 0 } } : {};
  context.values.set(name, { kind: 'activation', tensor: name, dims, host: [], ...codes });
}

const NCHW: readonly (Axis | 'n')[] = ['n', 'c', 'h', 'w'];
const NHWC: readonly (Axis | 'n')[] = ['n', 'h', 'w', 'c'];

function fileTypeOf({ name, type }: OnnxValueInfo): GraphInput['fileType'] {
  switch (type) {
    case 'float32':
    case 'float16':
    case 'int8':
    case 'uint8':
      return type;
    case 'float64':
    case 'bfloat16':
      return 'float32';
    default:
      throw new UserError(
        'unsupported',
        `an input is of type ${type}`,
        { tensor: name },
        'Use a float, int8 or uint8 input.',
      );
  }
}

/** Extents of an input: an open batch becomes 1, any other open extent is refused. */
function fixedDims(context: Context, { name, dims }: OnnxValueInfo): readonly number[] {
  if (!dims)
    throw new UserError('unsupported', 'its shape is not stated', { tensor: name }, 'Export with fixed shapes.');
  const open = dims.findIndex((extent, i) => i > 0 && extent === undefined);
  if (open > 0) {
    throw new UserError(
      'unsupported',
      `its dimension ${open} is not fixed`,
      { tensor: name },
      'Export the model with a fixed height, width and number of channels.',
    );
  }
  if (dims.length < 2 || dims.length > 4) {
    throw new UserError(
      'unsupported',
      `an input has ${dims.length} dimensions`,
      { tensor: name },
      'Use 2 to 4 dimensions.',
    );
  }
  if (dims[0] === undefined) context.notes.add('batch dimension fixed to 1');
  else if (dims[0] !== 1) {
    throw new UserError(
      'unsupported',
      `the batch is ${dims[0]}`,
      { tensor: name },
      'Export the model with a batch of 1.',
    );
  }
  return [1, ...dims.slice(1)] as number[];
}

/** Whether every path from the input leads through a transpose from batch, height, width, channels to channels first. */
function isChannelsLast(model: OnnxModel, input: string): boolean {
  const through = new Set(['Add', 'Cast', 'DequantizeLinear', 'Div', 'Identity', 'Mul', 'QuantizeLinear', 'Sub']);
  const open = [input];
  const seen = new Set(open);
  let transposes = 0;
  for (const name of open) {
    for (const node of model.nodes) {
      if (!node.inputs.includes(name)) continue;
      if (node.op === 'Transpose' && `${intsAttribute(node, 'perm')}` === '0,3,1,2') transposes++;
      else if (!through.has(node.op)) return false;
      else {
        for (const output of node.outputs) {
          if (seen.has(output)) continue;
          seen.add(output);
          open.push(output);
        }
      }
    }
  }
  return transposes > 0;
}

function graphOutput(context: Context, { name, dims: declared }: OnnxValueInfo): GraphOutput {
  const value = context.values.get(name);
  if (value?.kind !== 'activation') throw wrong('this output depends on no input', name);
  if (context.inputs.has(value.tensor)) {
    throw new UserError(
      'unsupported',
      'this output is an input unchanged',
      { tensor: name },
      'Remove it from the outputs.',
    );
  }
  const shape = shapeOf(context, value);
  const given = extents(value.dims, shape);
  const differs =
    declared &&
    (declared.length !== given.length || declared.some((d, i) => i > 0 && d !== undefined && d !== given[i]));
  if (differs) throw wrong(`its shape is [${given}], the file declares [${declared.map((d) => d ?? '?')}]`, name);
  const axes = value.dims.flat();
  if (axes.length > 1 && `${axes}` !== `${dimsOf(shape, ['h', 'w', 'c']).flat()}`) {
    context.notes.add(`output '${name}' comes in the order height x width x channels`);
  }
  const merged = value.dims.some((walked) => walked.length > 1);
  const { host } = value;
  return { name, tensor: value.tensor, hostOperators: merged ? ['reshape', ...host] : host };
}
