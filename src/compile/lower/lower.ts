/** Pass 1: layers of the integer network become stages of the engine, with packed weights and parameters. */
import type { Layer, Network } from '../../network/network.ts';
import type { Config } from '../../spec/config.ts';
import { windowTables } from '../../spec/window.ts';
import type { MachineGraph } from '../machine-graph.ts';
import type { Context } from './context.ts';
import { lowerConv, lowerDepthwise } from './convolution.ts';
import { lowerAdd, lowerConcat, lowerMul, lowerResize, lowerTable } from './elementwise.ts';
import { lowerPool } from './pool.ts';

/** Layers in their order; an add or a table that follows its producer alone is fused into the producer's stage. */
export function lowerLayers(network: Network, config: Config): MachineGraph {
  const consumers: number[][] = network.tensors.map(() => []);
  network.layers.forEach((layer, index) => {
    for (const input of layer.inputs) consumers[input]!.push(index);
  });
  const windows = windowTables(config);
  const context: Context = {
    network,
    config,
    consumers,
    tensors: network.tensors.map((tensor, networkTensor) => ({
      name: tensor.name,
      height: tensor.height,
      width: tensor.width,
      channels: tensor.channels,
      networkTensor,
      spaceToDepth: 1,
      ring: true,
    })),
    stages: [],
    kernels: windows.kernels,
    haloGroups: windows.haloGroups,
  };
  const done = new Set<number>();
  network.layers.forEach((layer, index) => {
    if (!done.has(index)) lowerLayer(context, layer, index, done);
  });
  return {
    tensors: context.tensors,
    inputs: network.inputs.map((input) => context.tensors.findIndex((t) => t.networkTensor === input)),
    outputs: network.outputs.map(({ tensor }) => tensor),
    stages: context.stages,
  };
}

function lowerLayer(context: Context, layer: Layer, index: number, done: Set<number>): void {
  switch (layer.op) {
    case 'conv':
      return lowerConv(context, layer, index, done);
    case 'depthwise':
      return lowerDepthwise(context, layer, index, done);
    case 'add':
      return lowerAdd(context, layer, index, done);
    case 'mul':
      return lowerMul(context, layer, index, done);
    case 'maxPool':
    case 'averagePool':
      return lowerPool(context, layer, index, done);
    case 'table':
      return lowerTable(context, layer, index, done);
    case 'concat':
      return lowerConcat(context, layer, index);
    case 'resize':
      return lowerResize(context, layer, index, done);
  }
}
