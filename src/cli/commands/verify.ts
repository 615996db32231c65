import { join } from 'node:path';
import { Command, Option } from 'commander';
import { FAULT_NAMES, type FaultName } from '../../cosim/faults.ts';
import { describeDifference } from '../../cosim/verify.ts';
import { UserError } from '../../errors.ts';
import { readBuild } from '../../node/build-folder.ts';
import { cosimulate, type RtlSimulator } from '../../node/cosim.ts';
import { pictureCodes } from '../../node/frame.ts';
import { createProgress } from '../../node/progress.ts';
import { atLevel } from '../../prune/levels.ts';
import { seededNumbers } from '../../quantise/augment.ts';
import { createKernels } from '../../simulate/kernels/kernels.ts';
import { type JsonFlag, jsonOption, parseCount, parseLevel } from '../options.ts';
import { print, printJson, thousands } from '../print.ts';

interface Flags extends JsonFlag {
  readonly image?: string;
  readonly layers?: { readonly first: number; readonly last: number };
  readonly simulator?: RtlSimulator;
  readonly randomStalls?: number;
  readonly level: number;
  readonly wave?: string;
  readonly fault?: FaultName;
  readonly cache: string;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('run a build on the SystemVerilog and hold every layer, counter and cycle against the simulator')
    .argument('<build>', 'build folder')
    .option('--image <file>', 'JPEG, PNG or WebP picture (default: seeded noise)')
    .option('--layers <a..b>', 'compare these network layers only, and stop after the last', parseLayers)
    .addOption(
      new Option(
        '--simulator <name>',
        'register-transfer simulator (default: verilator where it is installed)',
      ).choices(['verilator', 'wasm']),
    )
    .option(
      '--random-stalls <seed>',
      'hold every bus channel back at random; data are compared, cycles are not',
      parseCount,
    )
    .option('--level <n>', 'pruning level of a build that was compiled with --pruning', parseLevel, 0)
    .option(
      '--wave <file>',
      'write a VCD file: every signal (verilator), or clock, ports and registers (wasm); a megabyte for some hundred cycles',
    )
    .addOption(
      new Option('--fault <kind>', 'first run a frame that must fail, and show its error code').choices(FAULT_NAMES),
    )
    .option('--cache <dir>', 'folder that keeps built simulators', join('.cache', 'depthwright'))
    .addOption(jsonOption())
    .action(async (folder: string, flags: Flags) => {
      const progress = createProgress();
      progress.step('reading the build');
      const { compiled, preprocess } = readBuild(folder);
      const { network } = compiled;
      const inputs = [await inputOf()];
      async function inputOf(): Promise<Int8Array> {
        const { height, width, channels } = network.tensors[network.inputs[0]!]!;
        if (flags.image === undefined) {
          const random = seededNumbers(1);
          return Int8Array.from({ length: height * width * channels }, () => Math.floor(random() * 256) - 128);
        }
        if (preprocess === undefined) {
          throw new UserError('bad-arguments', 'the build does not state how pictures become its input', {
            file: folder,
          });
        }
        return pictureCodes(network, flags.image, preprocess);
      }
      const pruned = atLevel(network, compiled.pruning, flags.level);
      const expected = (await createKernels(pruned, { keepTensors: true })).runAll(inputs);
      let count: (() => void) | undefined;
      const result = await cosimulate(compiled, inputs, expected, {
        cache: flags.cache,
        level: flags.level,
        ...(flags.wave === undefined ? {} : { wave: flags.wave }),
        ...(flags.fault === undefined ? {} : { fault: flags.fault }),
        ...(flags.simulator === undefined ? {} : { simulator: flags.simulator }),
        ...(flags.layers === undefined ? {} : { layers: flags.layers }),
        ...(flags.randomStalls === undefined ? {} : { stalls: { seed: flags.randomStalls } }),
        onPhase: (phase) => progress.step(phase),
        onProgress: (_, total) => {
          count ??= progress.loop('instructions', total);
          count();
        },
      });
      progress.done();
      const { fault } = result;
      if (!result.equal || result.cyclesEqual === false || fault?.right === false) process.exitCode = 1;
      if (flags.json) return printJson({ model: network.name, config: compiled.config.name, ...result });
      print(`${network.name} on the RTL of ${compiled.config.name}, ${result.simulator}`);
      if (fault !== undefined) {
        const { error } = fault;
        const got = error === undefined ? 'no error' : `error '${error.code}' in ${error.unit} ${error.index}`;
        print(
          `${fault.description}: ${got}${fault.right ? '' : `, EXPECTED '${fault.expected}'`}; then the frame itself:`,
        );
      }
      print(`${thousands(result.compared)} values compared: ${result.equal ? 'all equal' : 'DIFFERENT'}`);
      if (result.firstDifference !== undefined)
        print(`first difference: ${describeDifference(result.firstDifference)}`);
      for (const problem of result.problems) print(`problem: ${problem}`);
      if (result.cyclesEqual !== undefined) {
        const { cycles, expectedCycles, cyclesCompared, cyclesEqual } = result;
        const verdict = cyclesEqual ? 'every event in its cycle' : 'NOT in the cycle of the model';
        print(
          `${thousands(cycles)} cycles, ${thousands(expectedCycles)} in the model; ${thousands(cyclesCompared)} events: ${verdict}`,
        );
      }
      if (result.firstTimingDifference !== undefined) print(`first: ${JSON.stringify(result.firstTimingDifference)}`);
      if (flags.wave !== undefined) print(`wave: ${flags.wave}`);
    });
}

function parseLayers(text: string): { first: number; last: number } {
  const match = /^(\d+)\.\.(\d+)$/.exec(text);
  if (match === null || Number(match[1]) > Number(match[2])) {
    throw new UserError('bad-arguments', `'${text}' is no range of layers`, {}, 'Write --layers 0..4.');
  }
  return { first: Number(match[1]), last: Number(match[2]) };
}
