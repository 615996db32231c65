import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../../errors.ts';
import type { Network } from '../../network/network.ts';
import { checkLabels, checkPictures, readDataset } from '../../node/dataset.ts';
import { pictureCodes } from '../../node/frame.ts';
import { loadModel } from '../../node/model-source.ts';
import { checkFolder, writeFolder } from '../../node/output.ts';
import { pictureFiles } from '../../node/pictures.ts';
import { checkpointFolder, FIGURES_JSON, planFiles } from '../../node/plan-folder.ts';
import { prepareNetwork, requirePreprocess } from '../../node/prepare.ts';
import { createProgress } from '../../node/progress.ts';
import { type LabelledCodes, prune } from '../../node/prune.ts';
import { renderPruningReportFile } from '../../node/report-file.ts';
import type { Objective } from '../../prune/costs.ts';
import { bandText, figure, shareText } from '../../report/pruning-chart-parts.ts';
import type { PruningFigures } from '../../report/pruning-figures.ts';
import { CAUSE_NAMES, SHOWN_CAUSES } from '../../report/pruning-names.ts';
import { pruningSvgs } from '../../report/pruning-svg.ts';
import {
  type ConfigOption,
  type JsonFlag,
  jsonOption,
  loadConfig,
  type PrepareFlags,
  parseCount,
  withPrepareOptions,
} from '../options.ts';
import { print, printJson, table } from '../print.ts';

interface Flags extends ConfigOption, PrepareFlags, JsonFlag {
  readonly images: string;
  readonly labels?: string;
  readonly labelOffset?: number;
  readonly budget: number;
  readonly levels: number;
  readonly objective: Objective;
  readonly holdout?: number;
  readonly sharedWeights?: true;
  readonly out?: string;
}

export function pruneCommand(): Command {
  return withPrepareOptions(new Command('prune'))
    .description('calibrate pruning levels: accuracy traded for energy by one register write between frames')
    .argument('<model>', 'model file or graph builder')
    .requiredOption('--images <dir>', 'pictures to calibrate on')
    .option('--labels <csv>', 'rows of file name and class number; without them agreement with level 0 counts')
    .option(
      '--label-offset <n>',
      'added to every class number (default: 1 where the network has 1001 classes, the first a background)',
      parseOffset,
    )
    .option('--budget <points>', 'top-1 that the highest level may cost, in points', parsePoints, 5)
    .option('--levels <n>', 'levels, level 0 included: 2 to 8', parseCount, 8)
    .addOption(new Option('--objective <what>', 'what to save').choices(['energy', 'latency']).default('energy'))
    .option(
      '--holdout <n>',
      'the last n pictures only judge the levels (default: none; at least 8 must be left to calibrate on)',
      parseCount,
    )
    .option('--shared-weights', "thresholds on one set of weights only; by default each level's weights are refitted")
    .option('--out <dir>', 'folder to write (default: out/<model>-pruning)')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
The folder holds the levels with their hashes, figures.json (what --json prints), report.html and its pictures as SVG.
Finished steps are kept in FOLDER.unfinished until all is done: the same command goes on where it was interrupted.
The levels are compiled in with: depthwright compile MODEL --pruning FOLDER
`,
    )
    .action(async (name: string, flags: Flags) => {
      const config = loadConfig(flags.config);
      const progress = createProgress();
      progress.step('reading the model');
      const model = loadModel(name, flags.preprocess);
      const { network } = await prepareNetwork(model, {
        calibrate: flags.calibrate,
        multiplierBits: config.multiplierBits,
      });
      const out = flags.out ?? join('out', `${network.name}-pruning`);
      checkFolder(out);
      const checkpoint = checkpointFolder(out);
      const files = await pictures(flags, network);
      const holdout = flags.holdout ?? 0;
      if (holdout >= files.length) {
        throw new UserError(
          'bad-arguments',
          `--holdout ${holdout} leaves nothing to calibrate on: there are ${files.length} pictures`,
          { file: flags.images },
        );
      }
      const preprocess = requirePreprocess(model);
      const count = progress.loop('reading pictures', files.length);
      const codes: Int8Array[] = [];
      for (const { file } of files) {
        codes.push(await pictureCodes(network, file, preprocess));
        count();
      }
      const cut = files.length - holdout;
      const part = (from: number, end: number): LabelledCodes => ({
        frames: codes.slice(from, end),
        labels: flags.labels === undefined ? undefined : files.slice(from, end).map(({ label }) => label),
      });
      const result = await prune({
        network,
        config,
        calibration: part(0, cut),
        holdout: part(cut, files.length),
        checkpoint,
        progress,
        budget: flags.budget,
        levels: flags.levels,
        objective: flags.objective,
        ownWeights: flags.sharedWeights !== true,
      });
      const { figures, steps } = result;
      progress.step('writing levels, figures and report');
      writeFolder(
        out,
        new Map<string, string | Uint8Array>([
          ...planFiles(result.file),
          [FIGURES_JSON, `${JSON.stringify(figures, null, 1)}\n`],
          ['report.html', renderPruningReportFile(figures)],
          ...pruningSvgs(figures),
        ]),
      );
      progress.done();
      if (flags.json) return printJson({ ...figures, steps, out });
      printLevels(figures);
      if (steps.found > 0) print(`${steps.found} of ${steps.made + steps.found} steps were finished before`);
      print(`levels: ${out} (open report.html in a browser)`);
    });
}

function parsePoints(text: string): number {
  const points = Number(text);
  if (text.trim() === '' || !(points > 0) || points > 100) {
    throw new InvalidArgumentError('Give points of top-1: more than 0, at most 100.');
  }
  return points;
}

function parseOffset(text: string): number {
  const offset = Number(text);
  if (text.trim() === '' || !Number.isInteger(offset)) throw new InvalidArgumentError('Give a whole number.');
  return offset;
}

/** Pictures with their classes, in the order of the labels or of the file names. */
async function pictures(flags: Flags, network: Network): Promise<{ file: string; label: number }[]> {
  if (flags.labels === undefined) return pictureFiles(flags.images).map((file) => ({ file, label: -1 }));
  const { channels } = network.tensors[network.outputs[0]!.tensor]!;
  const offset = flags.labelOffset ?? Number(channels === 1001);
  const dataset = await readDataset(flags.images, flags.labels, { labelOffset: offset });
  checkLabels(dataset, channels);
  checkPictures(dataset, flags.labels);
  return [...dataset];
}

function printLevels(figures: PruningFigures): void {
  const { levels, causes } = figures;
  const what = figures.labelled ? 'top-1' : 'agreement';
  print(
    table(
      [
        'level',
        `${what} seen`,
        `${what} unseen`,
        'dynamic saved',
        'total saved',
        'frames/s',
        'mJ a frame',
        'W, full rate',
        `W at ${figure(levels[0]!.framesPerSecond)}/s`,
        'GOPS/W',
      ],
      levels.map((at) => [
        at.level,
        `${at.top1Calibration.toFixed(1)} %`,
        at.top1Holdout === null ? '' : `${at.top1Holdout.toFixed(1)} %`,
        shareText(at.dynamicSaved),
        shareText(at.totalSaved),
        at.framesPerSecond.toFixed(1),
        bandText(at.millijoules),
        bandText(at.watts),
        bandText(at.fixedRate.watts),
        bandText(at.gopsPerWatt),
      ]),
    ),
  );
  print(`dynamic energy saved at level ${levels.length - 1}, by cause:`);
  print(
    table(
      ['cause', 'share of level 0'],
      SHOWN_CAUSES.map((cause) => [CAUSE_NAMES[cause], shareText(causes[cause])]),
    ),
  );
}
