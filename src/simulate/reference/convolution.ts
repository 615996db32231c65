/** Standard and depthwise convolution. */
import {
  alternatesTies,
  type ConvLayer,
  type DepthwiseLayer,
  type Network,
  type Requantise,
  type Tensor,
} from '../../network/network.ts';
import { channelValue, countedActivation, countedProduct, requantise } from '../../network/numerics.ts';
import { forEachTap } from './window.ts';

/** acc[o] = bias[o] + sum over taps inside and input channels of (x - z_x) * w; weights [o][ky][kx][inChannel]. */
export function convolution(network: Network, layer: ConvLayer, input: Int8Array): Int8Array {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const { window, weights } = layer;
  const alternate = alternatesTies(layer);
  const output = new Int8Array(to.height * to.width * to.channels);
  let next = 0;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      for (let o = 0; o < to.channels; o++) {
        let acc = layer.bias[o]!;
        forEachTap(window, from, y, x, (inputY, inputX, ky, kx) => {
          const pixel = (inputY * from.width + inputX) * from.channels;
          const tap = ((o * window.kernelHeight + ky) * window.kernelWidth + kx) * from.channels;
          for (let c = 0; c < from.channels; c++) {
            const operand = countedActivation(input[pixel + c]! - from.zeroPoint, from.zeroPoint, layer);
            acc += countedProduct(operand * weights[tap + c]!, layer.productShift, alternate && c % 2 === 1);
          }
        });
        output[next++] = requantiseChannel(acc, layer.requantise, to, o);
      }
    }
  }
  return output;
}

/** acc[c] = bias[c] + sum over taps inside of (x - z_x) * w; weights [ky][kx][channel]. */
export function depthwise(network: Network, layer: DepthwiseLayer, input: Int8Array): Int8Array {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const { window, weights } = layer;
  const output = new Int8Array(to.height * to.width * to.channels);
  let next = 0;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      for (let c = 0; c < to.channels; c++) {
        let acc = layer.bias[c]!;
        forEachTap(window, from, y, x, (inputY, inputX, ky, kx) => {
          const code = input[(inputY * from.width + inputX) * from.channels + c]!;
          const weight = weights[(ky * window.kernelWidth + kx) * from.channels + c]!;
          const operand = countedActivation(code - from.zeroPoint, from.zeroPoint, layer);
          acc += countedProduct(operand * weight, layer.productShift, false);
        });
        output[next++] = requantiseChannel(acc, layer.requantise, to, c);
      }
    }
  }
  return output;
}

/** Code of an accumulator; one outside int32 is a bug of whoever made the network (see `checkAccumulators`). */
export function requantiseChannel(acc: number, parameters: Requantise, to: Tensor, channel: number): number {
  if (acc !== (acc | 0)) throw new Error(`accumulator ${acc} of tensor '${to.name}', channel ${channel} overflows`);
  const multiplier = channelValue(parameters.multiplier, channel);
  const shift = channelValue(parameters.shift, channel);
  return requantise(acc, multiplier, shift, to.zeroPoint, parameters.low, parameters.high);
}
