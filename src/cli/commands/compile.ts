import { Command } from 'commander';
import { buildFiles } from '../../node/build-folder.ts';
import { checkFolder, writeFolder } from '../../node/output.ts';
import { readFigures } from '../../node/plan-folder.ts';
import { createProgress } from '../../node/progress.ts';
import { renderReportFile } from '../../node/report-file.ts';
import { summarise } from '../../report/summary.ts';
import { simulateCycles } from '../../simulate/cycles/cycles.ts';
import {
  type ConfigOption,
  type JsonFlag,
  jsonOption,
  type PrepareFlags,
  type PruningFlag,
  withPrepareOptions,
} from '../options.ts';
import { compileModel } from '../pipeline.ts';
import { print, printJson, printSummary } from '../print.ts';

interface Flags extends ConfigOption, PrepareFlags, PruningFlag, JsonFlag {
  readonly out: string;
  readonly fusion: boolean;
}

export function compileCommand(): Command {
  return withPrepareOptions(new Command('compile'))
    .description('compile a model to a self-contained build folder')
    .argument('<model>', 'model file or graph builder')
    .requiredOption('--out <dir>', 'build folder to write')
    .option('--no-fusion', 'run layer by layer instead of fused, for comparison')
    .option('--pruning <dir>', 'pruning levels to compile in: a folder that `prune` wrote')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
The folder holds the program (binary and listing), weights, parameters, the integer network, a manifest with hashes
and a report. The same input gives the same bytes.
`,
    )
    .action(async (name: string, flags: Flags) => {
      checkFolder(flags.out);
      const progress = createProgress();
      const { model, prepared, compiled } = await compileModel(name, flags, progress);
      progress.step('counting cycles');
      const cycles = simulateCycles(compiled.config, compiled.program.instructions);
      const summary = summarise(compiled, cycles);
      const pruning = flags.pruning === undefined ? undefined : readFigures(flags.pruning);
      const report = renderReportFile({
        compiled,
        cycles,
        summary,
        quantisation: prepared.origin,
        ...(pruning === undefined ? {} : { pruning }),
      });
      writeFolder(
        flags.out,
        buildFiles(
          compiled,
          {
            source: model.source,
            quantisation: prepared.origin,
            fusion: flags.fusion,
            preprocess: model.preprocess,
          },
          new Map([['report.html', report]]),
        ),
      );
      progress.done();
      if (flags.json) return printJson({ ...summary, build: flags.out });
      printSummary(summary);
      print(`build folder: ${flags.out} (open report.html in a browser)`);
    });
}
