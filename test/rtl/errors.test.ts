import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rigOf, simulators } from './support/benches.ts';
import { FaultBench, faultyComputes, faultyPrograms } from './support/faults.ts';

const seed = 7_020;
/** Milliseconds for building a simulator on a busy machine. */
const BUILD_LIMIT = 240_000;

describe.each(simulators)('bad programs on %s', (simulator) => {
  let bench: FaultBench;
  beforeAll(async () => {
    bench = await FaultBench.open(rigOf(simulator), seed);
  }, BUILD_LIMIT);
  afterAll(() => bench.close());

  it('shows its identity and runs a correct frame', async () => {
    expect(await bench.identity()).toEqual([]);
    expect(await bench.correctFrame()).toEqual([]);
  });

  it.each(faultyPrograms)('stop with a code, and the next frame is right: $name', async (program) => {
    expect(await bench.faulty(program)).toEqual([]);
  });

  it('stop a frame that is started twice', async () => {
    expect(await bench.startedTwice()).toEqual([]);
  });

  it('stop at any moment on command', async () => {
    expect(await bench.stoppedAtRandom(seed, 8)).toEqual([]);
  });

  it('raise the interrupt where it is enabled, until it is cleared', async () => {
    expect(await bench.interrupts()).toEqual([]);
  });
});

describe.each(simulators)('bad programs for the compute unit on %s', (simulator) => {
  let bench: FaultBench;
  beforeAll(async () => {
    bench = await FaultBench.open(rigOf(simulator), seed, true);
  }, BUILD_LIMIT);
  afterAll(() => bench.close());

  it('do not come of SETs alone, which take their cycles', async () => {
    expect(await bench.frameOfSets()).toEqual([]);
  });

  it.each(faultyComputes)('stop with a code, and the next frame is right: $name', async (program) => {
    expect(await bench.faulty(program)).toEqual([]);
  });
});
