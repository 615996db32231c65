/** What the report's page draws: plain numbers and names, as JSON inside the page. */
import type { Compiled } from '../compile/compile.ts';
import type { CycleResult, StallCause } from '../simulate/cycles/cycles.ts';
import { memoryBytes } from '../spec/config.ts';
import type { Ablation } from './ablation.ts';
import { type ActivationArea, activationAreas, type MemoryOccupancy, memoryOccupancy } from './occupancy.ts';
import type { PruningFigures } from './pruning-figures.ts';
import type { LayerSummary, Summary } from './summary.ts';

/** Lanes of the timeline, top to bottom. */
export const LANES = ['engine', 'engine waits', 'load rows', 'load weights', 'store rows'] as const;

/** One bar of the timeline: an instruction, or a wait before one. */
export interface TimelineItem {
  /** Index into `LANES`. */
  readonly lane: number;
  /** Cycles, both included. */
  readonly start: number;
  readonly end: number;
  /** Index into `Summary.layers`; absent for rows. */
  readonly layer?: number;
  /** What the engine waits for. */
  readonly cause?: StallCause;
  /** What it is about, in words. */
  readonly text: string;
}

export interface PageData {
  readonly summary: Summary;
  /** Bytes a cycle that the memory bus can move in one direction. */
  readonly busBytes: number;
  readonly lanes: readonly string[];
  readonly timeline: readonly TimelineItem[];
  readonly occupancy: readonly MemoryOccupancy[];
  readonly map: readonly ActivationArea[];
  readonly mapBytes: number;
  readonly ablations: readonly Ablation[];
}

/** What a page may show: a build, the levels of a calibration, or both. */
export interface PageContent extends Partial<PageData> {
  readonly pruning?: PruningFigures;
}

export function pageData(
  compiled: Compiled,
  cycles: CycleResult,
  summary: Summary,
  ablations: readonly Ablation[],
): PageData {
  return {
    summary,
    busBytes: compiled.config.axiBytes,
    lanes: LANES,
    timeline: timeline(compiled, cycles, summary.layers),
    occupancy: memoryOccupancy(compiled, cycles),
    map: activationAreas(compiled, cycles),
    mapBytes: memoryBytes(compiled.config).activation,
    ablations,
  };
}

function timeline(
  { config, graph, program }: Compiled,
  cycles: CycleResult,
  layers: readonly LayerSummary[],
): TimelineItem[] {
  const items: TimelineItem[] = [];
  program.instructions.forEach(({ opcode, fields }, index) => {
    const timing = cycles.timings[index];
    const origin = program.origins[index]!;
    if (timing === undefined) return;
    const { start, end } = timing;
    const first = Number(fields.row);
    if (opcode === 'COMPUTE') {
      const layer = origin.stage!;
      const channel = Number(fields.block) * config.lanes;
      const channels = Math.min(channel + Number(fields.blocks) * config.lanes, layers[layer]!.output[2]) - 1;
      const text = `rows ${first} to ${first + Number(fields.rows) - 1}, channels ${channel} to ${channels}`;
      items.push({ lane: 0, start, end, layer, text });
      if (timing.cause === 'none') return;
      items.push({ lane: 1, start: start - timing.stall, end: start - 1, layer, cause: timing.cause, text: 'wait' });
      return;
    }
    const target = Number(fields.target);
    if (target !== 2) {
      const text = `${origin.purpose}, ${fields.count} words`;
      items.push({ lane: 3, start, end, layer: origin.stage!, text });
      return;
    }
    const text = `${fields.count} rows of ${graph.tensors[origin.tensor!]!.name}`;
    items.push({ lane: opcode === 'LOAD' ? 2 : 4, start, end, text });
  });
  return items;
}
