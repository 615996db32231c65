/** Options that several commands share. */
import { existsSync, readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CompileOptions } from '../compile/compile.ts';
import { UserError } from '../errors.ts';
import { type Config, parseConfig } from '../spec/config.ts';
import { CONFIGS, namedConfig } from '../spec/configs.ts';
import { PRUNING_LEVELS } from '../spec/isa.ts';

/** Configuration of the embedded default. */
export const DEFAULT_CONFIG = 'pynq-z2';

export interface ConfigOption {
  readonly config: string;
}
export interface PrepareFlags {
  readonly calibrate?: string;
  readonly calibrationImages?: number;
  readonly preprocess?: string;
}
export interface PruningFlag {
  /** Folder that `prune` wrote. */
  readonly pruning?: string;
}
export interface JsonFlag {
  readonly json?: true;
}

export const configOption = (): Option =>
  new Option('--config <name|file>', `named configuration (${[...CONFIGS.keys()].join(', ')}) or a JSON file`).default(
    DEFAULT_CONFIG,
  );
export const jsonOption = (): Option =>
  new Option('--json', 'print one JSON object and nothing else on standard output');

/** Options of commands that turn a model into an integer network. */
export function withPrepareOptions(command: Command): Command {
  return command
    .addOption(configOption())
    .option('--calibrate <dir>', 'pictures to calibrate a float model on')
    .option('--calibration-images <n>', 'at most so many of them', parseCount, 100)
    .option(
      '--preprocess <file>',
      'JSON statement of how pictures become the input (default: <model>.preprocess.json)',
    );
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError('Give a whole number of at least 1.');
  }
  return count;
}

/** A named configuration, or one from a file. */
export function loadConfig(nameOrFile: string): Config {
  if (CONFIGS.has(nameOrFile) || !existsSync(nameOrFile)) return namedConfig(nameOrFile);
  let text: string;
  try {
    text = readFileSync(nameOrFile, 'utf8');
  } catch (error) {
    throw new UserError('bad-configuration', `the file cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      file: nameOrFile,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      'bad-configuration',
      `it is not JSON (${(error as Error).message})`,
      { file: nameOrFile },
      'Start from `depthwright configs virtex7 --json`.',
    );
  }
  return parseConfig(value, nameOrFile);
}

export const compileOptions = (flags: { readonly fusion?: boolean }): CompileOptions => ({
  fusion: flags.fusion ?? true,
});

/** A pruning level, 0 to 7. */
export function parseLevel(text: string): number {
  const level = Number(text);
  if (!Number.isInteger(level) || level < 0 || level > PRUNING_LEVELS) {
    throw new UserError('bad-arguments', `'${text}' is no pruning level`, {}, `Levels are 0 to ${PRUNING_LEVELS}.`);
  }
  return level;
}
