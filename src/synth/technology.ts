/**
 * What the parts that RTL is made of cost in each device family, before synthesis: delays, small memories, block
 * memories, multiplexers, multipliers. The rules are those by which yosys maps; `estimate.ts` counts the parts.
 */
import type { Family } from './families.ts';

/** Cells of a part. */
export interface Cells {
  readonly luts: number;
  readonly flipFlops: number;
  readonly dsp: number;
  /** Block memories of the family: 36 kbit (a half counts 0.5), 18 kbit in ECP5, 4 kbit in iCE40. */
  readonly blocks: number;
}

export const cells = (part: Partial<Cells>): Cells => ({ luts: 0, flipFlops: 0, dsp: 0, blocks: 0, ...part });

export function sum(...parts: readonly Cells[]): Cells {
  return parts.reduce(
    (total, { luts, flipFlops, dsp, blocks }) =>
      cells({
        luts: total.luts + luts,
        flipFlops: total.flipFlops + flipFlops,
        dsp: total.dsp + dsp,
        blocks: total.blocks + blocks,
      }),
    cells({}),
  );
}

export const times = (count: number, { luts, flipFlops, dsp, blocks }: Cells): Cells =>
  cells({ luts: count * luts, flipFlops: count * flipFlops, dsp: count * dsp, blocks: count * blocks });

const xilinx = (family: Family): boolean => family === 'xc7' || family === 'xcup';

/** Six inputs a look-up table, or four. */
export const wideTables = xilinx;

/** One of two numbers: of a family with six-input tables, of one with four. */
export const either = (family: Family, six: number, four: number): number => (wideTables(family) ? six : four);

/** A delay line without reset is a shift register of look-up tables where the family has them. */
export function delay(family: Family, width: number, depth: number, reset = false): Cells {
  if (!xilinx(family) || reset || depth < 3) return cells({ flipFlops: width * depth });
  return cells({ luts: width * Math.ceil(depth / 32) });
}

/** Look-up tables a bit of a multiplexer of `inputs`. */
export function mux(family: Family, inputs: number): number {
  if (inputs <= 1) return 0;
  if (wideTables(family)) return inputs <= 4 ? 1 : inputs / 2;
  return inputs === 2 ? 1 : inputs <= 4 ? 2 : 0.6 * inputs;
}

/** A memory marked `distributed`: read without a clock. Where a family has none, a block or flip-flops. */
export function distributed(family: Family, width: number, depth: number): Cells {
  if (family === 'ice40') {
    // yosys takes a block of which 2 % are used.
    if (width * depth < 82) return cells({ luts: width * (depth / 2 + 1), flipFlops: width * depth });
    return cells({ blocks: Math.ceil(width / 16) * Math.ceil(depth / 256) });
  }
  if (family === 'ecp5') {
    const banks = Math.ceil(depth / 16);
    return cells({ luts: banks * 4 * Math.ceil(width / 4) + width * mux(family, banks) });
  }
  const banks = Math.ceil(depth / 64);
  const shallow = depth <= 32;
  // RAM32M: 6 bits, RAM64M: 3, in 4 tables; RAM32M16: 14, RAM64M8: 7, in 8.
  const row = family === 'xc7' ? 4 * Math.ceil(width / (shallow ? 6 : 3)) : 8 * Math.ceil(width / (shallow ? 14 : 7));
  return cells({ luts: banks * row + width * mux(family, banks) + (banks > 1 ? 3 * banks : 0) });
}

/** Shapes of a block memory: rows, bits with ninth bits, bits without; how many blocks it is. */
const shapes: Readonly<Record<'xilinx' | 'ecp5' | 'ice40', readonly (readonly [number, number, number, number])[]>> = {
  xilinx: [
    [512, 72, 64, 1],
    [1024, 36, 32, 1],
    [2048, 18, 16, 1],
    [4096, 9, 8, 1],
    [8192, 4, 4, 1],
    [16384, 2, 2, 1],
    [32768, 1, 1, 1],
    [512, 36, 32, 0.5],
    [1024, 18, 16, 0.5],
    [2048, 9, 8, 0.5],
    [4096, 4, 4, 0.5],
    [8192, 2, 2, 0.5],
    [16384, 1, 1, 0.5],
  ],
  ecp5: [
    [512, 36, 32, 1],
    [1024, 18, 16, 1],
    [2048, 9, 8, 1],
    [4096, 4, 4, 1],
    [8192, 2, 2, 1],
    [16384, 1, 1, 1],
  ],
  ice40: [
    [256, 16, 16, 1],
    [512, 8, 8, 1],
    [1024, 4, 4, 1],
    [2048, 2, 2, 1],
  ],
};

export interface MemoryShape {
  readonly blocks: number;
  /** Blocks that lie behind one another, with a multiplexer after them. */
  readonly banks: number;
}

/** Banks pay for their multiplexer. */
const price = ({ blocks, banks }: MemoryShape): number => blocks * (banks > 1 ? 1.05 : 1);

/** The fewest blocks that hold `depth` words of `bits`; `bytes`: every 8 bits are written on their own. */
export function blockMemory(family: Family, depth: number, bits: number, bytes = false): MemoryShape {
  let best: MemoryShape = { blocks: Number.POSITIVE_INFINITY, banks: 1 };
  for (const [rows, width, plain, blocks] of shapes[xilinx(family) ? 'xilinx' : family === 'ecp5' ? 'ecp5' : 'ice40']) {
    const banks = Math.ceil(depth / rows);
    // Banks lie side by side in wide words; a byte, the unit that is written, belongs to one bank.
    const unit = bytes || plain === width ? Math.min(8, plain) : 9;
    const columns = (banks * Math.ceil(bits / unit) * unit) / (bytes ? plain : width);
    const found = { blocks: Math.ceil(columns) * blocks, banks };
    if (price(found) < price(best) || (price(found) === price(best) && banks < best.banks)) best = found;
  }
  return best;
}

/** DSP slices of an unsigned or signed product; `a` is the wider operand, in bits with its sign. */
export function multiplier(family: Family, a: number, b: number): number {
  const [wide, narrow] = { xc7: [25, 18], xcup: [27, 18], ecp5: [18, 18], ice40: [16, 16] }[family] as [number, number];
  return Math.ceil(a / wide) * Math.ceil(b / narrow);
}

/**
 * A product of two signed numbers from adders, as rtl/lib/dw_soft_multiply.sv adds them: rows of four bits of `a` times
 * `b`, the sums of two rows in each of the cycles after the first. A row of n bits of `a` is `b` + n bits.
 */
export function softMultiply(family: Family, a: number, b: number, latency: number): Cells {
  let luts = 0;
  let flipFlops = 0;
  for (let level = 0; level < latency; level++) {
    const bits = 4 * 2 ** level;
    const rows = Math.floor(a / bits);
    const rest = a % bits;
    const registers = rows * (b + bits) + (rest > 0 ? b + rest : 0);
    flipFlops += registers;
    if (level === 0) luts += either(family, 4.2, 6) * rows * (b + bits) + (rest > 0 ? 3 * (b + rest) : 0);
    else if (a > bits / 2) luts += registers;
  }
  return cells({ luts: Math.round(luts), flipFlops });
}
