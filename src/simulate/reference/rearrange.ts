/** Layers that move values. */
import type { ConcatLayer, Network, ResizeLayer } from '../../network/network.ts';
import { requantiseChannel } from './convolution.ts';

/** Channels of the inputs one after the other, each input rescaled to the output (acc = x - z_i). */
export function concat(network: Network, layer: ConcatLayer, inputs: readonly Int8Array[]): Int8Array {
  const to = network.tensors[layer.output]!;
  const output = new Int8Array(to.height * to.width * to.channels);
  let firstChannel = 0;
  inputs.forEach((input, index) => {
    const from = network.tensors[layer.inputs[index]!]!;
    for (let pixel = 0; pixel < to.height * to.width; pixel++) {
      for (let c = 0; c < from.channels; c++) {
        const acc = input[pixel * from.channels + c]! - from.zeroPoint;
        output[pixel * to.channels + firstChannel + c] = requantiseChannel(acc, layer.rescale[index]!, to, c);
      }
    }
    firstChannel += from.channels;
  });
  return output;
}

/** output(y, x) = input(floor(y / factorY), floor(x / factorX)) */
export function resize(network: Network, layer: ResizeLayer, input: Int8Array): Int8Array {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const output = new Int8Array(to.height * to.width * to.channels);
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const source = (Math.floor(y / layer.factorY) * from.width + Math.floor(x / layer.factorX)) * from.channels;
      output.set(input.subarray(source, source + from.channels), (y * to.width + x) * to.channels);
    }
  }
  return output;
}
