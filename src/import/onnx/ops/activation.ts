import type { ActivationFunction } from '../../../graph/graph.ts';
import { floatAttribute, intAttribute, wholeAxis } from '../attributes.ts';
import { activation, anyActivation, type Context, emit, setOutput, shapeOf } from '../context.ts';
import { refuse } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { extents, only } from '../value.ts';

const FUNCTIONS: Readonly<Record<string, ActivationFunction>> = {
  Sigmoid: 'sigmoid',
  HardSigmoid: 'hardSigmoid',
  HardSwish: 'hardSwish',
  Tanh: 'tanh',
};

/** Sigmoid, HardSigmoid, HardSwish, Tanh; a Sigmoid from which only host work leads to the outputs is left to the host. */
export function importFunction(context: Context, node: OnnxNode): void {
  if (node.op === 'Sigmoid' && context.closing.has(node.outputs[0]!)) {
    const value = activation(context, node);
    setOutput(context, node, { ...value, host: [...value.host, 'logistic'] });
    return;
  }
  const value = activation(context, node);
  const draft = { op: 'activation' as const, inputs: [value.tensor], function: FUNCTIONS[node.op]! };
  const slopes =
    node.op === 'HardSigmoid'
      ? { alpha: floatAttribute(node, 'alpha', 0.2), beta: floatAttribute(node, 'beta', 0.5) }
      : {};
  emit(context, node, { ...draft, ...slopes }, shapeOf(context, value), value.dims);
}

/** Softmax over the channels, at the end: the host does it. */
export function importSoftmax(context: Context, node: OnnxNode): void {
  const value = anyActivation(context, node, 0);
  const modern = context.model.opset >= 13;
  const rank = value.dims.length;
  const axis = wholeAxis(node, intAttribute(node, 'axis', modern ? -1 : 1), rank);
  const over = modern ? value.dims[axis]! : value.dims.slice(axis).flat();
  const shape = shapeOf(context, value);
  if (!only(over, 'c'))
    throw refuse(node.op, `axis ${axis} of shape [${extents(value.dims, shape)}] is not the channels`);
  if (!context.closing.has(node.outputs[0]!)) {
    throw refuse(node.op, 'it is not at the end of the network', 'Cut the model before it.');
  }
  if (value.codes) throw refuse(node.op, 'it computes on codes');
  setOutput(context, node, { ...value, host: [...value.host, 'softmax'] });
}
