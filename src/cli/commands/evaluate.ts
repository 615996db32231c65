import { Command, Option } from 'commander';
import type { Graph } from '../../graph/graph.ts';
import type { Preprocess } from '../../import/preprocess.ts';
import type { Network } from '../../network/network.ts';
import { isBuildFolder, readPictureBuild } from '../../node/build-folder.ts';
import { readDataset } from '../../node/dataset.ts';
import { evaluateImages } from '../../node/evaluate.ts';
import { loadModel } from '../../node/model-source.ts';
import { readPlan } from '../../node/plan-folder.ts';
import { isQuantised, prepareNetwork, requirePreprocess } from '../../node/prepare.ts';
import { createProgress, type Progress } from '../../node/progress.ts';
import { atLevel } from '../../prune/levels.ts';
import { applyPlanFile } from '../../prune/plan-file.ts';
import {
  type ConfigOption,
  configOption,
  type JsonFlag,
  jsonOption,
  loadConfig,
  type PruningFlag,
  parseCount,
  parseLevel,
} from '../options.ts';
import { percent, print, printJson, table } from '../print.ts';

interface Flags extends ConfigOption, PruningFlag, JsonFlag {
  readonly images: string;
  readonly labels: string;
  readonly limit?: number;
  readonly skip?: number;
  readonly labelOffset: number;
  readonly calibrate?: string;
  readonly calibrationRows?: number;
  readonly preprocess?: string;
  readonly reference: boolean;
  readonly level: number;
}

export function evaluateCommand(): Command {
  const whole = (text: string): number => (text === '0' ? 0 : parseCount(text));
  return new Command('evaluate')
    .description(
      'accuracy over labelled pictures on all cores: top-1, top-5, agreement with the float network, noise by layer',
    )
    .argument('<model|build>', 'model file or build folder')
    .requiredOption('--images <dir>', 'folder of the pictures')
    .requiredOption('--labels <csv>', 'file name and class number, one row a picture')
    .option('--limit <n>', 'rows to evaluate at most', parseCount)
    .option('--skip <n>', 'rows to leave out at the start', whole)
    .option('--label-offset <n>', 'added to every class number (1 where class 0 is a background)', whole, 0)
    .addOption(configOption())
    .option('--calibrate <dir>', 'pictures to calibrate a float model on')
    .addOption(
      new Option('--calibration-rows <n>', 'calibrate a float model on the first rows of the labels')
        .argParser(parseCount)
        .conflicts('calibrate'),
    )
    .option('--preprocess <file>', 'JSON statement of how pictures become the input')
    .option('--pruning <dir>', 'pruning levels of a model: a folder that `prune` wrote')
    .option('--level <n>', 'pruning level of the build or of --pruning', parseLevel, 0)
    .option('--no-reference', 'leave out the float network: quicker, no agreement and no noise by layer')
    .addOption(jsonOption())
    .action(async (subject: string, flags: Flags) => {
      const progress = createProgress();
      const { limit, skip, labelOffset } = flags;
      const files = await readDataset(flags.images, flags.labels, {
        labelOffset,
        ...(skip === undefined ? {} : { skip }),
        ...(limit === undefined ? {} : { limit }),
      });
      const { network, reference, layerReference, preprocess, origin } = await loadSubject(subject, flags, progress);
      let count = () => {};
      const result = await evaluateImages({
        network,
        reference: flags.reference ? reference : undefined,
        layerReference: flags.reference ? layerReference : undefined,
        preprocess,
        files,
        onProgress: (done, total) => {
          if (done === 1) count = progress.loop('evaluating pictures', total);
          count();
        },
      });
      progress.done();
      if (flags.json) return printJson({ model: network.name, quantisation: origin, ...result });
      print(`${network.name}: ${result.images} pictures (${origin})`);
      print(`top-1 ${percent(result.top1)}, top-5 ${percent(result.top5)}`);
      if (result.agreement !== undefined) {
        print(
          `float network top-1 ${percent(result.referenceTop1!)}, same class as the float network ${percent(result.agreement)}`,
        );
        const rows = result.layers.map(({ name, op, sqnr }) => [
          name.slice(-60),
          op,
          sqnr === undefined ? '' : sqnr.toFixed(1),
        ]);
        print(table(['layer', 'operator', 'signal to noise, dB'], rows, 2));
      }
    });
}

interface Subject {
  readonly network: Network;
  readonly reference: Graph | undefined;
  readonly layerReference: Graph | undefined;
  readonly preprocess: Preprocess;
  readonly origin: string;
}

async function loadSubject(subject: string, flags: Flags, progress: Progress): Promise<Subject> {
  progress.step('reading the model');
  if (isBuildFolder(subject)) {
    const { compiled, preprocess, manifest } = readPictureBuild(subject);
    return {
      network: atLevel(compiled.network, compiled.pruning, flags.level),
      reference: undefined,
      layerReference: undefined,
      preprocess,
      origin: manifest.quantisation,
    };
  }
  const model = loadModel(subject, flags.preprocess);
  const calibrationFiles =
    flags.calibrationRows === undefined || isQuantised(model.graph)
      ? undefined
      : (await readDataset(flags.images, flags.labels, { limit: flags.calibrationRows })).map(({ file }) => file);
  progress.step('calibrating and quantising');
  const prepared = await prepareNetwork(model, {
    calibrate: flags.calibrate,
    calibrationFiles,
    multiplierBits: loadConfig(flags.config).multiplierBits,
  });
  const { network, plan } =
    flags.pruning === undefined
      ? { network: prepared.network, plan: undefined }
      : applyPlanFile(prepared.network, readPlan(flags.pruning));
  return {
    network: atLevel(network, plan, flags.level),
    reference: model.graph,
    layerReference: prepared.reference,
    preprocess: requirePreprocess(model),
    origin: prepared.origin,
  };
}
