/** Puts the nodes of a module in an order of evaluation and groups those that outputs need. */
import { UserError } from '../errors.ts';
import { predecessors } from './analyse.ts';
import type { Cluster, Model, Node } from './model.ts';
import type { Bit } from './netlist.ts';

/** Nodes that wait for each other; the caller may break the loop (`loops.ts`) before it becomes a user's error. */
export class LoopFound extends Error {
  readonly nodes: readonly Node[];
  constructor(nodes: readonly Node[]) {
    super('combinational loop');
    this.nodes = nodes;
  }
}

/** What a user reads of a loop that is real. */
export function loopError(model: Model, nodes: readonly Node[]): UserError {
  const names = nodes.flatMap((node) =>
    node.work.kind === 'call' ? [`${node.work.instance.name}.*`] : node.writes.map((signal) => signal.name),
  );
  const sources = nodes.flatMap((node) => (node.work.kind === 'cell' ? [node.work.cell.source] : [])).filter(Boolean);
  return new UserError(
    'bad-build',
    `module '${model.unit.name}' has a combinational loop through ${[...new Set(names)].map((n) => `'${n}'`).join(', ')}` +
      (sources.length > 0 ? ` (${[...new Set(sources)].slice(0, 4).join('; ')})` : ''),
    {},
    'Put a register in the loop.',
  );
}

/** All nodes, every one after those it needs; depth first from the sinks, so that values are used soon after they are made. */
function order(model: Model): Node[] {
  const sorted: Node[] = [];
  const state = new Uint8Array(model.nodes.length);
  const before = model.nodes.map((node) => [...predecessors(model, node)]);
  const visit = (root: Node): void => {
    if (state[root.id] !== 0) return;
    const stack: { node: Node; next: number }[] = [{ node: root, next: 0 }];
    state[root.id] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const list = before[top.node.id]!;
      if (top.next === list.length) {
        state[top.node.id] = 2;
        sorted.push(top.node);
        stack.pop();
        continue;
      }
      const next = list[top.next++]!;
      if (state[next.id] === 1) {
        const from = stack.findIndex((item) => item.node === next);
        throw new LoopFound(stack.slice(from).map((item) => item.node));
      }
      if (state[next.id] === 0) {
        state[next.id] = 1;
        stack.push({ node: next, next: 0 });
      }
    }
  };
  const visitBits = (bits: readonly Bit[]): void => {
    for (const bit of bits) {
      const id = bit < 2 ? -1 : model.driver[bit]!;
      const producer = id < 0 ? undefined : model.signals[id]!.producer;
      if (producer !== undefined) visit(producer);
    }
  };
  for (const output of model.outputs.values()) if (output.signal.producer !== undefined) visit(output.signal.producer);
  for (const register of model.registers) visitBits(register.d);
  for (const node of model.nodes) visit(node);
  return sorted;
}

/** Fills in `inputs` and `cluster` of every node, `clusters`, `edge`, and the cluster of every output. */
export function schedule(model: Model): void {
  const sorted = order(model);
  const users = new Map<Node, Node[]>();
  const inputIndex = new Map(model.inputs.map(({ signal }, i) => [signal.id, BigInt(i)]));
  for (const node of sorted) {
    let inputs = 0n;
    for (const before of predecessors(model, node)) {
      inputs |= before.inputs;
      const list = users.get(before);
      if (list === undefined) users.set(before, [node]);
      else list.push(node);
    }
    for (const bits of node.reads)
      for (const bit of bits) {
        const id = bit < 2 ? -1 : model.driver[bit]!;
        const index = id < 0 ? undefined : inputIndex.get(id);
        if (index !== undefined) inputs |= 1n << index;
      }
    node.inputs = inputs;
  }
  const outputNodes = new Set<Node>();
  for (const { signal } of model.outputs.values()) if (signal.producer) outputNodes.add(signal.producer);
  const byInputs = new Map<bigint, Cluster>();
  // From the sinks back: a node joins the one cluster that uses it; one with users in several gets a cluster of its own.
  for (const node of [...sorted].reverse()) {
    const uses = new Set((users.get(node) ?? []).map((user) => user.cluster).filter((index) => index >= 0));
    if (!outputNodes.has(node) && uses.size === 0) continue;
    if (!outputNodes.has(node) && uses.size === 1) {
      node.cluster = [...uses][0]!;
    } else {
      let cluster = byInputs.get(node.inputs);
      if (cluster === undefined) {
        cluster = { inputs: node.inputs, nodes: [] };
        byInputs.set(node.inputs, cluster);
        model.clusters.push(cluster);
      }
      node.cluster = model.clusters.indexOf(cluster);
    }
  }
  for (const node of sorted) (node.cluster < 0 ? model.edge : model.clusters[node.cluster]!.nodes).push(node);
  for (const output of model.outputs.values()) output.cluster = output.signal.producer?.cluster ?? -1;
  refuseClockAsData(model);
}

/** The order in which all clusters of a module may run when every input is known. */
export function clusterOrder(model: Model): number[] {
  const done = new Set<number>();
  const result: number[] = [];
  const visit = (index: number): void => {
    if (done.has(index)) return;
    done.add(index);
    for (const node of model.clusters[index]!.nodes)
      for (const before of predecessors(model, node)) if (before.cluster >= 0) visit(before.cluster);
    result.push(index);
  };
  for (const index of model.clusters.keys()) visit(index);
  return result;
}

function refuseClockAsData(model: Model): void {
  const clocks = new Set<Bit>();
  for (const { port } of model.inputs) if (model.clocks.has(port.name)) for (const bit of port.bits) clocks.add(bit);
  if (clocks.size === 0) return;
  const read = [...model.nodes.flatMap((node) => node.reads), ...model.registers.map((register) => register.d)];
  for (const bits of read)
    for (const bit of bits)
      if (clocks.has(bit))
        throw new UserError(
          'unsupported',
          `module '${model.unit.name}' reads its clock as data`,
          {},
          'Remove that use.',
        );
}
