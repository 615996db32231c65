/** What the lowering of each node has at hand: the integer tensors made so far and the options. */
import { UserError } from '../../errors.ts';
import type { GraphTensor } from '../../graph/graph.ts';
import type { Requantise, Tensor, TensorIndex } from '../../network/network.ts';
import { quantiseMultiplier } from '../../network/numerics.ts';

export interface LowerContext {
  readonly multiplierBits: number;
  readonly tensors: Tensor[];
  readonly indices: Map<string, TensorIndex>;
}

/** Adds the integer tensor of a quantised graph tensor (its quantisation is checked before). */
export function addTensor(context: LowerContext, tensor: GraphTensor): TensorIndex {
  const index = context.tensors.length;
  const { scale, zeroPoint } = tensor.quantisation!;
  const { height, width, channels } = tensor.shape;
  context.tensors.push({ name: tensor.name, height, width, channels, scale, zeroPoint });
  context.indices.set(tensor.name, index);
  return index;
}

/**
 * s_x * s_w / s_y in single precision, as the runtimes that we are compared with compute it: a multiplier of 31 bits then
 * equals theirs to the last bit, and a narrower one does not notice.
 */
export function rescaleFactor(inputScale: number, outputScale: number, weightScale = 1): number {
  const product = Math.fround(Math.fround(inputScale) * Math.fround(weightScale));
  return Math.fround(product / Math.fround(outputScale));
}

/** Requantise parameters of real factors (input units per output code), one each an output channel or one in all. */
export function requantiseOf(
  layer: string,
  factors: readonly number[],
  codes: { readonly low: number; readonly high: number },
  multiplierBits: number,
): Requantise {
  const multiplier = new Uint32Array(factors.length);
  const shift = new Uint8Array(factors.length);
  factors.forEach((factor, channel) => {
    if (!(factor < 2 ** (multiplierBits - 2))) {
      throw new UserError(
        'unsupported',
        `its input and weights have a scale ${factor} times that of its output, beyond a ${multiplierBits}-bit multiplier`,
        { layer },
        'Check the scales in the model file, or quantise the network again.',
      );
    }
    const quantised = quantiseMultiplier(factor, multiplierBits);
    multiplier[channel] = quantised.multiplier;
    shift[channel] = quantised.shift;
  });
  return { multiplier, shift, low: codes.low, high: codes.high };
}
