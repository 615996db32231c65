/**
 * Reads beyond the end of a memory are undefined, and a mapped netlist may answer them as it likes. Two copies of the RTL
 * that answer them differently show which output bits depend on them.
 */
import type { JsonBit, JsonModule, JsonNetlist } from '../rtlsim/netlist.ts';

type JsonCell = JsonModule['cells'][string];

const number = (cell: JsonCell, name: string): number => Number.parseInt(String(cell.parameters[name] ?? '0'), 2);

/** Rows that a memory's address can name and it does not have. */
const isRagged = (cell: JsonCell): boolean =>
  cell.type === '$mem_v2' && number(cell, 'SIZE') < 2 ** number(cell, 'ABITS');

/** The netlist with rows of ones beyond the end of every memory; undefined where there is no such memory. */
export function withOnesBeyond(netlist: JsonNetlist): JsonNetlist | undefined {
  let found = false;
  const modules: Record<string, JsonModule> = {};
  for (const [name, module] of Object.entries(netlist.modules)) {
    const ragged = Object.values(module.cells).some(isRagged);
    found ||= ragged;
    modules[name] = ragged ? extended(module) : module;
  }
  return found ? { modules } : undefined;
}

function extended(module: JsonModule): JsonModule {
  let next = 2;
  const see = (bits: readonly JsonBit[]): void => {
    for (const bit of bits) if (typeof bit === 'number' && bit >= next) next = bit + 1;
  };
  for (const { bits } of Object.values(module.ports)) see(bits);
  for (const { bits } of Object.values(module.netnames)) see(bits);
  for (const { connections } of Object.values(module.cells)) for (const bits of Object.values(connections)) see(bits);
  const cells: Record<string, JsonCell> = {};
  for (const [name, cell] of Object.entries(module.cells)) {
    if (!isRagged(cell)) {
      cells[name] = cell;
      continue;
    }
    const [width, size, addressBits] = [number(cell, 'WIDTH'), number(cell, 'SIZE'), number(cell, 'ABITS')];
    const whole = 2 ** addressBits;
    const known = String(cell.parameters.INIT ?? '').slice(-size * width);
    // Writes there are kept out, so that the rows stay ones.
    const enables: JsonBit[] = [];
    for (let port = 0; port < number(cell, 'WR_PORTS'); port++) {
      const inside = next++;
      const size2 = [...size.toString(2).padStart(addressBits, '0')].reverse() as JsonBit[];
      cells[`${name}$inside${port}`] = {
        type: '$lt',
        parameters: { A_SIGNED: '0', B_SIGNED: '0' },
        attributes: {},
        connections: {
          A: cell.connections.WR_ADDR!.slice(port * addressBits, (port + 1) * addressBits),
          B: size2,
          Y: [inside],
        },
      };
      const made = new Map<JsonBit, JsonBit>();
      for (const bit of cell.connections.WR_EN!.slice(port * width, (port + 1) * width)) {
        if (!made.has(bit)) {
          made.set(bit, next);
          cells[`${name}$enable${next}`] = {
            type: '$and',
            parameters: { A_SIGNED: '0', B_SIGNED: '0' },
            attributes: {},
            connections: { A: [bit], B: [inside], Y: [next++] },
          };
        }
        enables.push(made.get(bit)!);
      }
    }
    cells[name] = {
      ...cell,
      parameters: {
        ...cell.parameters,
        SIZE: whole.toString(2),
        INIT: '1'.repeat((whole - size) * width) + known.padStart(size * width, 'x'),
      },
      connections: { ...cell.connections, WR_EN: enables },
    };
  }
  return { ...module, cells };
}
