import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { ablateFusion, ablatePadding } from '../../src/report/ablation.ts';
import { summarise } from '../../src/report/summary.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { makeWindow, NetworkBuilder } from '../support/network-builder.ts';
import { Random } from '../support/random.ts';
import { randomInputs } from '../support/random-network.ts';
import { runMachine } from '../support/run-machine.ts';
import { smallNetwork } from './support.ts';

/** One 3 x 3 convolution at stride 1 that no window kernel runs, so that every tap is a step. */
function paddedConv() {
  const builder = new NetworkBuilder(new Random(1));
  const padding = { top: 1, left: 1, bottom: 1, right: 1 };
  return builder.build('padded', [builder.mac('conv', builder.input(8, 8, 16, 0), 16, makeWindow(3, { padding }), {})]);
}

describe('the ablations', () => {
  it('without fusion give the same bits, in more cycles and more bytes, even where maps must be spilled', () => {
    const network = smallNetwork();
    // So small that no whole map of 64 channels fits.
    const config = parseConfig({ ...namedConfig('pynq-z2'), activationDepth: 224 });
    const fused = compile(network, config);
    const plain = compile(network, config, { fusion: false });
    expect(plain.plan.segments.every(({ first, end }) => end - first === 1)).toBe(true);
    const inputs = randomInputs(network, 5);
    const run = runMachine(plain, inputs, runReference(network, inputs));
    expect(run.firstDifference).toBeUndefined();
    expect(run.compared).toBeGreaterThan(0);
    const summary = summarise(fused, simulateCycles(config, fused.program.instructions));
    expect(summarise(plain, simulateCycles(config, plain.program.instructions)).traffic.spill).toBeGreaterThan(0);
    const { figures } = ablateFusion(fused);
    expect(figures!.cycles).toBeGreaterThan(summary.cycles);
    expect(figures!.offChipBytes).toBeGreaterThan(summary.offChipBytes);
  });

  it('without hardware padding count the taps outside, the border and the copy', () => {
    const config = namedConfig('virtex7');
    const compiled = compile(paddedConv(), config);
    const summary = summarise(compiled, simulateCycles(config, compiled.program.instructions));
    const [borders, copies] = ablatePadding(compiled, summary);
    // Top and bottom row miss a kernel row: 2 rows x 2 groups of 4 pixels x 3 taps x 1 word of 16 channels.
    expect(borders!.figures!.cycles - summary.cycles).toBe(2 * 2 * 3);
    // The image is moved as 10 rows of 3 groups instead of 8 of 2.
    expect(borders!.figures!.offChipBytes - summary.offChipBytes).toBe((30 - 16) * 4 * 16);
    expect(copies!.figures!.cycles - borders!.figures!.cycles).toBe(16);
    expect(copies!.figures!.onChipBytes - borders!.figures!.onChipBytes).toBe(2 * 16 * 64);
  });

  it('cost nothing where no layer is padded', () => {
    const builder = new NetworkBuilder(new Random(1));
    const network = builder.build('plain', [builder.mac('conv', builder.input(8, 8, 16, 0), 16, makeWindow(1), {})]);
    const config = namedConfig('virtex7');
    const compiled = compile(network, config);
    const summary = summarise(compiled, simulateCycles(config, compiled.program.instructions));
    for (const { figures } of ablatePadding(compiled, summary)) {
      expect(figures).toEqual({
        cycles: summary.cycles,
        offChipBytes: summary.offChipBytes,
        onChipBytes: summary.onChipBytes.total,
      });
    }
  });
});
