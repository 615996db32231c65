/** Pass: zeros around a map become the padding of the layers that read it, where that is the same. */
import type { Padding } from '../../../graph/graph.ts';
import { countUses, type DraftGraph, type DraftNode, type PadDraft, sameQuantisation, sumPadding } from '../draft.ts';

export function mergePads(graph: DraftGraph): DraftGraph {
  const uses = countUses(graph);
  const merged = new Map<string, PadDraft>();
  const producer = new Map(graph.nodes.map((node) => [node.output, node]));
  for (const node of graph.nodes) {
    if (node.op !== 'pad') continue;
    const [source] = node.inputs as readonly [string];
    const [before, after] = [graph.tensors.get(source)!.quantisation, graph.tensors.get(node.output)!.quantisation];
    if (after && !sameQuantisation(before, after)) continue;
    const readers = graph.nodes.filter(({ inputs }) => inputs.includes(node.output));
    const positive = isPositive(producer.get(source));
    const all = readers.length === uses.get(node.output) && readers.every((reader) => takes(reader, positive));
    if (all) merged.set(node.output, node);
  }
  const nodes = graph.nodes.flatMap((node): readonly DraftNode[] => {
    if (merged.has(node.output)) return [];
    const pad = merged.get(node.inputs[0]!);
    return pad ? [widen(node, pad.padding, pad.inputs)] : [node];
  });
  return { ...graph, nodes };
}

/** Filters see zeros in their padding; a maximum sees none, which is the same where nothing is below 0. */
function takes(node: DraftNode, positive: boolean): boolean {
  if (node.op === 'conv' || node.op === 'depthwise') return true;
  if (node.op !== 'maxPool' || !positive) return false;
  const { padding } = node.window;
  return padding.top + padding.left + padding.bottom + padding.right === 0;
}

function isPositive(node: DraftNode | undefined): boolean {
  return node !== undefined && 'clamp' in node && node.clamp.low >= 0;
}

function widen(node: DraftNode, padding: Padding, inputs: readonly string[]): DraftNode {
  if (!('window' in node)) throw new Error('only nodes with a window take padding');
  return { ...node, inputs, window: { ...node.window, padding: sumPadding(node.window.padding, padding) } };
}
