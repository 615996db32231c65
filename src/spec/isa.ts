/**
 * The instruction set: every instruction and every bit field, once. The encoder, the disassembler, the SystemVerilog
 * package and the document tables are made from these tables.
 *
 * An instruction is 256 bits, little-endian; fields are packed from bit 0 upwards in the order given.
 */

export interface Field<Name extends string = string> {
  readonly name: Name;
  readonly bits: number;
  readonly doc: string;
}

const field = <const Name extends string>(name: Name, bits: number, doc: string): Field<Name> => ({ name, bits, doc });

export const INSTRUCTION_BITS = 256;
export const INSTRUCTION_BYTES = INSTRUCTION_BITS / 8;
export const OPCODE_BITS = 4;
/** Stage descriptors held on chip. */
export const STAGE_SLOTS = 8;
/** Payload bits of one SET instruction; a descriptor takes `STAGE_PARTS` of them. */
export const SET_PAYLOAD_BITS = 240;

/** Retirement counts are compared modulo 2^16; a count waited for is at most 2^15 ahead. */
export const COUNT_BITS = 16;

const waits = [
  field('waitLoad', COUNT_BITS, 'start when this many LOADs have retired'),
  field('waitCompute', COUNT_BITS, 'start when this many COMPUTEs have retired'),
  field('waitStore', COUNT_BITS, 'start when this many STOREs have retired'),
];

const transfer = [
  ...waits,
  field('target', 2, '0 weights, 1 parameters, 2 activation rows, 3 activation table'),
  field('memoryAddress', 32, 'byte address in external memory, a multiple of the AXI width'),
  field('count', 20, 'words of the target memory; for activation rows: rows'),
  field('address', 16, 'first word; for activation rows: address of the first row in its row set'),
  field('rowSet', 2, 'activation rows: row set of the first row'),
  field('pitch', 14, 'activation rows: words of one row; also the distance of row slots'),
  field('base', 16, 'activation rows: first word of the row ring'),
  field('end', 16, 'activation rows: word after the row ring; a slot address that reaches it wraps to base'),
  field('levelStride', 24, 'bytes added to memoryAddress for each pruning level'),
];

/** 0 is none of them, so that erased memory is no program. */
export const OPCODES = {
  END: 6,
  HEADER: 1,
  LOAD: 2,
  STORE: 3,
  SET: 4,
  COMPUTE: 5,
} as const;
export type Opcode = keyof typeof OPCODES;

export const INSTRUCTIONS: { readonly [name in Opcode]: { readonly doc: string; readonly fields: readonly Field[] } } =
  {
    END: { doc: 'Waits until every unit is idle, then ends the frame and raises the interrupt.', fields: [] },
    HEADER: {
      doc: 'First instruction of a program; the machine stops with an error where the identity is not its own.',
      fields: [
        field('magic', 32, 'constant "DPTW"'),
        field('identity', 32, 'hash of the configuration that the program was compiled for'),
        field('count', 32, 'instructions in the program, HEADER and END included'),
      ],
    },
    LOAD: { doc: 'Copies consecutive bytes of external memory to an on-chip memory.', fields: transfer },
    STORE: { doc: 'Copies activation rows to consecutive bytes of external memory.', fields: transfer },
    SET: {
      doc: 'Writes one part of a stage descriptor; runs in order with COMPUTE and takes one cycle.',
      fields: [
        field('slot', 3, 'stage descriptor'),
        field('part', 2, 'which SET_PAYLOAD_BITS bits of it'),
        field('payload', SET_PAYLOAD_BITS, 'the bits'),
      ],
    },
    COMPUTE: {
      doc: 'Runs a stage over a range of output channel blocks and output rows.',
      fields: [
        ...waits,
        field('slot', 3, 'stage descriptor'),
        field('row', 10, 'first output row'),
        field('rows', 10, 'output rows, at least 1'),
        field('block', 10, 'first output channel block of M channels'),
        field('blocks', 10, 'output channel blocks, at least 1'),
        field('inputRow', 16, 'slot address of the first input row in the map that the first output row sees'),
        field('outputRow', 16, 'slot address of the first output row'),
        field('residualRow', 16, 'slot address of the first residual row'),
        field('weights', 16, 'weight word of the first block'),
        field('parameters', 16, 'parameter word of the first block'),
      ],
    },
  };

/** Activation tables held on chip. */
export const TABLES = 4;

/** Pruning levels besides level 0, which prunes nothing. */
export const PRUNING_LEVELS = 7;

/** Bits of a level's entry in `skippedInputs` and `skippedOutputs`. */
export const SKIP_BITS = 6;
/** Bits of the number of low activation bits that a stage rounds away at a level. */
export const SHIFT_BITS = 2;
/** ... and of the number of low bits of products. */
export const PRODUCT_BITS = 4;
/** Largest such number: products with half of the step still fit 16 bits (rtl/engine/dw_multiply_pair.sv). */
export const MOST_PRODUCT_BITS = 8;

/** A stage descriptor: all that stays the same over the strips of a layer. */
export const STAGE_FIELDS = [
  field('window', 1, '0 direct path (pointwise, standard, elementwise), 1 window path (depthwise, stem)'),
  field('maximum', 1, 'accumulate the maximum instead of the sum'),
  field('diagonal', 1, 'direct path: a lane sees its own channel only, one step a tap'),
  field('sharedWeights', 1, 'all blocks use the same weights; direct path: word (block mod N/M) for every tap'),
  field('flat', 1, 'groups of P pixels run on across row ends (1x1 kernels, width at least P)'),
  field('residual', 2, '0 none, 1 add the residual tensor, 2 multiply by it'),
  field('broadcast', 1, 'the residual tensor is 1 x 1 and serves every pixel'),
  field('table', 3, '0 none, 1 to 4: map the output codes through this activation table'),
  field('alternate', 1, 'ties of rounded products go up at even inputs of the array and down at odd ones, else up'),
  field('upsample', 2, 'log2 of the nearest-neighbour enlargement of the input'),
  field('repeat', 2, 'run the steps of a group so many more times, each with a further set of weights'),
  field('inputHeight', 10, 'rows of the input map'),
  field('inputWidth', 10, 'columns of the input map'),
  field('inputBlocks', 10, 'words of N channels of an input pixel'),
  field('inputBase', 16, 'first word of the input row ring'),
  field('inputEnd', 16, 'word after the input row ring'),
  field('inputPitch', 14, 'words from one row slot to the next'),
  field('kernelHeight', 6, 'direct path: kernel rows'),
  field('kernelWidth', 6, 'direct path: kernel columns'),
  field('strideY', 1, '0: 1, 1: 2, in rows'),
  field('strideX', 1, '0: 1, 1: 2, in columns'),
  field('paddingTop', 6, 'rows above the map that the first output row sees'),
  field('paddingLeft', 6, 'columns left of the map; window path: centre minus padding'),
  field('groups', 9, 'window path: groups of P columns in a row'),
  field('firstStep', 6, 'window path: first entry of the step table'),
  field('steps', 6, 'window path: steps a group'),
  field('outputWidth', 10, 'columns of the output map'),
  field('outputBlocks', 10, 'words of N channels of an output pixel'),
  field('outputBase', 16, 'first word of the output row ring'),
  field('outputEnd', 16, 'word after the output row ring'),
  field('outputPitch', 14, 'words from one row slot to the next'),
  field('residualBlocks', 10, 'words of N channels of a residual pixel'),
  field('residualBase', 16, 'first word of the residual row ring'),
  field('residualEnd', 16, 'word after the residual row ring'),
  field('residualPitch', 14, 'words from one row slot to the next'),
  field('inputZero', 8, 'zero point of the input, two’s complement'),
  field('middleZero', 8, 'zero point after requantisation'),
  field('middleLow', 8, 'lower clamp after requantisation'),
  field('middleHigh', 8, 'upper clamp after requantisation'),
  field('residualZero', 8, 'zero point of the residual tensor'),
  field('outputZero', 8, 'zero point after the residual'),
  field('outputLow', 8, 'lower clamp after the residual'),
  field('outputHigh', 8, 'upper clamp after the residual'),
  field('middleMultiplier', 31, 'residual add: multiplier of the requantised value; multiply: of the product'),
  field('residualMultiplier', 31, 'residual add: multiplier of the residual value'),
  field('residualShift', 6, 'shift after the residual'),
  field('weightThresholds', 7 * PRUNING_LEVELS, 'smallest |w| that counts, levels 1 to 7, 7 bits each'),
  field('activationThresholds', 8 * PRUNING_LEVELS, 'smallest |x - z| that counts, levels 1 to 7, 8 bits each'),
  field(
    'activationShifts',
    SHIFT_BITS * PRUNING_LEVELS,
    'low bits of x - z that are rounded away, levels 1 to 7, 2 bits each',
  ),
  field(
    'productShifts',
    PRODUCT_BITS * PRUNING_LEVELS,
    'low bits of products that are rounded away, levels 1 to 7, 4 bits each, 0 to 8',
  ),
  field(
    'skippedInputs',
    SKIP_BITS * PRUNING_LEVELS,
    'direct path: last input words of a pixel that take no step, by level',
  ),
  field('skippedOutputs', SKIP_BITS * PRUNING_LEVELS, 'last output words of a pixel that are not computed, by level'),
] as const;
export type StageField = (typeof STAGE_FIELDS)[number]['name'];
/** The values of a stage descriptor; codes may be given as signed numbers, thresholds are bigint. */
export type Stage = { readonly [name in StageField]: name extends `${string}Thresholds` ? bigint : number };

const widthOf = (fields: readonly Field[]): number => fields.reduce((sum, { bits }) => sum + bits, 0);
export const STAGE_BITS: number = widthOf(STAGE_FIELDS);
export const STAGE_PARTS: number = Math.ceil(STAGE_BITS / SET_PAYLOAD_BITS);
export const MAGIC = 0x44505457;

/** Values of an instruction's fields; payloads are bigint, all others number. */
export type FieldValues = { readonly [name: string]: number | bigint };

export interface Instruction {
  readonly opcode: Opcode;
  readonly fields: FieldValues;
}

/** Packs values into an integer from bit 0 upwards. Throws where a value does not fit its field. */
export function packFields(fields: readonly Field[], values: FieldValues): bigint {
  let packed = 0n;
  let position = 0n;
  for (const { name, bits } of fields) {
    const raw = BigInt(values[name] ?? 0);
    const negative = raw < 0n && raw >= -(1n << BigInt(bits - 1));
    const value = negative ? raw + (1n << BigInt(bits)) : raw;
    if (value < 0n || value >> BigInt(bits) !== 0n)
      throw new Error(`field ${name}: ${raw} needs more than ${bits} bits`);
    packed |= value << position;
    position += BigInt(bits);
  }
  return packed;
}

export function unpackFields(fields: readonly Field[], packed: bigint): FieldValues {
  const values: { [name: string]: number | bigint } = {};
  let rest = packed;
  for (const { name, bits } of fields) {
    const value = rest & ((1n << BigInt(bits)) - 1n);
    values[name] = bits > 52 ? value : Number(value);
    rest >>= BigInt(bits);
  }
  return values;
}

const opcodeNames = Object.keys(OPCODES) as Opcode[];

export function encodeInstruction({ opcode, fields }: Instruction): bigint {
  return (packFields(INSTRUCTIONS[opcode].fields, fields) << BigInt(OPCODE_BITS)) | BigInt(OPCODES[opcode]);
}

/** Undefined where the opcode is not one of ours. */
export function decodeInstruction(word: bigint): Instruction | undefined {
  const code = Number(word & ((1n << BigInt(OPCODE_BITS)) - 1n));
  const opcode = opcodeNames.find((name) => OPCODES[name] === code);
  if (opcode === undefined) return undefined;
  return { opcode, fields: unpackFields(INSTRUCTIONS[opcode].fields, word >> BigInt(OPCODE_BITS)) };
}

/** The `STAGE_PARTS` SET instructions that write a stage descriptor. */
export function setInstructions(slot: number, stage: FieldValues): Instruction[] {
  const packed = packFields(STAGE_FIELDS, stage);
  const mask = (1n << BigInt(SET_PAYLOAD_BITS)) - 1n;
  return Array.from({ length: STAGE_PARTS }, (_, part) => ({
    opcode: 'SET' as const,
    fields: { slot, part, payload: (packed >> BigInt(part * SET_PAYLOAD_BITS)) & mask },
  }));
}

/** Program as bytes, 32 an instruction, little-endian. */
export function encodeProgram(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  program.forEach((instruction, index) => {
    let word = encodeInstruction(instruction);
    for (let part = 0; part < INSTRUCTION_BYTES / 8; part++) {
      view.setBigUint64(index * INSTRUCTION_BYTES + part * 8, word & 0xffff_ffff_ffff_ffffn, true);
      word >>= 64n;
    }
  });
  return bytes;
}

/** The instructions of a program's bytes; throws on a length or an opcode that no program has. */
export function decodeProgram(bytes: Uint8Array): Instruction[] {
  if (bytes.length % INSTRUCTION_BYTES !== 0) throw new Error(`${bytes.length} bytes are not whole instructions`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / INSTRUCTION_BYTES }, (_, index) => {
    let word = 0n;
    for (let part = INSTRUCTION_BYTES / 8 - 1; part >= 0; part--) {
      word = (word << 64n) | view.getBigUint64(index * INSTRUCTION_BYTES + part * 8, true);
    }
    const instruction = decodeInstruction(word);
    if (instruction === undefined) throw new Error(`instruction ${index}: unknown opcode`);
    return instruction;
  });
}
