/** Where the words of an on-chip memory lie in the RTL: the segments and slices of rtl/memory/dw_ram.sv. */
import type { Config } from '../spec/config.ts';
import { ramShape } from '../spec/ram.ts';
import type { RtlBench } from './bench.ts';

/** Consecutive words of a memory, as one array of the RTL holds them. */
export interface RamPiece {
  /** Of the array, below the memory's instance. */
  readonly path: string;
  /** First word and number of words, in the memory; the array counts from `firstRow`. */
  readonly first: number;
  readonly count: number;
  readonly firstRow: number;
  /** Bytes of a word that the array holds, from `byte` on. */
  readonly byte: number;
  readonly bytes: number;
}

/** Arrays that hold words [first, first + count) of a memory; `parts`: each byte of a word is written on its own. */
export function ramPieces(
  config: Pick<Config, 'segmentDepth'>,
  depth: number,
  wordBytes: number,
  parts: boolean,
  first: number,
  count: number,
): RamPiece[] {
  const { words, bits } = ramShape(config, depth, wordBytes * 8, parts);
  const bytes = bits / 8;
  const pieces: RamPiece[] = [];
  for (let from = first; from < first + count; ) {
    const segment = Math.floor(from / words);
    const end = Math.min(first + count, (segment + 1) * words);
    for (let byte = 0; byte < wordBytes; byte += bytes) {
      const path = `gen_segment[${segment}].gen_slice[${byte / bytes}].words`;
      pieces.push({ path, first: from, count: end - from, firstRow: from - segment * words, byte, bytes });
    }
    from = end;
  }
  return pieces;
}

/** Path of the bank of a row set and column below dw_compute. */
export function bankPath(set: number, column: number): string {
  return `u_activations.gen_set[${set}].gen_column[${column}].u_bank`;
}

/** Words of a bank by the back door, N bytes each. */
export async function readBank(
  bench: Pick<RtlBench, 'readRows'>,
  config: Config,
  set: number,
  column: number,
  first: number,
  count: number,
): Promise<Uint8Array> {
  const { activationDepth, inputs } = config;
  const bank = `u_core.u_compute.${bankPath(set, column)}`;
  const pieces = ramPieces(config, activationDepth, inputs, true, first, count);
  const held = await Promise.all(
    pieces.map((piece) => bench.readRows(`${bank}.${piece.path}`, piece.firstRow, piece.count)),
  );
  if (held.length === 1) return held[0]!;
  const words = new Uint8Array(count * inputs);
  pieces.forEach((piece, index) => {
    words.set(held[index]!, (piece.first - first) * inputs);
  });
  return words;
}
