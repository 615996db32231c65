/** One layer of a network on many frames, through the kernels. */
import type { Layer, Network } from '../network/network.ts';
import { createKernels } from '../simulate/kernels/kernels.ts';

/** Codes of the layer's output for every frame; `inputs` holds those of each of `layer.inputs`. */
export async function runLayer(
  network: Network,
  layer: Layer,
  inputs: readonly (readonly Int8Array[])[],
): Promise<Int8Array[]> {
  const sources = [...new Set(layer.inputs)];
  const place = (tensor: number) => sources.indexOf(tensor);
  const alone: Network = {
    ...network,
    tensors: [...sources, layer.output].map((tensor) => network.tensors[tensor]!),
    inputs: sources.map(place),
    outputs: [{ name: layer.name, tensor: sources.length, hostOperators: [] }],
    layers: [{ ...layer, inputs: layer.inputs.map(place), output: sources.length } as Layer],
  };
  const kernels = await createKernels(alone);
  const frames = sources.map((tensor) => inputs[layer.inputs.indexOf(tensor)]!);
  return frames[0]!.map((_, frame) => kernels.run(frames.map((codes) => codes[frame]!))[0]!);
}

/** Values of tensors on many frames, forgotten when their last reader has run. */
export class FrameTensors {
  private readonly values = new Map<number, readonly Int8Array[]>();
  private readonly lastReader = new Map<number, number>();
  private readonly network: Network;

  /** `frames`: codes of `network.inputs` of every frame. */
  constructor(network: Network, frames: readonly (readonly Int8Array[])[]) {
    this.network = network;
    network.inputs.forEach((tensor, index) => {
      this.values.set(
        tensor,
        frames.map((inputs) => inputs[index]!),
      );
    });
    network.layers.forEach((layer, index) => {
      for (const tensor of layer.inputs) this.lastReader.set(tensor, index);
    });
    for (const { tensor } of network.outputs) this.lastReader.set(tensor, Number.POSITIVE_INFINITY);
  }

  has(tensor: number): boolean {
    return this.values.has(tensor);
  }

  of(tensor: number): readonly Int8Array[] {
    const values = this.values.get(tensor);
    if (values === undefined) throw new Error(`tensor ${tensor} is not there yet, or no more`);
    return values;
  }

  /** Runs the layer (as given, perhaps pruned) on what is there. */
  async run(layer: Layer): Promise<readonly Int8Array[]> {
    const inputs = layer.inputs.map((tensor) => this.of(tensor));
    const output = await runLayer(this.network, layer, inputs);
    this.values.set(layer.output, output);
    return output;
  }

  /** Forgets what no layer after `index` reads. */
  forget(index: number): void {
    for (const tensor of [...this.values.keys()]) {
      if ((this.lastReader.get(tensor) ?? -1) <= index) this.values.delete(tensor);
    }
  }
}
