/** Frames on the RTL whose activity is counted and held against the model. */
import type { Compiled } from '../../../src/compile/compile.ts';
import {
  type ActivityDifference,
  activityProbes,
  compareActivity,
  expectedActivity,
  type FrameActivity,
  rtlActivity,
} from '../../../src/cosim/activity.ts';
import { eventMask, readFrame, startFrame } from '../../../src/cosim/frame.ts';
import type { RtlSimulator } from '../../../src/node/cosim.ts';
import type { RtlDesign } from '../../../src/node/rtl-sources.ts';
import { loadMemory } from '../../../src/simulate/program-io.ts';
import { encodeProgram } from '../../../src/spec/isa.ts';
import { openBench } from './benches.ts';

const LIMIT = 10_000_000;

export interface CountedFrame {
  readonly differences: readonly ActivityDifference[];
  readonly expected: FrameActivity;
}

/** Runs a frame of `compiled`, whose instructions may differ from those in its image. */
export async function countedFrame(
  design: RtlDesign,
  simulator: RtlSimulator,
  compiled: Compiled,
  inputs: readonly Int8Array[],
  level: number,
): Promise<CountedFrame> {
  const { config, program } = compiled;
  const memory = loadMemory(compiled, inputs);
  memory.set(encodeProgram(program.instructions));
  const options = { memoryBytes: memory.length, memoryLatency: config.memoryLatency };
  const bench = await openBench(design, simulator, options, true);
  try {
    await bench.writeMemory(0, memory);
    await bench.addProbes(activityProbes(config));
    await startFrame(bench, { count: program.instructions.length, level });
    await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
    await bench.step(1);
    const { done, error } = await readFrame(bench);
    if (!done) throw new Error(`the frame did not end: ${JSON.stringify(error)}`);
    const expected = expectedActivity(compiled, memory, level);
    return { differences: compareActivity(expected, await rtlActivity(bench)), expected };
  } finally {
    await bench.close();
  }
}
