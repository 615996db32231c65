/** Runs yosys: the WebAssembly build from npm (default) or the one of the machine. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { JsonNetlist } from '../rtlsim/netlist.ts';

export interface SourceFile {
  /** Name as yosys and its messages see it; no folders. */
  readonly name: string;
  readonly text: string;
}

export interface YosysResult {
  readonly log: string;
  /** The files asked for, by name. */
  readonly files: Readonly<Record<string, string>>;
}

export type YosysFlavour = 'npm' | 'native';

export async function readSources(paths: readonly string[]): Promise<SourceFile[]> {
  const names = new Set<string>();
  return Promise.all(
    paths.map(async (path) => {
      const name = basename(path);
      if (names.has(name)) throw new UserError('bad-arguments', `two source files are called '${name}'`);
      names.add(name);
      return { name, text: await readFile(path, 'utf8') };
    }),
  );
}

/** Lines of a failed run that say why. */
const reasonOf = (log: string): string =>
  log
    .split('\n')
    .filter((line) => /ERROR|error:/.test(line))
    .slice(-3)
    .join(' ')
    .trim() || log.trim().split('\n').slice(-3).join(' ');

/** yosys makes one-bit wires of what it does not understand, with no more than a warning; here that is an error. */
function refuseImplicit(log: string, sources: readonly SourceFile[]): void {
  const line = log
    .split('\n')
    .find((text) => /implicitly declared/i.test(text) && sources.some(({ name }) => text.includes(name)));
  if (line !== undefined)
    throw new UserError(
      'bad-build',
      `yosys declared a wire by itself: ${line.trim()}`,
      {},
      'Declare it, or write it in a form that yosys reads.',
    );
}

/** Calls `watch` with every whole line of the text that `feed` gets. */
function byLine(watch: ((line: string) => void) | undefined): (text: string) => void {
  let rest = '';
  return (text) => {
    if (watch === undefined) return;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) watch(line);
  };
}

type Watch = ((line: string) => void) | undefined;

async function runNpm(
  script: string,
  sources: readonly SourceFile[],
  outputs: readonly string[],
  watch: Watch,
): Promise<YosysResult> {
  const { runYosys } = await import('@yowasp/yosys');
  let log = '';
  const feed = byLine(watch);
  const collect = (bytes: Uint8Array | null): void => {
    if (bytes === null) return;
    const text = Buffer.from(bytes).toString('utf8');
    log += text;
    feed(text);
  };
  const tree: Record<string, string> = { 'run.ys': script };
  for (const { name, text } of sources) tree[name] = text;
  const options = { stdout: collect, stderr: collect, decodeASCII: false, fetchProgress: () => {} };
  let result: Awaited<ReturnType<typeof runYosys>>;
  try {
    result = await runYosys(['-s', 'run.ys'], tree, options);
  } catch {
    throw new UserError('bad-build', `yosys: ${reasonOf(log)}`);
  }
  const files: Record<string, string> = {};
  for (const name of outputs) {
    const content = result?.[name];
    if (content === undefined) throw new Error(`yosys wrote no '${name}'`);
    files[name] = content instanceof Uint8Array ? Buffer.from(content).toString('utf8') : String(content);
  }
  return { log, files };
}

async function runNative(
  script: string,
  sources: readonly SourceFile[],
  outputs: readonly string[],
  watch: Watch,
): Promise<YosysResult> {
  const folder = await mkdtemp(join(tmpdir(), 'yosys-'));
  try {
    await writeFile(join(folder, 'run.ys'), script);
    for (const { name, text } of sources) await writeFile(join(folder, name), text);
    const child = spawn('yosys', ['-s', 'run.ys'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    const feed = byLine(watch);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        log += data.toString('utf8');
        feed(data.toString('utf8'));
      });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', () =>
        reject(new UserError('tool-missing', 'yosys is not installed', {}, 'Use the npm build.')),
      );
      child.on('close', resolve);
    });
    if (code !== 0) throw new UserError('bad-build', `yosys: ${reasonOf(log)}`);
    const files: Record<string, string> = {};
    for (const name of outputs) files[name] = await readFile(join(folder, name), 'utf8');
    return { log, files };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a yosys script over `sources`; returns its log and the files named in `outputs`. `watch` sees each line of the log. */
export async function runYosysScript(
  script: string,
  sources: readonly SourceFile[],
  outputs: readonly string[] = [],
  flavour: YosysFlavour = 'npm',
  watch?: (line: string) => void,
): Promise<YosysResult> {
  const result = await (flavour === 'npm' ? runNpm : runNative)(script, sources, outputs, watch);
  refuseImplicit(result.log, sources);
  return result;
}

/** A module with the values of some of its parameters. */
export interface TopModule {
  readonly sources: readonly SourceFile[];
  readonly top: string;
  readonly parameters?: Readonly<Record<string, number | string>>;
}

/** `read_verilog` and `hierarchy` for a design; packages and headers come first in `sources`. */
export function elaborateScript({ sources, top, parameters = {} }: TopModule, define = ''): string {
  const names = sources.filter(({ name }) => /\.s?v$/.test(name)).map(({ name }) => name);
  const sets = Object.entries(parameters).map(([name, value]) => `-set ${name} ${value} `);
  // `hierarchy -chparam` fails on tops whose instances yosys resolves only on a second pass.
  const set = sets.length === 0 ? '' : `chparam ${sets.join('')}$abstract\\${top}\n`;
  return `read_verilog -sv -defer ${define} ${names.join(' ')}\n${set}hierarchy -check -top ${top}\n`;
}

/** The commands of `elaborate`. */
export function elaborateCommands(design: TopModule): string {
  return `${elaborateScript(design)}
proc
opt_expr
opt_reduce
opt_expr -mux_bool
opt_clean
check
memory_collect
opt_mem
opt -fast
wreduce t:$mul t:$add t:$sub
opt_clean
opt_mem
opt_mem_priority
opt_mem_feedback
memory_bmux2rom
opt_clean
memory_collect
opt -fast
rename -top ${design.top}
write_json netlist.json
`;
}

/** Elaborates a design into the netlist that `compileNetlist` reads: words kept, modules kept, memories kept. */
export async function elaborate(design: TopModule, flavour: YosysFlavour = 'npm'): Promise<JsonNetlist> {
  const { files, log } = await runYosysScript(elaborateCommands(design), design.sources, ['netlist.json'], flavour);
  // Loops are left to the simulator, which names their words and knows which are real.
  const wrong = log.split('\n').find((line) => /is used but has no driver|multiple conflicting drivers/.test(line));
  if (wrong !== undefined)
    throw new UserError('bad-build', `yosys: ${wrong.replace(/^Warning: /, '').trim()}`, {}, 'Drive every wire once.');
  return JSON.parse(files['netlist.json']!) as JsonNetlist;
}
