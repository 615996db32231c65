/** Pass: drops nodes that change nothing, and gives a graph input the codes that it is rounded to first. */
import type { GraphTensor } from '../../../graph/graph.ts';
import { countUses, type DraftGraph, type DraftNode, renameReads, sameQuantisation } from '../draft.ts';
import { isOpen } from './absorb.ts';

export function dropIdentities(graph: DraftGraph): DraftGraph {
  const uses = countUses(graph);
  const inputs = new Set(graph.inputs.map(({ tensor }) => tensor));
  const tensors = new Map(graph.tensors);
  const renamed = new Map<string, string>();
  const nodes = graph.nodes.filter((node) => {
    const source = node.inputs[0]!;
    const [before, after] = [tensors.get(source)!, tensors.get(node.output)!];
    const first = node.op === 'quantise' && inputs.has(source) && uses.get(source) === 1 && !before.quantisation;
    if (first && after.quantisation) tensors.set(source, { ...before, quantisation: after.quantisation });
    else if (!changesNothing(node, before, after)) return true;
    renamed.set(node.output, source);
    return false;
  });
  return renameReads({ ...graph, nodes, tensors }, renamed);
}

function changesNothing(node: DraftNode, before: GraphTensor, after: GraphTensor): boolean {
  const same = sameQuantisation(before.quantisation, after.quantisation);
  switch (node.op) {
    case 'quantise':
      return same;
    case 'clamp':
      return same && isOpen(node.clamp);
    case 'resize':
      return same && node.factorY === 1 && node.factorX === 1;
    case 'affine': {
      // A factor such as 6 * float32(1 / 6) is meant to be 1.
      const one = node.scale.every((a) => Math.abs(a - 1) < 1e-6) && node.shift.every((b) => b === 0);
      return one && same && isOpen(node.clamp);
    }
    default:
      return false;
  }
}
