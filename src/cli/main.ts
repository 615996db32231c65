/** The command line: parses, calls the library, prints, and turns outcomes into exit codes. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { compareCommand } from './commands/compare.ts';
import { compileCommand } from './commands/compile.ts';
import { configsCommand } from './commands/configs.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { inspectCommand } from './commands/inspect.ts';
import { pruneCommand } from './commands/prune.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { synthCommand } from './commands/synth.ts';
import { verifyCommand } from './commands/verify.ts';

/** Exit codes: 0 done, 1 the user's input is wrong, 2 the command line is wrong, 70 a bug of ours. */
export async function main(argv: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  const program = createProgram();
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      process.stderr.write(`depthwright: ${error.describe()}\n`);
      return 1;
    }
    process.stderr.write(`depthwright: this is a bug of depthwright, please report it\n${(error as Error).stack}\n`);
    return 70;
  }
}

export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('depthwright')
    .description('Turns a trained depthwise-separable CNN into an int8 FPGA accelerator, and proves it in simulation.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(add --help for what the command takes)')
    .addHelpText(
      'after',
      `
A model is a .tflite, .onnx or .gguf file, or the name of a graph builder with seeded weights:
mobilenet_v2_1.0_224, mobilenet_v1_0.25_96, mobilenet_v3_small_1.0_224, ds_cnn, ...

Examples:
  depthwright run                                       the embedded hand-landmark network on photographs of a hand
  depthwright run model.tflite --calibrate photos --image cat.jpg --config zcu104
  depthwright compile mobilenet_v2_1.0_224 --config virtex7 --out build
  depthwright simulate build --image cat.jpg --json
  depthwright inspect build
`,
    );
  for (const command of [
    runCommand(),
    pruneCommand(),
    compileCommand(),
    simulateCommand(),
    inspectCommand(),
    configsCommand(),
    verifyCommand(),
    synthCommand(),
    compareCommand(),
    evaluateCommand(),
  ]) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}
