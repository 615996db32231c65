/**
 * The graph while it is imported: the final graph's nodes, and a few that the passes merge into their neighbours
 * or turn into final ones.
 */
import type {
  ActivationNode,
  ActivationQuantisation,
  AddNode,
  ConcatNode,
  GraphInput,
  GraphOutput,
  GraphTensor,
  MulNode,
  Padding,
  PoolNode,
  RealClamp,
  RescaleNode,
  ResizeNode,
  Weights,
  Window,
} from '../../graph/graph.ts';

interface DraftBase {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Bias as real values; `codes` are the file's own, real = code * scale of the channel. */
export interface DraftBias {
  readonly values: Float64Array;
  readonly codes?: { readonly codes: Int32Array; readonly scales: Float64Array };
}

/** Layouts and meaning as in graph.ts. */
export interface FilterDraft extends DraftBase {
  readonly op: 'conv' | 'depthwise';
  readonly window: Window;
  readonly weights: Weights;
  readonly bias: DraftBias | undefined;
  readonly clamp: RealClamp;
}

/** y = clamp(scale[c] * x + shift[c]), one of each a channel. */
export interface AffineDraft extends DraftBase {
  readonly op: 'affine';
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  readonly clamp: RealClamp;
}

export interface ClampDraft extends DraftBase {
  readonly op: 'clamp';
  readonly clamp: RealClamp;
}

/** Zeros around the map. */
export interface PadDraft extends DraftBase {
  readonly op: 'pad';
  readonly padding: Padding;
}

/** Rounds to the codes of its output tensor, which has a quantisation. */
export interface QuantiseDraft extends DraftBase {
  readonly op: 'quantise';
}

export type DraftNode =
  | FilterDraft
  | AffineDraft
  | ClampDraft
  | PadDraft
  | QuantiseDraft
  | AddNode
  | MulNode
  | PoolNode
  | ActivationNode
  | ConcatNode
  | ResizeNode
  | RescaleNode;

export interface DraftGraph {
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly tensors: ReadonlyMap<string, GraphTensor>;
  /** In executable order. */
  readonly nodes: readonly DraftNode[];
  readonly notes: readonly string[];
}

export type Pass = (graph: DraftGraph) => DraftGraph;

export function sameQuantisation(
  a: ActivationQuantisation | undefined,
  b: ActivationQuantisation | undefined,
): boolean {
  if (!a || !b) return a === b;
  return a.scale === b.scale && a.zeroPoint === b.zeroPoint;
}

/** How often each tensor is read, by nodes and as an output of the graph. */
export function countUses(graph: DraftGraph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const add = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(add);
  for (const { tensor } of graph.outputs) add(tensor);
  return uses;
}

/** The graph reading other tensors in place of some (the map may chain), and no longer holding the replaced ones. */
export function renameReads(graph: DraftGraph, replaced: ReadonlyMap<string, string>): DraftGraph {
  if (replaced.size === 0) return graph;
  const final = (name: string): string => {
    let at = name;
    for (let next = replaced.get(at); next !== undefined; next = replaced.get(at)) at = next;
    return at;
  };
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(final) })),
    outputs: graph.outputs.map((output) => ({ ...output, tensor: final(output.tensor) })),
  };
}

export function sumPadding(a: Padding, b: Padding): Padding {
  return { top: a.top + b.top, left: a.left + b.left, bottom: a.bottom + b.bottom, right: a.right + b.right };
}
