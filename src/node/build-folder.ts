/** Build folders: everything that a frame needs, in files with hashes. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Compiled, compile } from '../compile/compile.ts';
import { UserError } from '../errors.ts';
import { type Preprocess, readPreprocess } from '../import/preprocess.ts';
import type { Network } from '../network/network.ts';
import { deserialiseNetwork, serialiseNetwork } from '../network/serialise.ts';
import { networkIdentity, type PruningPlan } from '../prune/levels.ts';
import { applyPlanFile, type PlanFile } from '../prune/plan-file.ts';
import { disassemble } from '../spec/assembly.ts';
import { parseConfig } from '../spec/config.ts';
import { configIdentity } from '../spec/identity.ts';
import { PLAN_JSON, planFiles, readPlan } from './plan-folder.ts';

const FORMAT = 1;

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  model: z.string(),
  source: z.string(),
  quantisation: z.string(),
  /** Whether layers were fused (see `CompileOptions`). */
  fusion: z.boolean(),
  identity: z.int(),
  instructions: z.int(),
  memoryBytes: z.int(),
  tensors: z.array(z.object({ name: z.string(), address: z.int(), bytes: z.int() })),
  files: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

export interface Build {
  readonly compiled: Compiled;
  readonly preprocess: Preprocess | undefined;
  readonly manifest: Manifest;
}

export interface BuildFacts {
  /** Model file or builder as the user named it. */
  readonly source: string;
  /** How the network was quantised. */
  readonly quantisation: string;
  /** Default true. */
  readonly fusion?: boolean;
  readonly preprocess: Preprocess | undefined;
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Files of a build folder by name; the same compilation gives the same bytes. `extra` joins them (the report). */
export function buildFiles(
  compiled: Compiled,
  facts: BuildFacts,
  extra: ReadonlyMap<string, string | Uint8Array> = new Map(),
): Map<string, string | Uint8Array> {
  const { config, network, graph, program } = compiled;
  const serialised = serialiseNetwork(network);
  const name = (index: number) => {
    const { stage, tensor, purpose } = program.origins[index]!;
    const subject =
      stage !== undefined ? graph.stages[stage]!.name : tensor !== undefined ? graph.tensors[tensor]!.name : '';
    return subject === '' ? undefined : `${purpose} of ${subject}`;
  };
  const files = new Map<string, string | Uint8Array>([
    ['config.json', json(config)],
    ['network.json', `${serialised.json}\n`],
    ['network.bin', serialised.bytes],
    ['program.bin', program.image.slice(0, program.program.bytes)],
    ['program.s', disassemble(program.instructions, name)],
    ['weights.bin', program.image.slice(program.weights.address)],
    ...(compiled.pruning === undefined ? [] : planFiles(ownPlan(network, compiled.pruning))),
    ...(facts.preprocess === undefined ? [] : [['preprocess.json', json(statementOf(facts.preprocess))] as const]),
    ...extra,
  ]);
  const manifest: Manifest = {
    format: FORMAT,
    model: network.name,
    source: facts.source,
    quantisation: facts.quantisation,
    fusion: facts.fusion ?? true,
    identity: configIdentity(config),
    instructions: program.instructions.length,
    memoryBytes: program.memoryBytes,
    tensors: [...program.tensors].map(([tensor, region]) => ({ name: graph.tensors[tensor]!.name, ...region })),
    files: Object.fromEntries([...files].map(([file, content]) => [file, sha256(content)])),
  };
  files.set('manifest.json', json(manifest));
  return files;
}

/** The levels as a file of the build's own network, whose channels are in order already. */
function ownPlan(network: Network, plan: PruningPlan): PlanFile {
  return { source: networkIdentity(network), orders: [], plan };
}

function statementOf({ normalisation, resize, background }: Preprocess): object {
  const { mean, deviation, order } = normalisation;
  return { mean, deviation, colour: order, resize, background };
}

/** True where a path is a build folder rather than a model. */
export function isBuildFolder(path: string): boolean {
  return existsSync(join(path, 'manifest.json'));
}

/** Reads a build folder; a file that has changed since it was written is named. */
export function readBuild(folder: string): Build {
  const bad = (message: string, file = folder) =>
    new UserError('bad-build', message, { file }, 'Compile the model again.');
  const read = (file: string): Buffer => {
    try {
      return readFileSync(join(folder, file));
    } catch (error) {
      throw bad(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`, join(folder, file));
    }
  };
  let manifestValue: unknown;
  try {
    manifestValue = JSON.parse(read('manifest.json').toString('utf8'));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw bad('the manifest is not JSON', join(folder, 'manifest.json'));
  }
  const manifest = manifestSchema.safeParse(manifestValue);
  if (!manifest.success) {
    const issue = manifest.error.issues[0]!;
    throw bad(`the manifest is broken (${issue.path.join('.')}: ${issue.message})`, join(folder, 'manifest.json'));
  }
  const content = new Map<string, Buffer>();
  for (const [file, hash] of Object.entries(manifest.data.files)) {
    const bytes = read(file);
    if (sha256(bytes) !== hash) throw bad('the file has changed since the build was made', join(folder, file));
    content.set(file, bytes);
  }
  const text = (file: string): string => {
    const bytes = content.get(file);
    if (bytes === undefined) throw bad(`the manifest does not list ${file}`);
    return bytes.toString('utf8');
  };
  text('network.bin');
  text('program.bin');
  const parsed = (file: string): unknown => {
    try {
      return JSON.parse(text(file));
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw bad('the file is not JSON', join(folder, file));
    }
  };
  const config = parseConfig(parsed('config.json'), join(folder, 'config.json'));
  const network = deserialiseNetwork({
    json: text('network.json'),
    bytes: new Uint8Array(content.get('network.bin')!),
  });
  const pruning = content.has(PLAN_JSON) ? applyPlanFile(network, readPlan(folder)).plan : undefined;
  const compiled = compile(network, config, {
    fusion: manifest.data.fusion,
    ...(pruning === undefined ? {} : { pruning }),
  });
  const program = compiled.program.image.subarray(0, compiled.program.program.bytes);
  if (!content.get('program.bin')!.equals(program)) {
    throw bad('the program was made by another version of the compiler', join(folder, 'program.bin'));
  }
  const preprocess = content.has('preprocess.json')
    ? readPreprocess(parsed('preprocess.json'), join(folder, 'preprocess.json'))
    : undefined;
  return { compiled, preprocess, manifest: manifest.data };
}

/** Reads a build that runs on pictures: one that states how they become its input. */
export function readPictureBuild(folder: string): Build & { readonly preprocess: Preprocess } {
  const build = readBuild(folder);
  if (build.preprocess === undefined) {
    throw new UserError(
      'bad-arguments',
      'the build does not state how pictures become its input',
      { file: folder },
      'Compile again with --preprocess FILE.',
    );
  }
  return { ...build, preprocess: build.preprocess };
}
