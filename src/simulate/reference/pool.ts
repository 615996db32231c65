/** Average and maximum over a window. */
import type { AveragePoolLayer, MaxPoolLayer, Network } from '../../network/network.ts';
import { requantiseChannel } from './convolution.ts';
import { forEachTap } from './window.ts';

/** acc = sum of (x - z_x) over the window; 1 / count is part of the multiplier, so padding is not allowed. */
export function averagePool(network: Network, layer: AveragePoolLayer, input: Int8Array): Int8Array {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const { top, left, bottom, right } = layer.window.padding;
  if (top + left + bottom + right > 0) throw new Error(`layer '${layer.name}': an average pool cannot have padding`);
  const output = new Int8Array(to.height * to.width * to.channels);
  let next = 0;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      for (let c = 0; c < to.channels; c++) {
        let acc = 0;
        forEachTap(layer.window, from, y, x, (inputY, inputX) => {
          acc += input[(inputY * from.width + inputX) * from.channels + c]! - from.zeroPoint;
        });
        output[next++] = requantiseChannel(acc, layer.requantise, to, c);
      }
    }
  }
  return output;
}

/** Maximum of the codes inside the map (-128 where there is none), clamped. */
export function maxPool(network: Network, layer: MaxPoolLayer, input: Int8Array): Int8Array {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const output = new Int8Array(to.height * to.width * to.channels);
  let next = 0;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      for (let c = 0; c < to.channels; c++) {
        let maximum = -128;
        forEachTap(layer.window, from, y, x, (inputY, inputX) => {
          maximum = Math.max(maximum, input[(inputY * from.width + inputX) * from.channels + c]!);
        });
        output[next++] = Math.min(layer.high, Math.max(layer.low, maximum));
      }
    }
  }
  return output;
}
