import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/main.ts';
import { readBuild } from '../../src/node/build-folder.ts';
import { pictureCodes } from '../../src/node/frame.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { CONFIGS } from '../../src/spec/configs.ts';
import { depthwright, depthwrightJson, SMALL_MODEL, scratchFolder, writePicture } from './support.ts';

const scratch = scratchFolder();
const build = scratch.path('build');
const picture = scratch.path('picture.png');
let compiled: Record<string, unknown>;

beforeAll(async () => {
  await writePicture(picture);
  compiled = await depthwrightJson('compile', SMALL_MODEL, '--config', 'tiny', '--out', build);
});
afterAll(scratch.remove);

/** What every command that reports a frame prints with --json. */
function expectFigures(report: Record<string, unknown>): void {
  expect(report.model).toBe(SMALL_MODEL);
  expect(report.config).toBe('tiny');
  for (const figure of ['cycles', 'framesPerSecond', 'gops', 'macs', 'offChipBytes']) {
    expect(report[figure], figure).toBeGreaterThan(0);
  }
  expect(report.utilisation).toBeGreaterThan(0);
  expect(report.utilisation).toBeLessThanOrEqual(1);
  const layers = report.layers as { name: string; macs: number; cycles: number; stalls: object; layers: string[] }[];
  expect(layers.length).toBeGreaterThan(25);
  expect(layers.reduce((sum, { macs }) => sum + macs, 0)).toBe(report.macs);
  for (const layer of layers) {
    expect(layer.name).not.toBe('');
    expect(layer.cycles).toBeGreaterThan(0);
    expect(layer.layers.length).toBeGreaterThan(0);
    expect(layer.stalls).toBeTypeOf('object');
  }
}

describe('help', () => {
  it.each([undefined, ...createProgram().commands.map((command) => command.name())])(
    'explains the options of %s and ends with 0',
    async (command) => {
      const { status, stdout, stderr } = await depthwright(...(command === undefined ? [] : [command]), '--help');
      expect(status).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toContain('Usage: depthwright');
      const options = createProgram().commands.find((other) => other.name() === command)?.options ?? [];
      for (const { long, description } of options) {
        expect(stdout).toContain(long);
        expect(description, long ?? '').not.toBe('');
      }
    },
  );

  it('of the program names every command and shows examples', async () => {
    const { stdout } = await depthwright('--help');
    for (const name of ['run', 'compile', 'simulate', 'inspect', 'configs']) expect(stdout).toContain(`\n  ${name} `);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('mobilenet_v2_1.0_224');
  });

  it('is what the bare command shows, with an exit code that says nothing was done', async () => {
    const { status, stderr } = await depthwright();
    expect(status).toBe(2);
    expect(stderr).toContain('Usage: depthwright');
  });
});

describe('compile', () => {
  it('prints the figures as one JSON object', () => {
    expectFigures(compiled);
    expect(compiled.build).toBe(build);
  });

  it('writes a folder whose manifest lists every file', () => {
    const { files } = JSON.parse(readFileSync(`${build}/manifest.json`, 'utf8')) as { files: Record<string, string> };
    const expected = ['.depthwright', 'manifest.json', ...Object.keys(files)];
    expect(readdirSync(build).sort()).toEqual(expected.sort());
    for (const name of ['program.bin', 'program.s', 'weights.bin', 'network.bin', 'config.json', 'report.html']) {
      expect(files[name], name).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('gives the same bytes for the same input', async () => {
    const again = scratch.path('again');
    await depthwrightJson('compile', SMALL_MODEL, '--config', 'tiny', '--out', again);
    const names = readdirSync(build);
    expect(readdirSync(again)).toEqual(names);
    for (const name of names) {
      expect(readFileSync(`${again}/${name}`).equals(readFileSync(`${build}/${name}`)), name).toBe(true);
    }
    expect(names.length).toBeGreaterThan(7);
  });

  it('replaces its own folder, and a build without fusion can be read again', async () => {
    const plain = scratch.path('plain');
    await depthwrightJson('compile', SMALL_MODEL, '--config', 'tiny', '--out', plain);
    const report = await depthwrightJson('compile', SMALL_MODEL, '--config', 'tiny', '--no-fusion', '--out', plain);
    expect(report.instructions).not.toBe(compiled.instructions);
    const inspected = await depthwrightJson('inspect', plain);
    expect([inspected.instructions, inspected.cycles]).toEqual([report.instructions, report.cycles]);
  });

  it('prints a table for people', async () => {
    const { status, stdout } = await depthwright('inspect', build);
    expect(status).toBe(0);
    expect(stdout).toContain(`${SMALL_MODEL} on tiny`);
    expect(stdout).toContain('utilisation');
  });
});

describe('simulate', () => {
  it('prints cycles and the outputs as one JSON object, the program executed and compared', async () => {
    const report = await depthwrightJson('simulate', build, '--image', picture, '--machine');
    expectFigures(report);
    expect(report.cycles).toBe(compiled.cycles);
    expect(report.machineCompared).toBe(1001);
    const [output] = report.outputs as { name: string; top: { index: number; value: number }[] }[];
    expect(output!.top).toHaveLength(5);
  });

  it("dumps every layer's codes, equal to the reference's", async () => {
    const dump = scratch.path('dump');
    await depthwrightJson('simulate', build, '--image', picture, '--dump', dump);
    const read = readBuild(build);
    const { network } = read.compiled;
    const expected = runReference(network, [await pictureCodes(network, picture, read.preprocess!)]);
    const index = JSON.parse(readFileSync(`${dump}/index.json`, 'utf8')) as { file: string; name: string }[];
    expect(index.map(({ name }) => name)).toEqual(network.tensors.map(({ name }) => name));
    let compared = 0;
    index.forEach(({ file }, tensor) => {
      const { height, width, channels } = network.tensors[tensor]!;
      const { shape, values } = readNpy(readFileSync(`${dump}/${file}`));
      expect(shape).toEqual([height, width, channels]);
      expect(values).toEqual(expected[tensor]);
      compared += values.length;
    });
    expect(compared).toBeGreaterThan(10_000);
  });
});

describe('inspect', () => {
  it('shows the stages of a build', async () => {
    const report = await depthwrightJson('inspect', build);
    expectFigures(report);
    expect(report.cycles).toBe(compiled.cycles);
  });

  it('shows the layers of a model and what they cost', async () => {
    const report = await depthwrightJson('inspect', SMALL_MODEL, '--config', 'tiny');
    expectFigures(report);
    expect(report.cycles).toBe(compiled.cycles);
    const graph = report.graph as { op: string; output: string; weights: number; quantised: string }[];
    expect(graph[0]).toMatchObject({ op: 'conv', output: '16x16x8', quantised: 'float' });
    expect(graph.reduce((sum, { weights }) => sum + weights, 0)).toBe(report.weights);
  });

  it('still shows the layers of a model that a configuration cannot hold, and says why', async () => {
    const report = await depthwrightJson('inspect', 'mobilenet_v1_1.0_224', '--config', 'icebreaker');
    expect(report.refused).toContain("configuration 'icebreaker' cannot hold");
    expect((report.graph as object[]).length).toBeGreaterThan(25);
  });
});

describe('configs', () => {
  it('lists the named configurations and what they need', async () => {
    const { configs } = (await depthwrightJson('configs')) as { configs: { name: string; needs: object }[] };
    expect(configs.map(({ name }) => name)).toEqual([...CONFIGS.keys()]);
    expect(configs[0]!.needs).toMatchObject({ multipliers: 16, resources: { dsp: 12, memoryBlocks: 38 } });
    const { stdout } = await depthwright('configs');
    expect(stdout).toMatch(/virtex7 +xc7 +578 +\d+,\d{3} +\d+,\d{3} +528 x 36 kbit/);
    for (const name of CONFIGS.keys()) expect(stdout).toContain(name);
  });

  it('prints one configuration as a file that can be read again', async () => {
    const { stdout } = await depthwright('configs', 'virtex7', '--json');
    const file = scratch.path('mine.json');
    writeFileSync(file, stdout.replace('virtex7', 'mine'));
    expect(await depthwrightJson('configs', file)).toEqual({ ...CONFIGS.get('virtex7'), name: 'mine' });
  });
});

describe('run', () => {
  it('writes pictures, a report and a build that simulates alike', async () => {
    const out = scratch.path('deep', 'run');
    const args = ['run', SMALL_MODEL, '--config', 'tiny', '--image', picture, picture, '--out', out];
    const report = await depthwrightJson(...args);
    expectFigures(report);
    expect(report.out).toBe(out);
    const results = report.results as { picture: string; compared: number; result: { outputs: object } }[];
    expect(results.map((result) => result.picture)).toEqual(['picture.png', 'picture-2.png']);
    for (const name of ['report.html', 'picture.png', 'picture-2.png', 'build/manifest.json']) {
      expect(existsSync(`${out}/${name}`), name).toBe(true);
    }
    const simulated = await depthwrightJson('simulate', `${out}/build`, '--image', picture);
    expect(simulated.outputs).toEqual(results[0]!.result.outputs);
    expect(results[0]!.compared).toBe(1001);
  });
});

/** Shape and int8 values of an .npy file (version 1.0, C order). */
function readNpy(file: Buffer): { shape: number[]; values: Int8Array } {
  const length = file.readUInt16LE(8);
  const head = file.toString('latin1', 10, 10 + length);
  expect(head).toContain("'descr': '|i1', 'fortran_order': False");
  const shape = /\(([^)]*)\)/.exec(head)![1]!.split(',').map(Number);
  return { shape, values: new Int8Array(file.subarray(10 + length)) };
}
