/**
 * WebAssembly instructions as byte arrays: an expression is the bytes that leave its value on the stack, a statement
 * leaves nothing, and composing is concatenating. Only what the kernels need. Opcodes: WebAssembly core and SIMD
 * specifications.
 */

export type Code = readonly number[];
/** Index of a parameter or local of the function being written. */
export type Local = number;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 127) | 128);
    rest >>= 7;
  }
  bytes.push(rest & 127);
  return bytes;
}

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const unary =
  (opcode: Code) =>
  (a: Code): Code => [...a, ...opcode];
const binary =
  (opcode: Code) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];

type Unary = (a: Code) => Code;
type Binary = (a: Code, b: Code) => Code;

// Control and locals
export const get = (local: Local): Code => [0x20, ...unsigned(local)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export function sequence(...parts: readonly Code[]): Code {
  // Several times as fast as flat().
  const bytes: number[] = [];
  for (const part of parts) for (let index = 0; index < part.length; index++) bytes.push(part[index]!);
  return bytes;
}
/** Runs `body` while `condition`, tested after it, is not 0. */
export const doWhile = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b];

/** Addresses below this are never used. */
export const FIRST_ADDRESS = 64;

/**
 * Keeps the optimiser from mixing what stands before and after a point, which would cost registers.
 *
 * V8 moves loads of a straight-line stretch to its front and everything else as far down as it can, so a long unrolled
 * stretch spills. A branch that is never taken ends the stretch, and using the locals on its other side keeps their
 * values from sinking below it: `around` gives the body a way out that stores them. `at(depth)` is the point, `depth`
 * loops inside the body; it compares `address`, an address of the memory, with numbers that no address has.
 */
export class Fence {
  #next = 0;
  readonly #address: Local;
  readonly #kept: readonly Local[];

  constructor(address: Local, kept: readonly Local[]) {
    this.#address = address;
    this.#kept = kept;
  }

  at(depth: number): Code {
    // Numbers differ, or the optimiser would know the later branches from the first.
    const number = this.#next++ % FIRST_ADDRESS;
    return [...get(this.#address), ...i32(number), 0x46, 0x0d, ...unsigned(depth)];
  }

  around(body: Code): Code {
    const stores = this.#kept.map((local) => v128Store(get(this.#address), get(local)));
    return [0x02, 0x40, ...body, 0x0f, 0x0b, ...sequence(...stores)];
  }
}

// 32-bit integers
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const i32Add: Binary = binary([0x6a]);
export const i32Sub: Binary = binary([0x6b]);
export const i32Mul: Binary = binary([0x6c]);
export const i32Equal: Binary = binary([0x46]);
export const i32NotEqual: Binary = binary([0x47]);
export const i32Xor: Binary = binary([0x73]);
/** Adds a constant to a local. */
export const increase = (local: Local, by: number): Code => set(local, i32Add(get(local), i32(by)));
/** Runs `body` `counter` times (at least once), counting the local down. */
export const countDown = (counter: Local, body: Code): Code =>
  doWhile(sequence(body, increase(counter, -1)), get(counter));

// Memory; alignment hints are 1 byte
const memory =
  (opcode: Code) =>
  (address: Code, offset = 0): Code => [...address, ...opcode, 0, ...unsigned(offset)];
type Load = (address: Code, offset?: number) => Code;
export const i32Load8Unsigned: Load = memory([0x2d]);
export const v128Load: Load = memory(simd(0x00));
/** 8 bytes, sign-extended to i16x8. */
export const v128Load8x8: Load = memory(simd(0x01));
export const v128Load32Splat: Load = memory(simd(0x09));
export const i32Store8 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x3a,
  0,
  ...unsigned(offset),
];
export const v128Store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  0,
  ...unsigned(offset),
];
/** Stores one lane of 1, 2, 4 or 8 bytes. */
export const v128StoreLane = (bytes: 1 | 2 | 4 | 8, address: Code, value: Code, lane: number, offset = 0): Code => [
  ...address,
  ...value,
  ...simd({ 1: 0x58, 2: 0x59, 4: 0x5a, 8: 0x5b }[bytes]),
  0,
  ...unsigned(offset),
  lane,
];

// Vectors
export const v128And: Binary = binary(simd(0x4e));
export const i16x8Splat: Unary = unary(simd(0x10));
export const i8x16NarrowI16x8: Binary = binary(simd(0x65));
export const i8x16Min: Binary = binary(simd(0x76));
export const i8x16Max: Binary = binary(simd(0x78));
export const i16x8GreaterEqual: Binary = binary(simd(0x35));
export const i16x8Abs: Unary = unary(simd(0x80));
export const i16x8NarrowI32x4: Binary = binary(simd(0x85));
export const i16x8Add: Binary = binary(simd(0x8e));
export const i16x8Sub: Binary = binary(simd(0x91));
export const i16x8Mul: Binary = binary(simd(0x95));
export const i32x4ExtendLow: Unary = unary(simd(0xa7));
export const i32x4ExtendHigh: Unary = unary(simd(0xa8));
export const i32x4Splat: Unary = unary(simd(0x11));
/** Sums of two neighbours, sign-extended. */
export const i32x4AddPairs: Unary = unary(simd(0x7e));
export const i32x4Add: Binary = binary(simd(0xae));
export const i32x4Dot: Binary = binary(simd(0xba));
export const i32x4ExtendMultiplyLow: Binary = binary(simd(0xbc));
export const i32x4ExtendMultiplyHigh: Binary = binary(simd(0xbd));
export const f64x2ConvertLow: Unary = unary(simd(0xfe));
export const f64x2Add: Binary = binary(simd(0xf0));
export const f64x2Multiply: Binary = binary(simd(0xf2));
/** b < a ? b : a, one machine instruction. */
export const f64x2PseudoMin: Binary = binary(simd(0xf6));
export const f64x2PseudoMax: Binary = binary(simd(0xf7));
export const f64x2Floor: Unary = unary(simd(0x75));

const shuffle =
  (lanes: readonly number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...simd(0x0d), ...lanes];
/** a0 b0 a1 b1 a2 b2 a3 b3 of i16 lanes. */
export const i16x8InterleaveLow: Binary = shuffle([0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23]);
/** a4 b4 a5 b5 a6 b6 a7 b7 of i16 lanes. */
export const i16x8InterleaveHigh: Binary = shuffle([8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31]);
/** Upper 8 bytes of a, twice. */
export const upperHalf = (a: Local): Code =>
  shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15])(get(a), get(a));
/** Low 32 bits of the four 64-bit lanes of a and b. */
export const lowWords: Binary = shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
