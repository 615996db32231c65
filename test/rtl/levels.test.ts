import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { verifyFrame } from '../../src/cosim/verify.ts';
import { rtlDesign } from '../../src/node/rtl-sources.ts';
import { networkAtLevel } from '../../src/prune/levels.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { bottleneckNetwork, randomPlan } from '../prune/support.ts';
import { Random } from '../support/random.ts';
import { randomInputs } from '../support/random-network.ts';
import { openBench, simulators } from './support/benches.ts';
import { complaint } from './support/random-pairs.ts';

/** A network with skipped words, and weights of its own at some levels. */
const SEED = 7;
/** Levels of frames that follow each other on one machine, without reset. */
const FRAMES = [0, 7, 3, 3, 0, 5];

describe.each(simulators)('pruning levels on %s', (simulator) => {
  it('change by one register write between two frames, from the first bit to the last', async () => {
    const config = namedConfig('tiny');
    const random = new Random(SEED);
    const network = bottleneckNetwork(random, config.multiplierBits);
    const plan = randomPlan(network, config, random);
    const compiled = compile(network, config, { pruning: plan });
    const { program } = compiled;
    const design = await rtlDesign(config, { trace: true });
    const { memoryBytes } = program;
    const bench = await openBench(design, simulator, { memoryBytes, memoryLatency: config.memoryLatency });
    const cycles = new Set<number>();
    const active = new Set<number>();
    try {
      for (const [frame, level] of FRAMES.entries()) {
        const inputs = randomInputs(network, frame);
        const expected = runReference(networkAtLevel(network, plan, level), inputs);
        const result = await verifyFrame(bench, compiled, inputs, expected, { level });
        expect(complaint(result), `frame ${frame} at level ${level}`).toBeUndefined();
        expect(result.compared).toBeGreaterThan(100);
        expect(result.cyclesEqual).toBe(true);
        // The bytes read are those of the program, whatever the level before.
        const { readBytes } = simulateCycles(config, program.instructions, { level });
        expect(result.counters!.readBytes).toBe(readBytes);
        cycles.add(result.cycles);
        active.add(result.counters!.activeMultiplies);
      }
    } finally {
      await bench.close();
    }
    // The levels did differ.
    expect(active.size).toBeGreaterThan(3);
    expect(cycles.size).toBeGreaterThan(1);
  });
});
