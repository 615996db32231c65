/**
 * Hidden channels: those between a convolution and the next one, with nothing but channel-wise layers in between (the
 * expanded channels of a bottleneck). Their order is free, and leaving some out touches no other tensor.
 */
import type { ConvLayer, Layer, Network } from '../network/network.ts';

export interface HiddenChannels {
  /** Index of the layer that makes the channels, of the layers that work on each by itself, and of the reader. */
  readonly producer: number;
  readonly between: readonly number[];
  readonly consumer: number;
  readonly channels: number;
}

const CHANNEL_WISE: ReadonlySet<Layer['op']> = new Set(['depthwise', 'averagePool', 'maxPool', 'table']);

export function hiddenChannels(network: Network): HiddenChannels[] {
  const readers: number[][] = network.tensors.map(() => []);
  network.layers.forEach((layer, index) => {
    for (const input of layer.inputs) readers[input]!.push(index);
  });
  const visible = new Set(network.outputs.map(({ tensor }) => tensor));
  const found: HiddenChannels[] = [];
  network.layers.forEach((layer, producer) => {
    if (layer.op !== 'conv') return;
    const between: number[] = [];
    for (let tensor = layer.output; readers[tensor]!.length === 1 && !visible.has(tensor); ) {
      const index = readers[tensor]![0]!;
      const next = network.layers[index]!;
      if (next.op === 'conv') {
        found.push({ producer, between, consumer: index, channels: network.tensors[tensor]!.channels });
        return;
      }
      if (!CHANNEL_WISE.has(next.op)) return;
      between.push(index);
      tensor = next.output;
    }
  });
  return found;
}

/** The consumer with zero weights towards the channels from `first` on. */
export function withoutInputs(layer: ConvLayer, channels: number, first: number): ConvLayer {
  const weights = layer.weights.slice();
  for (let at = 0; at < weights.length; at += channels) weights.fill(0, at + first, at + channels);
  return { ...layer, weights };
}
