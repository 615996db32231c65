/** How rtl/memory/dw_ram.sv divides a memory: into segments of words, of which an access enables one, and slices of bits. */
import type { Config } from './config.ts';

export interface RamShape {
  readonly segments: number;
  /** Words of a segment, of which the last may use fewer. */
  readonly words: number;
  /** Bits of a slice; a word has a whole number of them. */
  readonly bits: number;
}

/** Bits of a slice in shallow segments: some versions of yosys map wider words there wrongly (docs/synthesis.md). */
const SHALLOW = { words: 512, bits: 32 } as const;

/** `parts`: every byte of a word is written on its own, which keeps a word whole. */
export function ramShape(
  { segmentDepth }: Pick<Config, 'segmentDepth'>,
  depth: number,
  wordBits: number,
  parts: boolean,
): RamShape {
  const words = Math.min(depth, segmentDepth);
  const sliced =
    !(parts && wordBits > 8) && words <= SHALLOW.words && wordBits > SHALLOW.bits && wordBits % SHALLOW.bits === 0;
  return { segments: Math.ceil(depth / segmentDepth), words, bits: sliced ? SHALLOW.bits : wordBits };
}
