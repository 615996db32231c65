import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { assemble, disassemble } from '../../src/spec/assembly.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import {
  decodeProgram,
  encodeProgram,
  INSTRUCTION_BITS,
  INSTRUCTIONS,
  type Instruction,
  OPCODE_BITS,
  type Opcode,
  packFields,
  SET_PAYLOAD_BITS,
  STAGE_BITS,
  STAGE_FIELDS,
  STAGE_PARTS,
  unpackFields,
} from '../../src/spec/isa.ts';
import { zooNetwork } from '../support/zoo-network.ts';

const opcodes = Object.keys(INSTRUCTIONS) as Opcode[];

const instruction = fc.constantFrom(...opcodes).chain((opcode): fc.Arbitrary<Instruction> => {
  const fields = INSTRUCTIONS[opcode].fields.map(
    ({ name, bits }) =>
      [name, fc.bigInt(0n, (1n << BigInt(bits)) - 1n).map((value) => (bits > 52 ? value : Number(value)))] as const,
  );
  return fc.record(Object.fromEntries(fields)).map((values) => ({ opcode, fields: values }));
});

describe('the instruction encoding', () => {
  it('fits every instruction in its word and the descriptor in its parts', () => {
    for (const opcode of opcodes) {
      const bits = INSTRUCTIONS[opcode].fields.reduce((sum, field) => sum + field.bits, OPCODE_BITS);
      expect(bits).toBeLessThanOrEqual(INSTRUCTION_BITS);
    }
    expect(STAGE_BITS).toBeLessThanOrEqual(STAGE_PARTS * SET_PAYLOAD_BITS);
    expect(STAGE_PARTS).toBeLessThanOrEqual(4);
  });

  it('survives the way to bytes and back, and to text and back', () => {
    fc.assert(
      fc.property(fc.array(instruction, { maxLength: 20 }), (program) => {
        const plain = program.map(({ opcode, fields }) => ({ opcode, fields: { ...fields } }));
        expect(decodeProgram(encodeProgram(program))).toEqual(plain);
        expect(assemble(disassemble(program, (index) => `note ${index}`))).toEqual(plain);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('survives for a compiled network', async () => {
    const { program } = compile(await zooNetwork('mobilenet_v1_0.25_32'), namedConfig('tiny'));
    const decoded = decodeProgram(encodeProgram(program.instructions));
    expect(decoded.length).toBeGreaterThan(50);
    expect(assemble(disassemble(decoded))).toEqual(decoded);
    expect(encodeProgram(decoded)).toEqual(encodeProgram(program.instructions));
  });

  it('refuses a value that does not fit its field', () => {
    expect(() => packFields(STAGE_FIELDS, { inputHeight: 1024 })).toThrow('inputHeight');
    expect(() => packFields(STAGE_FIELDS, { window: -2 })).toThrow('window');
  });

  it('keeps negative codes as two’s complement', () => {
    const values = unpackFields(STAGE_FIELDS, packFields(STAGE_FIELDS, { inputZero: -128, outputHigh: 127 }));
    expect(values.inputZero).toBe(128);
    expect(values.outputHigh).toBe(127);
  });

  it('names the line of a mistake in a listing', () => {
    expect(() => assemble('END\nJUMP\n')).toThrow("line 2: unknown instruction 'JUMP'");
    expect(() => assemble('COMPUTE slots=1')).toThrow("line 1: COMPUTE has no field 'slots'");
    expect(() => assemble('COMPUTE slot=9')).toThrow('slot has 3 bits');
    expect(() => decodeProgram(Uint8Array.of(15, ...new Array(31).fill(0)))).toThrow('unknown opcode');
    expect(() => decodeProgram(new Uint8Array(33))).toThrow('whole instructions');
  });
});
