/** Pass 4: the segments' strips as one list of operations, with the weights cut into chunks that are brought in. */
import type { Config } from '../spec/config.ts';
import type { MachineGraph } from './machine-graph.ts';
import type { Plan } from './plan.ts';

/** Weights and parameters of a range of output channel blocks, loaded together. */
export interface Chunk {
  readonly stage: number;
  readonly block: number;
  readonly blocks: number;
  /** Words of the weight and of the parameter memory. */
  readonly weightWords: number;
  readonly parameterWords: number;
  /** Has an activation table to bring in as well. */
  readonly table: boolean;
}

export type Operation =
  | {
      readonly kind: 'compute';
      readonly segment: number;
      readonly stage: number;
      readonly row: number;
      readonly rows: number;
      readonly block: number;
      readonly blocks: number;
      /** Index into `Schedule.chunks`. */
      readonly chunk: number;
    }
  | {
      readonly kind: 'loadRows' | 'storeRows';
      readonly segment: number;
      readonly tensor: number;
      readonly row: number;
      readonly rows: number;
    };

export interface Schedule {
  readonly operations: readonly Operation[];
  readonly chunks: readonly Chunk[];
}

/** Share of the weight memory that a streamed chunk takes, so that several are in flight. */
const STREAM_SHARE = 16;

export function scheduleOperations(config: Config, graph: MachineGraph, plan: Plan): Schedule {
  const operations: Operation[] = [];
  const chunks: Chunk[] = [];
  plan.segments.forEach((segment, segmentIndex) => {
    const single = segment.shape.strips === 1;
    const chunkOf = new Map<number, number[]>();
    const stageChunks = (stageIndex: number): number[] => {
      const known = chunkOf.get(stageIndex);
      if (known !== undefined && !segment.restream) return known;
      const made = cutChunks(config, graph, stageIndex, single || segment.restream).map(
        (chunk) => chunks.push(chunk) - 1,
      );
      chunkOf.set(stageIndex, made);
      return made;
    };
    for (const { step, row, end } of segment.shape.work) {
      const work = segment.shape.steps[step]!;
      if (work.kind !== 'compute') {
        const kind = work.kind === 'load' ? 'loadRows' : 'storeRows';
        operations.push({ kind, segment: segmentIndex, tensor: work.tensor, row, rows: end - row });
        continue;
      }
      for (const index of stageChunks(work.stage)) {
        const { block, blocks } = chunks[index]!;
        const rows = end - row;
        operations.push({
          kind: 'compute',
          segment: segmentIndex,
          stage: work.stage,
          row,
          rows,
          block,
          blocks,
          chunk: index,
        });
      }
    }
  });
  return { operations, chunks };
}

function cutChunks(config: Config, graph: MachineGraph, stageIndex: number, streamed: boolean): Chunk[] {
  const stage = graph.stages[stageIndex]!;
  const table = stage.table !== undefined;
  const perBlock = stage.sharedWeights ? 0 : stage.wordsPerBlock;
  const limit = Math.max(
    1,
    Math.min(
      stage.blocks,
      Math.floor(config.parameterDepth / STREAM_SHARE),
      perBlock === 0 ? stage.blocks : Math.floor(config.weightDepth / STREAM_SHARE / perBlock),
    ),
  );
  const step = streamed ? limit : stage.blocks;
  const chunks: Chunk[] = [];
  for (let block = 0; block < stage.blocks; block += step) {
    const blocks = Math.min(step, stage.blocks - block);
    const weightWords = stage.sharedWeights ? stage.wordsPerBlock : blocks * perBlock;
    chunks.push({ stage: stageIndex, block, blocks, weightWords, parameterWords: blocks, table: table && block === 0 });
  }
  return chunks;
}
