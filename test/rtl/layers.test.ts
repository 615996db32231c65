import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { verifyFrame } from '../../src/cosim/verify.ts';
import { rtlDesign } from '../../src/node/rtl-sources.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { writeLatency } from '../../src/spec/timing.ts';
import { randomInputs, randomLayerNetwork } from '../support/random-network.ts';
import { openBench, rigOf, simulators } from './support/benches.ts';
import { verifyLevels } from './support/levels.ts';
import { withRowsOutside, withStoreWaits, withTies } from './support/odd-programs.ts';
import { complaint, residualPair, verifyPairs } from './support/random-pairs.ts';
import { TURNS } from './support/turns.ts';

const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);
const LAYERS = 25;
const LEVEL_LAYERS = 12;

/** Pairs whose LOADs wait for the writes of more than two short COMPUTEs: [configuration, seed of a concatenation]. */
const SHORT = [
  [
    {
      pixels: 8,
      lanes: 1,
      inputs: 1,
      activationDepth: 8192,
      multiplierBits: 31,
      requantisePixels: 2,
      memoryLatency: 37,
    },
    20_256_314,
  ],
  [
    {
      pixels: 8,
      lanes: 1,
      inputs: 2,
      activationDepth: 8192,
      multiplierBits: 16,
      requantisePixels: 1,
      memoryLatency: 36,
    },
    20_266_306,
  ],
] as const;

describe.each(simulators)('the whole machine on %s', (simulator) => {
  const rig = rigOf(simulator);

  it(`computes random layers on 'tiny' bit by bit in the cycles of the model (seed ${seed})`, async () => {
    const { complaints, compared, done } = await verifyPairs(rig, namedConfig('tiny'), {
      firstSeed: seed,
      pairs: LAYERS,
    });
    expect(complaints).toEqual([]);
    expect(done).toBe(LAYERS);
    expect(compared).toBeGreaterThan(LAYERS * 10);
    console.log(`${simulator}: ${done} layers, ${compared} values compared`);
  });

  it(`holds and skips what a pruning level says, and counts it (seed ${seed})`, async () => {
    const { complaints, compared, done, counted } = await verifyLevels(rig, namedConfig('tiny'), {
      firstSeed: seed + 500,
      layers: LEVEL_LAYERS,
    });
    expect(complaints).toEqual([]);
    expect(done).toBe(LEVEL_LAYERS);
    expect(counted).toBeGreaterThan(LEVEL_LAYERS / 2);
    expect(compared).toBeGreaterThan(LEVEL_LAYERS * 1000);
  });
});

describe.each(simulators)('shapes and programs at the edge on %s', (simulator) => {
  const rig = rigOf(simulator);

  it.each([
    ['skips output rows that see nothing of the map', withRowsOutside],
    ['waits for stores', withStoreWaits],
    ['rounds products half way between multiples', withTies],
  ])(`%s (seed ${seed})`, async (_, change) => {
    const options = { firstSeed: seed + 700, layers: 6, change };
    const { complaints, compared, done } = await verifyLevels(rig, namedConfig('tiny'), options);
    expect(complaints).toEqual([]);
    expect(done).toBe(6);
    expect(compared).toBeGreaterThan(6000);
  });

  it(`turns the pixels of a residual one by one, stage after stage (seed ${seed})`, async () => {
    const config = TURNS;
    const options = { firstSeed: seed + 4000, pairs: 10, pairAt: residualPair };
    const { complaints, compared, done } = await verifyPairs(rig, config, options);
    expect(complaints).toEqual([]);
    expect(done).toBe(10);
    expect(compared).toBeGreaterThan(500);
  });
});

describe('rows that are loaded while several short computations write', () => {
  it.each(SHORT)('arrive in the cycle of the model: %j, seed %i', async (shape, layerSeed) => {
    const base = { name: 'short', clockMHz: 100, weightDepth: 512, parameterDepth: 64, axiBytes: 1 };
    const config = parseConfig({ ...base, windowKernels: ['depthwise3'], ...shape });
    const { multiplierBits } = config;
    const network = randomLayerNetwork(layerSeed, { multiplierBits, maxExtent: 9, maxChannels: 24, pruning: false });
    const compiled = compile(network, config);
    const inputs = randomInputs(network, layerSeed);
    const { program } = compiled;
    // The case is there: a row comes in while three COMPUTEs are in the pipeline.
    const { timings } = simulateCycles(config, program.instructions);
    const writes = program.instructions.flatMap(({ opcode }, index) =>
      opcode === 'COMPUTE' ? [{ start: timings[index]!.start, end: timings[index]!.end + writeLatency(config) }] : [],
    );
    const rows = timings.filter((_, index) => {
      const { opcode, fields } = program.instructions[index]!;
      return opcode === 'LOAD' && fields.target === 2;
    });
    const met = writes.slice(2).some(({ start: third }, at) => {
      const together = third <= writes[at]!.end;
      return together && rows.some((load) => load!.start <= third && load!.end > third);
    });
    expect(met).toBe(true);
    const design = await rtlDesign(config, { trace: true });
    const options = { memoryBytes: program.memoryBytes, memoryLatency: config.memoryLatency };
    const bench = await openBench(design, 'wasm', options);
    const result = await verifyFrame(bench, compiled, inputs, runReference(network, inputs));
    expect(complaint(result)).toBeUndefined();
    expect(result.cyclesCompared).toBeGreaterThan(50);
  });
});
