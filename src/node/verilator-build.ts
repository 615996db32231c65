/** Builds a design and the harness in `cosim/` into an executable with Verilator, cached by the hash of all that goes in. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import type { SourceFile } from './yosys.ts';

export interface VerilatorDesign {
  readonly sources: readonly SourceFile[];
  readonly top: string;
  readonly parameters?: Readonly<Record<string, number | string>>;
  /** Name of the clock port. Default 'clk_i'. */
  readonly clock?: string;
  /** `annotated`: variables marked public in the source can be reached; `all`: every one (slower). Default 'annotated'. */
  readonly internals?: 'annotated' | 'all';
  /** Signals that can be reached beside those, by module. */
  readonly visible?: Readonly<Record<string, readonly string[]>>;
  /** Compile for speed (true, default) or to be ready soon. */
  readonly fast?: boolean;
  /** Registers that nothing initialises start at 0 or 1 (2: at random). Default 0. */
  readonly randomReset?: 0 | 1 | 2;
  /** Able to write a VCD file (`VerilatorModel.openWave`); slower to build and to run. Default false. */
  readonly wave?: boolean;
}

export interface VerilatedPort {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly width: number;
}

export interface VerilatorBuild {
  readonly executable: string;
  readonly ports: readonly VerilatedPort[];
  /** False when it was found in the cache. */
  readonly built: boolean;
}

const harnessFolder = fileURLToPath(new URL('../../cosim/', import.meta.url));
const harnessFiles = ['harness.cpp', 'axi_memory.h'];

/** Runs a program; rejects with a user's error that ends with the last lines it wrote. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (log += data.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', () => reject(new UserError('tool-missing', `'${program}' is not installed`)));
    child.on('close', resolve);
  });
  if (code !== 0) {
    const lines = log.split('\n').filter((line) => /%Error|error:|cannot find|undefined reference/.test(line));
    throw new UserError(
      'bad-build',
      `${program}: ${(lines.length > 0 ? lines : log.split('\n').slice(-8)).slice(0, 5).join(' ').trim()}`,
    );
  }
  return log;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** 'Verilator 5.006 ...', or undefined where it is not installed. */
export async function verilatorVersion(): Promise<string | undefined> {
  try {
    return (await run('verilator', ['--version'], '.')).trim();
  } catch {
    return undefined;
  }
}

/** The ports in a Verilated header. */
export function portsOf(header: string): VerilatedPort[] {
  const ports: VerilatedPort[] = [];
  for (const [, direction, name, high] of header.matchAll(/VL_(IN|OUT)(?:8|16|64|W)?\(&?(\w+),(\d+),/g))
    ports.push({ name: name!, direction: direction === 'IN' ? 'input' : 'output', width: Number(high) + 1 });
  return ports;
}

async function verilatorRoot(): Promise<string> {
  return (await run('verilator', ['--getenv', 'VERILATOR_ROOT'], '.')).trim();
}

/** Verilator's own runtime, compiled once for each cache. */
async function runtimeObjects(cache: string, root: string, version: string): Promise<string[]> {
  const key = createHash('sha256').update(`${version} 2`).digest('hex').slice(0, 12);
  const folder = join(cache, `runtime-${key}`);
  const names = ['verilated', 'verilated_threads', 'verilated_vcd_c'];
  if (!(await exists(join(folder, 'done')))) {
    await mkdir(folder, { recursive: true });
    const include = join(root, 'include');
    for (const name of names)
      await run(
        'g++',
        [
          '-std=c++14',
          '-O2',
          '-DVL_USER_STOP',
          '-DVL_USER_FINISH',
          '-DVL_USER_FATAL',
          '-DVERILATOR=1',
          '-I',
          include,
          '-I',
          join(include, 'vltstd'),
          '-c',
          join(include, `${name}.cpp`),
          '-o',
          `${name}.o`,
        ],
        folder,
      );
    await writeFile(join(folder, 'done'), '');
  }
  return names.map((name) => join(folder, `${name}.o`));
}

/** Builds (or finds) the executable of a design. */
export async function buildVerilator(design: VerilatorDesign, cacheFolder: string): Promise<VerilatorBuild> {
  const cache = resolve(cacheFolder);
  const version = await verilatorVersion();
  if (version === undefined)
    throw new UserError(
      'tool-missing',
      'Verilator is not installed',
      {},
      'Install it, or use the WebAssembly simulator.',
    );
  const harness = await Promise.all(harnessFiles.map((name) => readFile(join(harnessFolder, name), 'utf8')));
  const key = createHash('sha256')
    .update(JSON.stringify([version, design, harness, 'build 2']))
    .digest('hex')
    .slice(0, 20);
  const folder = join(cache, `${design.top}-${key}`);
  const executable = join(folder, 'design');
  const found = async (built: boolean): Promise<VerilatorBuild> => ({
    executable,
    ports: JSON.parse(await readFile(join(folder, 'ports.json'), 'utf8')) as VerilatedPort[],
    built,
  });
  if (await exists(executable)) return found(false);
  const work = `${folder}.${process.pid}`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    await compile(design, work, cache, version);
    await rename(work, folder).catch(async (error) => {
      // Another process was quicker: its build is the same.
      if (!(await exists(executable))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return found(true);
}

async function compile(design: VerilatorDesign, work: string, cache: string, version: string): Promise<void> {
  const clock = design.clock ?? 'clk_i';
  const reset = design.randomReset ?? 0;
  for (const { name, text } of design.sources) await writeFile(join(work, name), text);
  const parameters = Object.entries(design.parameters ?? {}).map(([name, value]) => `-G${name}=${value}`);
  const args = [
    '--cc',
    '-sv',
    '--assert',
    '-O3',
    '--prefix',
    'Vdesign',
    '--top-module',
    design.top,
    '--Mdir',
    'obj',
    '--x-assign',
    'fast',
    '--x-initial',
    reset === 0 ? 'fast' : 'unique',
    '--output-split',
    '20000',
    '--output-split-cfuncs',
    '500',
    '-Wno-fatal',
    '-Wno-lint',
    '-Wno-style',
    '--vpi',
    ...(design.internals === 'all' ? ['--public-flat-rw'] : []),
    ...(design.wave ? ['--trace', '--no-trace-params'] : []),
    ...parameters,
  ];
  const sources = design.sources.filter(({ name }) => /\.s?v$/.test(name)).map(({ name }) => name);
  const visible = Object.entries(design.visible ?? {}).flatMap(([module, names]) =>
    names.map((name) => `public_flat_rd -module "${module}" -var "${name}"\n`),
  );
  if (visible.length > 0) {
    await writeFile(join(work, 'visible.vlt'), `\`verilator_config\n${visible.join('')}`);
    args.push('visible.vlt');
  }
  await run('verilator', [...args, ...sources], work);
  const ports = portsOf(await readFile(join(work, 'obj', 'Vdesign.h'), 'utf8'));
  if (!ports.some(({ name }) => name === clock))
    throw new UserError('bad-build', `module '${design.top}' has no clock port '${clock}'`);
  const include = ports
    .map(({ name, direction, width }) => `PORT(${name}, ${direction === 'input'}, ${width})\n`)
    .join('');
  await writeFile(join(work, 'obj', 'ports.inc'), include);
  await writeFile(join(work, 'ports.json'), JSON.stringify(ports));
  await run(
    'make',
    [
      '-s',
      '-C',
      'obj',
      '-f',
      'Vdesign.mk',
      design.fast === false ? 'OPT_FAST=-O0' : 'OPT_FAST=-O1 -march=native',
      'OPT_SLOW=-O0',
      'Vdesign__ALL.a',
    ],
    work,
  );
  const root = await verilatorRoot();
  const objects = await runtimeObjects(cache, root, version);
  const folders = ['obj', harnessFolder, join(root, 'include'), join(root, 'include', 'vltstd')].flatMap((path) => [
    '-I',
    path,
  ]);
  await run(
    'g++',
    [
      '-std=c++14',
      '-O2',
      '-march=native',
      '-DVERILATOR=1',
      `-DCLOCK=${clock}`,
      `-DRANDOM_RESET=${reset}`,
      '-DVL_USER_STOP',
      '-DVL_USER_FINISH',
      '-DVL_USER_FATAL',
      ...(design.wave ? ['-DWAVE'] : []),
      ...folders,
      join(harnessFolder, 'harness.cpp'),
      ...objects,
      'obj/Vdesign__ALL.a',
      '-lpthread',
      '-o',
      'design',
    ],
    work,
  );
}
