import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateFiles } from '../../src/generate/generate.ts';
import { packageText } from '../../src/generate/package.ts';
import { wrapperText } from '../../src/generate/wrapper.ts';
import { CONFIGS, namedConfig } from '../../src/spec/configs.ts';
import { configIdentity } from '../../src/spec/identity.ts';
import { INSTRUCTIONS, OPCODE_BITS, STAGE_BITS, STAGE_FIELDS } from '../../src/spec/isa.ts';
import { ERROR_CODES, REGISTER_BYTES, REGISTERS } from '../../src/spec/registers.ts';

const constant = (text: string, name: string): number | undefined => {
  const found = new RegExp(`localparam int unsigned ${name} = (\\d+);`).exec(text);
  return found === null ? undefined : Number(found[1]);
};

describe('generated files', () => {
  it('are those in the tree', () => {
    const files = generateFiles();
    expect(files.length).toBe(CONFIGS.size + 6);
    for (const { path, text } of files) {
      expect(existsSync(path), path).toBe(true);
      expect(readFileSync(path, 'utf8') === text, `${path} differs: run 'npm run generate'`).toBe(true);
    }
  });

  it('give every field of LOAD and of the stage descriptor the bits that the encoder gives it', () => {
    const text = packageText();
    let at = OPCODE_BITS;
    for (const { name, bits } of INSTRUCTIONS.LOAD.fields) {
      const upper = name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
      expect(constant(text, `LOAD_${upper}_LSB`)).toBe(at);
      expect(constant(text, `LOAD_${upper}_BITS`)).toBe(bits);
      at += bits;
    }
    expect(constant(text, 'STAGE_BITS')).toBe(STAGE_BITS);
    const last = STAGE_FIELDS[STAGE_FIELDS.length - 1]!;
    const upper = last.name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
    expect(constant(text, `STAGE_${upper}_LSB`)).toBe(STAGE_BITS - last.bits);
  });

  it('tell a LOAD and a STORE apart by opcode alone', () => {
    expect(INSTRUCTIONS.STORE.fields).toBe(INSTRUCTIONS.LOAD.fields);
  });

  it('carry the identity of their configuration', () => {
    for (const config of CONFIGS.values()) {
      const identity = configIdentity(config).toString(16).padStart(8, '0');
      expect(wrapperText(config)).toContain(`.Identity(32'h${identity})`);
    }
  });

  it('add trace ports only where they are asked for', () => {
    const config = namedConfig('tiny');
    expect(wrapperText(config)).not.toContain('output logic [7:0] trace_events_o');
    expect(wrapperText(config, { trace: true })).toContain('output logic [7:0] trace_events_o');
  });
});

describe('the register map', () => {
  it('has one register an offset, in order, inside its window', () => {
    const offsets = REGISTERS.map(({ offset }) => offset);
    expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
    expect(offsets.every((offset) => offset % 4 === 0 && offset < REGISTER_BYTES)).toBe(true);
  });

  it('has fields that do not overlap', () => {
    for (const { name, fields } of REGISTERS) {
      let end = 0;
      for (const { bit, bits } of fields) {
        expect(bit, name).toBeGreaterThanOrEqual(end);
        end = bit + bits;
      }
      expect(end, name).toBeLessThanOrEqual(32);
    }
  });

  it('numbers its errors from 0', () => {
    expect(ERROR_CODES.map(({ code }) => code)).toEqual(ERROR_CODES.map((_, index) => index));
  });
});
