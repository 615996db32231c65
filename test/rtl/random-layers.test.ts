import { afterAll, describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/spec/config.ts';
import { Random } from '../support/random.ts';
import { randomConfig } from '../support/random-config.ts';
import { hasVerilator, rigOf } from './support/benches.ts';
import { Coverage } from './support/coverage.ts';
import { verifyPairs } from './support/random-pairs.ts';

/** `DEPTHWRIGHT_RANDOM_LAYERS`: pairs to run, in CI 320; otherwise this file is skipped. */
const wanted = Number(process.env.DEPTHWRIGHT_RANDOM_LAYERS ?? 0);
const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_251_125);
/** As many pairs of a design as pays for building it. */
const PAIRS = 16;
/** Designs at a time; building one keeps a core busy. */
const WORKERS = 2;
const simulator = hasVerilator ? 'verilator' : 'wasm';

/** Configurations with P and M in turn, every third with memories too small for many layers. */
function configOf(index: number): Config {
  const random = new Random(seed + 1000 * index);
  const pixels = [1, 2, 4, 8][index % 4]!;
  const lanes = [1, 2, 4, 8][Math.floor(index / 4) % 4]!;
  for (;;) {
    const config = randomConfig(random, index % 3 === 0 ? { activationDepth: 64, weightDepth: 256 } : {});
    if (config.pixels === pixels && config.lanes === lanes) return parseConfig({ ...config, name: `random${index}` });
  }
}

describe.skipIf(wanted === 0)(`random layers on random configurations, ${simulator}, seed ${seed}`, () => {
  const designs = Math.ceil(wanted / PAIRS);
  const coverage = new Coverage();
  let done = 0;
  let compared = 0;
  const shapes = new Set<string>();

  it.concurrent.each(Array.from({ length: designs }, (_, index) => index))(
    'are equal in data, cycles and counters, design %i',
    async (index) => {
      await slot();
      try {
        const config = configOf(index);
        const { pixels, lanes, inputs, axiBytes } = config;
        const result = await verifyPairs(rigOf(simulator), config, {
          firstSeed: seed + 1000 * index,
          pairs: PAIRS,
          seen: (pair) => coverage.add(pair),
        });
        done += result.done;
        compared += result.compared;
        shapes.add(JSON.stringify(config));
        console.log(
          `P ${pixels} M ${lanes} N ${inputs}, bus of ${axiBytes} bytes: ${result.done} pairs, ${done} in all`,
        );
        expect(result.complaints).toEqual([]);
        expect(result.done).toBeGreaterThan(0);
      } finally {
        free();
      }
    },
  );

  let running = 0;
  const waiting: (() => void)[] = [];
  async function slot(): Promise<void> {
    if (running >= WORKERS) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
  }
  function free(): void {
    running -= 1;
    waiting.shift()?.();
  }

  afterAll(() => {
    console.log(`${done} pairs on ${shapes.size} designs, ${compared} values compared\n${coverage.text()}`);
    expect(done).toBeGreaterThanOrEqual(wanted);
    expect(shapes.size).toBe(designs);
    expect(compared).toBeGreaterThan(done * 10);
    expect(coverage.missing()).toEqual([]);
  });
});
