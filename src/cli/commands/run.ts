import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../../errors.ts';
import { buildFiles } from '../../node/build-folder.ts';
import { compareMachine, type HostResult, hostResult, pictureCodes } from '../../node/frame.ts';
import { checkPicture } from '../../node/image.ts';
import { checkFolder, writeFolder } from '../../node/output.ts';
import { requirePreprocess } from '../../node/prepare.ts';
import { createProgress } from '../../node/progress.ts';
import { renderReportFile } from '../../node/report-file.ts';
import { drawResult } from '../../node/result-picture.ts';
import { summarise } from '../../report/summary.ts';
import { simulateCycles } from '../../simulate/cycles/cycles.ts';
import { createKernels } from '../../simulate/kernels/kernels.ts';
import { type ConfigOption, type JsonFlag, jsonOption, type PrepareFlags, withPrepareOptions } from '../options.ts';
import { compileModel } from '../pipeline.ts';
import { print, printJson, printSummary } from '../print.ts';
import { printResult } from './simulate.ts';

interface Flags extends ConfigOption, PrepareFlags, JsonFlag {
  readonly image?: readonly string[];
  readonly labels?: string;
  readonly out?: string;
}

export function runCommand(): Command {
  return withPrepareOptions(new Command('run'))
    .description('the whole way: quantise, compile, run on pictures in simulation, draw the result and write a report')
    .argument('[model]', 'model file or graph builder (default: the embedded hand-landmark network)')
    .option('--image <file...>', 'pictures to run on (default with the embedded network: its photographs)')
    .option('--labels <file>', 'names of the classes, one a line')
    .option('--out <dir>', 'folder for pictures, report and build (default: out/<model>-<config>)')
    .addOption(jsonOption())
    .action(async (name: string | undefined, flags: Flags) => {
      const progress = createProgress();
      if (flags.out !== undefined) checkFolder(flags.out);
      for (const image of flags.image ?? []) await checkPicture(image);
      const labels = flags.labels === undefined ? undefined : readLabels(flags.labels);
      const { model, prepared, compiled } = await compileModel(name, flags, progress);
      const { network, config, program } = compiled;
      const out = flags.out ?? join('out', `${network.name}-${config.name}`);
      checkFolder(out);
      const images = flags.image ?? model.photographs;
      progress.step('counting cycles');
      const cycles = simulateCycles(config, program.instructions);
      const summary = summarise(compiled, cycles);
      const kernels = await createKernels(network);
      const results: { image: string; picture: string; compared: number; result: HostResult }[] = [];
      const files = new Map<string, Uint8Array>();
      const count = progress.loop('running the program on pictures', images.length);
      for (const image of images) {
        const preprocess = requirePreprocess(model);
        const codes = await pictureCodes(network, image, preprocess);
        const outputs = kernels.run([codes]);
        const compared = compareMachine(compiled, codes, outputs);
        const result = hostResult(network, outputs);
        const picture = pictureName(image, files);
        files.set(picture, await drawResult({ image, network, preprocess, summary, result, labels }));
        results.push({ image, picture, compared, result });
        count();
      }
      progress.step('writing pictures and report');
      const first = results[0];
      const report = renderReportFile({
        compiled,
        cycles,
        summary,
        quantisation: prepared.origin,
        ...(first === undefined ? {} : { picture: { png: files.get(first.picture)!, caption: basename(first.image) } }),
      });
      const facts = { source: model.source, quantisation: prepared.origin, preprocess: model.preprocess };
      const build = [...buildFiles(compiled, facts)].map(([file, content]) => [`build/${file}`, content] as const);
      writeFolder(out, new Map<string, string | Uint8Array>([...files, ['report.html', report], ...build]));
      progress.done();
      if (flags.json) return printJson({ ...summary, quantisation: prepared.origin, out, results });
      printSummary(summary);
      print(`quantisation: ${prepared.origin}`);
      for (const { image, picture, compared, result } of results) {
        print(
          `\n${basename(image)} -> ${join(out, picture)} (program executed, ${compared} output codes equal to the kernels')`,
        );
        printResult(result);
      }
      print(`\nreport: ${join(out, 'report.html')}, build folder: ${join(out, 'build')}`);
    });
}

/** Name of the drawn picture; pictures of the same name in two folders are told apart by a number. */
function pictureName(image: string, taken: ReadonlyMap<string, unknown>): string {
  const base = basename(image).replace(/\.[^.]*$/, '');
  let name = `${base}.png`;
  for (let copy = 2; taken.has(name); copy++) name = `${base}-${copy}.png`;
  return name;
}

function readLabels(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (error) {
    throw new UserError('bad-arguments', `the labels cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      file,
    });
  }
}
