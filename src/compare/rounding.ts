/**
 * Rounding rules: from a layer's exact integer accumulators to its output codes, as the accelerator and as other
 * runtimes do it. See docs/rounding.md.
 */
import type { GraphNode } from '../graph/graph.ts';
import type { AddLayer, AveragePoolLayer, ConvLayer, DepthwiseLayer, Layer, Network } from '../network/network.ts';
import { channelValue } from '../network/numerics.ts';
import { runReferenceLayer } from '../simulate/reference/reference.ts';
import { forEachTap } from '../simulate/reference/window.ts';

/**
 * - `integer`: the accelerator's, one rounding of acc * multiplier / 2^shift, ties upward.
 * - `float32`: float32(acc) * float32 scale in single precision, ties to even, as XNNPACK and MLAS requantise.
 */
export type RoundingRule = 'integer' | 'float32';

export const ROUNDING_RULES: readonly RoundingRule[] = ['integer', 'float32'];

/** A layer's output codes under a rule; `node` is the graph's node that the layer was made from. */
export function runLayerUnder(
  rule: RoundingRule,
  network: Network,
  layer: Layer,
  node: GraphNode,
  inputs: readonly Int8Array[],
): Int8Array {
  if (rule === 'integer') return runReferenceLayer(network, layer, inputs);
  switch (layer.op) {
    case 'conv':
    case 'depthwise':
      return roundFilter(network, layer, node, inputs[0]!);
    case 'averagePool':
      return roundMean(network, layer, inputs[0]!);
    case 'add':
      return roundSum(network, layer, inputs[0]!, inputs[1]!);
    default:
      return runReferenceLayer(network, layer, inputs);
  }
}

/** Nearest integer, ties to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const part = value - floor;
  if (part !== 0.5) return part < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function roundFilter(
  network: Network,
  layer: ConvLayer | DepthwiseLayer,
  node: GraphNode,
  input: Int8Array,
): Int8Array {
  if (!('weights' in node) || node.weights.kind !== 'codes') throw new Error(`'${node.name}' has no weight codes`);
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const { scales } = node.weights;
  const factors = Float32Array.from({ length: to.channels }, (_, c) => {
    return Math.fround(Math.fround(from.scale) * Math.fround(channelValue(scales, c))) / Math.fround(to.scale);
  });
  const { low, high } = layer.requantise;
  const accumulators = accumulate(network, layer, input);
  return Int8Array.from(accumulators, (acc, i) => {
    const code = roundHalfEven(Math.fround(Math.fround(acc) * factors[i % to.channels]!)) + to.zeroPoint;
    return Math.min(high, Math.max(low, code));
  });
}

/** Exact accumulators, [height][width][channel] of the output. */
export function accumulate(network: Network, layer: ConvLayer | DepthwiseLayer, input: Int8Array): Int32Array {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const { window, weights } = layer;
  const result = new Int32Array(to.height * to.width * to.channels);
  const centred = Int16Array.from(input, (code) => code - from.zeroPoint);
  const { channels } = from;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const at = (y * to.width + x) * to.channels;
      result.set(layer.bias, at);
      forEachTap(window, from, y, x, (inputY, inputX, ky, kx) => {
        const pixel = (inputY * from.width + inputX) * channels;
        const tap = ky * window.kernelWidth + kx;
        for (let o = 0; o < to.channels; o++) {
          let sum = 0;
          if (layer.op === 'depthwise') sum = centred[pixel + o]! * weights[tap * channels + o]!;
          else {
            const row = (o * window.kernelHeight * window.kernelWidth + tap) * channels;
            for (let c = 0; c < channels; c++) sum += centred[pixel + c]! * weights[row + c]!;
          }
          result[at + o] = result[at + o]! + sum;
        }
      });
    }
  }
  return result;
}

function roundMean(network: Network, layer: AveragePoolLayer, input: Int8Array): Int8Array {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const count = layer.window.kernelHeight * layer.window.kernelWidth;
  const factor = Math.fround(Math.fround(from.scale) / Math.fround(Math.fround(to.scale) * count));
  const { low, high } = layer.requantise;
  const output = new Int8Array(to.height * to.width * to.channels);
  let next = 0;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      for (let c = 0; c < to.channels; c++) {
        let acc = 0;
        forEachTap(layer.window, from, y, x, (inputY, inputX) => {
          acc += input[(inputY * from.width + inputX) * from.channels + c]! - from.zeroPoint;
        });
        const code = roundHalfEven(Math.fround(Math.fround(acc) * factor)) + to.zeroPoint;
        output[next++] = Math.min(high, Math.max(low, code));
      }
    }
  }
  return output;
}

/** MLAS: constant part, then each addend's code times its factor, every step rounded to float32. */
function roundSum(network: Network, layer: AddLayer, a: Int8Array, b: Int8Array): Int8Array {
  const [from, other] = layer.inputs.map((index) => network.tensors[index]!) as [
    Network['tensors'][0],
    Network['tensors'][0],
  ];
  const to = network.tensors[layer.output]!;
  const factorA = Math.fround(Math.fround(from.scale) / Math.fround(to.scale));
  const factorB = Math.fround(Math.fround(other.scale) / Math.fround(to.scale));
  const fixed = Math.fround(
    to.zeroPoint - Math.fround(Math.fround(factorA * from.zeroPoint) + Math.fround(factorB * other.zeroPoint)),
  );
  return a.map((code, i) => {
    const first = Math.fround(fixed + Math.fround(code * factorA));
    const sum = Math.fround(first + Math.fround(b[i]! * factorB));
    return Math.min(layer.high, Math.max(layer.low, roundHalfEven(sum)));
  });
}
