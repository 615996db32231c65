/** Pass: a scale and shift a channel joins the convolutions that read it, where their padding does not get in the way. */

import type { AffineDraft } from '../draft.ts';
import { countUses, type DraftGraph, type DraftNode, type FilterDraft } from '../draft.ts';
import { isOpen } from './absorb.ts';

export function foldAffineForward(graph: DraftGraph): DraftGraph {
  const uses = countUses(graph);
  const folded = new Map<string, AffineDraft>();
  for (const node of graph.nodes) {
    if (node.op !== 'affine' || !isOpen(node.clamp) || graph.tensors.get(node.output)!.quantisation) continue;
    const readers = graph.nodes.filter(({ inputs }) => inputs.includes(node.output));
    if (readers.length === uses.get(node.output) && readers.every((reader) => takes(reader, node))) {
      folded.set(node.output, node);
    }
  }
  const nodes = graph.nodes.flatMap((node): readonly DraftNode[] => {
    if (folded.has(node.output)) return [];
    const affine = folded.get(node.inputs[0]!);
    return affine ? [foldInto(node as FilterDraft, affine)] : [node];
  });
  return { ...graph, nodes };
}

function takes(node: DraftNode, { shift }: AffineDraft): boolean {
  if ((node.op !== 'conv' && node.op !== 'depthwise') || node.weights.kind !== 'real') return false;
  const { top, left, bottom, right } = node.window.padding;
  return top + left + bottom + right === 0 || shift.every((b) => b === 0);
}

/** sum of w * (a * x + b) = sum of (w * a) * x, plus sum of w * b. */
function foldInto(node: FilterDraft, { scale, shift, inputs }: AffineDraft): FilterDraft {
  if (node.weights.kind !== 'real') throw new Error('real weights were checked');
  const depth = scale.length;
  const weights = node.weights.values;
  const outputs =
    node.op === 'conv' ? weights.length / (node.window.kernelHeight * node.window.kernelWidth * depth) : depth;
  const perOutput = weights.length / outputs;
  const bias = Float64Array.from({ length: outputs }, (_, c) => node.bias?.values[c] ?? 0);
  const values = weights.map((weight, i) => {
    const output = node.op === 'conv' ? Math.floor(i / perOutput) : i % depth;
    bias[output] = bias[output]! + weight * shift[i % depth]!;
    return weight * scale[i % depth]!;
  });
  return { ...node, inputs, weights: { kind: 'real', values }, bias: { values: bias } };
}
