/**
 * Runs a compiled network on the RTL and holds everything against what it must be: every row of every layer when its
 * COMPUTE has retired, the outputs in external memory, the counters, and the cycle of every instruction.
 */
import type { Compiled } from '../compile/compile.ts';
import { countMultiplies, type Multiplies } from '../energy/multiplies.ts';
import { keptChannels } from '../prune/levels.ts';
import { type CycleResult, simulateCycles } from '../simulate/cycles/cycles.ts';
import { loadMemory, readTensor } from '../simulate/program-io.ts';
import type { RtlBench, TraceRecord } from './bench.ts';
import { compareOutput, computeOutputs, type ValueDifference } from './compare.ts';
import { checkIdentity, eventMask, type FrameCounters, type FrameResult, readFrame, startFrame } from './frame.ts';
import { compareTiming, type TimingDifference } from './timing.ts';

export interface VerifyOptions {
  /** Pruning level, of those that the program was compiled with. Default 0. */
  readonly level?: number;
  /** Compare only stages of network layers first..last, and stop after the last of them. Default: all. */
  readonly layers?: { readonly first: number; readonly last: number };
  /** False where external memory stalls at random: the data must still be equal, the cycles cannot be. Default true. */
  readonly timing?: boolean;
  /** Latency that the bench's memory was given. Default: the configuration's. */
  readonly memoryLatency?: number;
  /** Called after every COMPUTE. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface VerifyResult {
  /** All values, and the counters, were equal, and nothing went wrong. */
  readonly equal: boolean;
  /** Values compared. */
  readonly compared: number;
  /** All events happened in the cycle of the model; undefined where that was not looked at. */
  readonly cyclesEqual: boolean | undefined;
  /** Events compared. */
  readonly cyclesCompared: number;
  /** Cycles of the frame in the RTL (so far, where it was stopped after a layer). */
  readonly cycles: number;
  readonly expectedCycles: number;
  readonly firstDifference: ValueDifference | undefined;
  readonly firstTimingDifference: (TimingDifference & { readonly layer: string | undefined }) | undefined;
  /** Whatever else is wrong: an error code, a counter, a bus violation, a failed assertion. */
  readonly problems: readonly string[];
  readonly counters: FrameCounters | undefined;
}

/** Cycles beyond the expected ones after which a frame counts as hanging; stalls make it longer. */
const HANG_FACTOR = 20;
const HANG_CYCLES = 100_000;

/**
 * `expected`: codes of every tensor of the network (HWC) at the level, by tensor. The bench is idle, fresh from reset or
 * after another frame; its memory starts at address 0.
 */
export async function verifyFrame(
  bench: RtlBench,
  compiled: Compiled,
  inputs: readonly Int8Array[],
  expected: readonly Int8Array[],
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const { config, graph, program } = compiled;
  const { level = 0, layers, timing = true, memoryLatency = config.memoryLatency } = options;
  const problems: string[] = [];
  const cycles = simulateCycles(config, program.instructions, { memoryLatency, level });
  const wanted = computeOutputs(compiled);
  const inRange = (layer: number): boolean => layers === undefined || (layer >= layers.first && layer <= layers.last);
  const lastWanted = wanted.reduce((last, output, at) => (output.layers.some(inRange) ? at : last), -1);
  if (!(await checkIdentity(bench, config))) problems.push('the identity register is not that of the configuration');
  const image = loadMemory(compiled, inputs);
  const kept = keptChannels(compiled.network, compiled.pruning, level);
  await bench.writeMemory(0, image);
  await bench.events();
  await startFrame(bench, { count: program.instructions.length, level });

  const limit = cycles.cycles * HANG_FACTOR + HANG_CYCLES;
  const mask = eventMask('computeRetire') | eventMask('frameEnd');
  const records: TraceRecord[] = [];
  let compared = 0;
  let firstDifference: ValueDifference | undefined;
  let retired = 0;
  let ended = false;
  let spent = 0;
  let now = 0;
  while (!ended && (layers === undefined || retired <= lastWanted)) {
    const ran = await bench.runUntilEvent(mask, limit - spent);
    spent += ran + 1;
    await bench.step(1);
    const seen = await bench.events();
    records.push(...seen);
    const record = seen[seen.length - 1];
    if (record === undefined || (record.events & mask) === 0) {
      if ((await bench.failures()).length === 0) problems.push(`nothing happened for ${ran} cycles after cycle ${now}`);
      break;
    }
    now = record.cycle;
    if ((record.events & eventMask('computeRetire')) !== 0) {
      const output = wanted[retired];
      if (output === undefined) problems.push(`cycle ${now}: a COMPUTE retired that the program does not have`);
      else if (output.layers.some(inRange)) {
        const result = await compareOutput(bench, compiled, output, expected[output.networkTensor]!, now, kept);
        compared += result.compared;
        firstDifference ??= result.difference;
      }
      retired += 1;
      options.onProgress?.(retired, wanted.length);
    }
    ended = (record.events & eventMask('frameEnd')) !== 0;
  }
  let frame: FrameResult | undefined;
  if (ended) {
    frame = await readFrame(bench);
    problems.push(...frameProblems(compiled, frame, cycles, countMultiplies(compiled, image, level), timing));
    if (layers === undefined && frame.error === undefined) {
      for (const tensor of graph.outputs) {
        const { address, bytes } = program.tensors.get(tensor)!;
        const memory = new Uint8Array(program.memoryBytes);
        memory.set(await bench.readMemory(address, bytes), address);
        const { name, width, channels, networkTensor } = graph.tensors[tensor]!;
        for (const [at, got] of readTensor(compiled, memory, tensor).entries()) {
          const want = expected[networkTensor]![at]!;
          compared += 1;
          if (got === want) continue;
          firstDifference ??= {
            index: undefined,
            layer: name,
            row: Math.floor(at / channels / width),
            column: Math.floor(at / channels) % width,
            channel: at % channels,
            expected: want,
            got,
            cycle: now,
          };
        }
      }
    }
  }
  problems.push(...(await bench.failures()).map((text) => `assertion: ${text}`));
  problems.push(...(await bench.statistics()).violations.map((text) => `bus: ${text}`));
  if (compared === 0) problems.push('nothing was compared');
  const timings = timing ? compareTiming(program.instructions, cycles, records, ended ? undefined : now) : undefined;
  const late = timings?.differences[0];
  const stageOf = (index: number): string | undefined => {
    const stage = program.origins[index]?.stage;
    return stage === undefined ? undefined : graph.stages[stage]!.name;
  };
  return {
    equal: firstDifference === undefined && problems.length === 0,
    compared,
    cyclesEqual: timings && timings.differences.length === 0,
    cyclesCompared: timings?.compared ?? 0,
    cycles: frame?.counters.cycles ?? now,
    expectedCycles: cycles.cycles,
    firstDifference,
    firstTimingDifference: late && { ...late, layer: late.index === undefined ? undefined : stageOf(late.index) },
    problems,
    counters: frame?.counters,
  };
}

function frameProblems(
  compiled: Compiled,
  frame: FrameResult,
  cycles: CycleResult,
  multiplies: Multiplies,
  timing: boolean,
): string[] {
  const { instructions } = compiled.program;
  const problems: string[] = [];
  if (frame.error !== undefined) {
    const { code, unit, index } = frame.error;
    return [`the machine stopped with '${code}' in ${unit} ${index}`];
  }
  const count = (opcode: string): number => instructions.filter((instruction) => instruction.opcode === opcode).length;
  const { counters } = frame;
  const pairs: [string, number, number][] = [
    ['retired LOADs', count('LOAD') % 65536, counters.retiredLoad],
    ['retired COMPUTEs', count('COMPUTE') % 65536, counters.retiredCompute],
    ['retired STOREs', count('STORE') % 65536, counters.retiredStore],
    ['bytes read', cycles.readBytes, counters.readBytes],
    ['bytes written', cycles.writeBytes, counters.writeBytes],
    ['active multiplications', multiplies.active, counters.activeMultiplies],
    ['pruned multiplications', multiplies.pruned, counters.prunedMultiplies],
    ...(timing ? ([['cycles', cycles.cycles, counters.cycles]] as [string, number, number][]) : []),
  ];
  for (const [what, want, got] of pairs) if (want !== got) problems.push(`${what}: expected ${want}, got ${got}`);
  if (!frame.done) problems.push('the frame did not reach its END');
  return problems;
}

/** A difference in words. */
export function describeDifference({
  index,
  layer,
  row,
  column,
  channel,
  expected,
  got,
  cycle,
}: ValueDifference): string {
  const where = index === undefined ? `output ${layer}` : `${layer} (instruction ${index})`;
  return `${where}: channel ${channel}, row ${row}, column ${column}: expected ${expected}, got ${got} (cycle ${cycle})`;
}
