/** Counts of a synthesis run as they are kept beside the sources: by module of the source, all its instances together. */
import type { Family, Resources } from './families.ts';
import type { SynthModule } from './report.ts';

export interface ModuleRow {
  readonly name: string;
  readonly instances: number;
  /** Of all instances, without the modules below. */
  readonly dsp: number;
  readonly lut: number;
  readonly ff: number;
  readonly bram: number;
  /** Longest path of any of them. */
  readonly levels: number;
}

export interface SynthRecord {
  readonly tool: string;
  readonly family: Family;
  /** Hash of the RTL that was mapped. */
  readonly rtl: string;
  readonly total: Resources;
  readonly levels: number;
  /** Modules whose mapped cells were simulated and equal; absent where none were. */
  readonly gates?: number;
  readonly modules: readonly ModuleRow[];
}

export function moduleRows(modules: readonly SynthModule[]): ModuleRow[] {
  const rows = new Map<string, ModuleRow>();
  for (const { name, instances, own, levels } of modules) {
    const known = rows.get(name);
    rows.set(name, {
      name,
      instances: (known?.instances ?? 0) + instances,
      dsp: (known?.dsp ?? 0) + own.dsp * instances,
      lut: (known?.lut ?? 0) + own.lut * instances,
      ff: (known?.ff ?? 0) + own.ff * instances,
      bram: (known?.bram ?? 0) + own.bram * instances,
      levels: Math.max(known?.levels ?? 0, levels),
    });
  }
  return [...rows.values()];
}
