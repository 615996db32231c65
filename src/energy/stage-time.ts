/** How the duration of a frame divides among its stages. */
import type { Compiled } from '../compile/compile.ts';
import type { CycleResult } from '../simulate/cycles/cycles.ts';

/**
 * Share of the frame that the engine spends on each stage, waits before its instructions included; they add up to 1.
 * What runs before the first and after the last instruction of the engine is shared out alike.
 */
export function stageShares({ graph, program }: Compiled, { timings }: CycleResult): number[] {
  const cycles = graph.stages.map(() => 0);
  program.instructions.forEach(({ opcode }, index) => {
    const timing = timings[index];
    if (opcode !== 'COMPUTE' || timing === undefined) return;
    cycles[program.origins[index]!.stage!]! += timing.stall + timing.end - timing.start + 1;
  });
  const all = cycles.reduce((sum, count) => sum + count, 0);
  return cycles.map((count) => count / all);
}
