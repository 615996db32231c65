/** Block memories in mapped netlists: what they hold, and what a wrong mapping of them looks like. */
import { describe, expect, it, vi } from 'vitest';
import { moduleSources } from '../../src/node/rtl-sources.ts';
import { synthesise } from '../../src/node/synth.ts';
import type { SourceFile } from '../../src/node/yosys.ts';
import type { Family } from '../../src/synth/families.ts';
import { blockMemory } from '../../src/synth/technology.ts';

vi.setConfig({ testTimeout: 600_000 });

const ram = (await moduleSources(['memory'])).filter(({ name }) => name === 'dw_ram.sv');

function mapped(sources: readonly SourceFile[], family: Family, parameters: Record<string, number>, top = 'dw_ram') {
  return synthesise({ sources, top, parameters, family, vectors: 1000 });
}

/** Memories in one piece. */
const WHOLE = 65536;

describe('block memories', () => {
  it.each<[Family, number, number, number, number]>([
    ['xc7', 64, 2048, 1, WHOLE],
    ['xc7', 128, 256, 1, WHOLE],
    ['xc7', 32, 4096, 4, WHOLE],
    ['xc7', 32, 3072, 4, 1024],
    ['xc7', 64, 2048, 1, 1024],
    ['xcup', 64, 300, 8, WHOLE],
    ['ecp5', 64, 512, 8, WHOLE],
    ['ecp5', 32, 2048, 4, 1024],
    ['ice40', 32, 512, 4, WHOLE],
  ])(
    'of %s hold %i bits in %i words with %i enables in segments of %i, in as many blocks as estimated',
    async (family, Width, Depth, Parts, SegmentDepth) => {
      const { total, modules, problems } = await mapped(ram, family, { Width, Depth, Parts, SegmentDepth });
      expect(problems).toEqual([]);
      expect(modules.map(({ gates }) => gates)).toEqual([{ status: 'equal', compared: 1000 }]);
      const segments = Math.ceil(Depth / SegmentDepth);
      const words = Math.min(Depth, SegmentDepth);
      const slice = Parts === 1 && words <= 512 ? 32 : Width;
      expect(total.bram).toBe((segments * blockMemory(family, words, slice, Parts > 1).blocks * Width) / slice);
    },
  );

  /** dw_ram, but mapped from other text than it is simulated from. */
  const faulty = (from: string, to: string): SourceFile[] =>
    ram.map(({ name, text }) => {
      expect(text).toContain(from);
      return { name, text: text.replace(from, `\n\`ifdef MAPPED\n${to}\n\`else\n${from}\n\`endif\n`) };
    });

  it.each([
    ['write enables swapped', 'if (write_here[part])', 'if (write_here[Parts-1-part])'],
    ['a write that is not enabled', 'if (write_here[part])', 'if (write_here != 0)'],
    ['a read that is not held', 'if (read_here)', ''],
    ['an address bit lost', 'words[read_address]', 'words[read_address & ~1]'],
  ])('show %s', async (_, from, to) => {
    const { modules, problems } = await mapped(faulty(from, to), 'xc7', {
      Width: 32,
      Depth: 1024,
      SegmentDepth: WHOLE,
      Parts: 4,
    });
    expect(modules[0]!.gates.status).toBe('different');
    expect(problems).toEqual([expect.stringContaining("'dw_ram' is not what its RTL says")]);
  });

  it('show that yosys maps 512 words of 72 bits wrongly', async () => {
    const parameters = { Width: 72, Depth: 512, SegmentDepth: WHOLE, Parts: 8 };
    const { total, modules } = await mapped(ram, 'xc7', parameters);
    expect(total.bram).toBe(1);
    // When this fails, yosys is mended and dw_ram needs no slices any more.
    expect(modules[0]!.gates.status).toBe('different');
  });

  const contents = (step: string): SourceFile => ({
    name: 'table.sv',
    text: `module filled (input logic clk_i, input logic [9:0] at_i, write_at_i, input logic write_i,
  input logic [17:0] data_i, output logic [17:0] data_o);
  logic [17:0] words [1024];
  initial for (int i = 0; i < 1024; i++) words[i] = 18'(i * ${step});
  always_ff @(posedge clk_i) begin
    if (write_i) words[write_at_i] <= data_i;
    data_o <= words[at_i];
  end
endmodule
`,
  });
  it('start with their contents', async () => {
    const right = await mapped([contents('151')], 'xc7', {}, 'filled');
    expect(right.total.bram).toBe(0.5);
    expect(right.modules[0]!.gates).toEqual({ status: 'equal', compared: 1000 });
    const other = contents('151');
    const wrong = {
      ...other,
      text: other.text.replace('i * 151', '\n`ifdef MAPPED\ni * 151 + 512 * (i == 0)\n`else\ni * 151\n`endif\n'),
    };
    expect((await mapped([wrong], 'xc7', {}, 'filled')).modules[0]!.gates.status).toBe('different');
  });
});
