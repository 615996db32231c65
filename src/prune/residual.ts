/** The error that a pruned network carries past a layer, to the residual addition behind it. */
import type { ConvLayer, Network } from '../network/network.ts';
import type { FloatMemory } from '../quantise/float/kernels.ts';
import { Gram } from './gram.ts';
import type { FrameTensors } from './layer-runner.ts';
import { means, type Operands, sampleOperands } from './operands.ts';

/** What a layer's outputs should be more than the unpruned layer's, accumulator units. */
export interface TargetShift {
  /** Mean of each output, and its covariance with the layer's inputs, [output][input]. */
  readonly mean: Float64Array;
  readonly cross: Float64Array;
}

/**
 * Where `layer` is added to a tensor that is there before it: what the unpruned network has in that tensor and the pruned one
 * lacks, so that the refit brings back as much of it as the layer's inputs (`operands`, sampled) know. Otherwise undefined.
 */
export function residualError(
  network: Network,
  layer: ConvLayer,
  operands: Operands,
  scale: Float64Array,
  { original, pruned, memory }: { original: FrameTensors; pruned: FrameTensors; memory: FloatMemory },
  limit: number,
): TargetShift | undefined {
  const add = network.layers.find(({ op, inputs }) => op === 'add' && inputs.includes(layer.output));
  if (add?.op !== 'add') return undefined;
  const own = add.inputs.indexOf(layer.output);
  const other = add.inputs[1 - own]!;
  const from = network.tensors[layer.inputs[0]!]!;
  const tensor = network.tensors[other]!;
  if (!pruned.has(other) || tensor.height !== from.height || tensor.width !== from.width) return undefined;
  const [whole, left] = [original, pruned].map((tensors) => sampleOperands(tensor, tensors.of(other), limit));
  const lost = { ...whole!, values: whole!.values.map((value, at) => value - left!.values[at]!) };
  // Codes of the other tensor to those of the layer's output, and to its accumulators.
  const unit = scale.map((codes) => add.multipliers[1 - own]! / add.multipliers[own]! / codes);
  const [outputs, inputs] = [lost.channels, operands.channels];
  const product = new Gram(outputs, inputs, memory);
  product.add(lost.values, operands.values, operands.count);
  const [rows, columns] = [means(lost), means(operands)];
  return {
    mean: rows.map((value, output) => value * unit[output]!),
    cross: product.sum.map((sum, at) => {
      const output = Math.floor(at / inputs);
      return (sum / operands.count - rows[output]! * columns[at % inputs]!) * unit[output]!;
    }),
  };
}
