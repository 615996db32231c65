/**
 * Synthesises configurations on their own family and records what came out in `bench/synthesis.json`, which the test of
 * the resource estimate reads. Large ones take many minutes.
 *
 *   node --import ./tools/typescript.mjs bench/synthesis.ts [--tool native] [--family F] [--vectors N] [configuration ...]
 *   node --import ./tools/typescript.mjs bench/synthesis.ts --check     says which records are of other RTL
 *   node --import ./tools/typescript.mjs bench/synthesis.ts --tables    the tables of docs/synthesis.md
 *
 * Without names: all named configurations and those of test/support/unnamed-configs.ts.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rtlDesign, rtlHash } from '../src/node/rtl-sources.ts';
import { synthesise } from '../src/node/synth.ts';
import type { YosysFlavour } from '../src/node/yosys.ts';
import { type Config, multipliers } from '../src/spec/config.ts';
import { CONFIGS } from '../src/spec/configs.ts';
import { estimateResources } from '../src/synth/estimate.ts';
import { type ModuleRow, moduleRows, type SynthRecord } from '../src/synth/record.ts';
import { UNNAMED } from '../test/support/unnamed-configs.ts';

const path = fileURLToPath(new URL('synthesis.json', import.meta.url));
const all: readonly Config[] = [...CONFIGS.values(), ...UNNAMED];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tool: { type: 'string', default: 'npm' },
    family: { type: 'string' },
    vectors: { type: 'string', default: '0' },
    check: { type: 'boolean', default: false },
    tables: { type: 'boolean', default: false },
  },
});

const read = async (): Promise<Record<string, SynthRecord>> =>
  JSON.parse(await readFile(path, 'utf8').catch(() => '{}')) as Record<string, SynthRecord>;

async function record(own: Config): Promise<void> {
  const config = { ...own, family: (values.family ?? own.family) as Config['family'] };
  const key = config.family === own.family ? own.name : `${own.name} on ${config.family}`;
  const design = await rtlDesign(config);
  const started = performance.now();
  let stage = '';
  const report = await synthesise({
    ...design,
    family: config.family,
    flavour: values.tool as YosysFlavour,
    vectors: Number(values.vectors),
    expectedDsp: estimateResources(config).dsp,
    cache: '.cache/depthwright',
    progress: (name, detail) => {
      if (name !== stage) console.error(`${config.name}: ${name} (${detail})`);
      stage = name;
    },
  });
  for (const problem of report.problems) console.error(`${config.name}: ${problem}`);
  if (report.problems.length > 0) process.exitCode = 1;
  const { tool, family, total, levels } = report;
  const gates = report.modules.map((module) => module.gates.status);
  const entry: SynthRecord = {
    tool,
    family,
    rtl: rtlHash(design),
    total,
    levels,
    modules: moduleRows(report.modules),
    ...(values.vectors === '0' ? {} : { gates: gates.filter((status) => status === 'equal').length }),
  };
  // Read again: another run may have written meanwhile.
  const records = { ...(await read()), [key]: entry };
  const order = (key: string): number => all.findIndex(({ name }) => name === key.split(' ')[0]);
  const sorted = Object.fromEntries(Object.entries(records).sort(([a], [b]) => order(a) - order(b)));
  await writeFile(
    path,
    `${JSON.stringify(sorted, undefined, 1)
      .replace(/\n {4,}/g, ' ')
      .replace(/\n {3}\}/g, ' }')}\n`,
  );
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ config: key, tool, ...total, levels, seconds: Math.round(seconds) }));
}

const number = (value: number): string => value.toLocaleString('en-US');
const row = (items: readonly (string | number)[]): string =>
  `| ${items.map((item) => (typeof item === 'number' ? number(item) : item)).join(' | ')} |`;
const heading = (items: readonly string[]): string => `${row(items)}\n|${items.map(() => '---|').join('')}`;
const off = (estimate: number, count: number): string =>
  `${estimate >= count ? '+' : ''}${((estimate / count - 1) * 100).toFixed(1)} %`;

async function tables(): Promise<void> {
  const records = await read();
  const known = Object.entries(records).map(([key, record]) => {
    const own = all.find(({ name }) => name === key.split(' ')[0])!;
    return { key: `\`${key}\``, record, config: { ...own, family: record.family } };
  });
  const titles = ['configuration', 'family', 'DSP', 'LUT', 'flip-flops', 'memory blocks'];
  console.log(heading([...titles, 'multipliers a DSP slice of the array', 'levels of the longest path']));
  for (const { key, record, config } of known) {
    const { family, total, levels, modules } = record;
    const array = modules.filter(({ name }) => /^dw_multiply/.test(name)).reduce((sum, { dsp }) => sum + dsp, 0);
    const ratio = (multipliers(config) / array).toFixed(1);
    console.log(row([key, family, total.dsp, total.lut, total.ff, total.bram, ratio, levels]));
  }
  console.log(`\n${heading(['configuration', 'DSP', 'memory blocks', 'LUT', 'flip-flops'])}`);
  for (const { key, record, config } of known) {
    const { total } = record;
    const { dsp, memoryBlocks, luts, flipFlops } = estimateResources(config);
    const same = (estimate: number, count: number): string =>
      `${number(estimate)} (${estimate === count ? 'the same' : number(count)})`;
    const near = (estimate: number, count: number): string => `${number(estimate)} (${off(estimate, count)})`;
    console.log(
      row([
        key,
        same(dsp, total.dsp),
        same(memoryBlocks, total.bram),
        near(luts, total.lut),
        near(flipFlops, total.ff),
      ]),
    );
  }
  const names = [...new Set(known.flatMap(({ record }) => record.modules.map(({ name }) => name)))];
  const cell = (module: ModuleRow | undefined): string =>
    module === undefined ? '' : [module.dsp, module.lut, module.ff, module.bram, module.levels].map(number).join(' / ');
  console.log(`\n${heading(['module', ...known.map(({ key }) => key)])}`);
  for (const name of names.filter((one) => !one.startsWith('depthwright_') || one === 'depthwright_core'))
    console.log(
      row([`\`${name}\``, ...known.map(({ record }) => cell(record.modules.find((one) => one.name === name)))]),
    );
}

async function check(): Promise<void> {
  const records = await read();
  for (const key of new Set([...all.map(({ name }) => name), ...Object.keys(records)])) {
    const config = all.find(({ name }) => name === key.split(' ')[0])!;
    const known = records[key];
    const fresh = known?.rtl === rtlHash(await rtlDesign(config));
    if (!fresh) process.exitCode = 1;
    console.log(
      `${key}: ${known === undefined ? 'no record' : fresh ? 'up to date' : 'of other RTL, run this again for it'}`,
    );
  }
}

if (values.check) await check();
else if (values.tables) await tables();
else {
  const chosen = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
  if (chosen.length === 0)
    throw new Error(`no configuration of this name; there are ${all.map(({ name }) => name).join(', ')}`);
  for (const config of chosen) await record(config);
}
