/**
 * The specification: what every layer computes, integer for integer, written to be read.
 *
 * Tensors are Int8Array of height x width x channels codes (HWC). Every faster rung must give these values.
 */
import type { Layer, Network } from '../../network/network.ts';
import { convolution, depthwise } from './convolution.ts';
import { add, multiply, table } from './elementwise.ts';
import { averagePool, maxPool } from './pool.ts';
import { concat, resize } from './rearrange.ts';

/** Runs the network; gives one array per tensor of `network.tensors`, inputs included. */
export function runReference(network: Network, inputs: readonly Int8Array[]): Int8Array[] {
  if (inputs.length !== network.inputs.length) {
    throw new Error(`network has ${network.inputs.length} inputs, ${inputs.length} given`);
  }
  const values: Int8Array[] = new Array(network.tensors.length);
  network.inputs.forEach((tensor, index) => {
    const { name, height, width, channels } = network.tensors[tensor]!;
    const input = inputs[index]!;
    if (input.length !== height * width * channels) {
      throw new Error(`input '${name}' holds ${input.length} codes, ${height} x ${width} x ${channels} needed`);
    }
    values[tensor] = input;
  });
  for (const layer of network.layers) {
    const layerInputs = layer.inputs.map((tensor) => values[tensor]!);
    values[layer.output] = runReferenceLayer(network, layer, layerInputs);
  }
  return values;
}

/** One layer on given inputs (codes, HWC, in the order of `layer.inputs`). */
export function runReferenceLayer(network: Network, layer: Layer, inputs: readonly Int8Array[]): Int8Array {
  switch (layer.op) {
    case 'conv':
      return convolution(network, layer, inputs[0]!);
    case 'depthwise':
      return depthwise(network, layer, inputs[0]!);
    case 'add':
      return add(network, layer, inputs[0]!, inputs[1]!);
    case 'mul':
      return multiply(network, layer, inputs[0]!, inputs[1]!);
    case 'averagePool':
      return averagePool(network, layer, inputs[0]!);
    case 'maxPool':
      return maxPool(network, layer, inputs[0]!);
    case 'table':
      return table(layer, inputs[0]!);
    case 'concat':
      return concat(network, layer, inputs);
    case 'resize':
      return resize(network, layer, inputs[0]!);
  }
}
