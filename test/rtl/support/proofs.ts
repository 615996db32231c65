/** The modules that are proved, with parameters. */
import { type ProofResult, prove } from '../../../src/node/prove.ts';
import { moduleSources, type RtlReplacements } from '../../../src/node/rtl-sources.ts';

const TRANSFER = { AxiBytes: 4, WeightBeats: 2, ParameterBeats: 4, GroupBeats: 2, TableBeats: 64 };
const DEPTHS = { WeightDepth: 64, ParameterDepth: 32 };
/** Longest induction. */
const DEPTH = 4;

export interface ProofCase {
  readonly top: string;
  readonly parameters: Readonly<Record<string, number>>;
}

export const PROOFS: readonly ProofCase[] = [
  { top: 'dw_fifo', parameters: { Width: 2, Depth: 2 } },
  { top: 'dw_fifo', parameters: { Width: 1, Depth: 8 } },
  { top: 'dw_slice', parameters: { Width: 3 } },
  { top: 'dw_read_arbiter', parameters: {} },
  { top: 'dw_transfer', parameters: { ...TRANSFER, ...DEPTHS } },
  { top: 'dw_transfer', parameters: { ...TRANSFER, AxiBytes: 64, WeightBeats: 4, TableBeats: 4, ...DEPTHS } },
];

export async function proveCase({ top, parameters }: ProofCase, replace?: RtlReplacements): Promise<ProofResult> {
  const files = new Set(['dw_pkg.sv', `${top}.sv`, 'dw_slice.sv']);
  const sources = (await moduleSources(['lib', 'control'], replace)).filter(({ name }) => files.has(name));
  return prove({ top, sources, parameters, depth: DEPTH });
}
