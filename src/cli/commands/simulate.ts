import { Command } from 'commander';
import { readPictureBuild } from '../../node/build-folder.ts';
import { tensorDump } from '../../node/dump.ts';
import { type HostResult, hostResult, simulateFrame } from '../../node/frame.ts';
import { checkFolder, writeFolder } from '../../node/output.ts';
import { createProgress } from '../../node/progress.ts';
import { summarise } from '../../report/summary.ts';
import { simulateCycles } from '../../simulate/cycles/cycles.ts';
import { type JsonFlag, jsonOption, parseLevel } from '../options.ts';
import { print, printJson, printSummary } from '../print.ts';

interface Flags extends JsonFlag {
  readonly image: string;
  readonly dump?: string;
  readonly machine?: true;
  readonly level: number;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('run a build on a picture: bit-exact outputs and exact cycles')
    .argument('<build>', 'build folder')
    .requiredOption('--image <file>', 'JPEG, PNG or WebP picture')
    .option('--dump <dir>', "write every layer's output codes as .npy (int8, height x width x channels)")
    .option('--level <n>', 'pruning level of a build that was compiled with --pruning', parseLevel, 0)
    .option('--machine', 'also execute the program instruction by instruction and compare the outputs')
    .addOption(jsonOption())
    .action(async (folder: string, flags: Flags) => {
      if (flags.dump !== undefined) checkFolder(flags.dump);
      const progress = createProgress();
      progress.step('reading the build');
      const { compiled, preprocess } = readPictureBuild(folder);
      progress.step('simulating');
      const frame = await simulateFrame(compiled, flags.image, preprocess, {
        keepTensors: flags.dump !== undefined,
        machine: flags.machine === true,
        level: flags.level,
      });
      const cycles = simulateCycles(compiled.config, compiled.program.instructions, { level: flags.level });
      if (flags.dump !== undefined) writeFolder(flags.dump, tensorDump(compiled.network, frame.tensors!));
      progress.done();
      const summary = summarise(compiled, cycles);
      const result = hostResult(compiled.network, frame.outputs);
      const machine = frame.compared === undefined ? {} : { machineCompared: frame.compared };
      if (flags.json) return printJson({ ...summary, image: flags.image, ...machine, ...result });
      printSummary(summary);
      printResult(result);
      if (frame.compared !== undefined) print(`program executed: ${frame.compared} output codes equal`);
      if (flags.dump !== undefined) print(`layer outputs: ${flags.dump}`);
    });
}

export function printResult(result: HostResult): void {
  if (result.hand !== undefined) {
    print(`presence ${result.hand.presence.toFixed(3)}, right hand ${result.hand.handedness.toFixed(3)}, 21 landmarks`);
    return;
  }
  for (const output of result.outputs) {
    const top = output.top.map(({ index, value }) => `${index} (${value.toFixed(3)})`).join(', ');
    print(`output '${output.name}': largest at ${top}`);
  }
}
