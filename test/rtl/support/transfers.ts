/** Random programs of LOADs and STOREs alone, what they leave behind, and in which cycles. */
import { readFileSync } from 'node:fs';
import { eventMask, readFrame, startFrame } from '../../../src/cosim/frame.ts';
import { compareTiming } from '../../../src/cosim/timing.ts';
import { simulateCycles } from '../../../src/simulate/cycles/cycles.ts';
import { Machine } from '../../../src/simulate/machine.ts';
import { type Config, parameterBytes, ROW_SETS } from '../../../src/spec/config.ts';
import { configIdentity } from '../../../src/spec/identity.ts';
import { encodeProgram, INSTRUCTION_BYTES, type Instruction, MAGIC, TABLES } from '../../../src/spec/isa.ts';
import { groupBytes } from '../../../src/spec/layout.ts';
import { Random } from '../../support/random.ts';
import type { Rig } from './benches.ts';

export interface TransferProgram {
  readonly instructions: readonly Instruction[];
  /** External memory: program, then random data; STOREs write to its second half. */
  readonly memory: Uint8Array;
}

export const HALF = 1 << 18;
/** With HEADER and END an odd number of instructions: the last beat of a wide bus is not full. */
const TRANSFERS = 41;
/** Where the image lies in runs under stalls. */
const STALLED_BASE = 0x5000;
const LIMIT = 2_000_000;

/** The design without its compute unit, whose memories stay. */
export const withoutCompute = {
  folders: ['lib', 'control', 'top'],
  add: [{ name: 'dw_compute.sv', text: readFileSync(new URL('./dw_compute_stub.sv', import.meta.url), 'utf8') }],
} as const;

export interface TransfersResult {
  readonly complaints: readonly string[];
  /** Cycles of instructions that were compared. */
  readonly timed: number;
}

/** Runs a random program of transfers; under stalls only the data can be equal, and the image lies further up. */
export async function verifyTransfers(
  rig: Rig,
  config: Config,
  programSeed: number,
  stalls?: { seed: number; rate: number },
): Promise<TransfersResult> {
  const [base, level] = stalls === undefined ? [0, 3] : [STALLED_BASE, 6];
  const { instructions, memory } = transferProgram(config, new Random(programSeed), TRANSFERS, level);
  const complaints: string[] = [];
  let timed = 0;
  const same = (what: string, got: unknown, wanted: unknown): void => {
    if (got !== wanted) complaints.push(`${what}: expected ${wanted}, got ${got}`);
  };
  const bench = await rig.open(await rig.design(config, withoutCompute), {
    memoryBytes: base + memory.length,
    memoryLatency: config.memoryLatency,
    ...(stalls && { stalls }),
  });
  try {
    await bench.writeMemory(base, memory);
    await startFrame(bench, { count: instructions.length, base, level });
    await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
    await bench.step(1);
    const records = await bench.events();
    const { done, error, counters } = await readFrame(bench);
    same('done', done, true);
    same('error', error?.code, undefined);
    complaints.push(...(await bench.failures()), ...(await bench.statistics()).violations);
    const machine = new Machine(config, memory.slice());
    machine.level = level;
    machine.run(instructions);
    const cycles = simulateCycles(config, instructions, { level });
    same('bytes read', counters.readBytes, cycles.readBytes);
    same('bytes written', counters.writeBytes, cycles.writeBytes);
    if (stalls === undefined) {
      const timing = compareTiming(instructions, cycles, records);
      timed = timing.compared;
      same('cycles', counters.cycles, cycles.cycles);
      for (const { what, index, expected, got } of timing.differences)
        same(`${what} (instruction ${index})`, got, expected);
    }
    same('bytes stored', differences(await bench.readMemory(base + HALF, HALF), machine.memory.subarray(HALF)), 0);
    const memories = [
      { name: 'weights', rows: config.weightDepth, held: machine.weights },
      { name: 'parameters', rows: config.parameterDepth, held: machine.parameters },
      { name: 'tables', rows: machine.tableBytes.length / config.axiBytes, held: machine.tableBytes },
    ];
    for (const { name, rows, held } of memories) {
      const got = await bench.readRows(`u_core.u_compute.${name}`, 0, rows);
      same(`bytes of ${name} that differ`, differences(got, new Uint8Array(held.buffer)), 0);
    }
  } finally {
    await bench.close();
  }
  return { complaints, timed };
}

/**
 * Programs of SETs alone, which must end when the compute unit has taken the last one: where a beat brings several
 * instructions, it is still in the queue when END is looked at.
 */
export async function verifySets(rig: Rig, config: Config): Promise<TransfersResult> {
  const complaints: string[] = [];
  let timed = 0;
  const { memoryLatency } = config;
  const bench = await rig.open(await rig.design(config, withoutCompute), { memoryBytes: HALF, memoryLatency });
  try {
    for (let sets = 1; sets <= 6; sets++) {
      const set: Instruction = { opcode: 'SET', fields: { slot: 0, part: 0, payload: 0n } };
      const count = sets + 2;
      const program: Instruction[] = [
        { opcode: 'HEADER', fields: { magic: MAGIC, identity: configIdentity(config), count } },
        ...Array.from({ length: sets }, () => set),
        { opcode: 'END', fields: {} },
      ];
      await bench.writeMemory(0, encodeProgram(program));
      await startFrame(bench, { count });
      await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
      await bench.step(1);
      const { done, counters } = await readFrame(bench);
      const { cycles } = simulateCycles(config, program);
      if (!done || counters.cycles !== cycles)
        complaints.push(`${sets} SETs alone: expected ${cycles} cycles, got ${counters.cycles}`);
      timed += 1;
    }
  } finally {
    await bench.close();
  }
  return { complaints, timed };
}

function differences(got: Uint8Array, wanted: Uint8Array): number {
  if (got.length !== wanted.length) return Math.max(got.length, wanted.length);
  let different = 0;
  for (let at = 0; at < wanted.length; at++) if (got[at] !== wanted[at]) different += 1;
  return different;
}

/** `level`: the pruning level that the program is for, which moves what a LOAD reads by its stride. */
export function transferProgram(config: Config, random: Random, transfers: number, level = 0): TransferProgram {
  const memory = new Uint8Array(2 * HALF);
  const instructions: Instruction[] = [];
  const counts = { load: 0, store: 0 };
  const wordBytes = [config.lanes * config.inputs, config.lanes * parameterBytes(config), groupBytes(config), 256];
  const depths = [config.weightDepth, config.parameterDepth, config.activationDepth, TABLES];
  const dataStart = (transfers + 2) * INSTRUCTION_BYTES;
  for (let index = 0; index < transfers; index++) {
    const store = random.oneIn(3);
    const target = store ? 2 : random.int(0, 3);
    const size = wordBytes[target]!;
    let count = Math.min(depths[target]!, random.pick([1, 2, random.int(1, 40), random.int(1, 200)]));
    let pitch = 0;
    let base = 0;
    let end = 0;
    let address = random.int(0, depths[target]! - count);
    if (target === 2) {
      pitch = random.pick([1, random.int(1, 9), random.int(1, 40)]);
      const slots = random.int(1, 3);
      base = random.int(0, config.activationDepth - slots * pitch);
      end = base + slots * pitch;
      count = random.int(1, 4 * slots + 3);
      address = base + random.int(0, slots - 1) * pitch;
    }
    const bytes = count * size * Math.max(1, pitch);
    const room = Math.floor((HALF - dataStart - bytes) / config.axiBytes);
    if (room < 0) continue;
    const first = Math.ceil(dataStart / config.axiBytes) * config.axiBytes;
    let memoryAddress = store
      ? HALF + config.axiBytes * random.int(0, Math.floor((HALF - bytes) / config.axiBytes))
      : first + config.axiBytes * random.int(0, Math.max(0, room - 1));
    // Starts just before a 4 kB boundary are the interesting ones.
    if (random.oneIn(2)) memoryAddress = Math.max(store ? HALF : first, (memoryAddress & ~4095) - config.axiBytes);
    if (!store && memoryAddress + bytes > HALF) continue;
    if (store && memoryAddress + bytes > 2 * HALF) continue;
    // At level 0 the same bytes would come from below.
    const strides = Math.floor(memoryAddress / Math.max(1, level) / config.axiBytes);
    const levelStride = level === 0 ? 0 : config.axiBytes * random.int(0, Math.min(strides, 4096));
    instructions.push({
      opcode: store ? 'STORE' : 'LOAD',
      fields: {
        // Everything before has retired, so that the order among the units does not matter.
        waitLoad: store || random.oneIn(3) ? counts.load : 0,
        waitCompute: 0,
        waitStore: !store ? counts.store : 0,
        target,
        memoryAddress: memoryAddress - (store ? 0 : level * levelStride),
        ...(store ? {} : { levelStride }),
        count,
        address,
        rowSet: target === 2 ? random.int(0, ROW_SETS - 1) : 0,
        pitch,
        base,
        end,
      },
    });
    counts[store ? 'store' : 'load'] += 1;
  }
  const count = instructions.length + 2;
  instructions.unshift({ opcode: 'HEADER', fields: { magic: MAGIC, identity: configIdentity(config), count } });
  instructions.push({ opcode: 'END', fields: {} });
  for (let at = 0; at < HALF; at++) memory[at] = random.int(0, 255);
  memory.set(encodeProgram(instructions));
  return { instructions, memory };
}
