/**
 * Frames that must fail: what a broken program, memory or driver does to the accelerator. Each stops with its code in
 * the status registers; the machine is idle afterwards and takes the next frame.
 */
import type { Compiled } from '../compile/compile.ts';
import { loadMemory } from '../simulate/program-io.ts';
import { encodeProgram, INSTRUCTION_BYTES, type Instruction, type Opcode } from '../spec/isa.ts';
import { registerOffset } from '../spec/registers.ts';
import type { RtlBench } from './bench.ts';
import { type FrameResult, readFrame, startFrame, waitIdle } from './frame.ts';

interface Fault {
  readonly description: string;
  /** Error code that the hardware must give. */
  readonly code: string;
  /** Changes the program; by default it stays. */
  readonly program?: (instructions: Instruction[]) => void;
  /** The external memory's answer in place of OKAY, to what. */
  readonly bus?: { readonly response: 2 | 3; readonly to: 'LOAD' | 'STORE' };
  /** Cycles after which the driver starts once more. */
  readonly startAgain?: number;
}

/** First instruction of a kind, to be changed. */
function change(instructions: Instruction[], opcode: Opcode, fields: Instruction['fields']): void {
  const at = instructions.findIndex((instruction) => instruction.opcode === opcode);
  instructions[at] = { opcode, fields: { ...instructions[at]!.fields, ...fields } };
}

/** By the name that `depthwright verify --fault` knows. */
export const FAULTS = {
  identity: {
    description: 'a program for another configuration',
    code: 'identityMismatch',
    program: (list) => change(list, 'HEADER', { identity: 1 }),
  },
  truncated: {
    description: 'a program of which the second half is missing',
    code: 'illegalOpcode',
    program: (list) => list.splice(Math.ceil(list.length / 2)),
  },
  address: {
    description: 'a LOAD beyond its memory',
    code: 'addressRange',
    program: (list) => change(list, 'LOAD', { address: 0xffff }),
  },
  'load-slave-error': {
    description: 'SLVERR for a LOAD',
    code: 'readSlaveError',
    bus: { response: 2, to: 'LOAD' },
  },
  'load-decode-error': {
    description: 'DECERR for a LOAD',
    code: 'readDecodeError',
    bus: { response: 3, to: 'LOAD' },
  },
  'store-slave-error': {
    description: 'SLVERR for a STORE',
    code: 'writeSlaveError',
    bus: { response: 2, to: 'STORE' },
  },
  'store-decode-error': {
    description: 'DECERR for a STORE',
    code: 'writeDecodeError',
    bus: { response: 3, to: 'STORE' },
  },
  'start-while-busy': { description: 'a start while a frame runs', code: 'startWhileBusy', startAgain: 200 },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export interface FaultResult {
  readonly fault: FaultName;
  readonly description: string;
  /** Code that the hardware must give, and what the frame ended with. */
  readonly expected: string;
  readonly error: FrameResult['error'];
  /** It stopped with that code, and is idle. */
  readonly right: boolean;
}

/** Cycles after which a machine that should have stopped counts as hanging. */
const LIMIT = 1_000_000;

/** Runs a frame with a fault, until the machine is idle. */
export async function runFault(
  bench: RtlBench,
  compiled: Compiled,
  inputs: readonly Int8Array[],
  fault: FaultName,
): Promise<FaultResult> {
  const { description, code, program, bus, startAgain }: Fault = FAULTS[fault];
  const { instructions } = compiled.program;
  const changed = [...instructions];
  program?.(changed);
  const memory = loadMemory(compiled, inputs);
  // Nothing is left behind a program that is shorter.
  memory.fill(0, 0, instructions.length * INSTRUCTION_BYTES);
  memory.set(encodeProgram(changed));
  await bench.writeMemory(0, memory);
  if (bus !== undefined) {
    const first = instructions.find(({ opcode }) => opcode === bus.to)!.fields.memoryAddress as number;
    await bench.addError({ first, end: first + 1, response: bus.response });
  }
  await startFrame(bench, { count: instructions.length });
  if (startAgain !== undefined) {
    await bench.step(startAgain);
    await bench.writeRegister(registerOffset('control'), 1);
  }
  // Not until the end is shown: it may have come while a register was written.
  await waitIdle(bench, LIMIT);
  if (bus !== undefined) await bench.clearErrors();
  const { error, done, busy } = await readFrame(bench);
  return { fault, description, expected: code, error, right: error?.code === code && !done && !busy };
}
