import { describe, expect, it } from 'vitest';
import { type Compiled, compile } from '../../src/compile/compile.ts';
import { describeDifference, type VerifyResult, verifyFrame } from '../../src/cosim/verify.ts';
import { UserError } from '../../src/errors.ts';
import { rtlDesign } from '../../src/node/rtl-sources.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { type Config, parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { randomInputs, randomLayerNetwork } from '../support/random-network.ts';
import { hasVerilator, openBench, simulators, thorough } from './support/benches.ts';

const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);
/** Pairs of layer and configuration: as many for each design as pays for building it. */
const CONFIGS = thorough ? 24 : 0;
const LAYERS = thorough ? 14 : 25;

/** What makes a result worth a failure, in words; undefined where all is equal. */
function complaint(result: VerifyResult): string | undefined {
  if (result.firstDifference !== undefined) return describeDifference(result.firstDifference);
  if (result.firstTimingDifference !== undefined) {
    const { what, index, expected, got } = result.firstTimingDifference;
    return `${what} (instruction ${index}): expected cycle ${expected}, got ${got}`;
  }
  return result.problems[0];
}

/** A compiled random layer, or undefined where the configuration cannot do it. */
function compileLayer(config: Config, layerSeed: number): { compiled: Compiled; inputs: Int8Array[] } | undefined {
  const network = randomLayerNetwork(layerSeed, {
    multiplierBits: config.multiplierBits,
    maxExtent: 9,
    maxChannels: 24,
    pruning: false,
  });
  try {
    return { compiled: compile(network, config), inputs: randomInputs(network, layerSeed) };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function verifyLayers(config: Config, firstSeed: number, layers: number, simulator: 'wasm' | 'verilator') {
  const design = await rtlDesign(config, { trace: true });
  const complaints: string[] = [];
  let compared = 0;
  let done = 0;
  for (let at = 0; done < layers && at < 4 * layers; at++) {
    const layer = compileLayer(config, firstSeed + at);
    if (layer === undefined) continue;
    const { compiled, inputs } = layer;
    const { program, network } = compiled;
    // Every third one under random stalls, where only the data can be equal.
    const stalls = done % 3 === 2 ? { seed: firstSeed + at, rate: 64 } : undefined;
    const options = { memoryBytes: program.memoryBytes, memoryLatency: config.memoryLatency };
    const bench = await openBench(design, simulator, { ...options, ...(stalls && { stalls }) });
    try {
      const expected = runReference(network, inputs);
      const result = await verifyFrame(bench, compiled, inputs, expected, { timing: stalls === undefined });
      const wrong = complaint(result);
      if (wrong !== undefined) complaints.push(`${network.name} on ${JSON.stringify(config)}: ${wrong}`);
      compared += result.compared;
      done += 1;
    } finally {
      await bench.close();
    }
  }
  return { complaints, compared, done };
}

describe.each(simulators)('the whole machine on %s', (simulator) => {
  it(`computes random layers on 'tiny' bit by bit in the cycles of the model (seed ${seed})`, async () => {
    const { complaints, compared, done } = await verifyLayers(namedConfig('tiny'), seed, LAYERS, simulator);
    expect(complaints).toEqual([]);
    expect(done).toBe(LAYERS);
    expect(compared).toBeGreaterThan(LAYERS * 10);
    console.log(`${simulator}: ${done} layers, ${compared} values compared`);
  });
});

describe.skipIf(!thorough || !hasVerilator)('random configurations on Verilator (thorough runs only)', () => {
  it.each(Array.from({ length: CONFIGS }, (_, at) => seed + 1000 * at))(
    'compute random layers bit by bit in the cycles of the model (seed %i)',
    async (configSeed) => {
      const config = parseConfig({ ...randomConfig(new Random(configSeed)), clockMHz: 100 });
      const { complaints, compared, done } = await verifyLayers(config, configSeed, LAYERS, 'verilator');
      expect(complaints).toEqual([]);
      expect(done).toBeGreaterThan(0);
      expect(compared).toBeGreaterThan(0);
      console.log(`${done} layers, ${compared} values compared`);
    },
    900_000,
  );
});
