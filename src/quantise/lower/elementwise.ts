/** Sums, products, pools, tables and concatenations of quantised tensors as integer layers. */
import { UserError } from '../../errors.ts';
import type { ActivationQuantisation, AddNode, ConcatNode, MulNode, PoolNode, RealClamp } from '../../graph/graph.ts';
import type { AddLayer, Requantise, Tensor } from '../../network/network.ts';
import { clampCodes, codeOf, realOf } from './codes.ts';
import { requantiseOf, rescaleFactor } from './context.ts';

const LARGEST_SHIFT = 63;
/** A sum needs no more: at 21 bits both addends are exact to 2^-13 of a code, and it is the width of XNNPACK's kernel. */
const SUM_MULTIPLIER_BITS = 21;

/**
 * Multipliers of both addends with one shift: s_a / s_y * 2^shift and s_b / s_y * 2^shift, the larger just below
 * 2^multiplierBits (21 bits at most), so neither keeps fewer fraction bits than it must.
 */
export function lowerSum(
  node: AddNode,
  a: Tensor,
  b: Tensor,
  y: Tensor,
  multiplierBits: number,
): Pick<AddLayer, 'multipliers' | 'shift' | 'low' | 'high'> {
  if (a.height !== b.height || a.width !== b.width || a.channels !== b.channels) {
    throw new UserError(
      'unsupported',
      `it adds tensors of different shapes (${shapeText(a)} and ${shapeText(b)})`,
      { layer: node.name },
      'Only addends of the same shape are added by the accelerator.',
    );
  }
  const factors = [rescaleFactor(a.scale, y.scale), rescaleFactor(b.scale, y.scale)] as const;
  const bits = Math.min(multiplierBits, SUM_MULTIPLIER_BITS);
  const limit = 2 ** bits;
  const larger = Math.max(...factors);
  let shift = Math.min(LARGEST_SHIFT, Math.floor(bits - Math.log2(larger)) + 1);
  while (shift > 0 && Math.round(larger * 2 ** shift) >= limit) shift--;
  if (shift < 1) {
    throw new UserError(
      'unsupported',
      `an addend's scale is ${larger} times that of the sum, which a ${bits}-bit multiplier cannot express`,
      { layer: node.name },
      'Quantise the network again: the sum has a range too small for its addends.',
    );
  }
  const multipliers = [Math.round(factors[0] * 2 ** shift), Math.round(factors[1] * 2 ** shift)] as const;
  return { multipliers, shift, ...clampCodes(node.clamp, y) };
}

/** Product of codes: s_a * s_b / s_y. */
export function lowerProduct(node: MulNode, a: Tensor, b: Tensor, y: Tensor, multiplierBits: number): Requantise {
  const oneForAll = b.height === 1 && b.width === 1;
  if (b.channels !== a.channels || !(oneForAll || (b.height === a.height && b.width === a.width))) {
    throw new UserError(
      'unsupported',
      `it multiplies ${shapeText(a)} by ${shapeText(b)}`,
      { layer: node.name },
      'The second factor must have the shape of the first or one value a channel.',
    );
  }
  return requantiseOf(node.name, [rescaleFactor(a.scale, y.scale, b.scale)], clampCodes(node.clamp, y), multiplierBits);
}

/** Mean of a window that lies inside the map everywhere: s_x / (s_y * count). */
export function lowerMean(node: PoolNode, x: Tensor, y: Tensor, multiplierBits: number): Requantise {
  const { padding, kernelHeight, kernelWidth } = node.window;
  if (padding.top + padding.left + padding.bottom + padding.right > 0) {
    throw new UserError(
      'unsupported',
      'it is an average pool with padding, where the number of averaged values differs from place to place',
      { layer: node.name },
      'Use an average pool without padding.',
    );
  }
  const factor = rescaleFactor(x.scale, y.scale * kernelHeight * kernelWidth);
  return requantiseOf(node.name, [factor], clampCodes(node.clamp, y), multiplierBits);
}

/** Part i of a concatenation: s_i / s_y. */
export function lowerPart(node: ConcatNode, x: Tensor, y: Tensor, multiplierBits: number): Requantise {
  return requantiseOf(node.name, [rescaleFactor(x.scale, y.scale)], { low: -128, high: 127 }, multiplierBits);
}

/** y = codeOf(clamp(f(real of x))) for the 256 codes of x, in float64, halves away from zero. */
export function tableOf(
  f: (x: number) => number,
  input: ActivationQuantisation,
  output: ActivationQuantisation,
  clamp: RealClamp = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
): Int8Array {
  return Int8Array.from({ length: 256 }, (_, index) => {
    const real = f(realOf(index - 128, input));
    return codeOf(Math.min(clamp.high, Math.max(clamp.low, real)), output);
  });
}

function shapeText({ height, width, channels }: Tensor): string {
  return `${height} x ${width} x ${channels}`;
}
