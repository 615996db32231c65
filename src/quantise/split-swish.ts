/**
 * Pass: swish(x) = x * sigmoid(x), as one table a tensor, cannot keep channels apart whose values differ by orders of
 * magnitude, and depthwise layers that follow often bring such channels back to one size. Where that is so, the table
 * becomes gate = sigmoid(x) and a product x * gate: x and the product may then be equalised channel by channel
 * (`equalise`), because the gate gets its x through a 1 x 1 depthwise layer that takes the factors out again.
 */
import type { ActivationNode, Graph, GraphNode, GraphTensor } from '../graph/graph.ts';
import { NO_CLAMP } from '../graph/graph.ts';
import { onlyDepthwiseReads } from './equalise.ts';
import { tensorOf } from './float/weights.ts';
import type { Statistics } from './statistics.ts';

/** Channels are far apart where the median channel's largest output is below the largest of all by this factor. */
const FAR_APART = 8;

/** The graph with those activations split, or the graph itself where there are none. */
export function splitSwishes(graph: Graph, statistics: Statistics): Graph {
  const chosen = new Set(graph.nodes.filter((node) => isCandidate(graph, node) && channelsFarApart(statistics, node)));
  if (chosen.size === 0) return graph;
  const tensors = new Map(graph.tensors);
  const nodes = graph.nodes.flatMap((node) =>
    chosen.has(node) ? split(graph, node as ActivationNode, tensors) : node,
  );
  return { ...graph, nodes, tensors };
}

/** A swish between the filter that it alone reads, without a clamp, and depthwise layers. */
function isCandidate(graph: Graph, node: GraphNode): boolean {
  if (node.op !== 'activation' || (node.function !== 'hardSwish' && node.function !== 'swish')) return false;
  const input = node.inputs[0]!;
  const maker = graph.nodes.find(({ output }) => output === input);
  const alone = graph.nodes.filter(({ inputs }) => inputs.includes(input)).length === 1;
  const leaves = graph.outputs.some(({ tensor }) => tensor === input);
  const plain =
    (maker?.op === 'conv' || maker?.op === 'depthwise') &&
    maker.clamp.low === Number.NEGATIVE_INFINITY &&
    maker.clamp.high === Number.POSITIVE_INFINITY;
  return plain && alone && !leaves && onlyDepthwiseReads(graph, node.output);
}

function channelsFarApart(statistics: Statistics, { output }: GraphNode): boolean {
  const { minimum, maximum } = statistics.get(output)!;
  const reach = Array.from(minimum, (low, c) => Math.max(-low, maximum[c]!)).sort((a, b) => a - b);
  return reach[reach.length >> 1]! * FAR_APART < reach[reach.length - 1]!;
}

function split(graph: Graph, node: ActivationNode, tensors: Map<string, GraphTensor>): GraphNode[] {
  const x = tensorOf(graph, node.inputs[0]!);
  const [copy, gate] = [`${node.output} gate input`, `${node.output} gate`];
  for (const name of [copy, gate]) tensors.set(name, { name, shape: x.shape });
  const { alpha, beta } = node;
  return [
    {
      op: 'depthwise',
      name: `${node.name} gate input`,
      inputs: [x.name],
      output: copy,
      window: {
        kernelHeight: 1,
        kernelWidth: 1,
        strideY: 1,
        strideX: 1,
        dilationY: 1,
        dilationX: 1,
        padding: { top: 0, left: 0, bottom: 0, right: 0 },
      },
      weights: { kind: 'real', values: new Float32Array(x.shape.channels).fill(1) },
      bias: undefined,
      clamp: NO_CLAMP,
    },
    {
      op: 'activation',
      name: `${node.name} gate`,
      inputs: [copy],
      output: gate,
      function: node.function === 'hardSwish' ? 'hardSigmoid' : 'sigmoid',
      ...(alpha === undefined ? {} : { alpha }),
      ...(beta === undefined ? {} : { beta }),
    },
    { op: 'mul', name: node.name, inputs: [x.name, gate], output: node.output, clamp: NO_CLAMP },
  ];
}
