/** The compute unit's part of the cycle model, alone: instructions come as fast as they are taken. */

import type { ComputeFields } from '../../../src/simulate/compute.ts';
import { Issue } from '../../../src/simulate/cycles/issue.ts';
import { DescriptorFile } from '../../../src/simulate/descriptors.ts';
import type { Config } from '../../../src/spec/config.ts';
import type { Instruction, Stage } from '../../../src/spec/isa.ts';
import { retireLatency, SETUP_CYCLES } from '../../../src/spec/timing.ts';
import { windowTables } from '../../../src/spec/window.ts';

export interface ComputeTiming {
  /** Cycle in which each instruction is taken. */
  readonly taken: number[];
  /** Of each COMPUTE: first step, last step, cycle in which others see it retired. */
  readonly first: number[];
  readonly last: number[];
  readonly retired: number[];
}

/** Continues over several runs of instructions, like the unit itself. */
export class ComputeModel {
  private readonly config: Config;
  private readonly level: number;
  private readonly halo: number;
  private readonly descriptors: DescriptorFile = new DescriptorFile();
  private readonly retirements: number[] = [];
  private current: Issue | undefined;
  private lastClose = Number.NEGATIVE_INFINITY;

  constructor(config: Config, level: number) {
    this.config = config;
    this.level = level;
    this.halo = windowTables(config).haloGroups;
  }

  /** `t` is the cycle in which the first instruction can be taken. */
  run(instructions: readonly Instruction[], t: number): ComputeTiming {
    const timing: ComputeTiming = { taken: [], first: [], last: [], retired: [] };
    let head = 0;
    let next: { instruction: Instruction; popped: number; stage: Stage } | undefined;
    for (; head < instructions.length || next !== undefined; t++) {
      let vacated = false;
      const free = this.current === undefined || t >= this.current.last;
      if (next !== undefined && t >= next.popped + SETUP_CYCLES && free) {
        const fields = next.instruction.fields as unknown as ComputeFields & { waitCompute: number };
        if (this.retirements.filter((r) => r <= t).length >= fields.waitCompute) {
          this.current = new Issue(this.config, next.stage, fields, this.halo, t + 1, this.lastClose, this.level);
          this.lastClose = this.current.lastClose;
          const { first, last } = this.current;
          timing.first.push(first);
          timing.last.push(last);
          timing.retired.push(last + retireLatency(this.config));
          this.retirements.push(last + retireLatency(this.config));
          next = undefined;
          vacated = true;
        }
      }
      const instruction = instructions[head];
      if (instruction === undefined) continue;
      if (instruction.opcode === 'SET') this.descriptors.write(instruction.fields);
      else if (next === undefined && !vacated) {
        next = { instruction, popped: t, stage: this.descriptors.read(instruction.fields.slot as number) };
      } else continue;
      timing.taken.push(t);
      head += 1;
    }
    return timing;
  }
}
