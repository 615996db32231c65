/** What the scheduler knows of one module: its signals, the work of a cycle as nodes, and the state. */
import type { Bit, Cell, Port, Unit } from './netlist.ts';

/** Registers written by one function; a module with more reads all it needs before the first function writes. */
export const registersPerFunction = 600;

/** A word with one driver. Values of at most 64 bits live in wasm locals while they are used; all others in memory. */
export interface Signal {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly kind: 'input' | 'register' | 'comb' | 'instance';
  /** The node that computes it (for 'instance': the call that does); undefined for state and inputs. */
  producer: Node | undefined;
  /** Byte offset in the frame of the module, -1 while it has none. */
  slot: number;
  /** For 'instance': which instance, and the child's port. */
  readonly from: { readonly instance: Instance; readonly port: string } | undefined;
}

/** A step of combinational work; `dependencies` are the nodes that must run before, beyond those of `reads`. */
export interface Node {
  readonly id: number;
  readonly work: Work;
  readonly reads: readonly (readonly Bit[])[];
  readonly writes: readonly Signal[];
  readonly dependencies: Node[];
  /** Input ports it depends on, one bit each. */
  inputs: bigint;
  /** Index into `Model.clusters`, or -1: evaluated at the clock edge. */
  cluster: number;
}

export type Work =
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'memory-read'; readonly memory: Memory; readonly port: number; readonly address: readonly Bit[] }
  | { readonly kind: 'call'; readonly instance: Instance; readonly cluster: number }
  | { readonly kind: 'input'; readonly instance: Instance; readonly port: Port; readonly bits: readonly Bit[] }
  | { readonly kind: 'output'; readonly port: Port };

/** A flip-flop word: `q <= reset ? resetValue : enable ? d : q` (or enable above reset). */
export interface Register {
  readonly cell: Cell;
  readonly q: Signal;
  readonly d: readonly Bit[];
  readonly enable: { readonly bit: Bit; readonly active: 0 | 1 } | undefined;
  readonly reset: { readonly bit: Bit; readonly active: 0 | 1; readonly value: string } | undefined;
  readonly enableOverReset: boolean;
  /** Set when the register is a memory's clocked read port that sees writes of the same cycle. */
  readonly transparent: { readonly memory: Memory; readonly address: readonly Bit[] } | undefined;
  /** Binary, most significant first, x where free. */
  readonly init: string;
}

export interface WritePort {
  readonly address: readonly Bit[];
  readonly data: readonly Bit[];
  /** One enable a data bit. */
  readonly enable: readonly Bit[];
}

export interface Memory {
  readonly name: string;
  readonly width: number;
  readonly size: number;
  /** Address of row 0. */
  readonly start: number;
  /** Bytes a row: 1, 2, 4, 8 or a multiple of 8. */
  readonly stride: number;
  readonly writes: readonly WritePort[];
  /** Binary, row 0 rightmost. */
  readonly init: string;
  /** Byte offset of row 0 in the frame. One more row after the last stays zero: what a read outside finds. */
  slot: number;
}

/** An assertion: it fails in a cycle in which `enable` is 1 and `condition` is 0 just before the clock edge. */
export interface Check {
  readonly id: number;
  readonly name: string;
  readonly source: string;
  readonly condition: Bit;
  readonly enable: Bit;
}

export interface Instance {
  readonly name: string;
  readonly child: Model;
  readonly connections: Readonly<Record<string, readonly Bit[]>>;
  /** Byte offset of the child's frame in this module's frame. */
  base: number;
}

/** Nodes that outputs need, grouped by the inputs they wait for; each group becomes one function. */
export interface Cluster {
  readonly inputs: bigint;
  readonly nodes: Node[];
}

export interface Model {
  readonly unit: Unit;
  readonly index: number;
  readonly signals: Signal[];
  readonly nodes: Node[];
  readonly registers: Register[];
  readonly memories: Memory[];
  readonly checks: Check[];
  readonly instances: Instance[];
  /** Input ports by index (the bit of `Node.inputs`), clocks included. */
  readonly inputs: { readonly port: Port; readonly signal: Signal }[];
  /** Where an output is found: in a signal's slot, and after which cluster (-1: always, it is state). */
  readonly outputs: Map<string, { readonly signal: Signal; cluster: number }>;
  readonly clusters: Cluster[];
  /** Nodes left for the clock edge, in order. */
  readonly edge: Node[];
  /** Clock input ports with their active edge. */
  readonly clocks: Map<string, 'posedge' | 'negedge'>;
  /** Driver of every bit: signal id and bit offset in it; -1 where undriven (reads as 0). */
  readonly driver: Int32Array;
  readonly driverOffset: Int32Array;
  /** Frame size in bytes, a multiple of 16. */
  size: number;
}
