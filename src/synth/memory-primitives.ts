/**
 * Block memories of a mapped netlist as the `$mem_v2` cells that the simulator reads: RAMB18 and RAMB36 of Xilinx 7 and
 * UltraScale, DP16KD of ECP5. They cover what yosys maps to: ports of one width, no output registers, no cascades. Any
 * other use throws, and its module is reported unchecked.
 */
import { UserError } from '../errors.ts';
import type { JsonBit, JsonModule } from '../rtlsim/netlist.ts';
import type { Scope } from './primitives.ts';

type JsonCell = JsonModule['cells'][string];

/** One port of a block; absent directions are not used. */
interface BlockPort {
  readonly clock: JsonBit;
  readonly enable: JsonBit;
  readonly address: readonly JsonBit[];
  /** Data with a write enable a bit. */
  readonly write?: { readonly data: readonly JsonBit[]; readonly enable: readonly JsonBit[] };
  /** Data, and the reset of their register with its value (binary, most significant first). */
  readonly read?: { readonly data: readonly JsonBit[]; readonly reset: JsonBit; readonly value: string };
  /** A write leaves the port's own read register as it is. */
  readonly holds: boolean;
}

interface Block {
  readonly width: number;
  readonly addressBits: number;
  /** Binary, word 0 last; x where nothing is said. */
  readonly init: string;
  /** A word read in the cycle of its write is the old one; else the new one, which no correct mapping relies on. */
  readonly readsOld: boolean;
  readonly ports: readonly BlockPort[];
}

const unsupported = (cell: JsonCell, what: string): never => {
  throw new UserError('unsupported', `${cell.type} with ${what}`);
};
const bits = (cell: JsonCell, port: string): readonly JsonBit[] => cell.connections[port] ?? [];
const bit = (cell: JsonCell, port: string, absent: JsonBit): JsonBit => cell.connections[port]?.[0] ?? absent;
const text = (cell: JsonCell, name: string, absent: string): string => String(cell.parameters[name] ?? absent).trim();
/** A parameter that yosys writes in binary. */
const number = (cell: JsonCell, name: string): number => Number.parseInt(text(cell, name, '0'), 2) || 0;

function and(scope: Scope, a: JsonBit, b: JsonBit): JsonBit {
  if (a === '0' || b === '0') return '0';
  if (a === '1') return b;
  if (b === '1') return a;
  const y = scope.fresh();
  scope.add('$and', { A: [a], B: [b], Y: [y] });
  return y;
}

function not(scope: Scope, a: JsonBit): JsonBit {
  if (a === '0' || a === '1') return a === '0' ? '1' : '0';
  const y = scope.fresh();
  scope.add('$not', { A: [a], Y: [y] });
  return y;
}

function addBlock(scope: Scope, { width, addressBits, init, readsOld, ports }: Block): void {
  const reads = ports.filter(({ read }) => read !== undefined);
  const writes = ports.filter(({ write }) => write !== undefined);
  const padded = <Item>(items: readonly Item[], fill: Item): Item[] =>
    Array.from({ length: width }, (_, i) => items[i] ?? fill);
  const readEnable = ({ enable, write, holds }: BlockPort): JsonBit => {
    const any = write === undefined || !holds ? [] : [...new Set(write.enable)];
    return any.reduce<JsonBit>((wanted, one) => and(scope, wanted, not(scope, one)), enable);
  };
  const repeat = (letter: string, count: number): string => letter.repeat(Math.max(1, count));
  scope.add(
    '$mem_v2',
    {
      RD_CLK: reads.map(({ clock }) => clock),
      RD_EN: reads.map(readEnable),
      RD_ARST: reads.map(() => '0'),
      RD_SRST: reads.map(({ read }) => read!.reset),
      RD_ADDR: reads.flatMap(({ address }) => [...address]),
      RD_DATA: reads.flatMap(({ read }) => padded(read!.data, undefined).map((one) => one ?? scope.fresh())),
      WR_CLK: writes.map(({ clock }) => clock),
      WR_EN: writes.flatMap(({ enable, write }) => {
        const made = new Map([...new Set(write!.enable)].map((one) => [one, and(scope, enable, one)]));
        return padded(write!.enable, '0').map((one) => made.get(one) ?? '0');
      }),
      WR_ADDR: writes.flatMap(({ address }) => [...address]),
      WR_DATA: writes.flatMap(({ write }) => padded(write!.data, '0')),
    },
    {
      MEMID: '\\block',
      WIDTH: width.toString(2),
      SIZE: (2 ** addressBits).toString(2),
      ABITS: addressBits.toString(2),
      OFFSET: '0',
      INIT: init,
      RD_PORTS: reads.length.toString(2),
      WR_PORTS: writes.length.toString(2),
      RD_CLK_ENABLE: repeat('1', reads.length),
      RD_CLK_POLARITY: repeat('1', reads.length),
      RD_WIDE_CONTINUATION: repeat('0', reads.length),
      RD_CE_OVER_SRST: repeat('0', reads.length),
      RD_ARST_VALUE: repeat('x', reads.length * width),
      RD_SRST_VALUE: [...reads]
        .reverse()
        .map(({ read }) => read!.value.slice(-width).padStart(width, '0'))
        .join(''),
      RD_INIT_VALUE: repeat('x', reads.length * width),
      RD_TRANSPARENCY_MASK: repeat(readsOld ? '0' : '1', reads.length * writes.length),
      RD_COLLISION_X_MASK: repeat('0', reads.length * writes.length),
      WR_CLK_ENABLE: repeat('1', writes.length),
      WR_CLK_POLARITY: repeat('1', writes.length),
      WR_WIDE_CONTINUATION: repeat('0', writes.length),
      WR_PRIORITY_MASK: repeat('0', writes.length * writes.length),
    },
  );
}

/** Contents from the INIT_xx (data) and INITP_xx (ninth bits) of a block of `size` data bits. */
function xilinxInit(cell: JsonCell, size: number, data: number, parity: number): string {
  const all = (prefix: string, count: number): string => {
    let joined = '';
    for (let i = count - 1; i >= 0; i--) {
      const name = `${prefix}_${i.toString(16).toUpperCase().padStart(2, '0')}`;
      joined += text(cell, name, 'x').padStart(256, text(cell, name, 'x') === 'x' ? 'x' : '0');
    }
    return joined;
  };
  const [flat, ninth] = [all('INIT', size / 256), all('INITP', size / 2048)];
  if (!/[01]/.test(flat) && !/[01]/.test(ninth)) return '';
  let init = '';
  for (let word = size / data - 1; word >= 0; word--) {
    const end = (whole: string, width: number): string =>
      whole.slice(whole.length - (word + 1) * width, whole.length - word * width);
    init += (parity === 0 ? '' : end(ninth, parity)) + end(flat, data);
  }
  return init;
}

/** RAMB18E1, RAMB36E1, RAMB18E2, RAMB36E2. */
function ramb(scope: Scope, cell: JsonCell): void {
  const second = cell.type.endsWith('E2');
  const half = cell.type.startsWith('RAMB18');
  const size = half ? 16384 : 32768;
  for (const name of Object.keys(cell.parameters)) {
    if (/^IS_.*_INVERTED$/.test(name) && number(cell, name) !== 0) unsupported(cell, name);
    if (/^RAM_EXTENSION_|^CASCADE_ORDER_/.test(name) && text(cell, name, 'NONE') !== 'NONE') unsupported(cell, name);
    if (/^DO[AB]_REG$/.test(name) && number(cell, name) !== 0) unsupported(cell, 'an output register');
  }
  const widths = ['READ_WIDTH_A', 'READ_WIDTH_B', 'WRITE_WIDTH_A', 'WRITE_WIDTH_B'].map((name) => number(cell, name));
  const used = [...new Set(widths.filter((width) => width > 0))];
  if (used.length !== 1) unsupported(cell, `ports of ${used.join(' and ')} bits`);
  const width = used[0]!;
  const parity = width % 9 === 0 ? width / 9 : 0;
  const data = width - parity;
  const wide = data > (half ? 16 : 32);
  // A word is its data bytes, then their ninth bits. A wide one takes the pins of both ports.
  const name = (kind: string, port: string): string =>
    second
      ? { D: `DOUT${port}DOUT`, P: `DOUTP${port}DOUTP`, d: `DIN${port}DIN`, p: `DINP${port}DINP` }[kind]!
      : { D: `DO${port}DO`, P: `DOP${port}DOP`, d: `DI${port}DI`, p: `DIP${port}DIP` }[kind]!;
  const word = (kinds: readonly [string, string], port: string): JsonBit[] => {
    const pins = (kind: string): JsonBit[] => [
      ...(wide ? ['A', 'B'] : [port]).flatMap((p) => bits(cell, name(kind, p))),
    ];
    return [...pins(kinds[0]).slice(0, data), ...pins(kinds[1]).slice(0, parity)];
  };
  const first = Math.log2(data);
  const port = (letter: 'A' | 'B'): BlockPort => {
    const reading = number(cell, `READ_WIDTH_${letter}`) > 0;
    const writing = number(cell, `WRITE_WIDTH_${letter}`) > 0;
    const enables = bits(cell, letter === 'A' ? 'WEA' : 'WEBWE');
    const byte = (i: number): JsonBit => enables[i < data ? i >> 3 : i - data] ?? '0';
    const address = bits(cell, letter === 'A' ? 'ADDRARDADDR' : 'ADDRBWRADDR');
    return {
      clock: bit(cell, letter === 'A' ? 'CLKARDCLK' : 'CLKBWRCLK', '0'),
      enable: bit(cell, letter === 'A' ? 'ENARDEN' : 'ENBWREN', '0'),
      address: address.slice(first, Math.log2(size)),
      holds: text(cell, `WRITE_MODE_${letter}`, 'WRITE_FIRST') === 'NO_CHANGE',
      ...(writing
        ? { write: { data: word(['d', 'p'], letter), enable: Array.from({ length: width }, (_, i) => byte(i)) } }
        : {}),
      ...(reading
        ? {
            read: {
              data: word(['D', 'P'], letter),
              reset: bit(cell, letter === 'A' ? 'RSTRAMARSTRAM' : 'RSTRAMB', '0'),
              value: text(cell, `SRVAL_${letter}`, '0'),
            },
          }
        : {}),
    };
  };
  const ports = [port('A'), port('B')];
  if (ports.some(({ read }) => read !== undefined && read.reset !== '0' && /1/.test(read.value)))
    unsupported(cell, 'a reset of its output to another value than 0');
  const modes = new Set(
    (['A', 'B'] as const)
      .filter((_, i) => ports[i]!.write !== undefined)
      .map((p) => text(cell, `WRITE_MODE_${p}`, 'WRITE_FIRST')),
  );
  const readsOld = [...modes].every((mode) => mode === 'READ_FIRST');
  const init = xilinxInit(cell, size, data, parity);
  addBlock(scope, { width, addressBits: Math.log2(size / data), init, readsOld, ports });
}

/** DP16KD: 18 kbit with ninth bits. With 36 bits, port A writes and port B reads, each on the data pins of both. */
function dp16kd(scope: Scope, cell: JsonCell): void {
  const [width, other] = ['DATA_WIDTH_A', 'DATA_WIDTH_B'].map((name) => number(cell, name));
  if (width === undefined || width !== other) return unsupported(cell, `ports of ${width} and ${other} bits`);
  const wide = width === 36;
  const data = width % 9 === 0 ? (width / 9) * 8 : width;
  for (const letter of ['A', 'B']) {
    if (text(cell, `REGMODE_${letter}`, 'NOREG') !== 'NOREG') unsupported(cell, 'an output register');
    if (text(cell, `CLK${letter}MUX`, `CLK${letter}`) !== `CLK${letter}`) unsupported(cell, 'an inverted clock');
    if (bit(cell, `RST${letter}`, '0') !== '0') unsupported(cell, 'a reset of its output');
  }
  for (const [name, value] of Object.entries(cell.parameters))
    if (/^INITVAL_/.test(name) && /1/.test(String(value))) unsupported(cell, 'initial contents');
  const pins = (prefix: string, count: number): (JsonBit | undefined)[] =>
    Array.from({ length: count }, (_, i) => cell.connections[prefix + i]?.[0]);
  const word = (kind: string, letter: string): (JsonBit | undefined)[] =>
    wide ? [...pins(`${kind}A`, 18), ...pins(`${kind}B`, 18)] : pins(kind + letter, width);
  const port = (letter: 'A' | 'B'): BlockPort => {
    const address = pins(`AD${letter}`, 14).map((one) => one ?? '0');
    const write = bit(cell, `WE${letter}`, '0');
    // From 18 bits on the lowest address pins are byte enables.
    const enable = Array.from({ length: width }, (_, i) =>
      width >= 18 ? and(scope, write, address[Math.floor(i / 9)]!) : write,
    );
    const mode = text(cell, `WRITEMODE_${letter}`, 'NORMAL');
    if (mode === 'WRITETHROUGH') unsupported(cell, 'write-through');
    const writes = enable.some((one) => one !== '0') && !(wide && letter === 'B');
    const read = word('DO', letter);
    const reads = read.some((one) => one !== undefined) && !(wide && letter === 'A');
    return {
      clock: bit(cell, `CLK${letter}`, '0'),
      enable: bit(cell, `CE${letter}`, '1'),
      address: address.slice(Math.log2(data)),
      holds: mode === 'NORMAL',
      ...(writes ? { write: { data: word('DI', letter).map((one) => one ?? '0'), enable } } : {}),
      ...(reads ? { read: { data: read.map((one) => one ?? scope.fresh()), reset: '0', value: '0' } } : {}),
    };
  };
  const ports = [port('A'), port('B')];
  addBlock(scope, { width, addressBits: 14 - Math.log2(data), init: '', readsOld: false, ports });
}

/** How each block memory is expanded, by cell type. */
export const memoryTable: Readonly<Record<string, (scope: Scope, cell: JsonCell) => void>> = {
  RAMB18E1: ramb,
  RAMB36E1: ramb,
  RAMB18E2: ramb,
  RAMB36E2: ramb,
  DP16KD: dp16kd,
};
