import { wrong } from './errors.ts';
import type { OnnxNode } from './model.ts';

/**
 * The nodes that `outputs` depend on, each after its producers, otherwise in file order.
 * `given` are the names known before any node runs (inputs and initializers).
 */
export function executableOrder(
  nodes: readonly OnnxNode[],
  outputs: readonly string[],
  given: ReadonlySet<string>,
): OnnxNode[] {
  const producer = new Map<string, OnnxNode>();
  for (const node of nodes) for (const output of node.outputs) if (output !== '') producer.set(output, node);
  for (const name of outputs) {
    if (!given.has(name) && !producer.has(name)) throw wrong('this output is computed by no node', name);
  }
  const live = new Set<OnnxNode>();
  const open = [...outputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producer.get(name);
    if (!node || live.has(node)) continue;
    live.add(node);
    open.push(...node.inputs);
  }
  return sort(
    nodes.filter((node) => live.has(node)),
    producer,
    given,
  );
}

function sort(
  nodes: readonly OnnxNode[],
  producer: ReadonlyMap<string, OnnxNode>,
  given: ReadonlySet<string>,
): OnnxNode[] {
  const waiting = new Map<OnnxNode, number>();
  const readers = new Map<OnnxNode, OnnxNode[]>();
  for (const node of nodes) {
    let count = 0;
    for (const input of node.inputs) {
      if (input === '' || given.has(input)) continue;
      const source = producer.get(input);
      if (!source) {
        throw wrong(`layer '${node.name}' (${node.op}) reads it, but it is neither computed nor stored`, input);
      }
      readers.set(source, [...(readers.get(source) ?? []), node]);
      count++;
    }
    waiting.set(node, count);
  }
  const ready = nodes.filter((node) => waiting.get(node) === 0);
  for (const node of ready) {
    for (const reader of readers.get(node) ?? []) {
      const left = waiting.get(reader)! - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (ready.length === nodes.length) return ready;
  const stuck = nodes.find((node) => waiting.get(node)! > 0)!;
  throw wrong(`The graph has a cycle through layer '${stuck.name}' (${stuck.op})`, stuck.outputs[0]);
}
