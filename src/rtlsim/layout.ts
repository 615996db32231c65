/** Decides which function computes what, and gives every word that outlives its function a place in the frame. */
import { chunksOf } from './emit.ts';
import type { Model, Node, Register, Signal } from './model.ts';
import { registersPerFunction } from './model.ts';
import type { Bit } from './netlist.ts';

/** Nodes in one WebAssembly function: larger ones compile slowly. */
const nodesPerFunction = 1200;

export interface Plan {
  /** Functions of every cluster, in order. */
  readonly clusters: readonly (readonly Node[])[][];
  /** Functions of the clock edge before state changes; the last one continues with the change itself. */
  readonly edge: readonly (readonly Node[])[];
  /** Toggle counter (64 bits) of each counted register. */
  readonly toggleSlots: Map<Register, number>;
}

const split = <T>(list: readonly T[], size: number): T[][] => {
  const parts: T[][] = [];
  for (let i = 0; i < list.length; i += size) parts.push(list.slice(i, i + size));
  return parts;
};

const bytesOf = (width: number): number => (width <= 32 ? 4 : width <= 64 ? 8 : 8 * chunksOf(width));

export interface LayoutOptions {
  /** Every word with an author's name is kept in memory, so that it can be read between cycles. */
  readonly wires: boolean;
  /** Registers whose toggled bits are counted. */
  readonly toggles: (module: string, register: string) => boolean;
}

/** Assigns all slots of `model`, whose children are laid out already. */
export function layOut(model: Model, options: LayoutOptions): Plan {
  const clusters = model.clusters.map((cluster) => split(cluster.nodes, nodesPerFunction));
  const edge = split(model.edge, nodesPerFunction);
  if (edge.length === 0) edge.push([]);
  keepAcrossFunctions(model, [...clusters.flat(), ...edge]);
  if (options.wires) keepNamed(model);

  let size = 0;
  const place = (bytes: number, align: number): number => {
    const at = Math.ceil(size / align) * align;
    size = at + bytes;
    return at;
  };
  const put = (signal: Signal): void => {
    signal.slot = place(bytesOf(signal.width), signal.width <= 32 ? 4 : 8);
  };
  for (const { signal } of model.inputs) put(signal);
  for (const signal of model.signals) if (signal.kind === 'register') put(signal);
  for (const signal of model.signals) if (signal.kind === 'comb' && signal.slot === wanted) put(signal);
  const toggleSlots = new Map<Register, number>();
  for (const register of model.registers)
    if (options.toggles(model.unit.name, register.q.name)) toggleSlots.set(register, place(8, 8));
  for (const instance of model.instances) instance.base = place(instance.child.size, 16);
  for (const memory of model.memories) memory.slot = place(memory.stride * (memory.size + 1), 16);
  model.size = Math.ceil(size / 16) * 16 + 16;
  return { clusters, edge, toggleSlots };
}

/** Marks a combinational word that needs a slot; `layOut` replaces it by the offset. */
const wanted = 0x7fffffff;

function keepAcrossFunctions(model: Model, functions: readonly (readonly Node[])[]): void {
  const home = new Map<Signal, number>();
  const last = functions.length - 1;
  for (const [i, nodes] of functions.entries())
    for (const node of nodes) for (const signal of node.writes) home.set(signal, i);
  const use = (bits: readonly Bit[], at: number): void => {
    for (const bit of bits) {
      const id = bit < 2 ? -1 : model.driver[bit]!;
      if (id < 0) continue;
      const signal = model.signals[id]!;
      if (signal.kind === 'comb' && home.get(signal) !== at) signal.slot = wanted;
    }
  };
  for (const [i, nodes] of functions.entries()) for (const node of nodes) for (const bits of node.reads) use(bits, i);
  for (const bits of sinkReads(model)) use(bits, last);
  const manyParts = model.registers.length > registersPerFunction;
  if (manyParts) for (const register of model.registers) for (const bits of registerReads(register)) use(bits, -1);
  for (const signal of model.signals) if (signal.kind === 'comb' && signal.width > 64) signal.slot = wanted;
  for (const { signal } of model.outputs.values()) if (signal.kind === 'comb') signal.slot = wanted;
}

export function registerReads(register: Register): (readonly Bit[])[] {
  const reads = [register.d];
  if (register.enable) reads.push([register.enable.bit]);
  if (register.reset) reads.push([register.reset.bit]);
  if (register.transparent) reads.push(register.transparent.address);
  return reads;
}

/** Words that the change of state itself reads. */
function sinkReads(model: Model): (readonly Bit[])[] {
  const reads = model.registers.flatMap(registerReads);
  for (const { writes } of model.memories)
    for (const write of writes) reads.push(write.address, write.data, write.enable);
  for (const check of model.checks) reads.push([check.condition, check.enable]);
  return reads;
}

function keepNamed(model: Model): void {
  for (const net of model.unit.nets) {
    if (!net.named) continue;
    for (const bit of net.bits) {
      const id = bit < 2 ? -1 : model.driver[bit]!;
      if (id >= 0 && model.signals[id]!.kind === 'comb') model.signals[id]!.slot = wanted;
    }
  }
}
