/** Programs as text: one instruction a line, every field by name, and back. */
import { type FieldValues, INSTRUCTIONS, type Instruction, OPCODES, type Opcode, SET_PAYLOAD_BITS } from './isa.ts';

/** `COMPUTE waitLoad=3 slot=0 ...`; fields that are 0 are left out; payloads are hexadecimal. */
export function disassemble(program: readonly Instruction[], comment?: (index: number) => string | undefined): string {
  return program
    .map(({ opcode, fields }, index) => {
      const words: string[] = [opcode];
      for (const { name, bits } of INSTRUCTIONS[opcode].fields) {
        const value = fields[name] ?? 0;
        if (BigInt(value) === 0n) continue;
        words.push(`${name}=${bits === SET_PAYLOAD_BITS ? `0x${BigInt(value).toString(16)}` : value}`);
      }
      const note = comment?.(index);
      return words.join(' ') + (note === undefined ? '' : ` ; ${note}`);
    })
    .join('\n')
    .concat('\n');
}

/** The inverse of `disassemble`; comments start with `;`, empty lines are skipped. Throws with the line's number. */
export function assemble(text: string): Instruction[] {
  const program: Instruction[] = [];
  text.split('\n').forEach((raw, number) => {
    const line = raw.split(';')[0]!.trim();
    if (line === '') return;
    const [opcode, ...assignments] = line.split(/\s+/) as [string, ...string[]];
    if (!(opcode in OPCODES)) throw new Error(`line ${number + 1}: unknown instruction '${opcode}'`);
    program.push({ opcode: opcode as Opcode, fields: parseFields(opcode as Opcode, assignments, number + 1) });
  });
  return program;
}

function parseFields(opcode: Opcode, assignments: readonly string[], line: number): FieldValues {
  const known = new Map(INSTRUCTIONS[opcode].fields.map((field) => [field.name, field.bits]));
  const fields: { [name: string]: number | bigint } = {};
  for (const name of known.keys()) fields[name] = known.get(name)! > 52 ? 0n : 0;
  for (const assignment of assignments) {
    const [name, value] = assignment.split('=') as [string, string | undefined];
    const bits = known.get(name);
    if (bits === undefined) throw new Error(`line ${line}: ${opcode} has no field '${name}'`);
    if (value === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(value))
      throw new Error(`line ${line}: '${assignment}' is no number`);
    const parsed = BigInt(value);
    if (parsed >> BigInt(bits) !== 0n) throw new Error(`line ${line}: ${name} has ${bits} bits, ${value} needs more`);
    fields[name] = bits > 52 ? parsed : Number(parsed);
  }
  return fields;
}
