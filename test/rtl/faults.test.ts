import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { FAULT_NAMES, FAULTS, runFault } from '../../src/cosim/faults.ts';
import { verifyFrame } from '../../src/cosim/verify.ts';
import { rtlDesign } from '../../src/node/rtl-sources.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { bottleneckNetwork } from '../prune/support.ts';
import { Random } from '../support/random.ts';
import { randomInputs } from '../support/random-network.ts';
import { openBench, simulators } from './support/benches.ts';
import { complaint } from './support/random-pairs.ts';

const SEED = 11;

describe.each(simulators)('frames that must fail, on %s', (simulator) => {
  it('stop with their codes, the machine idle, and the next frame is right to the cycle', async () => {
    const config = namedConfig('tiny');
    const network = bottleneckNetwork(new Random(SEED), config.multiplierBits);
    const compiled = compile(network, config);
    const inputs = randomInputs(network, SEED);
    const expected = runReference(network, inputs);
    const design = await rtlDesign(config, { trace: true });
    const { memoryBytes } = compiled.program;
    const bench = await openBench(design, simulator, { memoryBytes, memoryLatency: config.memoryLatency });
    try {
      for (const fault of FAULT_NAMES) {
        const result = await runFault(bench, compiled, inputs, fault);
        expect(result, fault).toMatchObject({ right: true, error: { code: FAULTS[fault].code } });
        const next = await verifyFrame(bench, compiled, inputs, expected);
        expect(complaint(next), `the frame after ${fault}`).toBeUndefined();
        expect(next).toMatchObject({ equal: true, cyclesEqual: true });
        expect(next.compared).toBeGreaterThan(100);
      }
    } finally {
      await bench.close();
    }
    expect(FAULT_NAMES.length).toBe(8);
  });
});
