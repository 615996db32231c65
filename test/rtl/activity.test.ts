import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import type { FrameActivity } from '../../src/cosim/activity.ts';
import { type RtlDesign, rtlDesign } from '../../src/node/rtl-sources.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { PRUNING_LEVELS } from '../../src/spec/isa.ts';
import { withRandomLevels } from '../engine/support/random-levels.ts';
import { bottleneckNetwork, randomPlan } from '../prune/support.ts';
import { Random } from '../support/random.ts';
import { randomInputs } from '../support/random-network.ts';
import { countedFrame } from './support/activity.ts';
import { simulators, thorough } from './support/benches.ts';
import { compileLayer } from './support/layers.ts';

const config = namedConfig('tiny');
const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_251_125);
const LAYERS = thorough ? 150 : 30;
const NETWORKS = thorough ? 20 : 5;

/** The design with a text of one of its files replaced, which must be there. */
async function withFault(faults: readonly { file: string; text: string; by: string }[]): Promise<RtlDesign> {
  const replace = new Map<string, string>();
  for (const { file, text, by } of faults) {
    const source = replace.get(file) ?? (await readFile(new URL(`../../rtl/engine/${file}`, import.meta.url), 'utf8'));
    expect(source).toContain(text);
    replace.set(file, source.replace(text, by));
  }
  return rtlDesign(config, { trace: true, replace });
}

/** Sums events over frames: every one of them must have happened. */
function addTo(sums: { [event: string]: number }, frame: FrameActivity): void {
  for (const [event, count] of Object.entries(frame)) sums[event] = (sums[event] ?? 0) + count;
}

describe.each(simulators)('activity on %s', (simulator) => {
  it(`is that of the model in random layers at random levels (seed ${seed})`, async () => {
    const design = await rtlDesign(config, { trace: true });
    const sums = {};
    let frames = 0;
    for (let at = 0; frames < LAYERS; at++) {
      const layer = compileLayer(config, seed + at);
      if (layer === undefined) continue;
      const random = new Random(seed + at);
      const compiled = withRandomLevels(layer.compiled, random);
      const level = random.pick([0, random.int(1, PRUNING_LEVELS)]);
      const { differences, expected } = await countedFrame(design, simulator, compiled, layer.inputs, level);
      expect(differences, `${compiled.network.name}, level ${level}`).toEqual([]);
      addTo(sums, expected);
      frames += 1;
    }
    for (const [event, count] of Object.entries(sums)) expect(count, event).toBeGreaterThan(0);
  });

  it('is that of the model in networks with pruning levels', async () => {
    const design = await rtlDesign(config, { trace: true });
    for (let at = 0; at < NETWORKS; at++) {
      const random = new Random(seed + at);
      const network = bottleneckNetwork(random, config.multiplierBits);
      const compiled = compile(network, config, { pruning: randomPlan(network, config, random) });
      const inputs = randomInputs(network, seed + at);
      for (const level of [0, random.int(1, PRUNING_LEVELS)]) {
        const { differences, expected } = await countedFrame(design, simulator, compiled, inputs, level);
        expect(differences, `network ${at}, level ${level}`).toEqual([]);
        expect(expected.weightToggles).toBeGreaterThan(0);
      }
    }
  });

  it('differs where the hardware reads or moves what it need not, though its results are right', async () => {
    const design = await withFault([
      { file: 'dw_tokens.sv', text: '.data_i(token.valid && token.multiply)', by: '.data_i(token.valid)' },
      { file: 'dw_multiply_pair.sv', text: 'if (either_i) weight_q', by: 'weight_q' },
    ]);
    const random = new Random(3);
    const network = bottleneckNetwork(random, config.multiplierBits);
    const compiled = compile(network, config, { pruning: randomPlan(network, config, random) });
    const { differences } = await countedFrame(design, simulator, compiled, randomInputs(network, 3), 3);
    expect(differences.map(({ event }) => event).sort()).toEqual(['weightReads', 'weightToggles']);
    for (const { expected, got } of differences) expect(got).toBeGreaterThan(expected);
  });

  it('differs where registers after the sums move in cycles without codes, though results are right', async () => {
    const random = new Random(3);
    const network = bottleneckNetwork(random, config.multiplierBits);
    const compiled = compile(network, config);
    const file = 'dw_post.sv';
    const design = await withFault([
      { file, text: '.enable_i     (valids[10:0])', by: ".enable_i     ('1)" },
      { file, text: '.enable_i           (actives[16:0])', by: '.enable_i           (valids[22:6])' },
      { file, text: '.enable_i       (valids[23+Turns +: 2])', by: ".enable_i       (2'b11)" },
    ]);
    const { differences } = await countedFrame(design, simulator, compiled, randomInputs(network, 3), 0);
    const events = ['requantiseEnables', 'residualEnables', 'tableEnables'];
    expect(differences.map(({ event }) => event).sort()).toEqual(events);
    for (const { expected, got } of differences) expect(got).toBeGreaterThan(expected);
  });
});
