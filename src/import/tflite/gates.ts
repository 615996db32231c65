import type { ActivationNode, DepthwiseNode, GraphNode, GraphTensor } from '../../graph/graph.ts';

/**
 * Real networks write gates in parts; each becomes one activation:
 * clamp(x + 3, 0, 6) / 6 is hardSigmoid(x), x * sigmoid(x) swish(x), x * hardSigmoid(x) hardSwish(x).
 * Quantised tensors stay as they are: the file fixes their roundings. Drops the tensors that vanish from `tensors`.
 */
export function joinGates(
  nodes: readonly GraphNode[],
  tensors: Map<string, GraphTensor>,
  kept: ReadonlySet<string>,
): GraphNode[] {
  const readers = new Map<string, number>();
  for (const input of nodes.flatMap((node) => node.inputs)) readers.set(input, (readers.get(input) ?? 0) + 1);
  const producers = new Map<string, GraphNode>();
  const gone = new Set<GraphNode>();
  const joined: GraphNode[] = [];
  /** The layer that writes a tensor which only one layer reads, so that the two can become one. */
  const source = (tensor: string): GraphNode | undefined =>
    readers.get(tensor) === 1 && !kept.has(tensor) && !tensors.get(tensor)!.quantisation
      ? producers.get(tensor)
      : undefined;
  for (const node of nodes) {
    const [by, activation] = hardSigmoid(node, source) ?? swish(node, source) ?? [undefined, undefined];
    if (by) {
      gone.add(by);
      tensors.delete(by.output);
    }
    const result = activation ?? node;
    producers.set(result.output, result);
    joined.push(result);
  }
  return joined.filter((node) => !gone.has(node));
}

type Source = (tensor: string) => GraphNode | undefined;
type Join = readonly [by: GraphNode, activation: ActivationNode];

/** a * clamp(w x + b, 0, h) with a h = 1. */
function hardSigmoid(node: GraphNode, source: Source): Join | undefined {
  const outer = affine(node);
  const by = outer && source(node.inputs[0]!);
  const inner = by && affine(by);
  if (!by || !inner || outer.shift !== 0 || inner.low !== 0) return undefined;
  if (outer.low !== Number.NEGATIVE_INFINITY || outer.high !== Number.POSITIVE_INFINITY) return undefined;
  if (Math.abs(outer.factor * inner.high - 1) > 1e-6) return undefined;
  const [alpha, beta] = [outer.factor * inner.factor, outer.factor * inner.shift];
  const { name, output } = node;
  return [by, { op: 'activation', name, inputs: by.inputs, output, function: 'hardSigmoid', alpha, beta }];
}

/** x times a gate of x. */
function swish(node: GraphNode, source: Source): Join | undefined {
  if (node.op !== 'mul' || node.clamp.low > Number.NEGATIVE_INFINITY || node.clamp.high < Number.POSITIVE_INFINITY) {
    return undefined;
  }
  const [first, second] = node.inputs as readonly [string, string];
  for (const [x, gate] of [
    [first, second],
    [second, first],
  ] as const) {
    const by = source(gate);
    if (by?.op !== 'activation' || by.inputs[0] !== x) continue;
    const { name, output } = node;
    if (by.function === 'sigmoid') return [by, { op: 'activation', name, inputs: [x], output, function: 'swish' }];
    if (by.function === 'hardSigmoid') return [by, { ...by, name, output, function: 'hardSwish' }];
  }
  return undefined;
}

interface Affine {
  readonly factor: number;
  readonly shift: number;
  readonly low: number;
  readonly high: number;
}

/** clamp(factor * x + shift, low, high), where a layer is that with the same numbers for all channels. */
function affine(node: GraphNode): Affine | undefined {
  if (node.op !== 'depthwise' || !isPointwise(node) || node.weights.kind !== 'real') return undefined;
  const factor = uniform(node.weights.values);
  const shift = node.bias === undefined ? 0 : node.bias.kind === 'real' ? uniform(node.bias.values) : undefined;
  if (factor === undefined || shift === undefined) return undefined;
  return { factor, shift, ...node.clamp };
}

function isPointwise({ window }: DepthwiseNode): boolean {
  const { padding, kernelHeight, kernelWidth, strideY, strideX } = window;
  const pads = padding.top + padding.left + padding.bottom + padding.right;
  return kernelHeight * kernelWidth * strideY * strideX === 1 && pads === 0;
}

function uniform(values: Float32Array): number | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}
