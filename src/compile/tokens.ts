/**
 * Pass 6: what every operation must wait for.
 *
 * Load, compute and store run side by side, each in its own order; an operation names how many operations of each unit
 * must have retired before it starts. The counts follow from the words that operations read and write: a reader waits
 * for the writer, a writer of another unit for the readers. Within the compute unit only reading what was written needs
 * a wait, because reads are always earlier in the pipeline than writes.
 */
import type { Config } from '../spec/config.ts';
import { ROW_SETS } from '../spec/config.ts';

export type Unit = 'load' | 'compute' | 'store';

/** Words that an operation touches; `space` is a memory of its own. */
export interface Access {
  readonly space: 'activation' | 'weight' | 'parameter' | 'table' | 'external';
  readonly write: boolean;
  /** Word indices: for activations set * activationDepth + address; for external rows any key. */
  readonly words: Iterable<number>;
}

export interface Waits {
  readonly waitLoad: number;
  readonly waitCompute: number;
  readonly waitStore: number;
}

/** Last toucher of every word of one memory, as 1 + index within its unit; 0 is nobody. */
class Tracker {
  readonly written: Record<Unit, Map<number, number> | Int32Array>;
  readonly read: Record<Unit, Map<number, number> | Int32Array>;

  constructor(words: number | undefined) {
    const make = () => (words === undefined ? new Map<number, number>() : new Int32Array(words));
    this.written = { load: make(), compute: make(), store: make() };
    this.read = { load: make(), compute: make(), store: make() };
  }
}

const at = (table: Map<number, number> | Int32Array, word: number): number =>
  table instanceof Int32Array ? table[word]! : (table.get(word) ?? 0);
const put = (table: Map<number, number> | Int32Array, word: number, value: number): void => {
  if (table instanceof Int32Array) table[word] = value;
  else table.set(word, value);
};

const UNITS: readonly Unit[] = ['load', 'compute', 'store'];

/** Adds operations in program order and gives each its waits. */
export class TokenCounter {
  private readonly trackers: Record<Access['space'], Tracker>;
  private readonly counts: Record<Unit, number> = { load: 0, compute: 0, store: 0 };

  constructor(config: Config) {
    this.trackers = {
      activation: new Tracker(ROW_SETS * config.activationDepth),
      weight: new Tracker(config.weightDepth),
      parameter: new Tracker(config.parameterDepth),
      table: new Tracker(undefined),
      external: new Tracker(undefined),
    };
  }

  add(unit: Unit, accesses: readonly Access[]): Waits {
    const waits: Record<Unit, number> = { load: 0, compute: 0, store: 0 };
    const need = (other: Unit, count: number): void => {
      if (count > waits[other]) waits[other] = count;
    };
    for (const { space, write, words } of accesses) {
      const tracker = this.trackers[space];
      for (const word of words) {
        for (const other of UNITS) {
          // Only the compute unit overlaps its own operations so that a read could pass a write.
          if (other !== unit || (unit === 'compute' && !write)) need(other, at(tracker.written[other], word));
          if (write && other !== unit) need(other, at(tracker.read[other], word));
        }
      }
    }
    this.counts[unit] += 1;
    for (const { space, write, words } of accesses) {
      const tracker = this.trackers[space];
      const table = write ? tracker.written[unit] : tracker.read[unit];
      for (const word of words) put(table, word, this.counts[unit]);
    }
    return { waitLoad: waits.load, waitCompute: waits.compute, waitStore: waits.store };
  }
}
