/** How much the network's answer suffers from an error in one layer: divergence a unit of relative squared error. */
import type { ConvLayer, DepthwiseLayer, Network } from '../network/network.ts';
import { seededNumbers } from '../quantise/augment.ts';
import { createKernels } from '../simulate/kernels/kernels.ts';
import { totalVariance } from './operands.ts';
import { divergence } from './score.ts';

/** Smallest sensitivity given, so that no layer is thought to be free. */
const FLOOR = 0.05;
/** Share by which weights are perturbed. */
const AMOUNT = 0.12;

/** Layers whose sensitivity is asked for: all with multipliers. */
export function measuredLayers(network: Network): number[] {
  return network.layers.flatMap((layer, index) => (layer.op === 'conv' || layer.op === 'depthwise' ? [index] : []));
}

/**
 * Perturbs each of `layers` by itself (weights up or down by a share, seeded) and compares the network's answers.
 * `frames`: codes of the network's inputs. One number a layer.
 */
export async function sensitivities(
  network: Network,
  layers: readonly number[],
  frames: readonly (readonly Int8Array[])[],
  onLayer: () => void = () => undefined,
): Promise<number[]> {
  const output = network.outputs[0]!.tensor;
  const unpruned = await createKernels(network, { keepTensors: true });
  const original = frames.map((inputs) => unpruned.runAll(inputs));
  const found: number[] = [];
  for (const index of layers) {
    const layer = network.layers[index] as ConvLayer | DepthwiseLayer;
    const perturbed = network.layers.map((other, at) => (at === index ? perturb(layer) : other));
    const kernels = await createKernels({ ...network, layers: perturbed }, { keepTensors: true });
    let loss = 0;
    let error = 0;
    const { channels } = network.tensors[layer.output]!;
    const variance = totalVariance(
      original.map((tensors) => tensors[layer.output]!),
      channels,
    );
    frames.forEach((inputs, frame) => {
      const tensors = kernels.runAll(inputs);
      loss += divergence(network, original[frame]![output]!, tensors[output]!) / frames.length;
      error += meanSquare(original[frame]![layer.output]!, tensors[layer.output]!, channels) / frames.length;
    });
    found.push(Math.max(FLOOR, error === 0 ? 0 : loss / (error / variance)));
    onLayer();
  }
  return found;
}

function perturb<L extends ConvLayer | DepthwiseLayer>(layer: L): L {
  const random = seededNumbers(1);
  const weights = layer.weights.map((weight) => {
    const moved = Math.round(weight * (1 + (random() < 0.5 ? -AMOUNT : AMOUNT)) + (random() - 0.5) * 2);
    return Math.max(-127, Math.min(127, moved));
  });
  return { ...layer, weights };
}

/** Squared difference of codes, mean over pixels, summed over channels. */
function meanSquare(a: Int8Array, b: Int8Array, channels: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return (sum * channels) / a.length;
}
