/** Pass: gives every activation of a float graph its scale and zero point. */
import type { ActivationQuantisation, Graph, GraphTensor } from '../graph/graph.ts';
import { usefulInputRange } from './activations.ts';
import { tensorOf } from './float/weights.ts';
import { quantisationOf } from './lower/codes.ts';
import { extremeRange, type Observer, observedRange, type Range } from './observers.ts';
import type { Statistics } from './statistics.ts';

/**
 * The graph with `quantisation` on every tensor. Tensors between which codes are copied (max-pool, resize) share one,
 * made of the union of their ranges. What leaves the network is not clipped: a logit's or a coordinate's extremes matter.
 */
export function quantiseActivations(graph: Graph, statistics: Statistics, observer: Observer): Graph {
  const outputs = new Set(graph.outputs.map(({ tensor }) => tensor));
  const groups = sharedGroups(graph);
  const ranges = new Map<string, Range>();
  for (const [name, seen] of statistics) {
    const range = outputs.has(name) ? extremeRange(seen) : observedRange(seen, observer);
    const group = groups.get(name) ?? name;
    const useful = narrow(range, usefulRange(graph, name));
    const known = ranges.get(group);
    ranges.set(group, known === undefined ? useful : unite(known, useful));
  }
  const tensors = new Map<string, GraphTensor>();
  for (const [name, tensor] of graph.tensors) {
    const range = ranges.get(groups.get(name) ?? name);
    if (range === undefined) {
      tensors.set(name, tensor);
      continue;
    }
    const quantisation: ActivationQuantisation = quantisationOf(range.low, range.high);
    tensors.set(name, { ...tensor, quantisation });
  }
  return { ...graph, tensors };
}

/** Representative of the tensors that must have one quantisation between them, for those that are not alone. */
function sharedGroups(graph: Graph): Map<string, string> {
  const groups = new Map<string, string>();
  for (const node of graph.nodes) {
    if (node.op !== 'maxPool' && node.op !== 'resize') continue;
    const input = node.inputs[0]!;
    groups.set(node.output, groups.get(input) ?? input);
  }
  return groups;
}

/** What the readers of a tensor can tell apart: below -3 a hard swish gives 0 whatever its input is. */
function usefulRange(graph: Graph, name: string): Range {
  const everything = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  if (graph.outputs.some(({ tensor }) => tensor === name)) return everything;
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const ranges = readers.map((node) => (node.op === 'activation' ? usefulInputRange(node) : everything));
  return ranges.length === 0 ? everything : ranges.reduce(unite);
}

function unite(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

function narrow(range: Range, limits: Range): Range {
  return {
    low: Math.min(0, Math.max(range.low, limits.low)),
    high: Math.max(0, Math.min(range.high, limits.high)),
  };
}

/** Scale of a tensor that a pass has quantised. */
export function scaleOf(graph: Graph, name: string): number {
  return tensorOf(graph, name).quantisation!.scale;
}
