/** `depthwright prune` as a process: what it reports and writes, and what is left of it when it is killed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureCodes } from '../../src/node/frame.ts';
import { loadModel } from '../../src/node/model-source.ts';
import { readFigures } from '../../src/node/plan-folder.ts';
import { prepareNetwork, requirePreprocess } from '../../src/node/prepare.ts';
import type { PruningFigures } from '../../src/report/pruning-figures.ts';
import { createKernels } from '../../src/simulate/kernels/kernels.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { Random } from '../support/random.ts';
import { depthwright, SMALL_MODEL, scratchFolder } from './support.ts';

const command = fileURLToPath(new URL('../../bin/depthwright.js', import.meta.url));
const scratch = scratchFolder();
const at = scratch.path;
const images = at('images');
const PICTURES = 16;
const HOLDOUT = 4;

type Report = PruningFigures & { readonly steps: { readonly made: number; readonly found: number } };

/** Slopes of colour with noise: neighbours are alike, as in photographs. */
async function writePictures(): Promise<void> {
  mkdirSync(images);
  const [height, width] = [40, 48];
  for (let picture = 0; picture < PICTURES; picture++) {
    const random = new Random(picture + 1);
    const slopes = [0, 1, 2].map(() => [random.int(-3, 3), random.int(-3, 3), random.int(0, 255)] as const);
    const pixels = Uint8Array.from({ length: height * width * 3 }, (_, index) => {
      const pixel = Math.floor(index / 3);
      const [x, y, level] = slopes[index % 3]!;
      return Math.max(
        0,
        Math.min(255, x * (pixel % width) + y * Math.floor(pixel / width) + level + random.int(0, 20)),
      );
    });
    const name = `p${String(picture).padStart(2, '0')}.png`;
    writeFileSync(
      join(images, name),
      await sharp(pixels, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
  }
}

const argumentsFor = (out: string, ...more: string[]): string[] => [
  ...['prune', SMALL_MODEL, '--config', 'tiny', '--images', images, '--out', out],
  ...['--holdout', String(HOLDOUT), '--levels', '3', '--json', ...more],
];
const env = { ...process.env, DEPTHWRIGHT_BUILD: 'keep' };

function prune(out: string, ...more: string[]): Report {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...argumentsFor(out, ...more)], {
    encoding: 'utf8',
    env,
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Report;
}

/** Every file of a folder, by name. */
const contents = (folder: string): Map<string, string> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));

const unfinished = (out: string): string[] =>
  existsSync(`${out}.unfinished`) ? readdirSync(`${out}.unfinished`).filter((name) => !name.endsWith('.part')) : [];

const ended = (child: ChildProcess): Promise<NodeJS.Signals | null> =>
  new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));

describe('depthwright prune', () => {
  const whole = at('whole');
  let report: Report;
  beforeAll(async () => {
    await writePictures();
    report = prune(whole);
  });
  afterAll(scratch.remove);

  it('reports every level with its band, and writes the same as figures', () => {
    expect(report.levels.map(({ level }) => level)).toEqual([0, 1, 2]);
    for (const level of report.levels) {
      for (const name of ['level', 'top1Calibration', 'top1Holdout', 'framesPerSecond'] as const) {
        expect(level[name], name).toBeTypeOf('number');
      }
      const { dynamicSaved, totalSaved, millijoules, watts, gopsPerWatt, fixedRate } = level;
      for (const band of [dynamicSaved, totalSaved, millijoules, watts, gopsPerWatt, ...Object.values(fixedRate)]) {
        expect(band.low).toBeLessThanOrEqual(band.mid);
        expect(band.mid).toBeLessThanOrEqual(band.high);
      }
      const parts = Object.values(level.components).reduce((sum, { mid }) => sum + mid, 0);
      expect(parts).toBeCloseTo(millijoules.mid, 9);
      expect(watts.mid).toBeCloseTo((millijoules.mid * level.framesPerSecond) / 1000, 9);
    }
    expect(report.levels[0]).toMatchObject({ top1Calibration: 100, top1Holdout: 100, dynamicSaved: { mid: 0 } });
    expect(report.levels[2]!.dynamicSaved.mid).toBeGreaterThan(0);
    expect(report.pictures).toEqual({ calibration: 12, holdout: 4, activity: 12, causes: 12 });
    expect(report.labelled).toBe(false);
    const { steps, out, ...figures } = report as Report & { out: string };
    expect([steps.found, out]).toEqual([0, whole]);
    expect(readFigures(whole)).toEqual(figures);
  });

  it('takes less power at a fixed rate the more it skips, with static power and clock going on', () => {
    const [first, , last] = report.levels;
    expect(last!.framesPerSecond).toBeGreaterThan(first!.framesPerSecond);
    const { dsp, logic, memory, dram } = last!.components;
    const others = [first!.components.static, dsp, logic, memory, dram].reduce((sum, { mid }) => sum + mid, 0);
    const clock = (last!.fixedRate.watts.mid * 1000) / first!.framesPerSecond - others;
    // The clock goes on over the wait, but for registers that move with codes only, of which a level that skips makes fewer.
    expect(clock).toBeLessThanOrEqual(first!.components.clock.mid);
    expect(clock / first!.components.clock.mid).toBeCloseTo(1, 2);
    expect(clock).toBeGreaterThan(last!.components.clock.mid);
    expect(last!.fixedRate.watts.mid).toBeLessThan(first!.fixedRate.watts.mid);
    expect(last!.fixedRate.watts.mid).toBeLessThan(last!.watts.mid);
  });

  it('shares the energy out to layers and the saving to causes without losing any', () => {
    const sum = (of: 'before' | 'after') =>
      report.layers.reduce((all, layer) => all + Object.values(layer[of]).reduce((part, { mid }) => part + mid, 0), 0);
    expect(report.layers.length).toBeGreaterThan(25);
    expect(sum('before') / 1000).toBeCloseTo(report.levels[0]!.millijoules.mid, 9);
    expect(sum('after') / 1000).toBeCloseTo(report.levels[2]!.millijoules.mid, 9);
    const part = (of: 'before' | 'after', name: 'static' | 'dsp') =>
      report.layers.reduce((all, layer) => all + layer[of][name].mid / 1000, 0);
    for (const [of, level] of [
      ['before', 0],
      ['after', 2],
    ] as const) {
      for (const name of ['static', 'dsp'] as const) {
        expect(part(of, name)).toBeCloseTo(report.levels[level]!.components[name].mid, 9);
      }
    }
    const causes = Object.values(report.causes).reduce((all, { mid }) => all + mid, 0);
    // The causes are counted on a program with levels of their own: its loads fall a little differently.
    expect(causes).toBeCloseTo(report.levels[2]!.dynamicSaved.mid, 3);
  });

  it('goes for time where it is told to', () => {
    const latency = prune(at('latency'), '--objective', 'latency');
    expect(latency.objective).toBe('latency');
    expect(latency.levels[2]!.cycles).toBeLessThanOrEqual(report.levels[2]!.cycles);
    expect(readFileSync(at('latency', 'pruning.json'))).not.toEqual(readFileSync(join(whole, 'pruning.json')));
    // Gating is worth little to it: what weights below a threshold save is no aim of its own.
    expect(latency.causes.weights.mid).toBeLessThan(report.causes.weights.mid);
  });

  it('takes labels, and accuracy is then that of the labels', async () => {
    // The network's own answers on every other picture, the class beside them on the rest.
    const model = loadModel(SMALL_MODEL, undefined);
    const { network } = await prepareNetwork(model, { multiplierBits: namedConfig('tiny').multiplierBits });
    const kernels = await createKernels(network);
    const rows: string[] = [];
    for (const [index, name] of readdirSync(images).entries()) {
      const codes = kernels.run([await pictureCodes(network, join(images, name), requirePreprocess(model))])[0]!;
      rows.push(`${name},${codes.indexOf(Math.max(...codes)) ^ (index & 1)}`);
    }
    writeFileSync(at('labels.csv'), `file,class\n${rows.join('\n')}\n`);
    const labelled = prune(at('labelled'), '--labels', at('labels.csv'), '--label-offset', '0');
    expect(labelled.labelled).toBe(true);
    expect(labelled.levels[0]).toMatchObject({ top1Calibration: 50, top1Holdout: 50, agreementHoldout: 100 });
    expect(labelled.levels.map(({ millijoules }) => millijoules.mid)).toEqual(
      report.levels.map(({ millijoules }) => millijoules.mid),
    );
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'killed by %s leaves no output, goes on where it was, and ends with the very same files',
    async (signal) => {
      const out = at(signal.toLowerCase());
      const child = spawn(process.execPath, [command, ...argumentsFor(out)], { env, stdio: 'ignore' });
      const end = ended(child);
      while (unfinished(out).length < 4) {
        expect(child.exitCode, 'it ended before it could be killed').toBeNull();
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      child.kill(signal);
      expect(await end).toBe(signal);
      expect(existsSync(out)).toBe(false);
      const left = unfinished(out).length;
      expect(left).toBeLessThan(report.steps.made);
      const again = prune(out);
      expect(again.steps.found).toBe(left);
      expect(again.steps.made).toBe(report.steps.made - left);
      expect(existsSync(`${out}.unfinished`)).toBe(false);
      expect(contents(out)).toEqual(contents(whole));
    },
  );

  it('leaves alone what others keep where its unfinished steps go', () => {
    const out = at('shared');
    mkdirSync(`${out}.unfinished`);
    writeFileSync(join(`${out}.unfinished`, 'thesis.txt'), 'precious');
    prune(out);
    expect(readdirSync(`${out}.unfinished`)).toEqual(['thesis.txt']);
  });

  describe('whose levels', () => {
    const build = at('build');
    const copy = at('copy');
    const compile = (model: string, pruning: string, out = at('none')) =>
      depthwright('compile', model, '--config', 'tiny', '--pruning', pruning, '--out', out);

    it('are compiled in, shown in the report, and taken at run time', async () => {
      expect(await compile(SMALL_MODEL, whole, build)).toMatchObject({ status: 0 });
      const page = readFileSync(join(build, 'report.html'), 'utf8');
      for (const id of ['layers', 'accuracy-power', 'accuracy-rate', 'energy-layers'])
        expect(page).toContain(`id="${id}"`);
      const picture = join(images, 'p00.png');
      const cycles: number[] = [];
      for (const level of ['0', '2']) {
        const run = await depthwright('simulate', build, '--image', picture, '--level', level, '--json');
        expect(run.status).toBe(0);
        cycles.push((JSON.parse(run.stdout) as { cycles: number }).cycles);
      }
      expect(cycles).toEqual([report.levels[0]!.cycles, report.levels[2]!.cycles]);
      for (const [level, says] of [
        ['3', 'level 3 was never calibrated: there are levels 0 to 2'],
        ['9', "'9' is no pruning level. Levels are 0 to 7"],
      ] as const) {
        const simulated = await depthwright('simulate', build, '--image', picture, '--level', level);
        expect(simulated.status).toBe(1);
        expect(simulated.stderr).toContain(says);
        writeFileSync(at('one.csv'), 'p00.png,1\n');
        const rows = ['--images', images, '--labels', at('one.csv'), '--level', level];
        const evaluated = await depthwright('evaluate', build, ...rows);
        expect(evaluated.status).toBe(1);
        expect(evaluated.stderr).toContain(says);
        const verified = await depthwright('verify', build, '--level', level);
        expect(verified.status).toBe(1);
        expect(verified.stderr).toContain(says);
      }
    });

    it('are of another network: refused', async () => {
      const { status, stderr } = await compile('mobilenet_v1_0.10_32', whole);
      expect(status).toBe(1);
      expect(stderr).toMatch(/mobilenet_v1_0\.10_32: .*calibrated for another network.*depthwright prune/);
      expect(existsSync(at('none'))).toBe(false);
    });

    it('are damaged, cut short or missing: refused with the folder', async () => {
      const cut = (file: string) => writeFileSync(file, readFileSync(file).subarray(0, -100));
      const flip = (file: string) => {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(file, bytes);
      };
      let tried = 0;
      for (const [name, damage, says] of [
        ['pruning.json', cut, 'has changed'],
        ['pruning.json', flip, 'has changed'],
        ['pruning.json', rmSync, 'pruning.json: ENOENT'],
        ['pruning.bin', cut, 'has changed'],
        ['pruning.bin', flip, 'has changed'],
        ['pruning.bin', rmSync, 'pruning.bin: ENOENT'],
        ['pruning.sha256', flip, 'has changed'],
        ['pruning.sha256', rmSync, 'pruning.sha256: ENOENT'],
        ['figures.json', cut, 'figures'],
      ] as const) {
        rmSync(copy, { recursive: true, force: true });
        cpSync(whole, copy, { recursive: true });
        damage(join(copy, name));
        const { status, stderr } = await compile(SMALL_MODEL, copy);
        expect(status, name).toBe(1);
        expect(stderr).toContain(copy);
        expect(stderr).toContain(says);
        expect(existsSync(at('none'))).toBe(false);
        tried += 1;
      }
      expect(tried).toBe(9);
      expect((await compile(SMALL_MODEL, at('nowhere'))).stderr).toContain('holds no pruning levels');
    });
  });
});
