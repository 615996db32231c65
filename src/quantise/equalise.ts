/**
 * Pass: equalisation of the channels that depthwise layers read. A channel of an activation may be multiplied by any
 * positive factor if the layer that makes it multiplies that filter and its bias by it and the layers that read it
 * divide theirs: the network computes the same. Filters have a scale a channel on both sides there, so the factors cost
 * nothing, and every channel can use all codes of the tensor's one scale.
 *
 * ReLU commutes with factors. A clamp at 6 does for a factor that keeps what the channel was seen to hold below 6: what
 * exceeds that saturates, as it would in quantisation, so `headroom` is left.
 */
import type { Graph, GraphNode, MulNode, RealClamp } from '../graph/graph.ts';
import { usefulInputRange } from './activations.ts';
import { type FilterNode, realBias, realWeights, tensorOf } from './float/weights.ts';
import { emptyHistogram } from './histogram.ts';
import type { Statistics, TensorStatistics } from './statistics.ts';

export interface EqualiseOptions {
  /** A channel keeps its factor up to this multiple of the largest value seen in it; 1 or more. */
  readonly headroom: number;
  /** Largest factor. */
  readonly largest: number;
}

export interface Equalised {
  readonly graph: Graph;
  /** What the given statistics become; equalised tensors keep no histogram, for theirs is known by channel only. */
  readonly statistics: Statistics;
}

/** The same network with equalised channels; `statistics` are the given graph's. */
export function equalise(graph: Graph, statistics: Statistics, options: EqualiseOptions): Equalised {
  const factors = new Map<string, Float64Array>();
  for (const node of graph.nodes) {
    if (!isFilter(node) || !commutes(node.clamp)) continue;
    const product = gatedProduct(graph, node.output);
    if (!onlyDepthwiseReads(graph, product?.output ?? node.output)) continue;
    const own = channelFactors(reachOf(statistics.get(product?.output ?? node.output)!), options);
    if (!own.some((factor) => factor > 1)) continue;
    factors.set(node.output, own);
    if (product) factors.set(product.output, own);
  }
  const nodes = graph.nodes.map((node) => (isFilter(node) ? rescaleFilter(graph, node, factors) : node));
  const scaled = new Map(statistics);
  for (const [name, own] of factors) {
    scaled.set(name, scaleStatistics(statistics.get(name)!, own, lowestUseful(graph, name)));
  }
  return { graph: { ...graph, nodes }, statistics: scaled };
}

function scaleStatistics(
  { minimum, maximum, sum, values }: TensorStatistics,
  factors: Float64Array,
  lowest: number,
): TensorStatistics {
  return {
    minimum: minimum.map((value, c) => Math.max(value, lowest) * factors[c]!),
    maximum: maximum.map((value, c) => value * factors[c]!),
    sum: sum.map((value, c) => value * factors[c]!),
    values,
    histogram: emptyHistogram(),
  };
}

/** Brings every channel's reach to the largest one's, less the headroom; never shrinks a channel. */
function channelFactors(reach: Float64Array, { headroom, largest }: EqualiseOptions): Float64Array {
  const widest = reach.reduce((a, b) => Math.max(a, b), 0);
  return reach.map((own) => (own > 0 ? Math.min(largest, Math.max(1, widest / (own * headroom))) : 1));
}

function reachOf({ minimum, maximum }: TensorStatistics): Float64Array {
  return Float64Array.from(minimum, (low, c) => Math.max(-low, maximum[c]!));
}

/** What the gate of a product shuts out: below it the product is 0 whatever the value is. */
function lowestUseful(graph: Graph, name: string): number {
  if (gatedProduct(graph, name) === undefined) return Number.NEGATIVE_INFINITY;
  const copies = graph.nodes.filter(({ op, inputs }) => op === 'depthwise' && inputs[0] === name);
  const gates = graph.nodes.filter(({ inputs }) => copies.some(({ output }) => inputs[0] === output));
  const lows = gates.map((node) => (node.op === 'activation' ? usefulInputRange(node).low : Number.NEGATIVE_INFINITY));
  return Math.min(...lows);
}

/** The product x * gate(x) that alone reads the tensor, besides the depthwise layer of its gate (`splitSwishes`). */
function gatedProduct(graph: Graph, name: string): MulNode | undefined {
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const product = readers.find((node): node is MulNode => node.op === 'mul' && node.inputs[0] === name);
  const leaves = graph.outputs.some(({ tensor }) => tensor === name);
  const others = readers.filter((node) => node !== product);
  return product && !leaves && commutes(product.clamp) && others.every(({ op }) => op === 'depthwise')
    ? product
    : undefined;
}

function isFilter(node: GraphNode): node is FilterNode {
  return node.op === 'conv' || node.op === 'depthwise';
}

function commutes({ low, high }: RealClamp): boolean {
  return (low === 0 || low === Number.NEGATIVE_INFINITY) && high > 0;
}

export function onlyDepthwiseReads(graph: Graph, name: string): boolean {
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const leaves = graph.outputs.some(({ tensor }) => tensor === name);
  return !leaves && readers.length > 0 && readers.every(({ op }) => op === 'depthwise');
}

function rescaleFilter(graph: Graph, node: FilterNode, factors: ReadonlyMap<string, Float64Array>): FilterNode {
  const made = factors.get(node.output);
  const read = factors.get(node.inputs[0]!);
  if (made === undefined && read === undefined) return node;
  const channels = tensorOf(graph, node.output).shape.channels;
  const weights = realWeights(graph, node);
  const perChannel = weights.length / channels;
  const values = weights.map((weight, i) => {
    const channel = node.op === 'conv' ? Math.floor(i / perChannel) : i % channels;
    // Only depthwise layers read scaled tensors, channel by channel.
    return (weight * (made?.[channel] ?? 1)) / (read?.[channel] ?? 1);
  });
  const bias = realBias(graph, node).map((value, channel) => value * (made?.[channel] ?? 1));
  return { ...node, weights: { kind: 'real', values }, bias: { kind: 'real', values: bias } };
}
