/**
 * Pass: a node with one input joins the node that computes that input, where nothing else reads it and the result is
 * the same: clamps, a scale and shift a channel (batch normalisation), and the rounding to codes.
 */
import type { GraphTensor, RealClamp } from '../../../graph/graph.ts';
import {
  type AffineDraft,
  countUses,
  type DraftGraph,
  type DraftNode,
  type FilterDraft,
  sameQuantisation,
  sumPadding,
} from '../draft.ts';

type Tensors = ReadonlyMap<string, GraphTensor>;

export function absorb(graph: DraftGraph): DraftGraph {
  const uses = countUses(graph);
  const nodes: DraftNode[] = [];
  /** Where in `nodes` each tensor is computed. */
  const producer = new Map<string, number>();
  for (const node of graph.nodes) {
    const [source] = node.inputs as readonly [string];
    const index = producer.get(source);
    const alone = node.inputs.length === 1 && uses.get(source) === 1 && index !== undefined;
    const joined = alone ? join(nodes[index]!, node, graph.tensors) : undefined;
    if (joined) {
      nodes[index!] = { ...joined, output: node.output };
      producer.set(node.output, index!);
    } else {
      producer.set(node.output, nodes.length);
      nodes.push(node);
    }
  }
  return { ...graph, nodes };
}

/** `first` doing the work of `second` as well, or undefined where it cannot. */
function join(first: DraftNode, second: DraftNode, tensors: Tensors): DraftNode | undefined {
  const between = tensors.get(first.output)!.quantisation;
  const after = tensors.get(second.output)!.quantisation;
  switch (second.op) {
    case 'quantise':
      return between === undefined || sameQuantisation(between, after) ? first : undefined;
    case 'clamp':
      if (!('clamp' in first) || (between && !sameQuantisation(between, after))) return undefined;
      return { ...first, clamp: clampAgain(first.clamp, second.clamp) };
    case 'affine':
      if (between) return undefined;
      if (first.op === 'affine') return joinAffine(first, second);
      if (first.op === 'conv' || first.op === 'depthwise') return joinFilter(first, second);
      return undefined;
    case 'pad':
      if (first.op !== 'pad' || between) return undefined;
      return { ...first, padding: sumPadding(first.padding, second.padding) };
    default:
      return undefined;
  }
}

export function clampAgain(first: RealClamp, second: RealClamp): RealClamp {
  const limit = (value: number): number => Math.min(Math.max(value, second.low), second.high);
  return { low: limit(first.low), high: limit(first.high) };
}

export function isOpen({ low, high }: RealClamp): boolean {
  return low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY;
}

/** The number that all elements equal, or undefined. */
export function uniform(values: Float64Array): number | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

/**
 * The clamp of `first` moved behind the affine step: it must be open, or the step one growing function for all
 * channels. Then comes the affine step's own clamp.
 */
function movedClamp(first: RealClamp, { scale, shift, clamp }: AffineDraft): RealClamp | undefined {
  if (isOpen(first)) return clamp;
  const [a, b] = [uniform(scale), uniform(shift)];
  if (a === undefined || b === undefined || a <= 0) return undefined;
  return clampAgain({ low: a * first.low + b, high: a * first.high + b }, clamp);
}

function joinAffine(first: AffineDraft, second: AffineDraft): DraftNode | undefined {
  const clamp = movedClamp(first.clamp, second);
  if (!clamp) return undefined;
  const scale = first.scale.map((a, c) => a * second.scale[c]!);
  const shift = first.shift.map((b, c) => b * second.scale[c]! + second.shift[c]!);
  return { ...first, scale, shift, clamp };
}

function joinFilter(first: FilterDraft, second: AffineDraft): DraftNode | undefined {
  const clamp = movedClamp(first.clamp, second);
  if (!clamp || first.weights.kind !== 'real') return undefined;
  const { scale, shift } = second;
  const channels = scale.length;
  const perChannel = first.weights.values.length / channels;
  const values = first.weights.values.map((weight, i) => {
    return weight * scale[first.op === 'conv' ? Math.floor(i / perChannel) : i % channels]!;
  });
  const bias = shift.map((b, c) => b + scale[c]! * (first.bias?.values[c] ?? 0));
  return { ...first, weights: { kind: 'real', values }, bias: { values: bias }, clamp };
}
