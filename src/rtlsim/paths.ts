/** Finds signals and memories by hierarchical name, `instance.scope.name`. */
import { UserError } from '../errors.ts';
import { slotOf } from './emit.ts';
import type { Memory, Model, Signal } from './model.ts';
import type { Bit } from './netlist.ts';
import { slicesOf } from './slices.ts';

/** A run of bits in memory: bits [position, position + width) of the word are at bit `shift` of byte `address`. */
export interface Part {
  readonly address: number;
  readonly shift: number;
  readonly width: number;
  readonly position: number;
  /** Copies of one bit follow (sign extension). */
  readonly constant: bigint | undefined;
}

export interface Word {
  readonly path: string;
  readonly width: number;
  readonly parts: readonly Part[];
}

/** Every instance below `top`, with its path ('' for the top) and the address of its frame. */
export function* instancesOf(top: Model, base: number): Generator<{ path: string; model: Model; base: number }> {
  const stack = [{ path: '', model: top, base }];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    yield at;
    for (const instance of at.model.instances)
      stack.push({
        path: at.path === '' ? instance.name : `${at.path}.${instance.name}`,
        model: instance.child,
        base: at.base + instance.base,
      });
  }
}

/** What a peek may show: without kept wires, only words that are up to date between cycles. */
function visible(signal: Signal, top: boolean, wires: boolean): boolean {
  if (wires || signal.kind === 'register') return true;
  if (signal.kind === 'input') return top;
  if (signal.from === undefined) return false;
  return visible(signal.from.instance.child.outputs.get(signal.from.port)!.signal, false, wires);
}

function partsOf(model: Model, base: number, bits: readonly Bit[], top: boolean, wires: boolean): Part[] | undefined {
  const parts: Part[] = [];
  let position = 0;
  for (const slice of slicesOf(model, bits)) {
    if (slice.signal === undefined) {
      parts.push({ address: 0, shift: 0, width: slice.width, position, constant: slice.value });
      position += slice.width;
      continue;
    }
    const slot = slotOf(slice.signal);
    if (slot === undefined || !visible(slice.signal, top, wires)) return undefined;
    const add = (offset: number, width: number): void => {
      const address = base + slot + (offset >> 3);
      parts.push({ address, shift: offset & 7, width, position, constant: undefined });
      position += width;
    };
    add(slice.offset, slice.width);
    for (let i = 0; i < slice.repeat; i++) add(slice.offset + slice.width - 1, 1);
  }
  return parts;
}

/** Tries `find` in the module that owns the last part of `path`; names may contain dots themselves. */
function descend<T>(
  model: Model,
  base: number,
  path: string,
  find: (model: Model, base: number, name: string) => T | undefined,
): T | undefined {
  const here = find(model, base, path);
  if (here !== undefined) return here;
  for (const instance of model.instances)
    if (path.startsWith(`${instance.name}.`)) {
      const below = descend(instance.child, base + instance.base, path.slice(instance.name.length + 1), find);
      if (below !== undefined) return below;
    }
  return undefined;
}

export function findWord(top: Model, base: number, path: string, wires: boolean): Word {
  const found = descend(top, base, path, (model, at, name) => {
    const net = model.unit.nets.find((item) => item.name === name);
    if (net === undefined) return undefined;
    const output = model.outputs.get(name)?.signal;
    if (output !== undefined && (model === top || visible(output, false, wires))) {
      const part = { address: at + output.slot, shift: 0, width: output.width, position: 0, constant: undefined };
      return { width: output.width, parts: [part] };
    }
    return { width: net.bits.length, parts: partsOf(model, at, net.bits, model === top, wires) };
  });
  if (found === undefined)
    throw new UserError('bad-arguments', `no signal '${path}'`, {}, 'Name it as instance.signal from the top.');
  if (found.parts === undefined)
    throw new UserError(
      'bad-arguments',
      `signal '${path}' is combinational and was not kept`,
      {},
      'Compile the simulator with wires: true.',
    );
  return { path, width: found.width, parts: found.parts };
}

export function findMemory(top: Model, base: number, path: string): { memory: Memory; address: number } {
  const found = descend(top, base, path, (model, at, name) => {
    const memory = model.memories.find((item) => item.name === name);
    return memory && { memory, address: at + memory.slot };
  });
  if (found === undefined) throw new UserError('bad-arguments', `no memory '${path}'`);
  return found;
}

/** Names of all memories, and of all named words that are registers throughout. */
export function listState(top: Model, base: number): { memories: string[]; registers: string[] } {
  const memories: string[] = [];
  const registers: string[] = [];
  for (const { path, model } of instancesOf(top, base)) {
    const full = (name: string): string => (path === '' ? name : `${path}.${name}`);
    for (const memory of model.memories) memories.push(full(memory.name));
    for (const net of model.unit.nets)
      if (net.named && net.bits.every((bit) => bit > 1 && model.signals[model.driver[bit]!]?.kind === 'register'))
        registers.push(full(net.name));
  }
  return { memories, registers: [...new Set(registers)] };
}
