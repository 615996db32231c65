/** The accelerator in a register-transfer simulator, as a driver and a logic analyser see it. */
import type { AxiStatistics, ErrorRange } from '../rtlsim/axi-memory.ts';

/** One cycle of a frame in which something happened; `events` has the bits of `TRACE_EVENTS`. */
export interface TraceRecord {
  /** Cycle of the frame. */
  readonly cycle: number;
  readonly events: number;
}

/** A signal that is counted in every cycle. */
export interface Probe {
  /** From the top of the design, such as 'u_core.u_compute.u_weights.read_i'. */
  readonly path: string;
  /** Its ones, or the bits in which it differs from the cycle before. */
  readonly what: 'ones' | 'toggles';
  /** Name of the sum that they are added to. */
  readonly sum: string;
}

export interface RtlBench {
  /** Registers by byte offset; throws where nothing answers. */
  writeRegister(offset: number, value: number): Promise<void>;
  readRegister(offset: number): Promise<number>;
  /** External memory, from address 0. */
  writeMemory(address: number, bytes: Uint8Array): Promise<void>;
  readMemory(address: number, count: number): Promise<Uint8Array>;
  /** Addresses that answer with an error from now on. */
  addError(range: ErrorRange): Promise<void>;
  /** All addresses answer again. */
  clearErrors(): Promise<void>;
  /**
   * Runs until one of the events of `mask` (the cycle that shows it is still to come), at most `limit` cycles. What follows
   * from the memory's answer in the same cycle (a frame that ends by a bus error) is recorded but does not stop the run.
   */
  runUntilEvent(mask: number, limit: number): Promise<number>;
  step(cycles: number): Promise<void>;
  /** What happened since the last call. */
  events(): Promise<TraceRecord[]>;
  /** Bytes of consecutive rows of a memory inside the design, least significant byte first, rows padded to whole bytes. */
  readRows(path: string, first: number, count: number): Promise<Uint8Array>;
  statistics(): Promise<AxiStatistics>;
  /** Counts signals from here on; the simulator must have been built so that they can be reached. */
  addProbes(probes: readonly Probe[]): Promise<void>;
  /** Sums of the probes so far, by name. */
  probed(): Promise<ReadonlyMap<string, number>>;
  /** Assertions that failed, as text. */
  failures(): Promise<string[]>;
  close(): Promise<void>;
}

export interface BenchOptions {
  /** Bytes of external memory. */
  readonly memoryBytes: number;
  /** Cycles from an accepted read address to its first beat, and from the last write beat to the response. */
  readonly memoryLatency: number;
  /** Random stalls on every channel: seed (not 0), and how many of 256 cycles each is held back. */
  readonly stalls?: { readonly seed: number; readonly rate: number };
}
