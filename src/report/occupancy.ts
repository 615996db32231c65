/** How full the on-chip memories are over a frame. */
import type { Compiled } from '../compile/compile.ts';
import type { CycleResult } from '../simulate/cycles/cycles.ts';
import { memoryBytes, parameterBytes, ROW_SETS } from '../spec/config.ts';
import { groupBytes } from '../spec/layout.ts';

/** Bytes in use from each cycle on, until the next point. */
export type OccupancyPoint = readonly [cycle: number, bytes: number];

export interface MemoryOccupancy {
  readonly memory: 'activation' | 'weight' | 'parameter';
  readonly capacityBytes: number;
  readonly points: readonly OccupancyPoint[];
}

/** A stretch of a memory held from cycle `start` up to, not including, cycle `end`. */
interface Hold {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/** A reservation of the activation memory; addresses count bytes, every address holding a word of each bank. */
export interface ActivationArea extends Hold {
  readonly tensor: string;
  readonly base: number;
  /** False for a ring of rows. */
  readonly whole: boolean;
}

/**
 * Activations count as reserved by the compiler, from the first COMPUTE of their first segment to the end of their last.
 * Weights and parameters count from the start of the LOAD that brings them until the last COMPUTE that uses them has
 * retired.
 */
export function memoryOccupancy(compiled: Compiled, cycles: CycleResult): MemoryOccupancy[] {
  const { config } = compiled;
  const capacity = memoryBytes(config);
  const holds = {
    activation: activationAreas(compiled, cycles),
    weight: loadHolds(compiled, cycles, 0, 'weights', config.lanes * config.inputs),
    parameter: loadHolds(compiled, cycles, 1, 'parameters', config.lanes * parameterBytes(config)),
  };
  return (['activation', 'weight', 'parameter'] as const).map((memory) => ({
    memory,
    capacityBytes: capacity[memory],
    points: sumHolds(holds[memory], cycles.cycles),
  }));
}

/** Every reservation of the activation memory with its time. */
export function activationAreas(
  { config, graph, placements, plan, program }: Compiled,
  cycles: CycleResult,
): ActivationArea[] {
  const starts = plan.segments.map(() => Number.POSITIVE_INFINITY);
  program.origins.forEach(({ purpose, segment }, index) => {
    if (purpose === 'compute') starts[segment!] = Math.min(starts[segment!]!, cycles.timings[index]!.start);
  });
  starts[0] = 0;
  const addressBytes = ROW_SETS * groupBytes(config);
  return placements.reservations.map((r) => ({
    tensor: graph.tensors[r.tensor]!.name,
    start: starts[r.firstSegment]!,
    end: starts[r.lastSegment + 1] ?? cycles.cycles,
    base: r.base * addressBytes,
    bytes: r.slots * r.pitch * addressBytes,
    whole: r.whole,
  }));
}

/** What LOADs of a target bring, matched to the COMPUTEs that read from the same address. */
function loadHolds(
  { program }: Compiled,
  cycles: CycleResult,
  target: number,
  field: 'weights' | 'parameters',
  wordBytes: number,
): Hold[] {
  const holds: { start: number; end: number; bytes: number }[] = [];
  const latest = new Map<string, { start: number; end: number; bytes: number }>();
  program.instructions.forEach(({ opcode, fields }, index) => {
    const timing = cycles.timings[index];
    const stage = program.origins[index]!.stage;
    if (timing === undefined) return;
    if (opcode === 'LOAD' && fields.target === target) {
      const hold = { start: timing.start, end: timing.retired, bytes: Number(fields.count) * wordBytes };
      holds.push(hold);
      latest.set(`${stage}:${fields.address}`, hold);
    } else if (opcode === 'COMPUTE') {
      const hold = latest.get(`${stage}:${fields[field]}`);
      if (hold !== undefined) hold.end = timing.retired;
    }
  });
  return holds;
}

function sumHolds(holds: readonly Hold[], end: number): OccupancyPoint[] {
  const changes = new Map<number, number>([
    [0, 0],
    [end, 0],
  ]);
  for (const hold of holds) {
    changes.set(hold.start, (changes.get(hold.start) ?? 0) + hold.bytes);
    changes.set(hold.end, (changes.get(hold.end) ?? 0) - hold.bytes);
  }
  let bytes = 0;
  return [...changes]
    .sort(([a], [b]) => a - b)
    .map(([cycle, change]) => {
      bytes += change;
      return [cycle, bytes];
    });
}
