/** Mapped cells as the word cells that the simulator reads, so that a mapped netlist can be simulated. */
import { UserError } from '../errors.ts';
import type { JsonBit, JsonModule, JsonNetlist } from '../rtlsim/netlist.ts';
import { memoryTable } from './memory-primitives.ts';

type JsonCell = JsonModule['cells'][string];

/** A builder of cells that share the bit numbers of one module. */
export interface Scope {
  add(type: string, connections: Record<string, JsonBit[]>, parameters?: Record<string, string>): void;
  fresh(): JsonBit;
  init(bit: JsonBit, value: string): void;
}

const pin = (cell: JsonCell, port: string, absent: JsonBit = '0'): JsonBit => cell.connections[port]?.[0] ?? absent;
const text = (cell: JsonCell, parameter: string, absent: string): string =>
  String(cell.parameters[parameter] ?? absent);

function lut(scope: Scope, inputs: JsonBit[], output: JsonBit | undefined, table: string): void {
  if (output === undefined) return;
  const size = 2 ** inputs.length;
  scope.add('$lut', { A: inputs, Y: [output] }, { LUT: table.padStart(size, '0').slice(-size) });
}

function flipFlop(
  scope: Scope,
  cell: JsonCell,
  pins: {
    clock: string;
    d: string;
    enable?: JsonBit;
    reset?: JsonBit;
    value?: string;
    enableFirst?: boolean;
    init?: string;
  },
): void {
  const connections: Record<string, JsonBit[]> = {
    CLK: [pin(cell, pins.clock)],
    D: [pin(cell, pins.d)],
    Q: cell.connections.Q ?? [scope.fresh()],
  };
  const parameters: Record<string, string> = {
    CLK_POLARITY: '1',
    EN_POLARITY: '1',
    SRST_POLARITY: '1',
    SRST_VALUE: pins.value ?? '0',
    WIDTH: '1',
  };
  const gated = pins.enable !== undefined && pins.enable !== '1';
  const cleared = pins.reset !== undefined && pins.reset !== '0';
  if (gated) connections.EN = [pins.enable!];
  if (cleared) connections.SRST = [pins.reset!];
  const type = cleared ? (gated ? (pins.enableFirst ? '$sdffce' : '$sdffe') : '$sdff') : gated ? '$dffe' : '$dff';
  scope.add(type, connections, parameters);
  if (pins.init === '0' || pins.init === '1') scope.init(connections.Q![0]!, pins.init);
}

/** Carry chain of multiplexers: `o = s ^ c`, `c' = s ? c : d`. */
function carryChain(scope: Scope, cell: JsonCell, first: JsonBit, width: number): void {
  let carry = first;
  for (let i = 0; i < width; i++) {
    const s = cell.connections.S?.[i] ?? '0';
    const d = cell.connections.DI?.[i] ?? '0';
    const o = cell.connections.O?.[i];
    if (o !== undefined) scope.add('$xor', { A: [s], B: [carry], Y: [o] });
    const next = cell.connections.CO?.[i] ?? scope.fresh();
    scope.add('$mux', { A: [d], B: [carry], S: [s], Y: [next] });
    carry = next;
  }
}

function multiply(scope: Scope, a: JsonBit[], b: JsonBit[], y: JsonBit[], signed: boolean): void {
  const flag = signed ? '1' : '0';
  scope.add('$mul', { A: a, B: b, Y: y }, { A_SIGNED: flag, B_SIGNED: flag });
}

function ccu2c(scope: Scope, cell: JsonCell): void {
  let carry = pin(cell, 'CIN');
  for (const half of ['0', '1']) {
    const inputs = ['A', 'B', 'C', 'D'].map((letter) => pin(cell, letter + half));
    const table = text(cell, `INIT${half}`, '0').padStart(16, '0');
    const inject = text(cell, `INJECT1_${half}`, 'YES') === 'YES';
    const l4 = scope.fresh();
    const l2 = scope.fresh();
    lut(scope, inputs, l4, table);
    lut(scope, inputs.slice(0, 2), l2, table.slice(-4));
    const sum = cell.connections[`S${half}`]?.[0];
    if (sum !== undefined) scope.add('$xor', { A: [l4], B: [inject ? '0' : carry], Y: [sum] });
    const next = half === '1' ? (cell.connections.COUT?.[0] ?? scope.fresh()) : scope.fresh();
    scope.add('$mux', { A: [inject ? '0' : l2], B: [carry], S: [l4], Y: [next] });
    carry = next;
  }
}

function trellisFlipFlop(scope: Scope, cell: JsonCell): void {
  const level = (mux: string, signal: string): JsonBit => {
    const choice = text(cell, mux, signal);
    if (choice === '1' || choice === '0') return choice;
    const wire = pin(cell, signal, '0');
    if (choice !== 'INV') return wire;
    const inverse = scope.fresh();
    scope.add('$not', { A: [wire], Y: [inverse] });
    return inverse;
  };
  const set = text(cell, 'REGSET', 'RESET') === 'SET' ? '1' : '0';
  const mode = text(cell, 'SRMODE', 'LSR_OVER_CE');
  const reset = 'LSR' in cell.connections ? level('LSRMUX', 'LSR') : '0';
  if (mode === 'ASYNC' && reset !== '0') throw new UserError('unsupported', 'a flip-flop with an asynchronous reset');
  const enable = 'CE' in cell.connections || text(cell, 'CEMUX', 'CE') === '1' ? level('CEMUX', 'CE') : '1';
  flipFlop(scope, cell, { clock: 'CLK', d: 'DI', enable, reset, value: set, init: set });
}

/** DSP48E2 as yosys uses it: a multiplier with no registers. */
function dsp48e2(scope: Scope, cell: JsonCell): void {
  const registers = ['AREG', 'BREG', 'MREG', 'PREG', 'CREG'].some((name) => /1/.test(text(cell, name, '0')));
  const mode = [...(cell.connections.OPMODE ?? [])].reverse().join('');
  if (registers || Number.parseInt(mode, 2) !== 0b000000101)
    throw new UserError('unsupported', `DSP48E2 with OPMODE ${mode} and its registers in use`);
  const p = cell.connections.P ?? [];
  multiply(scope, (cell.connections.A ?? []).slice(0, 27), cell.connections.B ?? [], p, true);
}

function mult18x18d(scope: Scope, cell: JsonCell): void {
  if (
    ['REG_INPUTA_CLK', 'REG_INPUTB_CLK', 'REG_PIPELINE_CLK', 'REG_OUTPUT_CLK'].some(
      (name) => text(cell, name, 'NONE') !== 'NONE',
    )
  )
    throw new UserError('unsupported', 'MULT18X18D with its registers in use');
  const word = (letter: string, count: number): JsonBit[] =>
    Array.from({ length: count }, (_, i) => pin(cell, `${letter}${i}`));
  // One bit more carries the sign, where the port is signed.
  const extended = (letter: string): JsonBit[] => {
    const bits = word(letter, 18);
    const signed = pin(cell, `SIGNED${letter}`);
    const top = scope.fresh();
    scope.add('$and', { A: [signed], B: [bits[17]!], Y: [top] });
    return [...bits, top];
  };
  const y = Array.from({ length: 36 }, (_, i) => cell.connections[`P${i}`]?.[0] ?? scope.fresh());
  multiply(scope, extended('A'), extended('B'), y, true);
}

type Expand = (scope: Scope, cell: JsonCell) => void;
const mux =
  (a: string, b: string, s: string, y: string): Expand =>
  (scope, cell) =>
    scope.add('$mux', { A: [pin(cell, a)], B: [pin(cell, b)], S: [pin(cell, s)], Y: [pin(cell, y)] });
const xilinxFlipFlop =
  (value: '0' | '1', reset: string): Expand =>
  (scope, cell) => {
    if (/1/.test(text(cell, 'IS_C_INVERTED', '0')))
      throw new UserError('unsupported', 'a flip-flop on the falling edge');
    const init = text(cell, 'INIT', value);
    flipFlop(scope, cell, { clock: 'C', d: 'D', enable: pin(cell, 'CE', '1'), reset: pin(cell, reset), value, init });
  };
const iceFlipFlop =
  (letters: string): Expand =>
  (scope, cell) =>
    flipFlop(scope, cell, {
      clock: 'C',
      d: 'D',
      enable: letters.startsWith('E') ? pin(cell, 'E', '1') : '1',
      reset: /SR|SS/.test(letters) ? pin(cell, letters.includes('SS') ? 'S' : 'R') : '0',
      value: letters.includes('SS') ? '1' : '0',
      enableFirst: true,
    });

const table: Readonly<Record<string, Expand>> = {
  INV: (scope, cell) => scope.add('$not', { A: [pin(cell, 'I')], Y: [pin(cell, 'O')] }),
  LUT6_2: (scope, cell) => {
    const inputs = [0, 1, 2, 3, 4, 5].map((i) => pin(cell, `I${i}`));
    const init = text(cell, 'INIT', '0').padStart(64, '0');
    lut(scope, inputs, cell.connections.O6?.[0], init);
    lut(scope, inputs.slice(0, 5), cell.connections.O5?.[0], init.slice(-32));
  },
  MUXF7: mux('I0', 'I1', 'S', 'O'),
  MUXF8: mux('I0', 'I1', 'S', 'O'),
  MUXF9: mux('I0', 'I1', 'S', 'O'),
  CARRY4: (scope, cell) => {
    const first = scope.fresh();
    scope.add('$or', { A: [pin(cell, 'CI')], B: [pin(cell, 'CYINIT')], Y: [first] });
    carryChain(scope, cell, first, 4);
  },
  CARRY8: (scope, cell) => carryChain(scope, cell, pin(cell, 'CI'), 8),
  FDRE: xilinxFlipFlop('0', 'R'),
  FDSE: xilinxFlipFlop('1', 'S'),
  DSP48E2: dsp48e2,
  CCU2C: ccu2c,
  PFUMX: mux('BLUT', 'ALUT', 'C0', 'Z'),
  L6MUX21: mux('D0', 'D1', 'SD', 'Z'),
  TRELLIS_FF: trellisFlipFlop,
  MULT18X18D: mult18x18d,
  SB_LUT4: (scope, cell) => {
    const inputs = [0, 1, 2, 3].map((i) => pin(cell, `I${i}`));
    lut(scope, inputs, cell.connections.O?.[0], text(cell, 'LUT_INIT', '0').padStart(16, '0'));
  },
  SB_CARRY: (scope, cell) => {
    if (cell.connections.CO === undefined) return;
    // Majority of the three inputs.
    lut(scope, [pin(cell, 'I0'), pin(cell, 'I1'), pin(cell, 'CI')], pin(cell, 'CO'), '11101000');
  },
};

function expandOf(type: string): Expand | undefined {
  if (Object.hasOwn(table, type)) return table[type];
  if (Object.hasOwn(memoryTable, type)) return memoryTable[type];
  const xilinx = /^LUT([1-6])$/.exec(type);
  if (xilinx !== null)
    return (scope, cell) => {
      const inputs = Array.from({ length: Number(xilinx[1]) }, (_, i) => pin(cell, `I${i}`));
      lut(scope, inputs, cell.connections.O?.[0], text(cell, 'INIT', '0').padStart(2 ** inputs.length, '0'));
    };
  const ice = /^SB_DFF(E?(?:SR|SS)?)$/.exec(type);
  return ice === null ? undefined : iceFlipFlop(ice[1]!);
}

const ecpLut: Expand = (scope, cell) => {
  const inputs = ['A', 'B', 'C', 'D'].map((letter) => pin(cell, letter));
  lut(scope, inputs, cell.connections.Z?.[0], text(cell, 'INIT', '0').padStart(16, '0'));
};

/** The netlist with every primitive replaced; `left` names the types for which a model is still needed. */
export function expandPrimitives(
  netlist: JsonNetlist,
  names: readonly string[],
): { netlist: JsonNetlist; left: Set<string> } {
  const modules: Record<string, JsonModule> = {};
  const left = new Set<string>();
  for (const name of names) {
    const module = netlist.modules[name]!;
    const cells: Record<string, JsonCell> = {};
    const netnames = { ...module.netnames };
    let next = 2;
    const see = (bits: readonly JsonBit[]): void => {
      for (const bit of bits) if (typeof bit === 'number' && bit >= next) next = bit + 1;
    };
    for (const port of Object.values(module.ports)) see(port.bits);
    for (const cell of Object.values(module.cells)) for (const bits of Object.values(cell.connections)) see(bits);
    for (const net of Object.values(module.netnames)) see(net.bits);
    let count = 0;
    for (const [cellName, cell] of Object.entries(module.cells)) {
      const scope: Scope = {
        add: (type, connections, parameters = {}) => {
          cells[`${cellName}$${count++}`] = { type, parameters, connections, attributes: cell.attributes ?? {} };
        },
        fresh: () => next++,
        init: (bit, value) => {
          netnames[`$init$${String(bit)}`] = { hide_name: 1, bits: [bit], attributes: { init: value } };
        },
      };
      const expand = cell.type === 'LUT4' && 'Z' in cell.connections ? ecpLut : expandOf(cell.type);
      if (expand !== undefined) expand(scope, cell);
      else {
        cells[cellName] = cell;
        if (!names.includes(cell.type) && !cell.type.startsWith('$')) left.add(cell.type);
      }
    }
    modules[name] = { ...module, cells, netnames };
  }
  return { netlist: { modules }, left };
}
