import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { compareWithRuntime, type RuntimeName } from '../../compare/compare.ts';
import { UserError } from '../../errors.ts';
import { pictureCodes } from '../../node/frame.ts';
import { loadModel } from '../../node/model-source.ts';
import { openOnnxruntime } from '../../node/outside/onnxruntime.ts';
import { openTflite } from '../../node/outside/tflite.ts';
import { isQuantised, requirePreprocess } from '../../node/prepare.ts';
import { createProgress } from '../../node/progress.ts';
import { lowerQuantised } from '../../quantise/lower/lower.ts';
import { type JsonFlag, jsonOption } from '../options.ts';
import { print, printJson, table, thousands } from '../print.ts';

interface Flags extends JsonFlag {
  readonly with: RuntimeName;
  readonly image: string;
  readonly preprocess?: string;
  readonly multiplierBits: string;
}

export function compareCommand(): Command {
  return new Command('compare')
    .description(
      'hold every layer of a quantised model against another runtime, and say which rounding explains a difference',
    )
    .argument('<model>', 'quantised .tflite or .onnx file')
    .addOption(
      new Option('--with <runtime>', 'the other runtime').choices(['tflite', 'onnxruntime']).makeOptionMandatory(),
    )
    .requiredOption('--image <file>', 'JPEG, PNG or WebP picture')
    .option('--preprocess <file>', 'JSON statement of how pictures become the input')
    .addOption(new Option('--multiplier-bits <n>', 'width of our multipliers').choices(['16', '31']).default('31'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe runtimes are development tools: npm install onnxruntime-node, or @tensorflow/tfjs-tflite.\n',
    )
    .action(async (file: string, flags: Flags) => {
      const progress = createProgress();
      const model = loadModel(file, flags.preprocess);
      if (!isQuantised(model.graph)) {
        throw new UserError(
          'unsupported',
          'a float model has no codes to compare',
          { file },
          'Give a quantised model, or see the signal-to-noise ratios of depthwright evaluate.',
        );
      }
      const network = lowerQuantised(model.graph, { multiplierBits: flags.multiplierBits === '31' ? 31 : 16 });
      const codes = await pictureCodes(network, flags.image, requirePreprocess(model));
      const bytes = new Uint8Array(readFileSync(file));
      progress.step(`running ${flags.with}`);
      const runtime = await (flags.with === 'tflite' ? openTflite : openOnnxruntime)(bytes, model.graph);
      const shown = await runtime.run({ kind: 'codes', codes });
      const theirs = new Map<string, Int8Array>();
      for (const [name, values] of shown) if (values.kind === 'codes') theirs.set(name, values.codes);
      progress.step('comparing layer by layer');
      const result = compareWithRuntime(model.graph, network, codes, theirs, flags.with);
      progress.done();
      if (result.compared === 0) {
        throw new UserError(
          'unsupported',
          `${runtime.name} shows none of this model's tensors`,
          { file },
          'Nothing was compared.',
        );
      }
      if (flags.json) return printJson({ model: network.name, runtime: runtime.name, ...result });
      print(`${network.name} against ${runtime.name}, ${flags.multiplierBits}-bit multipliers`);
      print(
        table(
          ['layer', 'operator', 'codes', 'differ', 'largest', 'differ, alone', 'differ, its rounding'],
          result.layers.map((layer) => [
            layer.layer.slice(-60),
            layer.op,
            thousands(layer.compared),
            layer.differing,
            layer.largest,
            layer.alone,
            layer.underItsRule,
          ]),
          2,
        ),
      );
      const { first } = result;
      print(
        first === undefined
          ? `all ${thousands(result.compared)} codes are equal`
          : `first difference: layer '${first.layer}', ${first.differing} of ${first.compared} codes, at most ${first.largest}; ` +
              (first.underItsRule === 0 ? "the runtime's rounding explains all of it" : 'rounding does not explain it'),
      );
      if (result.hidden.length > 0) print(`not shown by the runtime: ${result.hidden.join(', ')}`);
    });
}
