/** Builds the model of a module: who drives every bit, what must be computed, what is state. */
import { UserError } from '../errors.ts';
import { hiddenBits, readMemory } from './memory-cell.ts';
import type { Check, Instance, Model, Node, Register, Signal, Work } from './model.ts';
import { registersPerFunction } from './model.ts';
import type { Bit, Cell, Unit } from './netlist.ts';
import { bitsOf, flagOf, numberOf, textBit } from './netlist.ts';

/** Flip-flop cells without asynchronous inputs. */
const flipFlops = new Set(['$dff', '$dffe', '$sdff', '$sdffe', '$sdffce']);
const checkCells = new Set(['$assert', '$check']);
const refused = /^\$(_?)(adff|aldff|dffsr|sr|dlatch|adlatch|ff$|_FF_|_ALDFF|_DLATCH|_DFFSR|_SR_)/;

export interface Builder {
  readonly model: Model;
  signal(name: string, bits: readonly Bit[], kind: Signal['kind'], from?: Signal['from']): Signal;
  node(work: Work, reads: readonly (readonly Bit[])[], writes: readonly Signal[]): Node;
  clock(bit: Bit, polarity: boolean, what: string): void;
  init(bits: readonly Bit[]): string;
}

function newBuilder(unit: Unit, index: number): Builder {
  const model: Model = {
    unit,
    index,
    signals: [],
    nodes: [],
    registers: [],
    memories: [],
    checks: [],
    instances: [],
    inputs: [],
    outputs: new Map(),
    clusters: [],
    edge: [],
    clocks: new Map(),
    driver: new Int32Array(unit.bitCount).fill(-1),
    driverOffset: new Int32Array(unit.bitCount),
    size: 0,
  };
  const initials = new Map<Bit, string>();
  for (const net of unit.nets)
    if (net.init !== undefined)
      for (const [i, bit] of net.bits.entries()) {
        const value = net.init[net.init.length - 1 - i];
        if (value === '0' || value === '1') initials.set(bit, value);
      }
  const inputBits = new Map<Bit, string>();
  for (const port of unit.ports)
    if (port.direction === 'input') for (const bit of port.bits) inputBits.set(bit, port.name);
  return {
    model,
    signal(name, bits, kind, from) {
      const signal: Signal = {
        id: model.signals.length,
        name,
        width: bits.length,
        kind,
        producer: undefined,
        slot: -1,
        from,
      };
      model.signals.push(signal);
      for (const [i, bit] of bits.entries()) {
        if (bit < 2) continue;
        if (model.driver[bit] !== -1)
          throw new UserError(
            'bad-build',
            `a wire of '${unit.name}' has two drivers: '${model.signals[model.driver[bit]!]!.name}' and '${name}'`,
          );
        model.driver[bit] = signal.id;
        model.driverOffset[bit] = i;
      }
      return signal;
    },
    node(work, reads, writes) {
      const node: Node = { id: model.nodes.length, work, reads, writes, dependencies: [], inputs: 0n, cluster: -1 };
      model.nodes.push(node);
      for (const signal of writes) signal.producer = node;
      return node;
    },
    clock(bit, polarity, what) {
      if (bit < 2) return;
      const port = inputBits.get(bit);
      if (port === undefined)
        throw new UserError(
          'unsupported',
          `the clock of ${what} in '${unit.name}' is not an input port: gated and derived clocks are not simulated`,
          {},
          'Use a clock enable.',
        );
      const edge = polarity ? 'posedge' : 'negedge';
      const known = model.clocks.get(port);
      if (known !== undefined && known !== edge)
        throw new UserError('unsupported', `'${unit.name}' uses both edges of its clock '${port}'`);
      model.clocks.set(port, edge);
    },
    init: (bits) =>
      [...bits]
        .reverse()
        .map((bit) => initials.get(bit) ?? 'x')
        .join(''),
  };
}

/** The author's name of a word: of exactly these bits where there is one, else of a word with its first bit. */
function namer(unit: Unit): (cell: Cell, port: string) => string {
  const exact = new Map<string, string>();
  const names = new Map<Bit, string>();
  for (const net of unit.nets) {
    if (!net.named) continue;
    exact.set(net.bits.join(), net.name);
    for (const bit of net.bits) if (bit > 1 && !names.has(bit)) names.set(bit, net.name);
  }
  return (cell, port) => {
    const bits = cell.connections[port] ?? [];
    return exact.get(bits.join()) ?? names.get(bits[0] ?? 0) ?? `${cell.name}.${port}`;
  };
}

function addRegister(builder: Builder, cell: Cell, name: string): void {
  builder.clock(bitsOf(cell, 'CLK')[0]!, flagOf(cell, 'CLK_POLARITY'), `register '${name}'`);
  const bits = bitsOf(cell, 'Q');
  const enable = cell.connections.EN;
  const reset = cell.connections.SRST;
  const register: Register = {
    cell,
    q: builder.signal(name, bits, 'register'),
    d: bitsOf(cell, 'D'),
    enable: enable && { bit: enable[0]!, active: flagOf(cell, 'EN_POLARITY') ? 1 : 0 },
    reset: reset && {
      bit: reset[0]!,
      active: flagOf(cell, 'SRST_POLARITY') ? 1 : 0,
      value: cell.parameters.SRST_VALUE!,
    },
    enableOverReset: cell.type === '$sdffce',
    transparent: undefined,
    init: builder.init(bits),
  };
  builder.model.registers.push(register);
}

function addCheck(builder: Builder, cell: Cell): void {
  if (cell.type === '$check') {
    if (cell.parameters.FLAVOR !== 'assert') return;
    if (flagOf(cell, 'TRG_ENABLE') && numberOf(cell, 'TRG_WIDTH') === 1)
      builder.clock(bitsOf(cell, 'TRG')[0]!, textBit(cell.parameters.TRG_POLARITY!, 0) === 1, `'${cell.name}'`);
  }
  const checks: Check[] = builder.model.checks;
  checks.push({
    id: checks.length,
    name: cell.name,
    source: cell.source,
    condition: bitsOf(cell, 'A')[0]!,
    enable: bitsOf(cell, 'EN')[0]!,
  });
}

function addInstance(builder: Builder, cell: Cell, child: Model): void {
  const { model } = builder;
  const instance: Instance = { name: cell.name, child, connections: cell.connections, base: -1 };
  model.instances.push(instance);
  const stores = child.inputs.map(({ port }) => {
    const bits = cell.connections[port.name] ?? [];
    const edge = child.clocks.get(port.name);
    if (edge !== undefined) {
      builder.clock(bits[0] ?? 0, edge === 'posedge', `instance '${cell.name}'`);
      return undefined;
    }
    return builder.node({ kind: 'input', instance, port, bits }, [bits], []);
  });
  const calls = child.clusters.map((cluster, index) => {
    const call = builder.node({ kind: 'call', instance, cluster: index }, [], []);
    for (const [i, store] of stores.entries())
      if (store !== undefined && (cluster.inputs >> BigInt(i)) & 1n) call.dependencies.push(store);
    return call;
  });
  for (const [index, cluster] of child.clusters.entries())
    for (const node of cluster.nodes)
      for (const before of predecessors(child, node))
        if (before.cluster !== index && !calls[index]!.dependencies.includes(calls[before.cluster]!))
          calls[index]!.dependencies.push(calls[before.cluster]!);
  for (const [name, output] of child.outputs) {
    const bits = cell.connections[name];
    if (bits === undefined || bits.length === 0) continue;
    const signal = builder.signal(`${cell.name}.${name}`, bits, 'instance', { instance, port: name });
    if (output.cluster >= 0) signal.producer = calls[output.cluster];
  }
}

/** Makes every register read copies of other registers, taken before any of them changes. */
function detachRegisters(builder: Builder): void {
  const { model } = builder;
  const copies = new Map<string, readonly Bit[]>();
  const copy = (bits: readonly Bit[]): readonly Bit[] => {
    const state = bits.some((bit) => bit > 1 && model.signals[model.driver[bit]!]?.kind === 'register');
    if (!state) return bits;
    const key = bits.join();
    const known = copies.get(key);
    if (known !== undefined) return known;
    const hidden = hiddenBits(builder, bits.length);
    const cell: Cell = { name: '', type: '$pos', parameters: {}, connections: { A: bits, Y: hidden }, source: '' };
    builder.node({ kind: 'cell', cell }, [bits], [builder.signal('', hidden, 'comb')]);
    copies.set(key, hidden);
    return hidden;
  };
  model.registers.forEach((register, i) => {
    const { enable, reset, transparent } = register;
    model.registers[i] = {
      ...register,
      d: copy(register.d),
      enable: enable && { ...enable, bit: copy([enable.bit])[0]! },
      reset: reset && { ...reset, bit: copy([reset.bit])[0]! },
      transparent: transparent && { ...transparent, address: copy(transparent.address) },
    };
  });
}

/** Nodes whose results `node` needs. */
export function predecessors(model: Model, node: Node): Set<Node> {
  const found = new Set<Node>(node.dependencies);
  for (const bits of node.reads)
    for (const bit of bits) {
      const id = bit < 2 ? -1 : model.driver[bit]!;
      const producer = id < 0 ? undefined : model.signals[id]!.producer;
      if (producer !== undefined) found.add(producer);
    }
  return found;
}

/** Reads a module into signals, nodes and state; scheduling (`schedule.ts`) comes next. */
export function analyse(unit: Unit, index: number, models: ReadonlyMap<string, Model>): Model {
  const builder = newBuilder(unit, index);
  const { model } = builder;
  const nameOf = namer(unit);
  for (const port of unit.ports)
    if (port.direction === 'input') model.inputs.push({ port, signal: builder.signal(port.name, port.bits, 'input') });
  for (const cell of unit.cells) {
    const child = models.get(cell.type);
    if (child !== undefined) addInstance(builder, cell, child);
    else if (flipFlops.has(cell.type)) addRegister(builder, cell, nameOf(cell, 'Q'));
    else if (cell.type === '$mem_v2') readMemory(builder, cell);
    else if (checkCells.has(cell.type)) addCheck(builder, cell);
    else if (refused.test(cell.type))
      throw new UserError(
        'unsupported',
        `'${nameOf(cell, 'Q')}' of '${unit.name}' is a latch or has an asynchronous reset (${cell.type}, ${cell.source})`,
        {},
        'Write it as a flip-flop with a synchronous reset.',
      );
    else {
      const writes = cell.connections.Y;
      if (writes === undefined)
        throw new UserError('unsupported', `cell type '${cell.type}' in '${unit.name}' is not simulated`);
      const reads = Object.entries(cell.connections).filter(([port]) => port !== 'Y');
      const signal = builder.signal(nameOf(cell, 'Y'), writes, 'comb');
      builder.node(
        { kind: 'cell', cell },
        reads.map(([, bits]) => bits),
        [signal],
      );
    }
  }
  if (model.registers.length > registersPerFunction) detachRegisters(builder);
  for (const port of unit.ports) {
    if (port.direction !== 'output') continue;
    const whole = wholeSignal(model, port.bits);
    if (whole !== undefined && (whole.kind === 'register' || whole.kind === 'comb'))
      model.outputs.set(port.name, { signal: whole, cluster: -1 });
    else {
      const signal: Signal = {
        id: model.signals.length,
        name: port.name,
        width: port.bits.length,
        kind: 'comb',
        producer: undefined,
        slot: -1,
        from: undefined,
      };
      model.signals.push(signal);
      builder.node({ kind: 'output', port }, [port.bits], [signal]);
      model.outputs.set(port.name, { signal, cluster: -1 });
    }
  }
  return model;
}

/** The signal that `bits` are, all of them in order; undefined when they are anything else. */
function wholeSignal(model: Model, bits: readonly Bit[]): Signal | undefined {
  const id = bits.length === 0 || bits[0]! < 2 ? -1 : model.driver[bits[0]!]!;
  if (id < 0) return undefined;
  const signal = model.signals[id]!;
  if (signal.width !== bits.length) return undefined;
  return bits.every((bit, i) => bit > 1 && model.driver[bit] === id && model.driverOffset[bit] === i)
    ? signal
    : undefined;
}
