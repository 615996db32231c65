import { describe, expect, it, vi } from 'vitest';
import { prove } from '../../src/node/prove.ts';
import { synthesise } from '../../src/node/synth.ts';
import { runYosysScript } from '../../src/node/yosys.ts';
import { fixtures } from '../rtlsim/support/compare.ts';

const pair = { top: 'dot_pair', sources: await fixtures(['dot.sv']) };

// yosys in WebAssembly takes its time on a busy machine.
vi.setConfig({ testTimeout: 600_000 });

describe('synthesis', () => {
  it('maps two products to one DSP48E1, and the mapped cells do what the RTL says', async () => {
    const stages = new Set<string>();
    const progress = (stage: string): unknown => stages.add(stage);
    const report = await synthesise({ ...pair, family: 'xc7', expectedDsp: 1, vectors: 100, progress });
    expect(report.problems).toEqual([]);
    expect(report.total.dsp).toBe(1);
    expect(report.modules.map(({ name, gates }) => [name, gates])).toEqual([
      ['dot_pair', { status: 'equal', compared: 200 }],
    ]);
    expect(report.levels).toBeGreaterThan(0);
    expect(stages).toContain('mapping');
  });

  it('does not believe a mapper that deletes a multiplier', async () => {
    const sources = await fixtures(['products.sv']);
    const report = await synthesise({ sources, top: 'products', family: 'ice40', vectors: 50 });
    expect(report.modules[0]!.gates.status).toBe('different');
    expect(report.problems).toEqual([
      expect.stringContaining("'products' is not what its RTL says"),
      "'products' multiplies 2 times with 1 DSP slices and no logic",
    ]);
  });

  it('says that a design has not the DSP slices it should have', async () => {
    const report = await synthesise({ ...pair, family: 'ecp5', expectedDsp: 1, vectors: 50 });
    expect(report.problems).toEqual(['the design has 2 DSP slices, not 1']);
    expect(report.modules[0]!.gates.status).toBe('equal');
  });
});

describe('proof', () => {
  const fifo = fixtures(['fifo.sv']);

  it('proves the assertions of a correct FIFO', async () => {
    const result = await prove({ sources: await fifo, top: 'fifo', depth: 8 });
    expect(result).toMatchObject({ status: 'proved', assertions: 2 });
  });

  it('refutes those of a broken one and says in which cycle', async () => {
    const result = await prove({ sources: await fifo, top: 'fifo', parameters: { FAULT: 1 }, depth: 12 });
    expect(result).toMatchObject({ status: 'refuted', cycle: 6 });
  });
});

describe('yosys', () => {
  it('is not believed when it declares wires by itself', async () => {
    const sources = [{ name: 'odd.sv', text: 'module odd(input a, output b); assign c = a; assign b = c; endmodule' }];
    await expect(runYosysScript('read_verilog -sv odd.sv\n', sources)).rejects.toThrow(/declared a wire by itself/);
  });
});
