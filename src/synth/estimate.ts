/**
 * Resources of a configuration before any synthesis: the parts of the RTL, counted by its parameters. DSP slices and
 * block memories are what yosys maps to, exactly; look-up tables and flip-flops lie within 15 % of it
 * (docs/synthesis.md). Numbers here that are no parameter are the size of logic that depends on none.
 */
import { treeOffset, treeSumBits } from '../spec/adder-tree.ts';
import { type Config, multipliers, parameterBytes, ROW_SETS } from '../spec/config.ts';
import { ramShape } from '../spec/ram.ts';
import { PIPELINE } from '../spec/timing.ts';
import { windowTables } from '../spec/window.ts';
import {
  blockMemory,
  type Cells,
  cells,
  delay,
  distributed,
  either,
  multiplier,
  mux,
  softMultiply,
  sum,
  times,
  wideTables,
} from './technology.ts';

/** Size of a family's block memory. */
export const blockKilobits: Readonly<Record<Config['family'], number>> = { xc7: 36, xcup: 36, ecp5: 18, ice40: 4 };

/** Parts of the accelerator as the estimate knows them. */
export const PARTS = ['control', 'sequencing', 'operands', 'array', 'requantisation', 'memories'] as const;
export type Part = (typeof PARTS)[number];

/**
 * Flip-flops behind clock enables of which the model of activity knows the cycles (rtl/engine/dw_post.sv): those that
 * move with codes on their way from the accumulators to the banks, and those that move with a turn of the residual.
 */
export const ENABLES = ['codes', 'residual'] as const;
export type Enable = (typeof ENABLES)[number];

export interface ResourceEstimate {
  /** DSP48E1, DSP48E2, MULT18X18D, SB_MAC16. */
  readonly dsp: number;
  readonly luts: number;
  readonly flipFlops: number;
  /** Memory in units of the family's block: 36 kbit (halves count 0.5), 18 kbit (ECP5), 4 kbit (iCE40). */
  readonly memoryBlocks: number;
  /** The same in blocks of 36 kbit. */
  readonly blockRam: number;
  readonly parts: { readonly [part in Part]: Cells };
  /** Of `flipFlops`; all others may move in any cycle. */
  readonly enabled: { readonly [enable in Enable]: number };
}

/** What the operand path is built for; see rtl/engine/dw_compute.sv. */
function shape(config: Config) {
  const { pixels, lanes, inputs } = config;
  const tables = windowTables(config);
  const taps = tables.tapMaps.flat().filter((tap) => tap !== undefined);
  const rows = Math.max(1, ...taps.map(({ row }) => row + 1));
  const bytes = Math.max(lanes, ...taps.map(({ byte }) => (byte === 'lane' ? 1 : byte + 1)));
  const columns = (2 * tables.haloGroups + 1) * pixels;
  /** What each of the N multipliers can look at: its tap in every map, then the direct word; 2^k entries. */
  const entries = 2 ** Math.ceil(Math.log2(tables.tapMaps.length + 1));
  const views = Array.from({ length: inputs }, (_, n) =>
    Array.from({ length: entries }, (_, t) =>
      t >= tables.tapMaps.length ? 'direct' : tables.tapMaps[t]![n] === undefined ? 'none' : `map ${t}`,
    ),
  );
  const columnBits = Math.max(1, Math.log2(pixels));
  const ratio = inputs / lanes;
  const offsetBits = Math.max(1, Math.log2(ratio));
  return { tables, rows, bytes, columns, views, columnBits, ratio, offsetBits };
}

/** Cycles from a step to the words, the operands, the sums, the finished accumulators and the write. */
function latencies({ inputs }: Config) {
  const bank = PIPELINE.read + 2;
  const operands = bank + 4;
  const sums = operands + 4 + Math.log2(inputs);
  const closed = sums + 1;
  return { bank, operands, sums, closed, written: closed + PIPELINE.requantise + PIPELINE.residual };
}

/** A FIFO in a small memory; in a block it needs a copy of the newest word. */
function fifo(config: Config, width: number, depth: number): Cells {
  const memory = distributed(config.family, width, depth);
  const pointers = cells({ luts: depth > 8 ? 14 : 11, flipFlops: depth > 8 ? 14 : 11 });
  return sum(memory, pointers, cells(memory.blocks > 0 ? { luts: width + 20, flipFlops: width } : {}));
}

/** Bus, registers, instruction fetch and dispatch, load and store. */
function control(config: Config): Cells {
  const { family, axiBytes, lanes, inputs, pixels } = config;
  const group = pixels * inputs;
  const word = Math.max(group, lanes * inputs, lanes * parameterBytes(config));
  const instructions = Math.max(1, axiBytes / 32);
  const slice = (width: number): Cells => cells({ luts: width + 4, flipFlops: 2 * width + 2 });
  const product = multiplier(family, 20, 14);
  // UltraScale's DSP slice takes none of the registers around the product.
  const outside = family === 'xcup' ? 78 : 0;
  const queues = [194, 194, 256, 256, 98].map((width) => fifo(config, width, 16));
  return sum(
    cells({ luts: either(family, 1010, 1480), flipFlops: 530 }), // registers, control, dispatch, core, arbiter
    cells({ luts: either(family, 135, 290), flipFlops: 105 }), // fetch
    cells({ luts: (instructions - 1) * 256, flipFlops: instructions * 256 }),
    times(2, slice(48)),
    slice(9 * axiBytes + 1),
    cells({ luts: either(family, 210, 360), flipFlops: 275 + outside, dsp: product }), // transfers of the store unit
    cells({ luts: either(family, 430, 615), flipFlops: 390 + outside, dsp: product }), // ... and of the load unit
    ...queues,
    fifo(config, group * 8, 8),
    cells({ luts: either(family, 86, 117), flipFlops: 40 + word * 8 }), // load
    times(2, cells({ luts: either(family, 230, 188), flipFlops: 129 })), // rows of load and store
    cells({ luts: either(family, 107, 197), flipFlops: 56 }), // store
    cells({ luts: axiBytes * 8 * mux(family, group / axiBytes) }),
  );
}

/** Descriptors, loops and address walkers. */
function sequencing(config: Config): Cells {
  const { family, pixels, multiplierBits } = config;
  const { columnBits, offsetBits } = shape(config);
  const { bank, operands, sums, closed, written } = latencies(config);
  const post = 67 + 2 * multiplierBits;
  const position = 50 + columnBits + offsetBits + 2 * pixels + pixels * columnBits;
  return sum(
    ...[240, 240, 143].map((width) => distributed(family, width, 8)), // descriptors
    cells({ luts: either(family, 70, 84), flipFlops: wideTables(family) ? 890 : 267 }), // front end
    cells({ luts: either(family, 381, 681), flipFlops: 236 }), // setup
    times(7, cells({ luts: either(family, 54, 43) })),
    cells({ luts: either(family, 141, 149), flipFlops: 165 }), // serial multipliers
    times(2, cells({ luts: either(family, 184, 240), flipFlops: 121 })), // kernel rows
    cells({ luts: either(family, 243, 485), flipFlops: 802 }), // sequencer and its loops
    cells({ luts: either(family, 239, 340) + 31 * pixels, flipFlops: 301 + 26 * pixels }), // pixel walker
    cells({ luts: either(family, 724, 960) + either(family, 114, 150) * pixels, flipFlops: 840 + 80 * pixels }),
    cells({ luts: either(family, 204, 227), flipFlops: 130 }), // weight walker
    cells({ luts: either(family, 30, 150) + 14 * pixels, flipFlops: 651 + 2 * pixels }), // dw_compute itself
    cells({ luts: either(family, 110, 225), flipFlops: 77 + 2 * post }), // stage context
    ...[27, 12, post].map((width) => distributed(family, width, 8)),
    delay(family, 3, bank + 1),
    delay(family, 3, sums - operands + 1),
    // Tokens, and everything else that goes along with a step.
    cells({ luts: 7, flipFlops: bank + (operands - bank) + (sums - operands) + operands - 2 + 4 }),
    delay(family, 14, bank),
    delay(family, 14, operands - bank),
    delay(family, 14, sums - operands),
    delay(family, 16, operands - 5),
    delay(family, 16, closed - 3),
    delay(family, pixels, sums - bank),
    delay(family, 6 + 2 * pixels + pixels * columnBits + offsetBits, 2),
    delay(family, 3, operands - PIPELINE.read),
    delay(family, position, written - 6),
    delay(family, 1, written + 1, true),
    delay(family, 1, written - 2 - closed, true),
  );
}

/** Look-up tables a bit of a tree that chooses among entries by number; equal ones side by side need no table. */
function choice(family: Config['family'], entries: readonly string[]): number {
  if (entries.length === 1) return 0;
  const width = Math.min(entries.length, either(family, 4, 2));
  const chosen: string[] = [];
  let luts = 0;
  for (let first = 0; first < entries.length; first += width) {
    const among = entries.slice(first, first + width);
    const differ = new Set(among).size > 1;
    if (differ) luts++;
    chosen.push(differ ? among.join() : among[0]!);
  }
  return luts + choice(family, chosen);
}

/** From the banks' words to what the multipliers look at. */
function operandPath(config: Config): Cells {
  const { family, pixels, lanes, inputs } = config;
  const { tables, rows, bytes, columns, views, ratio } = shape(config);
  const kept = Math.max(2, rows) * pixels * inputs * 8;
  const direct = pixels * inputs * 8;
  const window = pixels * rows * bytes;
  const addend = pixels * lanes * 8;
  const outer = 2 * tables.haloGroups * window * 10; // bits that a row's end masks
  const routed = views.reduce((total, entries) => total + choice(family, entries), 0);
  return sum(
    cells({
      luts:
        kept * mux(family, ROW_SETS) +
        direct * mux(family, 2 * pixels) +
        (window * 8 + addend) * mux(family, ratio) +
        outer +
        22,
      flipFlops: kept + direct + window * 8 + pixels * inputs * 10 + columns * rows * bytes * 10 + addend + 24,
    }),
    times(pixels * inputs + window, cells({ luts: either(family, 30, 52), flipFlops: 10 })),
    times(2 * tables.haloGroups, lines(config, window * 10)),
    cells({ luts: lanes * pixels * 10 * routed }),
  );
}

/** One delay line of groups of columns. */
function lines(config: Config, width: number): Cells {
  const memory = distributed(config.family, width, shape(config).tables.maxSteps * 4);
  return sum(memory, cells(memory.blocks > 0 ? { luts: width, flipFlops: width } : {}));
}

/** Adder tree of `terms` products, every level registered; each term or 0, first sums moved by the offset. */
function productTree({ family }: Config, terms: number): Cells {
  const moved = treeOffset(terms) !== 0;
  let flipFlops = 0;
  for (let level = 1; terms >> level >= 1; level++) flipFlops += (terms >> level) * treeSumBits(terms, level);
  // An adder of six-input tables takes one of its two gates in; the offset costs the table of the other one's new bit.
  const gates = terms * 16 * either(family, terms > 1 ? 0.5 : 1, 1);
  const offsets = moved ? (terms / 2) * either(family, 1, 3) : 0;
  const shared = wideTables(family) ? terms - (moved ? 2 : 1) : 0;
  return cells({ luts: gates + offsets + flipFlops - shared, flipFlops });
}

/** Registered tree of adders of `terms` numbers of `width` bits. */
function adderTree({ family }: Config, terms: number, width: number): Cells {
  let flipFlops = 0;
  for (let level = 1; terms >> level >= 1; level++) flipFlops += (terms >> level) * (width + level);
  return cells({ luts: wideTables(family) ? flipFlops - (terms - 1) : flipFlops, flipFlops });
}

/** Multipliers, adder trees, accumulators, the count of multiplications. */
function array(config: Config): Cells {
  const { family, pixels, lanes, inputs } = config;
  const count = multipliers(config);
  const ones = Math.min(8, count); // bits of the count of multiplications that are added at once
  const paired = pixels > 1;
  // Enables, and where no slice takes them the adders before and after the product; registers outside the slice.
  const luts = { xc7: 4, xcup: 45, ecp5: 61, ice40: 46 }[family];
  const flipFlops = { xc7: 25, xcup: 124, ecp5: 124, ice40: 66 }[family];
  const unit = paired
    ? cells({ luts, flipFlops, dsp: multiplier(family, 25, 8) })
    : cells({
        luts: { xc7: 0, xcup: 16, ecp5: 16, ice40: 18 }[family],
        flipFlops: { xc7: 21, xcup: 70, ecp5: 70, ice40: 37 }[family],
        dsp: 1,
      });
  return sum(
    times(paired ? count / 2 : count, unit),
    times(lanes * inputs, cells({ luts: either(family, 15, 30) + pixels })),
    cells({ luts: 25, flipFlops: 41 }), // what rounds products
    times(pixels * lanes, productTree(config, inputs)),
    times(pixels * lanes, cells({ luts: either(family, 114, 138), flipFlops: 32 })),
    times(count / ones, cells({ luts: ones > 1 ? 1.25 * ones : 0, flipFlops: Math.log2(ones) + 1 })),
    adderTree(config, count / ones, Math.log2(ones) + 2),
    cells({ luts: either(family, 144, 190), flipFlops: 96 + Math.log2(count) + 1 }),
  );
}

/** Cells of requantisation, residual and tables, by what moves their flip-flops; `shared`: any cycle. */
function afterSums(config: Config): { readonly shared: Cells } & { readonly [enable in Enable]: Cells } {
  const { family, pixels, lanes, multiplierBits, requantisePixels, residualPixels, narrowDsp, axiBytes } = config;
  const units = requantisePixels * lanes;
  const residualUnits = residualPixels * lanes;
  const factor = multiplierBits + 9;
  /** Steps of 25, 13 and 10 bits, three of 10, 10 and 8, and six of the shift. */
  const round = (width: number): Cells => cells({ luts: either(family, 3.6, 6.5) * width, flipFlops: 82 });
  const narrow = multiplierBits === 16;
  // UltraScale's slice takes none of the registers around the product, since yosys moves none there.
  const own = { xc7: 72, xcup: 240, ecp5: 240, ice40: 168 }[family];
  /** A product of 8 or 9 bits, by a number of `b` bits. */
  const product = (a: number, b: number, latency: number): Cells =>
    narrowDsp ? cells({ dsp: multiplier(family, b, a) }) : softMultiply(family, a, b, latency);
  const unit = sum(
    cells({
      luts: narrow ? { xc7: 33, xcup: 49, ecp5: 79, ice40: 59 }[family] : 90,
      flipFlops: narrow ? own : own + (family === 'xc7' ? 85 : 130),
      dsp: multiplier(family, 24, 16) + (narrow ? 0 : multiplier(family, 24, 15)),
    }),
    product(8, multiplierBits + 1, narrow ? 2 : 3),
    round(32 + multiplierBits),
  );
  const residual = sum(
    cells({ luts: 3 * factor + 30, flipFlops: 3 * factor + 28 }),
    product(9, multiplierBits + 1, 4),
    product(9, factor, 4),
    round(9 + factor),
  );
  const queue = config.tables && axiBytes > TABLE_WORD ? tableQueue(config) : cells({});
  // Pixels that wait for their turn, before the units (twice) and after them.
  const turns = (units - residualUnits) * 8;
  const waiting = (pixels - requantisePixels) * lanes * 40;
  const widths: readonly (readonly [number, number])[] = [
    [8, 8],
    [16, 9],
    [8, 2],
    [8, 5],
    [multiplierBits, 6],
    [multiplierBits + 1, 10],
    [6, 16],
    [8, 20],
    [16, 21],
    [1, 22],
    [3, 23],
  ];
  const { closed, operands } = latencies(config);
  const shared = sum(
    times(units, sum(delay(family, 6, 5), delay(family, 8, 12))),
    times(residualUnits, delay(family, factor + 1, 4)),
    cells({ luts: 22, flipFlops: 54 }), // which stages hold values
    ...widths.map(([width, depth]) => delay(family, width, depth)),
    delay(family, units * 8, 6),
    delay(family, pixels * lanes * 8, closed - operands + 1),
    queue,
  );
  const codes = sum(
    times(units, unit),
    cells({ luts: waiting, flipFlops: waiting }),
    cells({ luts: turns > 0 ? units * 8 : 0, flipFlops: units * 8 }), // the sum or the code
    config.tables ? lookups(config, units) : cells({ flipFlops: units * 16 }),
  );
  return {
    shared,
    codes,
    residual: sum(times(residualUnits, residual), cells({ luts: turns > 0 ? units * 8 : 0, flipFlops: 3 * turns })),
  };
}

/** Codes that a word of an activation table holds. */
const TABLE_WORD = 16;

function lookups({ family, axiBytes }: Config, units: number): Cells {
  // iCE40 has no memory that is read without a clock; equal copies become one.
  if (family === 'ice40') return cells({ luts: 6_700 * units, flipFlops: 8 * 1024 + 16 * units + 3 });
  const parts = Math.max(1, TABLE_WORD / axiBytes);
  const memory = times(parts, distributed(family, (TABLE_WORD * 8) / parts, 1024 / TABLE_WORD));
  const lookup = sum(memory, cells({ luts: 8 * mux(family, TABLE_WORD), flipFlops: 16 }));
  return sum(times(units, lookup), cells({ flipFlops: 3 }));
}

/** What takes beats wider than a word apart. */
function tableQueue(config: Config): Cells {
  return sum(fifo(config, config.axiBytes * 8 + 10, 16), cells({ luts: TABLE_WORD * 8 }));
}

/** Activation banks with their ports, weight and parameter memory, write back. */
function memories(config: Config): Cells {
  const { family, pixels, lanes, inputs, requantisePixels } = config;
  const word = inputs * 8;
  const ram = (depth: number, bits: number, bytes: boolean): Cells => {
    const { segments, words, bits: slice } = ramShape(config, depth, bits, bytes);
    const rows = bytes ? words : 2 ** Math.ceil(Math.log2(words));
    if (depth <= 64 && wideTables(family)) return sum(distributed(family, bits, depth), cells({ flipFlops: 2 * bits }));
    const { blocks, banks } = blockMemory(family, rows, slice, bytes);
    const chosen = banks > 1 ? cells({ luts: bits * mux(family, banks) * 1.35, flipFlops: 2 }) : cells({});
    // iCE40 blocks have no read enable that holds the word.
    const held = family === 'ice40' ? cells({ luts: bits, flipFlops: 2 * bits + 20 }) : cells({});
    const select = segments > 1 ? cells({ luts: bits * mux(family, segments) + segments, flipFlops: 2 }) : cells({});
    const segment = sum(cells({ blocks: (bits / slice) * blocks }), chosen, held);
    return sum(cells({ flipFlops: bits }), times(segments, segment), select);
  };
  const bank = sum(ram(config.activationDepth, word, true), cells({ luts: (word + 34) * either(family, 1, 1.7) }));
  const columns = 2 * pixels;
  const { columnBits, offsetBits } = shape(config);
  return sum(
    times(ROW_SETS * pixels, bank),
    cells({ luts: pixels * word * mux(family, ROW_SETS) + 30, flipFlops: 6 }),
    ram(config.weightDepth, lanes * word, false),
    ram(config.parameterDepth, lanes * parameterBytes(config) * 8, false),
    cells({
      luts: columns * lanes * 8 * Math.min(3, 1.5 * requantisePixels),
      flipFlops:
        columns * (lanes * 8 + 1) +
        (pixels + 1) * 16 +
        (53 + columnBits + offsetBits + 2 * pixels + pixels * columnBits) +
        inputs / lanes,
    }),
  );
}

export function estimateResources(config: Config): ResourceEstimate {
  const { shared, ...enables } = afterSums(config);
  const parts = {
    control: control(config),
    sequencing: sequencing(config),
    operands: operandPath(config),
    array: array(config),
    requantisation: sum(shared, ...Object.values(enables)),
    memories: memories(config),
  };
  const { luts, flipFlops, dsp, blocks } = sum(...Object.values(parts));
  return {
    dsp,
    luts: Math.round(luts),
    flipFlops: Math.round(flipFlops),
    memoryBlocks: blocks,
    blockRam: (blocks * blockKilobits[config.family]) / 36,
    parts,
    enabled: { codes: Math.round(enables.codes.flipFlops), residual: Math.round(enables.residual.flipFlops) },
  };
}
