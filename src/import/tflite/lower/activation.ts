import type { ActivationFunction, ActivationQuantisation, RealClamp } from '../../../graph/graph.ts';
import {
  activationInput,
  addNode,
  CLAMPS,
  type Context,
  declareOutput,
  isPadded,
  layerName,
  mapInput,
  mapShape,
  outputTensor,
  refuse,
  setValue,
  uniqueName,
} from '../context.ts';
import type { FileOperator } from '../model.ts';
import { SOFTMAX_OPTIONS } from '../schema.ts';
import { emitClamp } from './pool.ts';

const FUNCTIONS: Readonly<Record<string, ActivationFunction>> = {
  LOGISTIC: 'sigmoid',
  HARD_SWISH: 'hardSwish',
  TANH: 'tanh',
};

/** Logistic, HardSwish and Tanh become tables; a Logistic that only outputs follow is left to the host. */
export function lowerFunction(context: Context, operator: FileOperator): void {
  if (operator.name === 'LOGISTIC' && context.closing[operator.outputs[0] ?? -1]) {
    lowerOnHost(context, operator, 'logistic');
    return;
  }
  const input = mapInput(context, operator, 0);
  const name = layerName(context, operator);
  const output = declareOutput(context, operator, mapShape(context, operator, input), input.dims);
  const node = { op: 'activation', name, inputs: [input.tensor], output, function: FUNCTIONS[operator.name]! } as const;
  addNode(context, operator, node);
}

/** Softmax exists on the host alone. */
export function lowerSoftmax(context: Context, operator: FileOperator): void {
  if (!context.closing[operator.outputs[0] ?? -1]) throw refuse(operator, 'in the middle of a network');
  const beta = operator.options?.float32(SOFTMAX_OPTIONS.beta) ?? 1;
  if (beta !== 1) throw refuse(operator, `beta ${beta}; only 1 is possible`);
  lowerOnHost(context, operator, 'softmax');
}

function lowerOnHost(context: Context, operator: FileOperator, step: 'logistic' | 'softmax'): void {
  outputTensor(context, operator);
  const value = context.values.get(operator.inputs[0] ?? -1);
  if (value?.kind !== 'activation' || isPadded(value)) {
    const input = activationInput(context, operator, 0);
    throw refuse(operator, `it reads '${input.tensor}' with padding`);
  }
  if (step === 'softmax' && value.host.includes('reshape')) throw refuse(operator, 'over a reshaped map');
  setValue(context, operator, value.tensor, value.dims, { host: [...value.host, step] });
}

/** Relu and its like: into the layer before where nothing else reads that, else a layer of its own. */
export function lowerClamp(context: Context, operator: FileOperator): void {
  const clamp = CLAMPS[operator.name]!;
  const input = mapInput(context, operator, 0);
  const shape = mapShape(context, operator, input);
  const name = layerName(context, operator);
  const before = context.tensors.get(input.tensor)!.quantisation;
  const output = declareOutput(context, operator, shape, input.dims);
  const after = context.tensors.get(output)!.quantisation;
  const index = context.producers.get(input.tensor) ?? -1;
  const producer = context.nodes[index];
  if (input.exclusive && producer && 'clamp' in producer && sameQuantisation(before, after)) {
    context.nodes[index] = { ...producer, output, clamp: composeClamps(producer.clamp, clamp) };
    context.producers.set(output, index);
    context.producers.delete(input.tensor);
    context.tensors.delete(input.tensor);
    return;
  }
  if (operator.name === 'RELU') {
    addNode(context, operator, { op: 'activation', name, inputs: [input.tensor], output, function: 'relu' });
    return;
  }
  if (sameQuantisation(before, after)) {
    emitClamp(context, operator, name, input.tensor, output, clamp);
    return;
  }
  const rescaled = uniqueName(context, `${output}/rescaled`);
  context.tensors.set(rescaled, { ...context.tensors.get(output)!, name: rescaled });
  addNode(context, operator, { op: 'rescale', name: `${name}/rescale`, inputs: [input.tensor], output: rescaled });
  emitClamp(context, operator, name, rescaled, output, clamp);
}

/** Clamping twice is clamping once, to the first limits clamped by the second. */
export function composeClamps(first: RealClamp, second: RealClamp): RealClamp {
  const cut = (value: number): number => Math.min(Math.max(value, second.low), second.high);
  return { low: cut(first.low), high: cut(first.high) };
}

export function sameQuantisation(
  a: ActivationQuantisation | undefined,
  b: ActivationQuantisation | undefined,
): boolean {
  return a === b || (a !== undefined && b !== undefined && a.scale === b.scale && a.zeroPoint === b.zeroPoint);
}
