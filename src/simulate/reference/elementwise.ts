/** Layers that work on each value by itself. */
import type { AddLayer, MulLayer, Network, TableLayer } from '../../network/network.ts';
import { roundShift } from '../../network/numerics.ts';
import { requantiseChannel } from './convolution.ts';

/** Both addends on the sum's scale, one rounding; the sum of products stays below 2^42, exact in a double. */
export function add(network: Network, layer: AddLayer, a: Int8Array, b: Int8Array): Int8Array {
  const zeroPointA = network.tensors[layer.inputs[0]!]!.zeroPoint;
  const zeroPointB = network.tensors[layer.inputs[1]!]!.zeroPoint;
  const { zeroPoint } = network.tensors[layer.output]!;
  const [multiplierA, multiplierB] = layer.multipliers;
  return a.map((code, index) => {
    const sum = (code - zeroPointA) * multiplierA + (b[index]! - zeroPointB) * multiplierB;
    return Math.min(layer.high, Math.max(layer.low, roundShift(sum, layer.shift) + zeroPoint));
  });
}

/** acc = (a - z_a) * (b - z_b); a second input of 1 x 1 x C multiplies every pixel. */
export function multiply(network: Network, layer: MulLayer, a: Int8Array, b: Int8Array): Int8Array {
  const zeroPointA = network.tensors[layer.inputs[0]!]!.zeroPoint;
  const zeroPointB = network.tensors[layer.inputs[1]!]!.zeroPoint;
  const to = network.tensors[layer.output]!;
  return a.map((code, index) => {
    const channel = index % to.channels;
    const other = b[b.length === a.length ? index : channel]!;
    return requantiseChannel((code - zeroPointA) * (other - zeroPointB), layer.requantise, to, channel);
  });
}

export function table(layer: TableLayer, input: Int8Array): Int8Array {
  return input.map((code) => layer.table[code + 128]!);
}
