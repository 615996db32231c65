/** Models of a whole design: analysis and scheduling, module by module, breaking loops that are not real. */
import { analyse } from './analyse.ts';
import { bottomUp, inlineInstances } from './inline.ts';
import type { Model } from './model.ts';
import type { Bit, Cell, Unit } from './netlist.ts';
import { bitsOf } from './netlist.ts';
import { LoopFound, loopError, schedule } from './schedule.ts';

/** Cells whose bit i depends on bit i of these ports only (`S`, where it is one bit wide, goes to every bit). */
const bitwise: Readonly<Record<string, readonly string[]>> = {
  $not: ['A'],
  $pos: ['A'],
  $and: ['A', 'B'],
  $or: ['A', 'B'],
  $xor: ['A', 'B'],
  $xnor: ['A', 'B'],
  $mux: ['A', 'B'],
};

/** One cell for each bit of a bitwise cell, so that a vector that feeds its own higher bits is no loop. */
function splitCell(cell: Cell): Cell[] | undefined {
  const ports = bitwise[cell.type];
  const y = bitsOf(cell, 'Y');
  if (ports === undefined || y.length < 2) return undefined;
  return y.map((bit, i) => {
    const connections: Record<string, readonly Bit[]> = { Y: [bit] };
    const parameters: Record<string, string> = { Y_WIDTH: '1', A_WIDTH: '1', B_WIDTH: '1', WIDTH: '1' };
    for (const port of ports) {
      const bits = bitsOf(cell, port);
      const signed = /1/.test(cell.parameters[`${port}_SIGNED`] ?? '0');
      connections[port] = [bits[i] ?? (signed ? (bits[bits.length - 1] ?? 0) : 0)];
      parameters[`${port}_SIGNED`] = '0';
    }
    if (cell.connections.S !== undefined) connections.S = cell.connections.S;
    return { ...cell, name: `${cell.name}[${i}]`, parameters, connections };
  });
}

/** The unit with what makes `loop` removed, or undefined when nothing does: then it is real. */
function relax(unit: Unit, units: ReadonlyMap<string, Unit>, loop: LoopFound): Unit | undefined {
  const cells = new Set(loop.nodes.flatMap(({ work }) => (work.kind === 'cell' ? [work.cell] : [])));
  if ([...cells].some((cell) => splitCell(cell) !== undefined))
    return { ...unit, cells: unit.cells.flatMap((cell) => (cells.has(cell) ? (splitCell(cell) ?? [cell]) : [cell])) };
  const names = new Set(loop.nodes.flatMap(({ work }) => (work.kind === 'call' ? [work.instance.name] : [])));
  if (names.size > 0) return inlineInstances(unit, units, (cell) => names.has(cell.name));
  return undefined;
}

/** Models of all modules below `top`, children first; units may be inlined further than they came. */
export function buildModels(units: ReadonlyMap<string, Unit>, top: string): Map<string, Model> {
  const models = new Map<string, Model>();
  const relaxed = new Map(units);
  for (const name of bottomUp(units, top)) {
    for (;;) {
      const unit = relaxed.get(name)!;
      const model = analyse(unit, models.size, models);
      try {
        schedule(model);
        models.set(name, model);
        break;
      } catch (error) {
        if (!(error instanceof LoopFound)) throw error;
        const next = relax(unit, relaxed, error);
        if (next === undefined) throw loopError(model, error.nodes);
        relaxed.set(name, next);
      }
    }
  }
  return models;
}
