import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RtlBench } from '../../src/cosim/bench.ts';
import { checkIdentity, eventMask, readFrame, startFrame, waitIdle } from '../../src/cosim/frame.ts';
import { rtlDesign } from '../../src/node/rtl-sources.ts';
import { Machine } from '../../src/simulate/machine.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { configIdentity } from '../../src/spec/identity.ts';
import { encodeProgram, type FieldValues, INSTRUCTION_BYTES, type Instruction, MAGIC } from '../../src/spec/isa.ts';
import { registerOffset } from '../../src/spec/registers.ts';
import { Random } from '../support/random.ts';
import { openBench, simulators } from './support/benches.ts';
import { HALF, transferProgram } from './support/transfers.ts';

const stub = {
  name: 'dw_compute.sv',
  text: readFileSync(new URL('./support/dw_compute_stub.sv', import.meta.url), 'utf8'),
};
const config = namedConfig('tiny');
const seed = 7_020;
const LIMIT = 200_000;
/** Milliseconds for building a simulator on a busy machine. */
const BUILD_LIMIT = 240_000;
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

interface Case {
  readonly name: string;
  readonly program: readonly Instruction[];
  /** Bits put over the encoded program: [instruction, byte, value]. */
  readonly patch?: readonly [number, number, number];
  /** Default: the program's length. */
  readonly count?: number;
  readonly offset?: number;
  readonly code: string;
  readonly unit: string;
}

const cases: Case[] = [
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
    name: 'rows beyond the banks',
    program: one(load({ ...rows, address: config.activationDepth - 2 })),
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

describe.each(simulators)('bad programs on %s', (simulator) => {
  const { instructions, memory } = transferProgram(config, new Random(seed), 12);
  const expected = memory.slice();
  new Machine(config, expected).run(instructions);
  let bench: RtlBench;

  beforeAll(async () => {
    const design = await rtlDesign(config, { trace: true, folders: ['lib', 'control', 'top'], add: [stub] });
    bench = await openBench(design, simulator, { memoryBytes: DECODE_ERROR, memoryLatency: config.memoryLatency });
    await bench.addError({ first: SLAVE_ERROR, end: FAULTY, response: 2 });
  }, BUILD_LIMIT);
  afterAll(() => bench.close());

  const run = async (): Promise<void> => {
    await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
    await bench.step(1);
    await waitIdle(bench, LIMIT);
    await bench.events();
  };

  const correctFrame = async (): Promise<void> => {
    await bench.writeMemory(0, memory);
    await startFrame(bench, { count: instructions.length });
    await run();
    const frame = await readFrame(bench);
    expect(frame).toMatchObject({ done: true, error: undefined, busy: false });
    expect(Buffer.compare(await bench.readMemory(HALF, HALF), expected.subarray(HALF))).toBe(0);
    expect(await bench.failures()).toEqual([]);
    expect((await bench.statistics()).violations).toEqual([]);
  };

  it('shows its identity and runs a correct frame', async () => {
    expect(await checkIdentity(bench, config)).toBe(true);
    await correctFrame();
  });

  it.each(cases)(
    'stop with a code, and the next frame is right: $name',
    async ({ program, patch, count, offset, code, unit }) => {
      const bytes = encodeProgram(program);
      if (patch !== undefined) bytes[patch[0] * INSTRUCTION_BYTES + patch[1]] = patch[2];
      await bench.writeMemory(FAULTY, new Uint8Array(512));
      await bench.writeMemory(FAULTY, bytes);
      await startFrame(bench, { count: count ?? program.length, offset: offset ?? FAULTY });
      await run();
      const frame = await readFrame(bench);
      expect(frame).toMatchObject({ done: false, busy: false, error: { code, unit } });
      await correctFrame();
    },
  );

  it('stop a frame that is started twice', async () => {
    await bench.writeMemory(0, memory);
    await startFrame(bench, { count: instructions.length });
    await bench.step(300);
    await bench.writeRegister(registerOffset('control'), 1);
    await run();
    expect((await readFrame(bench)).error).toMatchObject({ code: 'startWhileBusy', unit: 'control' });
    await correctFrame();
  });

  it('stop at any moment on command', async () => {
    const random = new Random(seed);
    for (let trial = 0; trial < 8; trial++) {
      await bench.writeMemory(0, memory);
      await startFrame(bench, { count: instructions.length });
      await bench.step(random.int(1, 2000));
      await bench.writeRegister(registerOffset('control'), 2);
      await run();
      expect((await readFrame(bench)).error).toMatchObject({ code: 'stopped', unit: 'control' });
    }
    await correctFrame();
  });

  it('raise the interrupt where it is enabled, until it is cleared', async () => {
    await bench.writeRegister(registerOffset('interruptStatus'), 3);
    await bench.writeRegister(registerOffset('interruptEnable'), 1);
    await correctFrame();
    expect(await bench.readRegister(registerOffset('interruptStatus'))).toBe(1);
    await bench.writeRegister(registerOffset('interruptStatus'), 1);
    expect(await bench.readRegister(registerOffset('interruptStatus'))).toBe(0);
  });
});
