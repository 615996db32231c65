/**
 * The netlist that yosys writes with `write_json`, read once into typed form.
 *
 * A module is a list of cells whose ports carry bits. A bit is a number: 0 and 1 are constants (x and z read as 0,
 * for this simulator has two states), every other number names one wire of the module.
 */
import { UserError } from '../errors.ts';

export type Bit = number;

export interface Port {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly bits: readonly Bit[];
}

export interface Cell {
  readonly name: string;
  readonly type: string;
  /** Binary strings (most significant first) or text, as yosys writes them. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly connections: Readonly<Record<string, readonly Bit[]>>;
  /** `file:line.column-line.column`, or '' when yosys knows none. */
  readonly source: string;
}

export interface Net {
  readonly name: string;
  readonly bits: readonly Bit[];
  /** Name given by the author of the design, not by a tool. */
  readonly named: boolean;
  /** Initial value, binary, most significant first, x where unknown. */
  readonly init: string | undefined;
}

/** One module, as elaborated: parameters are already applied. */
export interface Unit {
  readonly name: string;
  readonly ports: readonly Port[];
  readonly cells: readonly Cell[];
  readonly nets: readonly Net[];
  /** One more than the greatest bit number. */
  readonly bitCount: number;
}

export type JsonBit = number | string;
/** A module as yosys writes it. */
export interface JsonModule {
  readonly attributes?: Record<string, string>;
  readonly parameter_default_values?: Record<string, string>;
  readonly ports: Record<string, { direction: string; bits: JsonBit[] }>;
  readonly cells: Record<
    string,
    {
      type: string;
      parameters: Record<string, string | number>;
      attributes?: Record<string, string>;
      port_directions?: Record<string, string>;
      connections: Record<string, JsonBit[]>;
    }
  >;
  readonly netnames: Record<string, { hide_name?: number; bits: JsonBit[]; attributes?: Record<string, string> }>;
}

/** Parsed content of a `write_json` file. */
export interface JsonNetlist {
  readonly modules: Record<string, JsonModule>;
}

const toBit = (bit: JsonBit): Bit => (typeof bit === 'number' ? bit : bit === '1' ? 1 : 0);

/** Cells that mean nothing to a simulation. */
const silent = new Set(['$scopeinfo', '$print', '$cover', '$assume', '$live', '$fair']);

function readModule(name: string, json: JsonModule): Unit {
  let bitCount = 2;
  const bits = (list: readonly JsonBit[]): Bit[] =>
    list.map((item) => {
      const bit = toBit(item);
      if (bit >= bitCount) bitCount = bit + 1;
      return bit;
    });
  const ports = Object.entries(json.ports).map(([port, { direction, bits: list }]): Port => {
    if (direction !== 'input' && direction !== 'output')
      throw new UserError('unsupported', `port '${port}' of module '${name}' is bidirectional`, {}, 'Split it in two.');
    return { name: port, direction, bits: bits(list) };
  });
  const cells: Cell[] = [];
  for (const [cell, item] of Object.entries(json.cells)) {
    if (silent.has(item.type)) continue;
    const connections: Record<string, Bit[]> = {};
    for (const [port, list] of Object.entries(item.connections)) connections[port] = bits(list);
    const parameters: Record<string, string> = {};
    for (const [key, value] of Object.entries(item.parameters))
      parameters[key] = typeof value === 'number' ? (value >>> 0).toString(2) : value;
    cells.push({ name: cell, type: item.type, parameters, connections, source: item.attributes?.src ?? '' });
  }
  const nets = Object.entries(json.netnames).map(
    ([net, item]): Net => ({
      name: net,
      bits: bits(item.bits),
      named: item.hide_name !== 1,
      init: item.attributes?.init,
    }),
  );
  return { name, ports, cells, nets, bitCount };
}

/** Reads the modules that `top` needs. Modules without a body in the file (black boxes) are a user's error. */
export function readNetlist(json: JsonNetlist, top: string): Map<string, Unit> {
  const units = new Map<string, Unit>();
  const visit = (name: string, user: string): void => {
    if (units.has(name)) return;
    const module = json.modules[name];
    if (module === undefined)
      throw new UserError(
        'bad-build',
        `module '${name}' is not in the netlist${user === '' ? '' : ` (used by '${user}')`}`,
        {},
        `The netlist holds: ${Object.keys(json.modules).join(', ')}.`,
      );
    const box = module.attributes?.blackbox ?? module.attributes?.whitebox;
    if (box !== undefined && /1/.test(box) && Object.keys(module.cells).length === 0)
      throw new UserError('bad-build', `module '${name}' is a black box`, {}, 'Give its source to the simulator.');
    const unit = readModule(name, module);
    units.set(name, unit);
    for (const cell of unit.cells) if (!cell.type.startsWith('$') || json.modules[cell.type]) visit(cell.type, name);
  };
  visit(top, '');
  return units;
}

/** A cell's parameter as an unsigned number below 2^32. */
export function numberOf(cell: Cell, parameter: string): number {
  const text = cell.parameters[parameter];
  if (text === undefined) throw new Error(`cell '${cell.name}' of type ${cell.type} has no parameter ${parameter}`);
  return Number.parseInt(text.replace(/[xz]/g, '0').slice(-32) || '0', 2) >>> 0;
}

export const flagOf = (cell: Cell, parameter: string): boolean =>
  cell.parameters[parameter] !== undefined && numberOf(cell, parameter) !== 0;

export function bitsOf(cell: Cell, port: string): readonly Bit[] {
  const bits = cell.connections[port];
  if (bits === undefined) throw new Error(`cell '${cell.name}' of type ${cell.type} has no port ${port}`);
  return bits;
}

/** Bit i (0 = least significant) of a binary string parameter; x reads as 0. */
export const textBit = (text: string, i: number): 0 | 1 => (text[text.length - 1 - i] === '1' ? 1 : 0);
