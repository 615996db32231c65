/** The register map of the AXI4-Lite port, and the error codes: once, for RTL, drivers and documents. */

export interface RegisterField {
  readonly name: string;
  readonly bit: number;
  readonly bits: number;
  readonly doc: string;
}

/** `ro` read only, `rw` read and write, `wo` reads as 0, `w1c` writing 1 clears a bit. */
export type RegisterAccess = 'ro' | 'rw' | 'wo' | 'w1c';

export interface Register {
  readonly name: string;
  /** Byte offset; all registers are 32 bits. */
  readonly offset: number;
  readonly access: RegisterAccess;
  readonly doc: string;
  readonly fields: readonly RegisterField[];
}

const bits = (name: string, bit: number, width: number, doc: string): RegisterField => ({
  name,
  bit,
  bits: width,
  doc,
});
const register = (
  offset: number,
  name: string,
  access: RegisterAccess,
  doc: string,
  fields: readonly RegisterField[] = [],
): Register => ({ name, offset, access, doc, fields });

/** A 64-bit counter in two registers. Both keep still between frames. */
const counter = (offset: number, name: string, doc: string): Register[] => [
  register(offset, `${name}Low`, 'ro', `${doc}, bits 0 to 31`),
  register(offset + 4, `${name}High`, 'ro', `${doc}, bits 32 to 47`),
];

/** Bytes of the register window. */
export const REGISTER_BYTES = 256;
/** Version of the register map and of the machine's behaviour; a driver checks it beside the identity. */
export const HARDWARE_VERSION = 0x0001_0000;
/** Width of an AXI4 address. */
export const AXI_ADDRESS_BITS = 40;
/** Width of the cycle, byte and activity counters. */
export const COUNTER_BITS = 48;
/** The image in external memory starts at a multiple of this. */
export const BASE_ALIGNMENT = 4096;

export const REGISTERS: readonly Register[] = [
  register(0x00, 'identity', 'ro', 'identity of the configuration; a program carries the same number in its HEADER'),
  register(0x04, 'version', 'ro', 'version of the hardware: major in bits 16 to 31, minor in bits 0 to 15'),
  register(0x08, 'array', 'ro', 'shape of the multiplier array', [
    bits('pixels', 0, 8, 'P'),
    bits('lanes', 8, 8, 'M'),
    bits('inputs', 16, 8, 'N'),
    bits('requantisePixels', 24, 8, 'pixels whose M outputs are requantised each cycle'),
  ]),
  register(0x0c, 'activationDepth', 'ro', 'words in each activation bank'),
  register(0x10, 'weightDepth', 'ro', 'words in the weight memory'),
  register(0x14, 'parameterDepth', 'ro', 'words in the parameter memory'),
  register(0x18, 'options', 'ro', 'what else was chosen before synthesis', [
    bits('axiBytes', 0, 8, 'width of the AXI4 data bus, bytes'),
    bits('multiplierBits', 8, 6, 'width of requantisation multipliers'),
    bits('tables', 14, 1, 'activation tables are built'),
    bits('windowKernels', 16, 5, 'kernels of the window path: depthwise3, depthwise5, depthwise7, stemEven, stemOdd'),
  ]),
  register(0x20, 'control', 'wo', 'commands', [
    bits('start', 0, 1, 'write 1: run the program; while busy this is an error and stops the frame'),
    bits('stop', 1, 1, 'write 1: stop the frame'),
  ]),
  register(0x24, 'status', 'ro', 'state of the machine', [
    bits('busy', 0, 1, 'a frame runs, or transfers of a stopped one are still under way'),
    bits('done', 1, 1, 'the last frame reached its END'),
    bits('error', 2, 1, 'the last frame was stopped by an error'),
  ]),
  register(0x28, 'interruptEnable', 'rw', 'what raises the interrupt', [
    bits('done', 0, 1, 'a frame reached its END'),
    bits('error', 1, 1, 'a frame was stopped by an error'),
  ]),
  register(0x2c, 'interruptStatus', 'w1c', 'what happened since it was cleared', [
    bits('done', 0, 1, 'a frame reached its END'),
    bits('error', 1, 1, 'a frame was stopped by an error'),
  ]),
  register(0x30, 'errorCode', 'ro', 'first error of the last frame', [
    bits('code', 0, 8, 'what went wrong'),
    bits('unit', 8, 3, 'where it was seen'),
  ]),
  register(
    0x34,
    'errorIndex',
    'ro',
    'unit dispatch: index of the instruction in the program; load, compute, store: instructions of that unit (SET not counted) retired before the error',
  ),
  register(0x40, 'baseLow', 'rw', 'external memory: address of the image, bits 12 to 31; bits 0 to 11 are 0'),
  register(0x44, 'baseHigh', 'rw', 'address of the image, bits 32 to 39'),
  register(0x48, 'programOffset', 'rw', 'first byte of the program in the image, a multiple of 256'),
  register(0x4c, 'programCount', 'rw', 'instructions of the program, HEADER and END included'),
  register(0x50, 'level', 'rw', 'pruning level of the next frame', [bits('level', 0, 3, '0: nothing is pruned')]),
  ...counter(0x60, 'cycles', 'cycles from the start of the frame to its end'),
  register(0x68, 'retiredLoad', 'ro', 'LOADs retired, modulo 2^16'),
  register(0x6c, 'retiredCompute', 'ro', 'COMPUTEs retired, modulo 2^16'),
  register(0x70, 'retiredStore', 'ro', 'STOREs retired, modulo 2^16'),
  ...counter(0x78, 'activeMultiplies', 'multiplications whose operands were not pruned'),
  ...counter(0x80, 'prunedMultiplies', 'multiplications whose operand registers were held still'),
  ...counter(0x88, 'readBytes', 'bytes read over AXI4'),
  ...counter(0x90, 'writeBytes', 'bytes written over AXI4'),
];

export interface ErrorCodeEntry {
  readonly name: string;
  readonly code: number;
  readonly doc: string;
}

const error = (code: number, name: string, doc: string): ErrorCodeEntry => ({ name, code, doc });

export const ERROR_CODES: readonly ErrorCodeEntry[] = [
  error(0, 'none', 'no error'),
  error(1, 'illegalOpcode', 'the instruction has no known opcode'),
  error(2, 'badMagic', 'the program does not start with a HEADER and its magic number'),
  error(3, 'identityMismatch', 'the program was compiled for another configuration'),
  error(4, 'badCount', 'HEADER names another number of instructions than the register, or END is not the last one'),
  error(5, 'addressRange', 'a transfer or a COMPUTE leaves an on-chip memory or the 32-bit image'),
  error(6, 'readSlaveError', 'external memory answered a read with SLVERR'),
  error(7, 'readDecodeError', 'external memory answered a read with DECERR'),
  error(8, 'writeSlaveError', 'external memory answered a write with SLVERR'),
  error(9, 'writeDecodeError', 'external memory answered a write with DECERR'),
  error(10, 'startWhileBusy', 'a frame was started while another one ran'),
  error(11, 'stopped', 'the frame was stopped by the control register'),
  error(12, 'badStage', 'a COMPUTE or its stage descriptor asks for what this configuration cannot do'),
];

/** Units that an error is seen in. */
export const ERROR_UNITS: readonly { readonly name: string; readonly code: number }[] = [
  { name: 'control', code: 0 },
  { name: 'fetch', code: 1 },
  { name: 'dispatch', code: 2 },
  { name: 'load', code: 3 },
  { name: 'compute', code: 4 },
  { name: 'store', code: 5 },
];

export function registerOffset(name: string): number {
  const found = REGISTERS.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no register '${name}'`);
  return found.offset;
}
