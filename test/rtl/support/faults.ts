/** Programs that must stop the machine with a code, and a bench that runs them between correct frames. */
import type { RtlBench } from '../../../src/cosim/bench.ts';
import { checkIdentity, eventMask, readFrame, startFrame, waitIdle } from '../../../src/cosim/frame.ts';
import { simulateCycles } from '../../../src/simulate/cycles/cycles.ts';
import { Machine } from '../../../src/simulate/machine.ts';
import { namedConfig } from '../../../src/spec/configs.ts';
import { configIdentity } from '../../../src/spec/identity.ts';
import {
  encodeProgram,
  type FieldValues,
  INSTRUCTION_BYTES,
  type Instruction,
  MAGIC,
  STAGE_PARTS,
  setInstructions,
} from '../../../src/spec/isa.ts';
import { registerOffset } from '../../../src/spec/registers.ts';
import { Random } from '../../support/random.ts';
import type { Rig } from './benches.ts';
import { HALF, transferProgram, withoutCompute } from './transfers.ts';

const config = namedConfig('tiny');
const LIMIT = 200_000;
/** Beyond the correct program's memory: first bytes that answer SLVERR, then nothing at all. */
const SLAVE_ERROR = 2 * HALF;
const DECODE_ERROR = SLAVE_ERROR + 8192;
/** Where faulty programs lie. */
const FAULTY = DECODE_ERROR - 4096;

const header = (count: number, fields: FieldValues = {}): Instruction => ({
  opcode: 'HEADER',
  fields: { magic: MAGIC, identity: configIdentity(config), count, ...fields },
});
const end: Instruction = { opcode: 'END', fields: {} };
const rows = { target: 2, count: 1, address: 0, rowSet: 0, pitch: 4, base: 0, end: 8, memoryAddress: HALF };
const load = (fields: FieldValues): Instruction => ({ opcode: 'LOAD', fields: { target: 0, count: 1, ...fields } });
const store = (fields: FieldValues): Instruction => ({ opcode: 'STORE', fields: { ...rows, ...fields } });
const one = (instruction: Instruction): Instruction[] => [header(3), instruction, end];

export interface FaultyProgram {
  readonly name: string;
  readonly program: readonly Instruction[];
  /** Bits put over the encoded program: [instruction, byte, value]. */
  readonly patch?: readonly [number, number, number];
  /** Default: the program's length. */
  readonly count?: number;
  readonly offset?: number;
  readonly code: string;
  readonly unit: string;
  /** Of the error. Default: not looked at. */
  readonly index?: number;
}

/** Programs without COMPUTE that must stop the machine. */
export const faultyPrograms: readonly FaultyProgram[] = [
  {
    name: 'a program for another configuration',
    program: [header(2, { identity: 1 }), end],
    code: 'identityMismatch',
    unit: 'dispatch',
  },
  {
    name: 'a program without magic number',
    program: [header(2, { magic: 5 }), end],
    code: 'badMagic',
    unit: 'dispatch',
  },
  { name: 'a program without HEADER', program: [load({ memoryAddress: 0 }), end], code: 'badMagic', unit: 'dispatch' },
  { name: 'a HEADER that counts otherwise', program: [header(7), load({}), end], code: 'badCount', unit: 'dispatch' },
  {
    name: 'a program cut short',
    program: [header(4), load({}), load({})],
    count: 4,
    code: 'illegalOpcode',
    unit: 'dispatch',
  },
  { name: 'an END in the middle', program: [header(4), end, load({}), end], code: 'badCount', unit: 'dispatch' },
  { name: 'a program without END', program: [header(2), load({})], code: 'badCount', unit: 'dispatch' },
  { name: 'a program of one instruction', program: [header(1)], code: 'badCount', unit: 'dispatch' },
  { name: 'a program of no instruction', program: [header(2), end], count: 0, code: 'badCount', unit: 'dispatch' },
  { name: 'an unknown opcode', program: one(load({})), patch: [1, 0, 9], code: 'illegalOpcode', unit: 'dispatch' },
  { name: 'a second HEADER', program: one(header(3)), code: 'illegalOpcode', unit: 'dispatch' },
  {
    name: 'a program at an odd address',
    program: one(load({})),
    offset: FAULTY + 32,
    code: 'addressRange',
    unit: 'fetch',
  },
  {
    name: 'weights beyond their memory',
    program: one(load({ address: config.weightDepth - 1, count: 2 })),
    code: 'addressRange',
    unit: 'load',
  },
  {
    name: 'a table beyond the last',
    program: one(load({ target: 3, address: 4 })),
    code: 'addressRange',
    unit: 'load',
  },
  { name: 'an empty LOAD', program: one(load({ count: 0 })), code: 'addressRange', unit: 'load' },
  {
    name: 'an odd address in external memory',
    program: one(load({ memoryAddress: HALF + 2 })),
    code: 'addressRange',
    unit: 'load',
  },
  {
    name: 'the end of the image',
    program: one(load({ memoryAddress: 0xffff_fffc })),
    code: 'addressRange',
    unit: 'load',
  },
  {
    name: 'the last word of the image, where there is no memory',
    program: one(load({ memoryAddress: 0xffff_fff8 })),
    code: 'readDecodeError',
    unit: 'load',
  },
  {
    name: 'rows beyond the banks',
    program: one(load({ ...rows, address: config.activationDepth - 2 })),
    code: 'addressRange',
    unit: 'load',
  },
  {
    name: 'rows one word beyond the banks',
    program: one(load({ ...rows, address: config.activationDepth - 3 })),
    code: 'addressRange',
    unit: 'load',
  },
  {
    name: 'stored rows beyond the banks',
    program: one(store({ address: config.activationDepth - 2 })),
    code: 'addressRange',
    unit: 'store',
  },
  {
    name: 'a load that the memory refuses',
    program: one(load({ memoryAddress: SLAVE_ERROR })),
    code: 'readSlaveError',
    unit: 'load',
  },
  {
    name: 'a load from nowhere',
    program: one(load({ memoryAddress: DECODE_ERROR })),
    code: 'readDecodeError',
    unit: 'load',
  },
  {
    name: 'a store that the memory refuses',
    program: one(store({ memoryAddress: SLAVE_ERROR })),
    code: 'writeSlaveError',
    unit: 'store',
  },
  {
    name: 'a store to nowhere',
    program: one(store({ memoryAddress: DECODE_ERROR })),
    code: 'writeDecodeError',
    unit: 'store',
  },
  {
    name: 'a program that is nowhere',
    program: one(load({})),
    offset: DECODE_ERROR,
    code: 'readDecodeError',
    unit: 'fetch',
  },
];

/** A 1 x 1 convolution of a map of one pixel. */
const pointwise: FieldValues = {
  inputHeight: 1,
  inputWidth: 1,
  inputBlocks: 1,
  inputEnd: 4,
  inputPitch: 4,
  kernelHeight: 1,
  kernelWidth: 1,
  outputWidth: 1,
  outputBlocks: 1,
  outputBase: 8,
  outputEnd: 12,
  outputPitch: 4,
  middleLow: -128,
  middleHigh: 127,
};
const compute = (fields: FieldValues): Instruction => ({
  opcode: 'COMPUTE',
  fields: { rows: 1, blocks: 1, ...fields },
});

/** Programs that the compute unit must refuse. */
export const faultyComputes: readonly FaultyProgram[] = [
  {
    name: 'a part of a descriptor that there is not',
    program: one({ opcode: 'SET', fields: { slot: 0, part: 3, payload: 0n } }),
    code: 'badStage',
    unit: 'compute',
  },
  { name: 'a COMPUTE of no row', program: one(compute({ rows: 0 })), code: 'badStage', unit: 'compute', index: 0 },
  { name: 'a COMPUTE of no block', program: one(compute({ blocks: 0 })), code: 'badStage', unit: 'compute' },
  ...(
    [
      ['weights beyond their memory', { weights: config.weightDepth }],
      ['parameters beyond their memory', { parameters: config.parameterDepth }],
      ['results beyond the banks', { outputRow: config.activationDepth }],
    ] as const
  ).map(([name, fields]) => ({
    name,
    program: [header(STAGE_PARTS + 3), ...setInstructions(0, pointwise), compute(fields), end],
    code: 'addressRange',
    unit: 'compute',
  })),
];

/** Every check gives what is wrong, an empty list where nothing is. */
export class FaultBench {
  private readonly bench: RtlBench;
  private readonly instructions: readonly Instruction[];
  private readonly memory: Uint8Array;
  private readonly expected: Uint8Array;

  private constructor(bench: RtlBench, seed: number) {
    const { instructions, memory } = transferProgram(config, new Random(seed), 12);
    this.bench = bench;
    this.instructions = instructions;
    this.memory = memory;
    this.expected = memory.slice();
    new Machine(config, this.expected).run(instructions);
  }

  /** `whole`: with the compute unit. */
  static async open(rig: Rig, seed: number, whole = false): Promise<FaultBench> {
    const design = await rig.design(config, whole ? {} : withoutCompute);
    const bench = await rig.open(design, { memoryBytes: DECODE_ERROR, memoryLatency: config.memoryLatency });
    await bench.addError({ first: SLAVE_ERROR, end: FAULTY, response: 2 });
    return new FaultBench(bench, seed);
  }

  async close(): Promise<void> {
    await this.bench.close();
  }

  private async run(): Promise<void> {
    const { bench } = this;
    await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
    await bench.step(1);
    await waitIdle(bench, LIMIT);
    await bench.events();
  }

  private async start(): Promise<void> {
    await this.bench.writeMemory(0, this.memory);
    await startFrame(this.bench, { count: this.instructions.length });
  }

  async identity(): Promise<string[]> {
    return (await checkIdentity(this.bench, config)) ? [] : ['the identity register is not that of the configuration'];
  }

  async correctFrame(): Promise<string[]> {
    const { bench, expected } = this;
    await this.start();
    await this.run();
    const { done, busy, error } = await readFrame(bench);
    const wrong: string[] = [];
    if (!done || busy || error !== undefined) wrong.push(`a correct frame: ${JSON.stringify({ done, busy, error })}`);
    if (Buffer.compare(await bench.readMemory(HALF, HALF), expected.subarray(HALF)) !== 0)
      wrong.push('a correct frame left something else');
    wrong.push(...(await bench.failures()), ...(await bench.statistics()).violations);
    return wrong;
  }

  /** The machine stops with the code of `unit`, and the frame after is right. */
  private async stopped(code: string, unit: string, index?: number): Promise<string[]> {
    await this.run();
    const { done, busy, error } = await readFrame(this.bench);
    // What is stopped from outside is the correct program.
    const wrong = unit === 'control' ? await this.strangeBytes() : [];
    if (done || busy || error?.code !== code || error.unit !== unit || (index !== undefined && error.index !== index))
      wrong.push(`expected '${code}' of ${unit} ${index ?? ''}, got ${JSON.stringify({ done, busy, error })}`);
    return [...wrong, ...(await this.correctFrame())];
  }

  async faulty({ program, patch, count, offset, code, unit, index }: FaultyProgram): Promise<string[]> {
    const bytes = encodeProgram(program);
    if (patch !== undefined) bytes[patch[0] * INSTRUCTION_BYTES + patch[1]] = patch[2];
    await this.bench.writeMemory(FAULTY, new Uint8Array(512));
    await this.bench.writeMemory(FAULTY, bytes);
    await startFrame(this.bench, { count: count ?? program.length, offset: offset ?? FAULTY });
    return this.stopped(code, unit, index);
  }

  async startedTwice(): Promise<string[]> {
    await this.start();
    await this.bench.step(300);
    await this.bench.writeRegister(registerOffset('control'), 1);
    return this.stopped('startWhileBusy', 'control');
  }

  async stoppedAtRandom(seed: number, times: number): Promise<string[]> {
    const random = new Random(seed);
    const wrong: string[] = [];
    for (let trial = 0; trial < times; trial++) {
      await this.start();
      await this.bench.step(random.int(1, 2000));
      await this.bench.writeRegister(registerOffset('control'), 2);
      wrong.push(...(await this.stopped('stopped', 'control')));
    }
    return wrong;
  }

  /** A stopped frame leaves bytes as they were or as the frame would have made them, nothing else. */
  private async strangeBytes(): Promise<string[]> {
    const { memory, expected } = this;
    const left = await this.bench.readMemory(HALF, HALF);
    const strange = left.findIndex((byte, at) => byte !== memory[HALF + at] && byte !== expected[HALF + at]);
    return strange < 0 ? [] : [`a stopped frame wrote byte ${HALF + strange}, which is not of its results`];
  }

  /** SET takes its cycle also as the last instruction. */
  async frameOfSets(): Promise<string[]> {
    const program = [header(STAGE_PARTS + 2), ...setInstructions(0, pointwise), end];
    await this.bench.writeMemory(FAULTY, encodeProgram(program));
    await startFrame(this.bench, { count: program.length, offset: FAULTY });
    await this.run();
    const { done, counters } = await readFrame(this.bench);
    const { cycles } = simulateCycles(config, program);
    return done && counters.cycles === cycles ? [] : [`SETs alone: expected ${cycles} cycles, got ${counters.cycles}`];
  }

  async interrupts(): Promise<string[]> {
    const { bench } = this;
    const pending = (): Promise<number> => bench.readRegister(registerOffset('interruptStatus'));
    await bench.writeRegister(registerOffset('interruptStatus'), 3);
    await bench.writeRegister(registerOffset('interruptEnable'), 1);
    const wrong = await this.correctFrame();
    if ((await pending()) !== 1) wrong.push(`interrupt status after a frame: ${await pending()}`);
    await bench.writeRegister(registerOffset('interruptStatus'), 1);
    if ((await pending()) !== 0) wrong.push(`interrupt status after it was cleared: ${await pending()}`);
    return wrong;
  }
}
