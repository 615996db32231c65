/**
 * One fused segment, run strip by strip: which rows every stage makes in every strip, in which order, and how many row
 * slots the tensors between the stages need.
 *
 * A segment is a run of consecutive stages. Tensors read from external memory are brought in by a `load` step, tensors
 * that leave by a `store` step. Step k works on strip t - k at time t, so that what it needs was made one turn earlier
 * and the pipeline's latency hides behind other steps.
 */
import { rowSlots } from '../spec/layout.ts';
import { inputRows } from './geometry.ts';
import type { MachineGraph } from './machine-graph.ts';

/** A kind of work that is repeated once a strip. */
export type SegmentStep =
  | { readonly kind: 'load'; readonly tensor: number }
  | { readonly kind: 'compute'; readonly stage: number }
  | { readonly kind: 'store'; readonly tensor: number };

/** Rows [row, end) done by one step in one strip, in the order in which the machine does them. */
export interface StripWork {
  readonly step: number;
  readonly strip: number;
  readonly row: number;
  readonly end: number;
}

export interface SegmentShape {
  readonly steps: readonly SegmentStep[];
  readonly work: readonly StripWork[];
  /** Row slots of every tensor that lives inside the segment only; whole tensors are not listed. */
  readonly ringSlots: ReadonlyMap<number, number>;
  readonly strips: number;
}

export interface SegmentRequest {
  readonly first: number;
  /** One past the last stage. */
  readonly end: number;
  /** Output rows of the last stage in a strip. */
  readonly stripRows: number;
  /** Tensors that the segment reads from, or leaves in, external memory. */
  readonly loads: readonly number[];
  readonly stores: readonly number[];
  /** Tensors made or read here that lie on chip as a whole. */
  readonly whole: ReadonlySet<number>;
}

export function segmentShape(graph: MachineGraph, request: SegmentRequest): SegmentShape {
  const { tensors, stages } = graph;
  const steps: SegmentStep[] = [
    ...request.loads.map((tensor) => ({ kind: 'load' as const, tensor })),
    ...Array.from({ length: request.end - request.first }, (_, k) => ({
      kind: 'compute' as const,
      stage: request.first + k,
    })),
    ...request.stores.map((tensor) => ({ kind: 'store' as const, tensor })),
  ];
  const height = (step: SegmentStep): number =>
    tensors[step.kind === 'compute' ? stages[step.stage]!.output : step.tensor]!.height;
  const lastStage = stages[request.end - 1]!;
  const strips = Math.ceil(tensors[lastStage.output]!.height / request.stripRows);
  // rowsBy[step][strip]: rows of the step's tensor that exist after the strip.
  const rowsBy = steps.map(() => new Array<number>(strips).fill(0));
  const producers = new Map<number, number[]>();
  const readers = new Map<
    number,
    { step: number; rows: (row: number, end: number) => { first: number; end: number } }[]
  >();
  const addReader = (
    tensor: number,
    step: number,
    rows: (row: number, end: number) => { first: number; end: number },
  ) => readers.set(tensor, [...(readers.get(tensor) ?? []), { step, rows }]);
  steps.forEach((step, index) => {
    if (step.kind === 'store') addReader(step.tensor, index, (row, end) => ({ first: row, end }));
    else {
      const tensor = step.kind === 'load' ? step.tensor : stages[step.stage]!.output;
      producers.set(tensor, [...(producers.get(tensor) ?? []), index]);
    }
    if (step.kind !== 'compute') return;
    const stage = stages[step.stage]!;
    addReader(stage.input, index, (row, end) => inputRows(graph, stage, row, end));
    if (stage.residual !== undefined) {
      const whole = stage.codes.broadcast === 1;
      addReader(stage.residual, index, (row, end) => (whole ? { first: 0, end: 1 } : { first: row, end }));
    }
  });

  for (let strip = 0; strip < strips; strip++) {
    const last = strip === strips - 1;
    for (let index = steps.length - 1; index >= 0; index--) {
      const step = steps[index]!;
      let needed = last ? height(step) : 0;
      if (!last) {
        if (step.kind === 'store') {
          const producer = producers.get(step.tensor)![0]!;
          needed =
            producer === request.loads.length + request.end - request.first - 1
              ? Math.min(height(step), (strip + 1) * request.stripRows)
              : -1;
        } else {
          const tensor = step.kind === 'load' ? step.tensor : stages[step.stage]!.output;
          if (index === request.loads.length + request.end - request.first - 1) {
            needed = Math.min(height(step), (strip + 1) * request.stripRows);
          }
          for (const reader of readers.get(tensor) ?? []) {
            if (reader.step <= index || rowsBy[reader.step]![strip]! <= 0) continue;
            needed = Math.max(needed, reader.rows(0, rowsBy[reader.step]![strip]!).end);
          }
        }
      }
      rowsBy[index]![strip] = needed;
    }
    // A store of a tensor that others read as well follows its producer.
    steps.forEach((step, index) => {
      if (step.kind === 'store' && rowsBy[index]![strip]! < 0) {
        rowsBy[index]![strip] = Math.min(...producers.get(step.tensor)!.map((producer) => rowsBy[producer]![strip]!));
      }
    });
    for (const rows of rowsBy) if (strip > 0) rows[strip] = Math.max(rows[strip]!, rows[strip - 1]!);
  }

  const work: StripWork[] = [];
  for (let time = 0; time < strips + steps.length - 1; time++) {
    for (let step = 0; step < steps.length; step++) {
      const strip = time - step;
      if (strip < 0 || strip >= strips) continue;
      const row = strip === 0 ? 0 : rowsBy[step]![strip - 1]!;
      const end = rowsBy[step]![strip]!;
      if (end > row) work.push({ step, strip, row, end });
    }
  }
  return { steps, work, strips, ringSlots: ringSlots(graph, request, steps, work, readers) };
}

/** Slots so that no row is overwritten while a reader still needs it. */
function ringSlots(
  graph: MachineGraph,
  request: SegmentRequest,
  steps: readonly SegmentStep[],
  work: readonly StripWork[],
  readers: ReadonlyMap<number, readonly { step: number; rows: (row: number, end: number) => { first: number } }[]>,
): Map<number, number> {
  const slots = new Map<number, number>();
  // Rows already worked on by each step, as the work goes on.
  const doneRows = steps.map(() => 0);
  for (const { step, end } of work) {
    doneRows[step] = end;
    const done = steps[step]!;
    if (done.kind === 'store') continue;
    const tensor = done.kind === 'load' ? done.tensor : graph.stages[done.stage]!.output;
    if (request.whole.has(tensor)) continue;
    const { height } = graph.tensors[tensor]!;
    let first = end - 1;
    for (const reader of readers.get(tensor) ?? []) {
      const readerStep = steps[reader.step]!;
      const readerHeight =
        readerStep.kind === 'compute'
          ? graph.tensors[graph.stages[readerStep.stage]!.output]!.height
          : graph.tensors[readerStep.kind === 'load' ? tensor : readerStep.tensor]!.height;
      if (doneRows[reader.step]! >= readerHeight) continue;
      first = Math.min(first, reader.rows(doneRows[reader.step]!, doneRows[reader.step]! + 1).first);
    }
    const needed = Math.min(rowSlots(height), ((end - 1) >> 2) - (first >> 2) + 1);
    slots.set(tensor, Math.max(slots.get(tensor) ?? 0, needed));
  }
  return slots;
}

/** Strip heights worth trying for a map of `height` rows: whole, and small multiples of the row sets. */
export function stripCandidates(height: number): number[] {
  const candidates = new Set([height]);
  for (const rows of [1, 2, 4, 7, 8, 14, 16, 28, 32, 56]) if (rows < height) candidates.add(rows);
  for (const parts of [2, 3, 4]) candidates.add(Math.ceil(height / parts));
  return [...candidates].sort((a, b) => b - a);
}
