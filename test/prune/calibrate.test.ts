import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { levelEnergy } from '../../src/energy/levels.ts';
import { millijoules } from '../../src/energy/model.ts';
import { createProgress } from '../../src/node/progress.ts';
import { prune } from '../../src/node/prune.ts';
import { createPrunePool } from '../../src/node/prune-pool.ts';
import { type CalibrationWork, calibrate } from '../../src/prune/calibrate.ts';
import { fitLevel } from '../../src/prune/fit.ts';
import { networkAtLevel } from '../../src/prune/levels.ts';
import { applyPlanFile, deserialisePlan, serialisePlan } from '../../src/prune/plan-file.ts';
import { sensitivities } from '../../src/prune/sensitivity.ts';
import { skipCurves } from '../../src/prune/skips.ts';
import { createKernels } from '../../src/simulate/kernels/kernels.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { bundle } from '../support/bundle.ts';
import { Random } from '../support/random.ts';
import { bottleneckNetwork, computedCodes } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const config = namedConfig('tiny');
const network = bottleneckNetwork(new Random(11), 16);
const { height, width, channels } = network.tensors[network.inputs[0]!]!;
/** Smooth pictures: neighbours are alike, as in photographs. */
const frames = Array.from({ length: 24 }, (_, seed) => {
  const random = new Random(seed + 1);
  const slope = Array.from({ length: channels }, () => [random.int(-9, 9), random.int(-9, 9), random.int(-60, 60)]);
  return Int8Array.from({ length: height * width * channels }, (_, at) => {
    const [a, b, c] = slope[at % channels]!;
    const pixel = Math.floor(at / channels);
    const value = a! * (pixel % width) + b! * Math.floor(pixel / width) + c! + random.int(-4, 4);
    return Math.max(-128, Math.min(127, value));
  });
});
const options = { budget: 20, levels: 3, objective: 'energy', ownWeights: true } as const;

/** Calibration in this thread. */
function plainWork(log: string[] = []): CalibrationWork {
  const inputs = frames.map((frame) => [frame]);
  return {
    frames: frames.length,
    parallel: 1,
    step: (text) => log.push(text),
    sensitivities: (of, layers) => sensitivities(of, layers, inputs.slice(0, 4)),
    curves: (of, config) => skipCurves(of, inputs, config, 1000, 0.1),
    answers: async (of) => {
      const kernels = await createKernels(of);
      return inputs.map((codes) => kernels.run(codes)[0]!);
    },
    async fit(of, job) {
      const fitted = await fitLevel(of, inputs.slice(0, job.fitted), job);
      const kernels = await createKernels({ ...of, layers: fitted.layers });
      return { ...fitted, outputs: inputs.map((codes) => kernels.run(codes)[0]!) };
    },
  };
}

describe('calibration of pruning levels', () => {
  const folder = mkdtempSync(join(root, 'node_modules', '.prune-'));
  const workers = {
    prune: pathToFileURL(join(folder, 'prune-worker.mjs')),
    frame: pathToFileURL(join(folder, 'frame-worker.mjs')),
  };
  beforeAll(async () => {
    await bundle(join(root, 'src/node/prune-worker.ts'), fileURLToPath(workers.prune), 'node', ['tinypool']);
    await bundle(join(root, 'src/node/frame-worker.ts'), fileURLToPath(workers.frame), 'node', ['tinypool']);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives levels that the machine computes as the networks of the levels do', async () => {
    for (const ownWeights of [true, false]) {
      const { network: ordered, plan } = await calibrate(network, config, plainWork(), { ...options, ownWeights });
      expect(plan.levels.length).toBe(2);
      const compiled = compile(ordered, config, { pruning: plan });
      for (const level of [1, 2]) {
        const run = computedCodes(compiled, plan, level, [frames[3]!]);
        expect(run.firstDifference).toBeUndefined();
        expect(run.compared).toBeGreaterThan(100);
      }
      const kernels = await createKernels(networkAtLevel(ordered, plan, 0));
      const before = await createKernels(network);
      expect(kernels.run([frames[0]!])).toEqual(before.run([frames[0]!]));
    }
  });

  it('goes on where it was interrupted, and leaves nothing when it is done', async () => {
    const checkpoint = join(folder, 'checkpoint');
    const pool = createPrunePool({
      frames,
      checkpoint,
      progress: createProgress(true),
      threads: 1,
      worker: workers.prune,
    });
    const interrupted: CalibrationWork = {
      ...pool,
      fit: () => Promise.reject(new Error('interrupted')),
    };
    await expect(calibrate(network, config, interrupted, options)).rejects.toThrow('interrupted');
    await pool.close(false);
    const left = readdirSync(checkpoint);
    expect(left.length).toBeGreaterThan(1);
    expect(left.some((name) => name.endsWith('.part'))).toBe(false);
    const plain = await calibrate(network, config, plainWork(), options);
    const labels = frames.map((_, at) => at % 2);
    const result = await prune({
      ...options,
      network,
      config,
      calibration: { frames, labels },
      holdout: { frames: frames.slice(0, 4), labels: undefined },
      checkpoint,
      progress: createProgress(true),
      workers,
    });
    expect(existsSync(checkpoint)).toBe(false);
    const { levels, causes } = result.figures;
    expect(levels.map(({ level }) => level)).toEqual([0, 1, 2]);
    expect(levels[0]!.dynamicSaved.mid).toBe(0);
    expect(levels[2]!.dynamicSaved.mid).toBeGreaterThan(0);
    for (const { dynamicSaved, millijoules: band } of levels) {
      expect(dynamicSaved.low).toBeLessThanOrEqual(dynamicSaved.high);
      expect(band.low).toBeLessThan(band.high);
    }
    expect(levels[1]!.top1Holdout).toBe(levels[1]!.agreementHoldout);
    expect(Object.values(causes).reduce((sum, { mid }) => sum + mid, 0)).toBeCloseTo(levels[2]!.dynamicSaved.mid, 1);
    expect(plain.plan.levels.length).toBe(2);
    const read = deserialisePlan(serialisePlan(result.file));
    const applied = applyPlanFile(network, read);
    expect(applied.plan).toEqual(result.file.plan);
    // Counted on all cores, added up as on one; a network as small as this is counted whole.
    const compiled = compile(applied.network, config, { pruning: applied.plan });
    const energy = await levelEnergy(compiled, applied.plan, 2, frames, 1);
    expect(levels[2]!.dynamicMillijoules.mid / millijoules(energy, 'dynamic').mid).toBeCloseTo(1, 9);
    expect(() => applyPlanFile(bottleneckNetwork(new Random(3), 16), read)).toThrow(/another network/);
  });

  it('refuses budgets, levels and numbers of images that make no sense', async () => {
    const work = plainWork();
    await expect(calibrate(network, config, work, { ...options, budget: 0 })).rejects.toThrow(/budget of 0 points/);
    await expect(calibrate(network, config, work, { ...options, levels: 9 })).rejects.toThrow(/cannot be 9 levels/);
    await expect(calibrate(network, config, { ...work, frames: 3 }, options)).rejects.toThrow(/3 images are too few/);
    const hopeless = { ...options, budget: 1e-9 };
    const spoiled: CalibrationWork = {
      ...work,
      async fit(of, job) {
        const fitted = await work.fit(of, job);
        return { ...fitted, outputs: fitted.outputs.map((codes) => codes.map((code) => 127 - Math.abs(code))) };
      },
    };
    await expect(calibrate(network, config, spoiled, hopeless)).rejects.toThrow(/costs more than the budget/);
  });

  it('cannot read levels that are broken', () => {
    expect(() => deserialisePlan({ json: '{"format":"x"}', bytes: new Uint8Array() })).toThrow(/cannot be read/);
    expect(() => deserialisePlan({ json: '{', bytes: new Uint8Array() })).toThrow(/cannot be read/);
  });
});
