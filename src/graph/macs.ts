import type { Graph, GraphNode } from './graph.ts';

/** Multiply-accumulates of one layer, counted as the field does: taps in padding count, other layers count none. */
export function nodeMacs(graph: Graph, node: GraphNode): number {
  if (node.op !== 'conv' && node.op !== 'depthwise') return 0;
  const { height, width, channels } = graph.tensors.get(node.output)!.shape;
  const depth = node.op === 'conv' ? graph.tensors.get(node.inputs[0]!)!.shape.channels : 1;
  return height * width * channels * node.window.kernelHeight * node.window.kernelWidth * depth;
}

export function graphMacs(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeMacs(graph, node), 0);
}
