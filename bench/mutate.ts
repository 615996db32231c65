/**
 * Plants the faults of `mutation/mutants.ts` in the RTL, one at a time, and counts which of them the checks of test/rtl catch.
 *
 *   node --import ./tools/typescript.mjs bench/mutate.ts [--only NAME] [--sample N] [--jobs N] [--simulator NAME] [--json]
 *
 * Exit code 1 where fewer than 95 % are caught, a survivor is not explained, a mutant does not build, or the design
 * without a fault does not pass the same checks.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import Table from 'cli-table3';
import { Command } from 'commander';
import type { RtlSimulator } from '../src/node/cosim.ts';
import { verilatorVersion } from '../src/node/verilator-build.ts';
import { runYosysScript } from '../src/node/yosys.ts';
import { MUTANTS, type Mutant, replacements } from './mutation/mutant.ts';
import { judge, type SuiteOptions, stagesOf, type Verdict } from './mutation/suite.ts';

const BAR = 0.95;
const cache = '.cache/mutation';

interface Options {
  readonly only?: readonly string[];
  readonly sample?: number;
  readonly jobs: number;
  readonly simulator: RtlSimulator;
  readonly json?: boolean;
}
interface Judged {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  readonly seconds: number;
}

const { only, sample, jobs, simulator, json } = new Command()
  .option('--only <names...>', 'mutants by name, or files by the beginning of their path')
  .option('--sample <n>', 'so many mutants from all over the table', Number)
  .option('--jobs <n>', 'designs judged at once', Number, availableParallelism())
  .option('--simulator <name>', 'wasm or verilator', 'wasm')
  .option('--json', 'the result as JSON on standard output')
  .parse()
  .opts<Options>();

const works =
  simulator === 'verilator'
    ? (await verilatorVersion()) !== undefined
    : await runYosysScript('', [], [], 'npm').then(
        () => true,
        () => false,
      );
if (!works) {
  console.error(
    `skipped: no fault was judged, ${simulator === 'verilator' ? 'verilator' : 'yosys (npm)'} does not run`,
  );
  process.exit(0);
}

// A sample is to be caught whole.
const wanted = MUTANTS.filter(
  ({ name, file, survives }) =>
    (only === undefined || only.some((text) => name === text || file.startsWith(text))) &&
    (sample === undefined || survives === undefined),
);
const every = sample === undefined ? 1 : wanted.length / sample;
const chosen = wanted.filter((_, at) => Math.floor((at + 1) / every) > Math.floor(at / every));
if (chosen.length === 0) throw new Error(`no mutant is called ${only?.join(', ')}`);
mkdirSync(cache, { recursive: true });
const options: SuiteOptions = { simulator, cache };

const judged: Judged[] = [];
const reached = new Set<string>();
const queue = [...chosen];
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const started = performance.now();
      const stages = new Set(stagesOf(mutant.file));
      const verdict = await judge(await replacements(mutant), options, (stage) => {
        if (stages.has(stage)) reached.add(stage);
        return stages.has(stage);
      });
      const seconds = (performance.now() - started) / 1000;
      judged.push({ mutant, verdict, seconds });
      const by = verdict.status === 'caught' ? ` by ${verdict.stage}` : '';
      console.error(
        `[${judged.length}/${chosen.length}] ${mutant.name}: ${verdict.status}${by} (${seconds.toFixed(1)} s)`,
      );
    }
  }),
);
console.error(`the design without a fault: ${[...reached].join(', ')} ...`);
const base = await judge(new Map(), options, (stage) => reached.has(stage));

const caught = judged.filter(({ verdict }) => verdict.status === 'caught');
const survivors = judged.filter(({ verdict }) => verdict.status === 'survived');
const invalid = judged.filter(({ verdict }) => verdict.status === 'invalid');
const valid = caught.length + survivors.length;
const rate = valid === 0 ? 0 : caught.length / valid;
const unexplained = survivors.filter(({ mutant }) => mutant.survives === undefined);
const wronglyExplained = caught.filter(({ mutant }) => mutant.survives !== undefined);
const isVoid = base.status !== 'survived';

if (json) {
  const mutants = judged.map(({ mutant, verdict, seconds }) => ({ ...mutant, ...verdict, seconds }));
  const counts = { mutants: judged.length, caught: caught.length, survived: survivors.length, invalid: invalid.length };
  console.log(JSON.stringify({ simulator, ...counts, rate, void: isVoid, base, results: mutants }, null, 2));
} else {
  const table = new Table({ head: ['mutant', 'kind', 'file', 'verdict'] });
  for (const { mutant, verdict } of judged.sort((a, b) => MUTANTS.indexOf(a.mutant) - MUTANTS.indexOf(b.mutant))) {
    const said = verdict.status === 'caught' ? `caught by ${verdict.stage}` : verdict.status.toUpperCase();
    table.push([mutant.name, mutant.kind, mutant.file, said]);
  }
  console.log(table.toString());
  const folders = new Table({ head: ['folder', 'mutants', 'caught', 'survived'] });
  for (const folder of new Set(chosen.map(({ file }) => file.split('/')[0]!))) {
    const count = (list: readonly Judged[]) => list.filter(({ mutant }) => mutant.file.startsWith(`${folder}/`)).length;
    folders.push([folder, count(judged), count(caught), count(survivors)]);
  }
  console.log(folders.toString());
  for (const { mutant } of survivors)
    console.log(`survived: ${mutant.name} (${mutant.reason}): ${mutant.survives ?? 'NOT EXPLAINED'}`);
  for (const { mutant } of wronglyExplained) console.log(`caught, though explained as equivalent: ${mutant.name}`);
  for (const { mutant, verdict } of invalid)
    if (verdict.status === 'invalid') console.log(`does not build: ${mutant.name}: ${verdict.complaint}`);
  console.log(`${caught.length} of ${valid} caught (${(Math.floor(rate * 1000) / 10).toFixed(1)} %) on ${simulator}`);
}
if (isVoid) console.error(`VOID: the design without a fault fails: ${JSON.stringify(base)}`);
if (isVoid || rate < BAR || unexplained.length + invalid.length + wronglyExplained.length > 0) process.exitCode = 1;
