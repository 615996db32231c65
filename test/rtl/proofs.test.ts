import { describe, expect, it } from 'vitest';
import { prove } from '../../src/node/prove.ts';
import { moduleSources } from '../../src/node/rtl-sources.ts';

const TRANSFER = { AxiBytes: 4, WeightBeats: 2, ParameterBeats: 4, GroupBeats: 2, TableBeats: 64 };
const DEPTHS = { WeightDepth: 64, ParameterDepth: 32 };

/** Module, parameters, longest induction. */
const CASES: readonly (readonly [string, Readonly<Record<string, number>>, number])[] = [
  ['dw_fifo', { Width: 2, Depth: 2 }, 4],
  ['dw_fifo', { Width: 1, Depth: 8 }, 4],
  ['dw_slice', { Width: 3 }, 4],
  ['dw_read_arbiter', {}, 4],
  ['dw_transfer', { ...TRANSFER, ...DEPTHS }, 4],
  ['dw_transfer', { ...TRANSFER, AxiBytes: 64, WeightBeats: 4, TableBeats: 4, ...DEPTHS }, 4],
];

describe('proofs by induction', () => {
  it.each(CASES)('hold for every run of %s %j', async (top, parameters, depth) => {
    const files = new Set(['dw_pkg.sv', `${top}.sv`, 'dw_slice.sv']);
    const sources = (await moduleSources(['lib', 'control'])).filter(({ name }) => files.has(name));
    const result = await prove({ top, sources, parameters, depth });
    expect(result).toMatchObject({ status: 'proved' });
    expect(result.status === 'proved' ? result.assertions : 0).toBeGreaterThanOrEqual(4);
  });

  it('are refuted where a fault is planted', async () => {
    const sources = (await moduleSources(['lib'])).filter(({ name }) => name === 'dw_fifo.sv');
    const broken = sources.map(({ name, text }) => ({
      name,
      text: text.replace("full_q  <= push & (write_q + 1'b1 == read_q);", 'full_q  <= push & (write_q == read_q);'),
    }));
    expect(broken[0]!.text).not.toBe(sources[0]!.text);
    const result = await prove({ top: 'dw_fifo', sources: broken, parameters: { Width: 1, Depth: 4 }, depth: 8 });
    expect(result.status).toBe('refuted');
  });
});
