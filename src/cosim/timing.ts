/** Holds the events of a frame against the cycle model, instruction by instruction. */
import { TRACE_EVENTS, type TraceEvent } from '../generate/wrapper.ts';
import type { CycleResult, InstructionTiming } from '../simulate/cycles/cycles.ts';
import type { Instruction, Opcode } from '../spec/isa.ts';
import type { TraceRecord } from './bench.ts';

export interface TimingDifference {
  /** Instruction of the program; undefined: the frame as a whole. */
  readonly index: number | undefined;
  readonly what: string;
  readonly expected: number | undefined;
  readonly got: number | undefined;
}

interface Expected {
  readonly event: TraceEvent;
  readonly opcode: Opcode;
  readonly what: string;
  readonly cycle: (timing: InstructionTiming) => number;
}

/** What each event of the RTL is in the cycle model. */
const EVENTS: readonly Expected[] = [
  { event: 'loadStart', opcode: 'LOAD', what: 'first address of LOAD', cycle: ({ start }) => start },
  { event: 'loadEnd', opcode: 'LOAD', what: 'last word of LOAD', cycle: ({ end }) => end },
  { event: 'computeStart', opcode: 'COMPUTE', what: 'first step of COMPUTE', cycle: ({ start }) => start },
  { event: 'computeEnd', opcode: 'COMPUTE', what: 'last step of COMPUTE', cycle: ({ end }) => end },
  { event: 'computeRetire', opcode: 'COMPUTE', what: 'retirement of COMPUTE', cycle: ({ retired }) => retired },
  { event: 'storeStart', opcode: 'STORE', what: 'first address of STORE', cycle: ({ start }) => start },
  { event: 'storeEnd', opcode: 'STORE', what: 'response of STORE', cycle: ({ end }) => end },
];

export interface TimingComparison {
  /** Cycles compared. */
  readonly compared: number;
  /** Sorted by expected cycle. */
  readonly differences: readonly TimingDifference[];
}

/** `until`: the frame was only watched up to this cycle. */
export function compareTiming(
  program: readonly Instruction[],
  expected: CycleResult,
  records: readonly TraceRecord[],
  until: number = Number.POSITIVE_INFINITY,
): TimingComparison {
  const differences: TimingDifference[] = [];
  let compared = 0;
  for (const { event, opcode, what, cycle } of EVENTS) {
    const bit = 1 << TRACE_EVENTS.indexOf(event);
    const seen = records.filter(({ events }) => (events & bit) !== 0).map((record) => record.cycle);
    let next = 0;
    program.forEach((instruction, index) => {
      if (instruction.opcode !== opcode) return;
      const want = cycle(expected.timings[index]!);
      if (want > until) return;
      const got = seen[next];
      next += 1;
      compared += 1;
      if (got !== want) differences.push({ index, what, expected: want, got });
    });
    if (seen.length > next)
      differences.push({ index: undefined, what: `${what} too often`, expected: next, got: seen.length });
  }
  if (until !== Number.POSITIVE_INFINITY) return sorted(compared, differences);
  const end = records.find(({ events }) => (events & (1 << TRACE_EVENTS.indexOf('frameEnd'))) !== 0)?.cycle;
  compared += 1;
  if (end !== expected.cycles) {
    differences.push({ index: undefined, what: 'end of the frame', expected: expected.cycles, got: end });
  }
  return sorted(compared, differences);
}

const sorted = (compared: number, differences: TimingDifference[]): TimingComparison => ({
  compared,
  differences: differences.sort((a, b) => (a.expected ?? 0) - (b.expected ?? 0)),
});
