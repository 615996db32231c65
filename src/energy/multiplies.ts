/** What the activity counters of the accelerator hold after a frame. */
import type { Compiled } from '../compile/compile.ts';
import type { ComputeFields } from '../simulate/compute.ts';
import { DescriptorFile } from '../simulate/descriptors.ts';
import { multipliers } from '../spec/config.ts';
import { computeAccesses } from './accesses.ts';
import { countProgram } from './activity.ts';

export interface Multiplies {
  /** Multiplications whose operand registers moved, and those that pruning held: all multipliers in every step. */
  readonly active: number;
  readonly pruned: number;
}

/** `memory`: external memory at the start of the frame (`loadMemory`); it is not changed. */
export function countMultiplies(compiled: Compiled, memory: Uint8Array, level = 0): Multiplies {
  // Nothing is pruned, whatever the data: no need to execute the program.
  if (level === 0 || compiled.pruning === undefined)
    return { active: steps(compiled) * multipliers(compiled.config), pruned: 0 };
  const stages = countProgram(compiled, memory, level);
  return {
    active: stages.reduce((sum, { active }) => sum + active, 0),
    pruned: stages.reduce((sum, { gated }) => sum + gated, 0),
  };
}

/** Steps that multiply at level 0: each reads a word of weights. */
function steps({ config, program }: Compiled): number {
  const descriptors = new DescriptorFile();
  let sum = 0;
  for (const { opcode, fields } of program.instructions) {
    if (opcode === 'SET') descriptors.write(fields);
    if (opcode !== 'COMPUTE') continue;
    const compute = fields as unknown as ComputeFields;
    sum += computeAccesses(config, descriptors.read(compute.slot), compute, 0, 0).weightReads;
  }
  return sum;
}
