/** The design's source files, package first. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageText } from '../generate/package.ts';
import { type WrapperOptions, wrapperName, wrapperText } from '../generate/wrapper.ts';
import type { Config } from '../spec/config.ts';
import type { SourceFile } from './yosys.ts';

const rtlFolder = fileURLToPath(new URL('../../rtl/', import.meta.url));
/** Folders of `rtl/` that hold modules. */
export const RTL_FOLDERS = ['lib', 'control', 'memory', 'engine', 'top'] as const;
export type RtlFolder = (typeof RTL_FOLDERS)[number];

/** Texts in place of the tree's, by file name. */
export type RtlReplacements = ReadonlyMap<string, string>;

/** All modules below the wrapper, in an order that tools accept. */
export async function moduleSources(
  folders: readonly RtlFolder[] = RTL_FOLDERS,
  replace: RtlReplacements = new Map(),
): Promise<SourceFile[]> {
  const sources: SourceFile[] = [{ name: 'dw_pkg.sv', text: packageText() }];
  for (const folder of folders) {
    const names = (await readdir(join(rtlFolder, folder))).filter((name) => name.endsWith('.sv')).sort();
    for (const name of names)
      sources.push({ name, text: replace.get(name) ?? (await readFile(join(rtlFolder, folder, name), 'utf8')) });
  }
  const isPackage = ({ name }: SourceFile): boolean => name.endsWith('_pkg.sv');
  return [...sources.filter(isPackage), ...sources.filter((source) => !isPackage(source))];
}

export interface RtlDesign {
  readonly sources: readonly SourceFile[];
  readonly top: string;
}

export interface RtlOptions extends WrapperOptions {
  /** Default: all. */
  readonly folders?: readonly RtlFolder[];
  /** Files beside those of the folders. */
  readonly add?: readonly SourceFile[];
  readonly replace?: RtlReplacements;
}

/** The whole design of a configuration. */
export async function rtlDesign(config: Config, options: RtlOptions = {}): Promise<RtlDesign> {
  const modules = [...(await moduleSources(options.folders, options.replace)), ...(options.add ?? [])];
  const top = wrapperName(config);
  return { sources: [...modules, { name: `${top}.sv`, text: wrapperText(config, options) }], top };
}

/** Names the logic of a design: sources without comments and white space. */
export function rtlHash({ sources, top }: RtlDesign): string {
  const code = sources.map(({ name, text }) => [name, text.replace(/\/\/.*$/gm, '').replace(/\s+/g, ' ')]);
  return createHash('sha256')
    .update(JSON.stringify([top, code]))
    .digest('hex')
    .slice(0, 16);
}
