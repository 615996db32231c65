/** Synthesises a design with yosys and checks what came out: counts, paths, and the mapped cells against the RTL. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonNetlist } from '../rtlsim/netlist.ts';
import { compileNetlist } from '../rtlsim/simulator.ts';
import { countModules, isBox, modulesBelow } from '../synth/counts.ts';
import { compareMapped } from '../synth/equivalence.ts';
import { type Family, modelFiles, noResources, synthCommand } from '../synth/families.ts';
import { longestPaths } from '../synth/levels.ts';
import { expandPrimitives } from '../synth/primitives.ts';
import type { GateCheck, SynthModule, SynthReport } from '../synth/report.ts';
import { withOnesBeyond } from '../synth/undefined.ts';
import { addModels } from './synth-models.ts';
import { elaborate, elaborateScript, runYosysScript, type TopModule, type YosysFlavour } from './yosys.ts';

export interface SynthOptions extends TopModule {
  readonly family: Family;
  /** Folder for results; the same design is then not synthesised again. */
  readonly cache?: string;
  readonly flavour?: YosysFlavour;
  /** Random cycles of gate-level simulation a module; 0 leaves it out. Default 200. */
  readonly vectors?: number;
  readonly seed?: number;
  /** DSP slices that the whole design must have, exactly. */
  readonly expectedDsp?: number;
  /** Told what is being done: a stage, and a detail such as yosys' pass. */
  readonly progress?: (stage: string, detail: string) => void;
}

const toolNames: Readonly<Record<YosysFlavour, string>> = { npm: 'yosys (npm)', native: 'yosys (native)' };
/** Raise when the meaning of a cached result changes. */
const cacheVersion = 3;

interface Mapped {
  readonly tool: string;
  readonly netlist: JsonNetlist;
}

async function mapDesign(options: SynthOptions): Promise<Mapped> {
  const { family, top, sources, progress } = options;
  const flavour = options.flavour ?? 'npm';
  const script = `${elaborateScript(options, '-DMAPPED')}rename -top ${top}
proc
chformal -remove
opt_clean
${synthCommand(family, top)}
write_json mapped.json
`;
  const watch =
    progress &&
    ((line: string) => {
      const pass = /^[\d.]+\s+Executing (.+)$/.exec(line);
      if (pass !== null) progress('mapping', pass[1]!.replace(/[.]$/, ''));
    });
  const { files, log } = await runYosysScript(script, sources, ['mapped.json'], flavour, watch);
  const version = /Yosys (\d[^\s(]*)/.exec(log)?.[1];
  return {
    tool: `${toolNames[flavour]}${version === undefined ? '' : ` ${version}`}`,
    netlist: JSON.parse(files['mapped.json']!) as JsonNetlist,
  };
}

/** Reads a result of `key` from the cache, or makes and keeps it. */
async function cached<T>(folder: string | undefined, key: unknown, make: () => Promise<T>): Promise<T> {
  if (folder === undefined) return make();
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24);
  const path = join(folder, `synth-${hash}.json`);
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known) as T;
  const made = await make();
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.${process.pid}`, JSON.stringify(made));
  await rename(`${path}.${process.pid}`, path);
  return made;
}

function multiplicationsOf(netlist: JsonNetlist, name: string): number {
  const module = netlist.modules[name];
  if (module === undefined) return 0;
  return Object.values(module.cells).filter(({ type }) => type === '$mul').length;
}

/** Simulates every mapped module beside its RTL. */
async function checkGates(
  options: SynthOptions,
  rtl: JsonNetlist,
  mapped: JsonNetlist,
  names: readonly string[],
): Promise<Map<string, GateCheck>> {
  const results = new Map<string, GateCheck>();
  const { netlist, left } = expandPrimitives(mapped, names);
  const { netlist: complete, missing } = await addModels(
    netlist,
    mapped,
    left,
    modelFiles[options.family],
    options.flavour ?? 'npm',
  );
  const seed = options.seed ?? 1;
  const beyond = withOnesBeyond(rtl);
  for (const [i, name] of names.entries()) {
    options.progress?.('gate-level simulation', `${i + 1} of ${names.length}: ${name}`);
    if (rtl.modules[name] === undefined) {
      results.set(name, { status: 'unchecked', reason: 'the module is not in the RTL netlist' });
      continue;
    }
    const without = modulesBelow(complete, name)
      .flatMap((below) => Object.values(complete.modules[below]!.cells).map(({ type }) => type))
      .filter((type) => missing.has(type));
    if (without.length > 0) {
      results.set(name, { status: 'unchecked', reason: `no simulation model of ${[...new Set(without)].join(', ')}` });
      continue;
    }
    try {
      const [ours, theirs] = [await compileNetlist(rtl, name), await compileNetlist(complete, name)];
      const other = beyond && (await compileNetlist(beyond, name));
      const vectors = { cycles: options.vectors ?? 200, seed };
      const { compared, firstDifference } = compareMapped(ours, theirs, vectors, other);
      if (firstDifference !== undefined) {
        const { cycle, port, rtl: expected, mapped: got } = firstDifference;
        const difference = `cycle ${cycle}: '${port}' is ${got.toString(16)}, the RTL has ${expected.toString(16)} (seed ${seed})`;
        results.set(name, { status: 'different', compared, difference });
      } else if (compared === 0) results.set(name, { status: 'unchecked', reason: 'the module has no outputs' });
      else results.set(name, { status: 'equal', compared });
    } catch (error) {
      results.set(name, { status: 'unchecked', reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return results;
}

async function run(options: SynthOptions): Promise<SynthReport> {
  const { top, family, progress } = options;
  // Nothing to hold the mapped cells against is needed where they are not simulated.
  const simulated = options.vectors !== 0;
  if (simulated) progress?.('elaborating', top);
  const rtl = simulated ? await elaborate(options, options.flavour ?? 'npm') : { modules: {} };
  const { tool, netlist } = await mapDesign(options);
  progress?.('counting', top);
  const counts = countModules(netlist, top);
  const paths = new Map(longestPaths(netlist, top).map((item) => [item.name, item]));
  const names = counts.map(({ name }) => name).filter((name) => !isBox(netlist.modules[name]!));
  const gates = !simulated ? new Map<string, GateCheck>() : await checkGates(options, rtl, netlist, names);
  const modules = counts.map((count): SynthModule => {
    const path = paths.get(count.name)!;
    return {
      name: count.source,
      elaborated: count.name,
      instances: count.instances,
      own: count.own,
      enabled: count.enabled,
      total: count.total,
      levels: path.levels,
      path: path.path,
      multiplications: multiplicationsOf(rtl, count.name),
      gates: gates.get(count.name) ?? { status: 'unchecked', reason: 'not asked for' },
    };
  });
  const total = modules[0]?.total ?? noResources;
  const problems: string[] = [];
  for (const { name, gates: check } of modules)
    if (check.status === 'different') problems.push(`'${name}' is not what its RTL says: ${check.difference}`);
  for (const { name, multiplications, own } of modules)
    if (own.dsp < multiplications && own.lut === 0)
      problems.push(`'${name}' multiplies ${multiplications} times with ${own.dsp} DSP slices and no logic`);
  if (options.expectedDsp !== undefined && total.dsp !== options.expectedDsp)
    problems.push(`the design has ${total.dsp} DSP slices, not ${options.expectedDsp}`);
  const unknown = [...new Set(counts.flatMap((count) => count.unknown))];
  const levels = Math.max(0, ...modules.map((module) => module.levels));
  return { tool, family, top, total, levels, modules, unknown, problems };
}

/** Counts, longest paths and a gate-level check of a design mapped to an FPGA family. */
export function synthesise(options: SynthOptions): Promise<SynthReport> {
  const { sources, top, parameters, family, flavour, vectors, seed, expectedDsp } = options;
  const key = [cacheVersion, sources, top, parameters, family, flavour, vectors, seed, expectedDsp];
  return cached(options.cache, key, () => run(options));
}
