import { describe, expect, it } from 'vitest';
import { prove } from '../../src/node/prove.ts';
import { moduleSources } from '../../src/node/rtl-sources.ts';
import { PROOFS, proveCase } from './support/proofs.ts';

describe('proofs by induction', () => {
  it.each(PROOFS)('hold for every run of $top $parameters', async (proof) => {
    const result = await proveCase(proof);
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
