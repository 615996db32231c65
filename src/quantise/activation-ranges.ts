/** Pass: gives every activation of a float graph its scale and zero point. */
import type { ActivationQuantisation, Graph, GraphNode, GraphTensor } from '../graph/graph.ts';
import { usefulInputRange } from './activations.ts';
import { LARGEST_WEIGHT_CODE } from './channel-scale.ts';
import { realWeights, tensorOf } from './float/weights.ts';
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
  const codes = new Map<string, ActivationQuantisation>();
  const settle = (name: string, finest: number): void => {
    const group = groups.get(name) ?? name;
    const range = ranges.get(group);
    if (range === undefined) throw new Error(`tensor '${name}' was not seen in calibration`);
    const known = codes.get(group) ?? atLeast(quantisationOf(range.low, range.high), finest);
    codes.set(group, known);
    codes.set(name, known);
  };
  for (const { tensor } of graph.inputs) settle(tensor, 0);
  for (const node of graph.nodes) settle(node.output, finestScale(graph, node, codes));
  const tensors = new Map<string, GraphTensor>();
  for (const [name, tensor] of graph.tensors) {
    const quantisation = codes.get(name);
    tensors.set(name, quantisation === undefined ? tensor : { ...tensor, quantisation });
  }
  return { ...graph, tensors };
}

/** Steps of a code in one step of the accumulator: finer codes would tell nothing apart. */
const CODES_PER_STEP = 256;

/**
 * The finest scale worth giving a node's output: a fraction of what one step of its accumulator stands for. It matters
 * where a layer's outputs all but vanish (a gate that stays shut), whose scale no multiplier could reach.
 */
function finestScale(graph: Graph, node: GraphNode, codes: ReadonlyMap<string, ActivationQuantisation>): number {
  const scales = node.inputs.map((name) => codes.get(name)!.scale);
  const [x, second] = scales as [number, number];
  switch (node.op) {
    case 'conv':
    case 'depthwise': {
      const largest = realWeights(graph, node).reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      return (x * largest) / LARGEST_WEIGHT_CODE / CODES_PER_STEP;
    }
    case 'averagePool':
      return x / (node.window.kernelHeight * node.window.kernelWidth) / CODES_PER_STEP;
    case 'mul':
      return (x * second) / CODES_PER_STEP;
    case 'add':
    case 'concat':
      return Math.max(...scales) / CODES_PER_STEP;
    default:
      return 0;
  }
}

function atLeast({ scale, zeroPoint }: ActivationQuantisation, finest: number): ActivationQuantisation {
  return { scale: Math.max(scale, finest), zeroPoint };
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
