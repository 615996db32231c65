import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { buildFiles } from '../../src/node/build-folder.ts';
import { writeFolder } from '../../src/node/output.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { bottleneckNetwork, randomPlan } from '../prune/support.ts';
import { hasVerilator, thorough } from '../rtl/support/benches.ts';
import { Random } from '../support/random.ts';
import { depthwright, depthwrightJson, scratchFolder } from './support.ts';

// Elaborating the design takes a while on a busy machine, the first time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const scratch = scratchFolder();
const build = scratch.path('build');
const plain = scratch.path('plain');
const cache = scratch.path('cache');
const simulators = thorough && hasVerilator ? ['wasm', 'verilator'] : ['wasm'];

beforeAll(() => {
  const config = namedConfig('tiny');
  const random = new Random(7);
  const network = bottleneckNetwork(random, config.multiplierBits);
  const facts = { source: 'test', quantisation: 'test', preprocess: undefined };
  const pruning = randomPlan(network, config, random);
  writeFolder(build, buildFiles(compile(network, config, { pruning }), facts));
  writeFolder(plain, buildFiles(compile(network, config), facts));
});
afterAll(scratch.remove);

const verify = (simulator: string, folder: string, ...more: string[]): string[] => [
  'verify',
  folder,
  '--simulator',
  simulator,
  '--cache',
  cache,
  ...more,
];

interface Verdict {
  readonly equal: boolean;
  readonly cyclesEqual: boolean;
  readonly compared: number;
  readonly cycles: number;
  readonly counters: { readonly prunedMultiplies: number };
}

describe.each(simulators)('verify on %s', (simulator) => {
  it('runs a build at level 0 and at a pruning level, and counts what was pruned', async () => {
    const level = async (...more: string[]) =>
      (await depthwrightJson(...verify(simulator, build, ...more))) as unknown as Verdict;
    const [whole, pruned] = [await level(), await level('--level', '7')];
    for (const verdict of [whole, pruned]) {
      expect(verdict).toMatchObject({ equal: true, cyclesEqual: true });
      expect(verdict.compared).toBeGreaterThan(100);
    }
    expect(whole.counters.prunedMultiplies).toBe(0);
    expect(pruned.counters.prunedMultiplies).toBeGreaterThan(0);
  });

  it.each([
    ['truncated', 'illegalOpcode'],
    ['load-decode-error', 'readDecodeError'],
    ['start-while-busy', 'startWhileBusy'],
  ])('shows the error code of a frame that must fail: %s', async (fault, code) => {
    const { status, stdout } = await depthwright(...verify(simulator, plain, '--fault', fault));
    expect(stdout).toContain(`error '${code}'`);
    expect(stdout).toContain('all equal');
    expect(stdout).toContain('every event in its cycle');
    expect(status).toBe(0);
  });

  it('writes a wave with the clock and the cycle of the frame', async () => {
    const file = scratch.path(`${simulator}.vcd`);
    const { cycles } = (await depthwrightJson(
      ...verify(simulator, plain, '--layers', '0..0', '--wave', file),
    )) as unknown as Verdict;
    const wave = readWave(file);
    const clock = wave.get('clk_i')!.filter(({ value }) => value === 1);
    const frame = wave.get('trace_cycle_o')!;
    expect(clock.length).toBeGreaterThan(cycles);
    // The cycle of the frame counts by one, a clock period each.
    const counted = frame.filter(({ value }) => value > 0 && value <= cycles);
    expect(counted.map(({ value }) => value)).toEqual(Array.from({ length: cycles }, (_, at) => at + 1));
    for (const [at, { time }] of counted.entries()) expect(time - counted[0]!.time).toBe(10 * at);
    expect(wave.size).toBeGreaterThan(100);
  });
});

describe('verify refuses', () => {
  it('a wave that cannot be written, before it runs', async () => {
    const file = scratch.path('nowhere', 'wave.vcd');
    const { status, stderr } = await depthwright(...verify('wasm', plain, '--wave', file));
    expect(status).toBe(1);
    expect(stderr).toContain(file);
    expect(existsSync(file)).toBe(false);
  });

  it('a level of a build that has none', async () => {
    const { status, stderr } = await depthwright(...verify('wasm', plain, '--level', '3'));
    expect(status).toBe(1);
    expect(stderr).toContain('level 3 was never calibrated');
  });

  it('a program that was changed, also where its hash was changed with it', async () => {
    const broken = scratch.path('broken');
    cpSync(plain, broken, { recursive: true });
    const program = readFileSync(`${broken}/program.bin`);
    program[40]! ^= 1;
    writeFileSync(`${broken}/program.bin`, program);
    let outcome = await depthwright(...verify('wasm', broken));
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain('program.bin');
    expect(outcome.stderr).toContain('changed since');
    const manifest = JSON.parse(readFileSync(`${broken}/manifest.json`, 'utf8'));
    manifest.files['program.bin'] = createHash('sha256').update(program).digest('hex');
    writeFileSync(`${broken}/manifest.json`, JSON.stringify(manifest));
    outcome = await depthwright(...verify('wasm', broken));
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain('program.bin');
  });
});

/** Changes of every variable by name, values of at most 32 bits; throws where the file is no VCD. */
function readWave(file: string): Map<string, { time: number; value: number }[]> {
  const names = new Map<string, string[]>();
  const changes = new Map<string, { time: number; value: number }[]>();
  let time = 0;
  let header = true;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const text = line.trim();
    if (header) {
      const variable = /^\$var\s+\w+\s+\d+\s+(\S+)\s+(\S+)/.exec(text);
      if (variable !== null) {
        const [, id, name] = variable as unknown as [string, string, string];
        // Of several scopes with a variable of this name the first one, the outermost, counts.
        if (changes.has(name)) continue;
        names.set(id, [...(names.get(id) ?? []), name]);
        changes.set(name, []);
      }
      if (text.includes('$enddefinitions')) header = false;
      continue;
    }
    if (text === '' || text.startsWith('$')) continue;
    const stamp = /^#(\d+)$/.exec(text);
    if (stamp !== null) {
      if (Number(stamp[1]) < time) throw new Error(`time runs backwards at ${text}`);
      time = Number(stamp[1]);
      continue;
    }
    const change = /^(?:b([01xz]+) |([01xz]))(\S+)$/.exec(text);
    if (change === null) throw new Error(`not a value change: ${text}`);
    const value = Number.parseInt(change[1] ?? change[2]!, 2);
    for (const name of names.get(change[3]!) ?? []) changes.get(name)!.push({ time, value });
  }
  if (header) throw new Error('the header does not end');
  return changes;
}
