/**
 * Block RAMs that an access enables. A RAMB36 takes energy in the cycles in which it is enabled (UG907), so what counts
 * is not how many there are but how many an access wakes.
 */
import { type Config, parameterBytes } from '../spec/config.ts';
import { ramShape } from '../spec/ram.ts';

/** Shapes of a RAMB36: words, bits. */
const SHAPES: readonly (readonly [number, number])[] = [
  [512, 72],
  [1024, 36],
  [2048, 18],
  [4096, 9],
  [8192, 4],
  [16384, 2],
  [32768, 1],
];

/**
 * RAMB36 that an access of `width` bits to a memory of `depth` words enables: those of one segment (rtl/memory/dw_ram.sv).
 * `parts`: every byte of a word is written on its own.
 */
export function enabledBlocks(depth: number, width: number, segmentDepth: number, parts = false): number {
  const { words, bits: slice } = ramShape({ segmentDepth }, depth, width, parts);
  // A slice of a shallow segment fills half of a block, 512 words of 36 bits.
  if (slice < width) return width / slice / 2;
  // A segment is an array of its own: every block of it is enabled, the shape is the one that needs fewest.
  return Math.min(...SHAPES.map(([rows, bits]) => Math.ceil(words / rows) * Math.ceil(width / bits)));
}

/** Whether blocks of such a memory give at least half of their 72 bits an access. */
export function wideAccess(depth: number, segmentDepth: number): boolean {
  return Math.min(depth, segmentDepth) <= 1024;
}

/** Events of the on-chip memories: RAMB36 x cycles enabled, in blocks used at full width and at a narrow one. */
export interface BlockCycles {
  readonly wide: number;
  readonly narrow: number;
}

/** What the memories of a stage do, in accesses. */
export interface Accesses {
  /** Words of M x N weights read. */
  readonly weightReads: number;
  /** Words of M x N weights written: beats of the bus are gathered into words first. */
  readonly weightWrites: number;
  /** Words of M parameters read. */
  readonly parameterReads: number;
  /** Words of N channels read from a bank. */
  readonly bankReads: number;
  /** Words of M channels written to a bank. */
  readonly bankWrites: number;
}

/** Enabled block-cycles of accesses; a port is taken to be enabled in the cycles of its accesses only. */
export function blockCycles(config: Config, accesses: Accesses): BlockCycles {
  const { lanes, inputs, weightDepth, parameterDepth, activationDepth, segmentDepth } = config;
  const cycles = { wide: 0, narrow: 0 };
  const add = (count: number, depth: number, bits: number, parts = false): void => {
    const kind = wideAccess(depth, segmentDepth) ? 'wide' : 'narrow';
    cycles[kind] += count * enabledBlocks(depth, bits, segmentDepth, parts);
  };
  add(accesses.weightReads, weightDepth, lanes * inputs * 8);
  add(accesses.weightWrites, weightDepth, lanes * inputs * 8);
  add(accesses.parameterReads, parameterDepth, lanes * parameterBytes(config) * 8);
  add(accesses.bankReads, activationDepth, inputs * 8, true);
  add(accesses.bankWrites, activationDepth, lanes * 8, true);
  return cycles;
}
