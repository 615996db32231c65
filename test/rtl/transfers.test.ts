import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { rigOf, simulators, thorough } from './support/benches.ts';
import { verifySets, verifyTransfers } from './support/transfers.ts';

const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);

describe.each(simulators)('loads and stores without the compute unit, on %s', (simulator) => {
  const rig = rigOf(simulator);

  it.each(thorough ? ['tiny', 'pynq-z2'] : ['tiny'])(
    `move every byte in the cycle that the model says: %s (seed ${seed})`,
    async (name) => {
      const { complaints, timed } = await verifyTransfers(rig, namedConfig(name), seed);
      expect(complaints).toEqual([]);
      expect(timed).toBeGreaterThan(60);
    },
  );

  it(`move every byte under random stalls on all channels (seed ${seed})`, async () => {
    const { complaints } = await verifyTransfers(rig, namedConfig('tiny'), seed, { seed: 77, rate: 120 });
    expect(complaints).toEqual([]);
  });

  it('end after the last SET, with two instructions a beat', async () => {
    const config = parseConfig({ ...namedConfig('virtex7'), name: 'wide', windowKernels: ['depthwise3'] });
    const { complaints, timed } = await verifySets(rig, config);
    expect(complaints).toEqual([]);
    expect(timed).toBe(6);
  });

  it(`fit every configuration (seed ${seed})`, async () => {
    const random = new Random(seed);
    const runs = thorough ? 8 : 1;
    for (let run = 0; run < runs; run++) {
      const config = randomConfig(random);
      const { complaints } = await verifyTransfers(rig, config, seed + run);
      expect(complaints, JSON.stringify(config)).toEqual([]);
    }
  });
});
