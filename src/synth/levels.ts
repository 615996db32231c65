/**
 * Longest combinational paths of a mapped netlist, in levels of logic.
 *
 * A look-up table is one level, and so is entering a carry chain (running along it is free, and so are the wide
 * multiplexers beside the tables). Registers, memories and DSP slices begin and end paths; a DSP slice without any
 * internal register is reported apart. Paths through instances are followed.
 */
import type { JsonBit, JsonNetlist } from '../rtlsim/netlist.ts';
import { modulesBelow } from './counts.ts';
import { classOf } from './families.ts';

export interface ModulePaths {
  readonly name: string;
  /** Levels of the longest path that lies in this module or passes through it from and to modules below. */
  readonly levels: number;
  /** Nets along it, from start to end. */
  readonly path: readonly string[];
  /** DSP slices without a register inside. */
  readonly combinationalDsp: number;
}

/** One bit of a port. */
interface Pin {
  readonly port: string;
  readonly index: number;
}

/** What a user of a module must know, bit by bit of each port: levels, or none where there is no path. */
interface Summary {
  readonly levels: number;
  readonly path: readonly string[];
  readonly combinationalDsp: number;
  /** From a register inside to the output. */
  readonly fromState: Map<string, (number | undefined)[]>;
  /** From the input to a register inside. */
  readonly toState: Map<string, (number | undefined)[]>;
  /** From inputs to the output. */
  readonly through: Map<string, (readonly (readonly [Pin, number])[])[]>;
}

interface Arc {
  /** Bits that the output waits for, with what each adds. */
  readonly from: readonly { readonly bit: JsonBit; readonly add: number }[];
  /** Levels with which a path from state starts at this output; -1 when none does. */
  readonly start: number;
}

const dspRegisters = [
  'AREG',
  'BREG',
  'MREG',
  'PREG',
  'A_REG',
  'B_REG',
  'TOP_8x8_MULT_REG',
  'PIPELINE_16x16_MULT_REG1',
  'PIPELINE_16x16_MULT_REG2',
  'REG_INPUTA_CLK',
  'REG_PIPELINE_CLK',
  'REG_OUTPUT_CLK',
];

const hasRegister = (parameters: Readonly<Record<string, string | number>>): boolean =>
  dspRegisters.some((name) => {
    const value = String(parameters[name] ?? '0');
    return /^[01]+$/.test(value) ? /1/.test(value) : value !== 'NONE';
  });

function analyse(netlist: JsonNetlist, name: string, summaries: ReadonlyMap<string, Summary>): Summary {
  const module = netlist.modules[name]!;
  const arcs = new Map<JsonBit, Arc>();
  /** Bits that end in state, with what still follows. */
  const ends: { bit: JsonBit; add: number }[] = [];
  let combinationalDsp = 0;
  for (const cell of Object.values(module.cells)) {
    const box = netlist.modules[cell.type];
    const direction = (port: string): string | undefined => cell.port_directions?.[port] ?? box?.ports[port]?.direction;
    const inputs: [string, JsonBit[]][] = [];
    const outputs: [string, JsonBit[]][] = [];
    for (const [port, bits] of Object.entries(cell.connections))
      (direction(port) === 'output' ? outputs : inputs).push([port, bits]);
    const child = summaries.get(cell.type);
    if (child !== undefined) {
      for (const [port, bits] of inputs) {
        for (const [i, bit] of bits.entries()) {
          const add = child.toState.get(port)?.[i];
          if (add !== undefined) ends.push({ bit, add });
        }
      }
      for (const [port, bits] of outputs)
        for (const [i, bit] of bits.entries()) {
          const from = (child.through.get(port)?.[i] ?? []).flatMap(([pin, add]) => {
            const input = cell.connections[pin.port]?.[pin.index];
            return input === undefined ? [] : [{ bit: input, add }];
          });
          arcs.set(bit, { from, start: child.fromState.get(port)?.[i] ?? -1 });
        }
      continue;
    }
    const timing = classOf(cell.type)?.timing ?? 'lut';
    const all = inputs.flatMap(([, bits]) => bits);
    if (timing === 'register' || timing === 'memory' || timing === 'dsp') {
      if (timing === 'dsp' && !hasRegister(cell.parameters)) combinationalDsp++;
      for (const bit of all) ends.push({ bit, add: 0 });
      for (const [, bits] of outputs) for (const bit of bits) arcs.set(bit, { from: [], start: 0 });
      continue;
    }
    if (timing === 'lut-memory') {
      const address = inputs.filter(([port]) => /^(A|DPRA|ADDR|RAD)/.test(port)).flatMap(([, bits]) => bits);
      for (const bit of all) ends.push({ bit, add: 0 });
      for (const [, bits] of outputs)
        for (const bit of bits) arcs.set(bit, { from: address.map((from) => ({ bit: from, add: 1 })), start: 1 });
      continue;
    }
    const add = timing === 'free' ? 0 : 1;
    const chained = (port: string): boolean => timing === 'carry' && (port === 'CI' || port === 'CIN');
    const from = inputs.flatMap(([port, bits]) => bits.map((bit) => ({ bit, add: chained(port) ? 0 : add })));
    for (const [, bits] of outputs) for (const bit of bits) arcs.set(bit, { from, start: -1 });
  }

  const inputPin = new Map<JsonBit, Pin>();
  for (const [port, { direction, bits }] of Object.entries(module.ports))
    if (direction === 'input') for (const [index, bit] of bits.entries()) inputPin.set(bit, { port, index });
  const arrival = new Map<JsonBit, { state: number; ports: Map<Pin, number>; previous: JsonBit | undefined }>();
  const visiting = new Set<JsonBit>();
  const visit = (root: JsonBit): void => {
    const stack: JsonBit[] = [root];
    while (stack.length > 0) {
      const bit = stack[stack.length - 1]!;
      if (arrival.has(bit)) {
        stack.pop();
        continue;
      }
      const arc = arcs.get(bit);
      const waiting = (arc?.from ?? []).filter((item) => !arrival.has(item.bit) && !visiting.has(item.bit));
      if (waiting.length > 0 && !visiting.has(bit)) {
        visiting.add(bit);
        for (const item of waiting) stack.push(item.bit);
        continue;
      }
      let state = typeof bit === 'string' ? -1 : (arc?.start ?? -1);
      let previous: JsonBit | undefined;
      let longest = state;
      const ports = new Map<Pin, number>();
      const pin = inputPin.get(bit);
      if (pin !== undefined) ports.set(pin, 0);
      for (const { bit: before, add } of arc?.from ?? []) {
        const known = arrival.get(before);
        if (known === undefined) continue;
        if (known.state >= 0) state = Math.max(state, known.state + add);
        const here = Math.max(known.state, ...known.ports.values());
        if (here >= 0 && here + add > longest) {
          longest = here + add;
          previous = before;
        }
        for (const [input, levels] of known.ports)
          if (levels + add > (ports.get(input) ?? -1)) ports.set(input, levels + add);
      }
      arrival.set(bit, { state, ports, previous });
      visiting.delete(bit);
      stack.pop();
    }
  };

  const fromState: Summary['fromState'] = new Map();
  const toState: Summary['toState'] = new Map();
  const through: Summary['through'] = new Map();
  let levels = 0;
  let worst: JsonBit | undefined;
  const consider = (bit: JsonBit, add: number): void => {
    visit(bit);
    const { state, ports } = arrival.get(bit)!;
    // Within one module, ports count as registers: what lies outside them is counted where they are connected.
    const here = Math.max(state, ...ports.values()) + add;
    if (here > levels) {
      levels = here;
      worst = bit;
    }
  };
  for (const { bit, add } of ends) {
    consider(bit, add);
    for (const [{ port, index }, before] of arrival.get(bit)!.ports) {
      const levelsOf = toState.get(port) ?? [];
      levelsOf[index] = Math.max(levelsOf[index] ?? 0, before + add);
      toState.set(port, levelsOf);
    }
  }
  for (const [port, { direction, bits }] of Object.entries(module.ports)) {
    if (direction !== 'output') continue;
    for (const bit of bits) consider(bit, 0);
    const arrivals = bits.map((bit) => arrival.get(bit)!);
    fromState.set(
      port,
      arrivals.map(({ state }) => (state >= 0 ? state : undefined)),
    );
    through.set(
      port,
      arrivals.map(({ ports }) => [...ports]),
    );
  }
  const names = new Map<JsonBit, string>();
  for (const [net, { bits, hide_name }] of Object.entries(module.netnames))
    for (const [i, bit] of bits.entries())
      if (!names.has(bit) || hide_name !== 1) names.set(bit, bits.length > 1 ? `${net}[${i}]` : net);
  const path: string[] = [];
  for (let bit = worst; bit !== undefined && path.length < 100; bit = arrival.get(bit)!.previous)
    path.unshift(names.get(bit) ?? String(bit));
  return { levels, path, combinationalDsp, fromState, toState, through };
}

/** Longest paths of `top` and all modules below it, users before the used. */
export function longestPaths(netlist: JsonNetlist, top: string): ModulePaths[] {
  const order = modulesBelow(netlist, top);
  const summaries = new Map<string, Summary>();
  for (const name of [...order].reverse()) summaries.set(name, analyse(netlist, name, summaries));
  return order.map((name) => {
    const { levels, path, combinationalDsp } = summaries.get(name)!;
    return { name, levels, path, combinationalDsp };
  });
}
