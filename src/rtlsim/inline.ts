/** Moves small modules into their users, so that a call and its copies do not outweigh their work. */
import type { Bit, Cell, Net, Unit } from './netlist.ts';

/** Names inside an instance: generate scopes and inlined instances are written with a dot. */
export const pathJoin = (instance: string, name: string): string => `${instance}.${name}`;

/** `unit` with the instances chosen by `chosen` replaced by the cells of their modules (already inlined themselves). */
export function inlineInstances(
  unit: Unit,
  units: ReadonlyMap<string, Unit>,
  chosen: (cell: Cell, child: Unit) => boolean,
): Unit {
  const alias = new Map<Bit, Bit>();
  const cells: Cell[] = [];
  const nets: Net[] = [...unit.nets];
  let bitCount = unit.bitCount;
  let changed = false;
  for (const cell of unit.cells) {
    const child = units.get(cell.type);
    if (child === undefined || !chosen(cell, child)) {
      cells.push(cell);
      continue;
    }
    changed = true;
    const map = new Map<Bit, Bit>([
      [0, 0],
      [1, 1],
    ]);
    for (const port of child.ports)
      if (port.direction === 'input')
        for (const [i, bit] of port.bits.entries()) map.set(bit, cell.connections[port.name]?.[i] ?? 0);
    const translate = (bit: Bit): Bit => {
      let to = map.get(bit);
      if (to === undefined) {
        to = bitCount++;
        map.set(bit, to);
      }
      return to;
    };
    for (const inner of child.cells) {
      const connections: Record<string, readonly Bit[]> = {};
      for (const [port, bits] of Object.entries(inner.connections)) connections[port] = bits.map(translate);
      // A memory cell has the name that its users know in a parameter.
      const memory = inner.parameters.MEMID?.replace(/^\\/, '');
      const parameters =
        memory === undefined ? inner.parameters : { ...inner.parameters, MEMID: pathJoin(cell.name, memory) };
      cells.push({ ...inner, name: pathJoin(cell.name, inner.name), parameters, connections });
    }
    for (const net of child.nets)
      nets.push({ ...net, name: pathJoin(cell.name, net.name), bits: net.bits.map(translate) });
    for (const port of child.ports)
      if (port.direction === 'output') {
        const outside = cell.connections[port.name] ?? [];
        for (const [i, bit] of outside.entries()) if (bit > 1) alias.set(bit, translate(port.bits[i]!));
      }
  }
  if (!changed) return unit;
  const resolve = (bit: Bit): Bit => {
    let at = bit;
    for (let next = alias.get(at); next !== undefined; next = alias.get(at)) at = next;
    return at;
  };
  const all = (bits: readonly Bit[]): Bit[] => bits.map(resolve);
  return {
    name: unit.name,
    ports: unit.ports.map((port) => ({ ...port, bits: all(port.bits) })),
    cells: cells.map((cell) => {
      const connections: Record<string, readonly Bit[]> = {};
      for (const [port, bits] of Object.entries(cell.connections)) connections[port] = all(bits);
      return { ...cell, connections };
    }),
    nets: nets.map((net) => ({ ...net, bits: all(net.bits) })),
    bitCount,
  };
}

/** Modules in an order in which every module follows those it uses. */
export function bottomUp(units: ReadonlyMap<string, Unit>, top: string): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const cell of units.get(name)!.cells) if (units.has(cell.type)) visit(cell.type);
    order.push(name);
  };
  visit(top);
  return order;
}

/** Inlines, bottom up, every module of at most `limit` cells (after its own inlining). */
export function inlineSmall(units: ReadonlyMap<string, Unit>, top: string, limit: number): Map<string, Unit> {
  const result = new Map<string, Unit>();
  for (const name of bottomUp(units, top))
    result.set(
      name,
      inlineInstances(units.get(name)!, result, (_, child) => child.cells.length <= limit),
    );
  return result;
}
