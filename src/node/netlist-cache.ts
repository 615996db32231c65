/** Elaborated designs, kept in a folder by the hash of all that goes in: yosys takes longer than a short frame. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonNetlist } from '../rtlsim/netlist.ts';
import { elaborate, elaborateCommands, type TopModule } from './yosys.ts';

/** `cache`: folder, made where it is missing. */
export async function elaborateCached(design: TopModule, cache: string): Promise<JsonNetlist> {
  const key = createHash('sha256')
    .update(JSON.stringify([design.sources, design.top, design.parameters ?? {}, elaborateCommands(design)]))
    .digest('hex')
    .slice(0, 20);
  const file = join(cache, `${design.top}-${key}.json`);
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JsonNetlist;
  } catch {
    // Not there, or not whole.
  }
  const netlist = await elaborate(design);
  await mkdir(cache, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, JSON.stringify(netlist));
  await rename(unfinished, file);
  return netlist;
}
