import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { hasVerilator, rigOf, simulators, thorough } from './support/benches.ts';
import { verifyLayers } from './support/layers.ts';
import { verifyLevels } from './support/levels.ts';

const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);
/** Pairs of layer and configuration: as many for each design as pays for building it. */
const CONFIGS = thorough ? 24 : 0;
const LAYERS = thorough ? 14 : 25;
const LEVEL_LAYERS = 12;

describe.each(simulators)('the whole machine on %s', (simulator) => {
  const rig = rigOf(simulator);

  it(`computes random layers on 'tiny' bit by bit in the cycles of the model (seed ${seed})`, async () => {
    const { complaints, compared, done } = await verifyLayers(rig, namedConfig('tiny'), {
      firstSeed: seed,
      layers: LAYERS,
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

describe.skipIf(!thorough || !hasVerilator)('random configurations on Verilator (thorough runs only)', () => {
  it.each(Array.from({ length: CONFIGS }, (_, at) => seed + 1000 * at))(
    'compute random layers bit by bit in the cycles of the model (seed %i)',
    async (configSeed) => {
      const config = parseConfig({ ...randomConfig(new Random(configSeed)), clockMHz: 100 });
      const options = { firstSeed: configSeed, layers: LAYERS };
      const { complaints, compared, done } = await verifyLayers(rigOf('verilator'), config, options);
      expect(complaints).toEqual([]);
      expect(done).toBeGreaterThan(0);
      expect(compared).toBeGreaterThan(0);
      console.log(`${done} layers, ${compared} values compared`);
    },
    900_000,
  );
});
