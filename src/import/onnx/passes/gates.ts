/** Pass: x * sigmoid(x) becomes swish(x), x * hardSigmoid(x) hardSwish(x), also where exporters wrote them in parts. */
import { type ActivationNode, NO_CLAMP } from '../../../graph/graph.ts';
import { countUses, type DraftGraph, type DraftNode } from '../draft.ts';
import { isOpen, uniform } from './absorb.ts';

type Gate = Pick<ActivationNode, 'function' | 'alpha' | 'beta'> & { readonly factor: number };

export function joinGates(graph: DraftGraph): DraftGraph {
  const uses = countUses(graph);
  const producer = new Map(graph.nodes.map((node) => [node.output, node]));
  const tensors = new Map(graph.tensors);
  const gone = new Set<DraftNode>();
  const replaced = new Map<DraftNode, readonly DraftNode[]>();
  for (const node of graph.nodes) {
    if (node.op !== 'mul' || !isOpen(node.clamp)) continue;
    const [first, second] = node.inputs as readonly [string, string];
    for (const [x, gate] of [
      [first, second],
      [second, first],
    ] as const) {
      const by = producer.get(gate);
      if (!by || by.inputs[0] !== x || uses.get(gate) !== 1 || tensors.get(gate)!.quantisation) continue;
      const found = gateOf(by);
      if (!found) continue;
      const { factor, ...rest } = found;
      gone.add(by);
      const { name, output } = node;
      const middle = factor === 1 ? output : gate;
      const activation: DraftNode = { op: 'activation', name, inputs: [x], output: middle, ...rest };
      const channels = tensors.get(output)!.shape.channels;
      const scale = new Float64Array(channels).fill(factor);
      const shift = new Float64Array(channels);
      const scaling: DraftNode = { op: 'affine', name, inputs: [middle], output, scale, shift, clamp: NO_CLAMP };
      replaced.set(node, factor === 1 ? [activation] : [activation, scaling]);
      break;
    }
  }
  const nodes = graph.nodes.filter((node) => !gone.has(node)).flatMap((node) => replaced.get(node) ?? [node]);
  return { ...graph, nodes };
}

/** The function that x times this node's output is, times `factor`. */
function gateOf(node: DraftNode): Gate | undefined {
  if (node.op === 'activation') {
    if (node.function === 'sigmoid') return { function: 'swish', factor: 1 };
    if (node.function !== 'hardSigmoid') return undefined;
    return { function: 'hardSwish', alpha: node.alpha ?? 1 / 6, beta: node.beta ?? 1 / 2, factor: 1 };
  }
  if (node.op !== 'affine') return undefined;
  const [a, b] = [uniform(node.scale), uniform(node.shift)];
  const { low, high } = node.clamp;
  if (a === undefined || b === undefined || low !== 0 || !(high > 0) || !Number.isFinite(high)) return undefined;
  return { function: 'hardSwish', alpha: a / high, beta: b / high, factor: Math.abs(high - 1) < 1e-6 ? 1 : high };
}
