/** Pass: what could not join a neighbour becomes a layer of its own. */
import { type ActivationNode, NO_CLAMP, type PoolNode } from '../../../graph/graph.ts';
import { unitWindow } from '../../../graph/shapes.ts';
import type { ClampDraft, DraftGraph, DraftNode, FilterDraft } from '../draft.ts';

export function lowerRest(graph: DraftGraph): DraftGraph {
  const nodes = graph.nodes.map((node): DraftNode => {
    const { name, inputs, output } = node;
    switch (node.op) {
      case 'affine':
        return { ...perChannel(node, node.scale), bias: { values: node.shift }, clamp: node.clamp };
      case 'pad': {
        const { channels } = graph.tensors.get(output)!.shape;
        const copy = perChannel(node, new Float64Array(channels).fill(1));
        return { ...copy, window: { ...copy.window, padding: node.padding } };
      }
      case 'clamp':
        return lowerClamp(node);
      case 'quantise':
        return { op: 'rescale', name, inputs, output };
      default:
        return node;
    }
  });
  return { ...graph, nodes };
}

/** A 1 x 1 depthwise layer. */
function perChannel({ name, inputs, output }: DraftNode, factors: Float64Array): FilterDraft {
  const weights = { kind: 'real' as const, values: Float32Array.from(factors) };
  return { op: 'depthwise', name, inputs, output, window: unitWindow(), weights, bias: undefined, clamp: NO_CLAMP };
}

/** ReLU is a table; other limits clamp the codes of a 1 x 1 maximum. */
function lowerClamp({ name, inputs, output, clamp }: ClampDraft): ActivationNode | PoolNode {
  if (clamp.low === 0 && clamp.high === Number.POSITIVE_INFINITY) {
    return { op: 'activation', name, inputs, output, function: 'relu' };
  }
  return { op: 'maxPool', name, inputs, output, window: unitWindow(), clamp };
}
