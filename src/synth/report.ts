/** What a synthesis run says, as data. */
import type { Family, Resources } from './families.ts';

/** Outcome of simulating a module's mapped cells beside its RTL. */
export type GateCheck =
  | { readonly status: 'equal'; readonly compared: number }
  | { readonly status: 'different'; readonly compared: number; readonly difference: string }
  /** No simulation model of a cell, for one. */
  | { readonly status: 'unchecked'; readonly reason: string };

export interface SynthModule {
  /** Name in the source. */
  readonly name: string;
  /** Name as elaborated, with its parameters. */
  readonly elaborated: string;
  readonly instances: number;
  /** Of one instance, without the modules below. */
  readonly own: Resources;
  /** Flip-flops of `own` with a clock enable that is not always on. */
  readonly enabled: number;
  /** Of one instance with all below. */
  readonly total: Resources;
  /** Levels of logic of the longest path. */
  readonly levels: number;
  /** Nets along that path. */
  readonly path: readonly string[];
  /** Multiplications in the RTL of one instance, without the modules below. */
  readonly multiplications: number;
  readonly gates: GateCheck;
}

export interface SynthReport {
  readonly tool: string;
  readonly family: Family;
  readonly top: string;
  readonly total: Resources;
  readonly levels: number;
  readonly modules: readonly SynthModule[];
  /** Cell types that no table knows: not counted. */
  readonly unknown: readonly string[];
  /** Reasons not to trust the result. Empty when all is well. */
  readonly problems: readonly string[];
}
