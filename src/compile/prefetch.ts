/** Pass 5: when every chunk of weights is brought in, and where in the weight and parameter memories it lies. */
import { UserError } from '../errors.ts';
import { type Config, parameterBytes } from '../spec/config.ts';
import { type Stage, TABLES } from '../spec/isa.ts';
import { computeCycles } from '../spec/sequence.ts';
import { windowTables } from '../spec/window.ts';
import { stageGeometry } from './geometry.ts';
import type { MachineGraph } from './machine-graph.ts';
import type { Chunk, Operation, Schedule } from './schedule.ts';

export interface ChunkPlace {
  readonly weights: number;
  readonly parameters: number;
  /** Activation table that the chunk brings, or -1. */
  readonly table: number;
}

export type TimedOperation = Operation | { readonly kind: 'loadChunk'; readonly chunk: number };

export interface PrefetchedSchedule {
  /** The operations with chunk loads as early as memory allows. */
  readonly operations: readonly TimedOperation[];
  readonly places: readonly ChunkPlace[];
}

/**
 * Cycles of loading that may be queued ahead of the computation. Enough to keep the bus busy; more would fill the load
 * unit's queue, and instructions behind it could not be dispatched.
 */
const LOAD_BACKLOG = 2000;

function chunkCycles(config: Config, chunk: Chunk): number {
  const bytes =
    chunk.weightWords * config.lanes * config.inputs + chunk.parameterWords * config.lanes * parameterBytes(config);
  return bytes / config.axiBytes;
}

function operationCycles(
  config: Config,
  graph: MachineGraph,
  geometries: readonly Stage[],
  operation: Operation & { kind: 'compute' },
): number {
  const halo = graph.stages[operation.stage]!.windowKernel === undefined ? 0 : windowTables(config).haloGroups;
  return computeCycles(config, geometries[operation.stage]!, halo, operation.row, operation.rows, operation.blocks);
}

/** A memory filled in order and freed in order. */
class Ring {
  private readonly live: { readonly chunk: number; readonly start: number; readonly words: number }[] = [];
  private readonly depth: number;

  constructor(depth: number) {
    this.depth = depth;
  }

  /** Start of a free run of words, or undefined. */
  find(words: number): number | undefined {
    const oldest = this.live[0];
    const newest = this.live[this.live.length - 1];
    if (oldest === undefined || newest === undefined) return words <= this.depth ? 0 : undefined;
    const head = newest.start + newest.words;
    if (newest.start >= oldest.start) {
      if (head + words <= this.depth) return head;
      return words <= oldest.start ? 0 : undefined;
    }
    return head + words <= oldest.start ? head : undefined;
  }

  take(chunk: number, start: number, words: number): void {
    this.live.push({ chunk, start, words });
  }

  /** Frees from the oldest on, up to the first that is still needed. */
  free(needed: (chunk: number) => boolean): void {
    while (this.live[0] !== undefined && !needed(this.live[0].chunk)) this.live.shift();
  }
}

export function prefetchWeights(config: Config, graph: MachineGraph, schedule: Schedule): PrefetchedSchedule {
  const { operations, chunks } = schedule;
  const lastUse = new Array<number>(chunks.length).fill(-1);
  const segmentOf = new Array<number>(chunks.length).fill(0);
  const lastUseOfStage = graph.stages.map(() => -1);
  const lastRowLoad = new Map<number, number>();
  operations.forEach((operation, index) => {
    if (operation.kind === 'compute') {
      lastUse[operation.chunk] = index;
      segmentOf[operation.chunk] = operation.segment;
      lastUseOfStage[operation.stage] = index;
    } else if (operation.kind === 'loadRows') lastRowLoad.set(operation.segment, index);
  });
  const weightRing = new Ring(config.weightDepth);
  const parameterRing = new Ring(config.parameterDepth);
  const places: ChunkPlace[] = [];
  const timed: TimedOperation[] = [];
  const geometries = graph.stages.map((stage) => stageGeometry(config, graph, stage));
  let computeClock = 0;
  let loadClock = 0;
  const tables = new Array<number>(TABLES).fill(-1);

  operations.forEach((operation, index) => {
    const stillNeeded = (chunk: number) => lastUse[chunk]! >= index;
    weightRing.free(stillNeeded);
    parameterRing.free(stillNeeded);
    const rowsComing = (lastRowLoad.get(operation.segment) ?? -1) >= index;
    const required = operation.kind === 'compute' ? operation.chunk : -1;
    for (;;) {
      const chunk = places.length;
      const next = chunks[chunk];
      if (next === undefined) break;
      // While rows of this segment are still to come, weights of later segments would hold them up.
      if (rowsComing && segmentOf[chunk]! > operation.segment) break;
      if (chunk > required && loadClock > computeClock + LOAD_BACKLOG) break;
      const table = next.table ? tables.findIndex((owner) => owner < 0 || lastUseOfStage[owner]! < index) : -1;
      if (next.table && table < 0) break;
      const weights = weightRing.find(next.weightWords);
      const parameters = parameterRing.find(next.parameterWords);
      if (weights === undefined || parameters === undefined) break;
      weightRing.take(chunk, weights, next.weightWords);
      parameterRing.take(chunk, parameters, next.parameterWords);
      places.push({ weights, parameters, table });
      if (next.table) tables[table] = next.stage;
      timed.push({ kind: 'loadChunk', chunk });
      loadClock = Math.max(loadClock, computeClock) + chunkCycles(config, next);
    }
    if (operation.kind === 'compute' && operation.chunk >= places.length) {
      throw new UserError(
        'does-not-fit',
        `the weights of this layer do not fit beside those it is fused with in configuration '${config.name}'`,
        { layer: graph.stages[operation.stage]!.name },
        'Use a configuration with a larger weightDepth or parameterDepth.',
      );
    }
    timed.push(operation);
    if (operation.kind === 'compute') computeClock += operationCycles(config, graph, geometries, operation);
  });
  return { operations: timed, places };
}
