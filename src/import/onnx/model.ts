/** From the file's messages to a checked model: known opset, unique names, nodes in executable order. */
import { UserError } from '../../errors.ts';
import type { Constant, ElementType } from './constant.ts';
import { wrong } from './errors.ts';
import { executableOrder } from './order.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './proto.ts';
import { decodeModel, toNumber } from './proto.ts';
import { type ExternalFiles, elementType, readTensor } from './tensor.ts';

export const OLDEST_OPSET = 11;
export const NEWEST_OPSET = 21;

export interface OnnxNode {
  /** Operator type, e.g. 'Conv'. */
  readonly op: string;
  /** '' is the standard's own set. */
  readonly domain: string;
  /** Name as a user knows it: the node's own, or that of its first output. */
  readonly name: string;
  /** Optional inputs that are left out are ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** Undefined where the extent is symbolic or left open. */
  readonly dims: readonly (number | undefined)[] | undefined;
}

export interface OnnxModel {
  readonly opset: number;
  /** Only nodes that some output depends on, each after the nodes it reads. */
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** The named constant of the file, read when first asked for. */
  readonly initializer: (name: string) => Constant | undefined;
}

export function readModel(bytes: Uint8Array, external: ExternalFiles | undefined): OnnxModel {
  const model = decodeModel(bytes);
  const graph = model.graph;
  if (!graph || graph.node.length === 0) {
    throw new UserError('bad-model', 'This is not an ONNX model: it holds no graph', {}, 'Give an .onnx file.');
  }
  const opset = opsetOf(model);
  if (graph.sparseInitializer.length > 0) {
    throw new UserError('unsupported', 'The model has sparse initializers', {}, 'Export it with dense weights.');
  }
  const tensors = new Map<string, TensorProto>();
  for (const tensor of graph.initializer) {
    if (tensors.has(tensor.name)) throw wrong('two initializers have this name', tensor.name);
    tensors.set(tensor.name, tensor);
  }
  const inputs = graph.input.filter(({ name }) => !tensors.has(name)).map(valueInfo);
  const outputs = graph.output.map(valueInfo);
  checkNames(graph, inputs, outputs);
  const nodes = executableOrder(
    graph.node.map(readNode),
    outputs.map(({ name }) => name),
    new Set([...tensors.keys(), ...inputs.map(({ name }) => name)]),
  );
  const read = new Map<string, Constant>();
  const initializer = (name: string): Constant | undefined => {
    const tensor = tensors.get(name);
    if (!tensor) return undefined;
    const constant = read.get(name) ?? readTensor(tensor, name, external);
    read.set(name, constant);
    return constant;
  };
  return { opset, nodes, inputs, outputs, initializer };
}

/** 'ai.onnx' is the long name of the standard's own set. */
function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function opsetOf(model: ModelProto): number {
  const versions = model.opsetImport.filter(({ domain }) => domainOf(domain) === '');
  if (versions.length !== 1) throw wrong(`The file states ${versions.length} versions of the standard operator set`);
  const opset = toNumber(versions[0]!.version);
  if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
    throw new UserError(
      'unsupported',
      `The model uses opset ${opset}; opsets ${OLDEST_OPSET} to ${NEWEST_OPSET} are supported`,
      {},
      `Export it with opset ${opset > NEWEST_OPSET ? NEWEST_OPSET : 13}.`,
    );
  }
  return opset;
}

function readNode(node: NodeProto, index: number): OnnxNode {
  const attributes = new Map(node.attribute.map((attribute) => [attribute.name, attribute]));
  const name = node.name || node.output.find((output) => output !== '') || `${node.opType} ${index}`;
  return {
    op: node.opType,
    domain: domainOf(node.domain),
    name,
    inputs: node.input,
    outputs: node.output,
    attributes,
  };
}

function valueInfo(info: ValueInfoProto): OnnxValueInfo {
  const tensor = info.type?.tensorType;
  if (!tensor) throw wrong('it is not declared as a tensor', info.name);
  const dims = tensor.shape?.dim.map((dim) => {
    const extent = toNumber(dim.dimValue);
    return dim.dimParam !== '' || extent <= 0 ? undefined : extent;
  });
  return { name: info.name, type: elementType(tensor.elemType, info.name), dims };
}

function checkNames(graph: GraphProto, inputs: readonly OnnxValueInfo[], outputs: readonly OnnxValueInfo[]): void {
  if (inputs.length === 0) throw wrong('The graph has no input');
  if (outputs.length === 0) throw wrong('The graph has no output');
  const once = (names: readonly string[], what: string): void => {
    const seen = new Set<string>();
    for (const name of names) {
      if (name === '') continue;
      if (seen.has(name)) throw wrong(what, name);
      seen.add(name);
    }
  };
  const given = [...graph.initializer.map(({ name }) => name), ...inputs.map(({ name }) => name)];
  once(
    outputs.map(({ name }) => name),
    'two graph outputs have this name',
  );
  once([...given, ...graph.node.flatMap(({ output }) => output)], 'it is computed or given twice');
}
