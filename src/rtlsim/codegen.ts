/** A whole design as one WebAssembly module: for every netlist module its functions, then the loop that runs cycles. */
import binaryen from 'binaryen';
import { emitChecks, emitMemoryWrites, emitRegisters, readRow } from './edge.ts';
import { chunksOf, FunctionBuilder, scratchStart, typeOf } from './emit.ts';
import { type LayoutOptions, layOut, type Plan } from './layout.ts';
import { lowerCell } from './lower.ts';
import { type Model, type Node, type Register, registersPerFunction } from './model.ts';
import { runtimeText } from './runtime-text.ts';
import { clusterOrder } from './schedule.ts';

/** Addresses below `scratchStart` that the simulator and the code share. */
export const flags = {
  /** i32: not 0 stops `run` after the current cycle. */
  stop: 0,
} as const;

export interface Generated {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly plans: ReadonlyMap<Model, Plan>;
  /** Address of the top frame. */
  readonly base: number;
  /** Bytes of memory needed. */
  readonly bytes: number;
}

const clusterName = (model: Model, cluster: number): string => `m${model.index}c${cluster}`;
const edgeName = (model: Model): string => `m${model.index}e`;
const settleName = (model: Model): string => `m${model.index}s`;

function emitNode(f: FunctionBuilder, node: Node): void {
  const { work } = node;
  switch (work.kind) {
    case 'cell':
      return lowerCell(f, work.cell, node.writes[0]!);
    case 'memory-read':
      return readRow(f, work.memory, work.address, node.writes[0]!);
    case 'call': {
      const { instance, cluster } = work;
      f.push(
        f.m.call(
          clusterName(instance.child, cluster),
          [f.address({ absolute: false, offset: instance.base })],
          binaryen.none,
        ),
      );
      return;
    }
    case 'input': {
      const { signal } = work.instance.child.inputs.find(({ port }) => port.name === work.port.name)!;
      const at = work.instance.base + signal.slot;
      if (signal.width > 64)
        for (let k = 0; k < chunksOf(signal.width); k++)
          f.storeChunk({ absolute: false, offset: at }, k, f.chunk(work.bits, k));
      else f.storeSlot(at, signal.width, f.value(work.bits, typeOf(signal.width), 'zero'));
      return;
    }
    case 'output': {
      const signal = node.writes[0]!;
      if (signal.width > 64)
        for (let k = 0; k < chunksOf(signal.width); k++)
          f.storeChunk({ absolute: false, offset: signal.slot }, k, f.chunk(work.port.bits, k));
      else f.define(signal, f.value(work.port.bits, typeOf(signal.width), 'zero'), true);
    }
  }
}

/** Splits registers over functions, those that read memory after its writes first. */
function registerParts(model: Model): Register[][] {
  const sorted = [...model.registers].sort(
    (a, b) => Number(b.transparent !== undefined) - Number(a.transparent !== undefined),
  );
  const parts: Register[][] = [];
  for (let i = 0; i < sorted.length; i += registersPerFunction) parts.push(sorted.slice(i, i + registersPerFunction));
  return parts.length === 0 ? [[]] : parts;
}

class Generator {
  readonly m: binaryen.Module;
  readonly plans = new Map<Model, Plan>();
  scratchEnd: number = scratchStart;

  constructor() {
    this.m = binaryen.parseText(runtimeText);
    const { MutableGlobals, SignExt, BulkMemory } = binaryen.Features;
    this.m.setFeatures(MutableGlobals | SignExt | BulkMemory);
  }

  private build(model: Model, name: string, body: (f: FunctionBuilder) => void): void {
    const f = new FunctionBuilder(this.m, model);
    body(f);
    f.finish(name);
    this.scratchEnd = Math.max(this.scratchEnd, f.scratchEnd);
  }

  /** A function that runs `parts` in order; several parts become functions of their own. */
  private sequence(
    model: Model,
    name: string,
    parts: readonly (readonly Node[])[],
    tail?: (f: FunctionBuilder) => void,
  ): void {
    this.build(model, name, (f) => {
      const last = parts.length - 1;
      for (const [i, nodes] of parts.entries()) {
        if (i === last) {
          for (const node of nodes) emitNode(f, node);
          continue;
        }
        const part = `${name}p${i}`;
        this.build(model, part, (g) => {
          for (const node of nodes) emitNode(g, node);
        });
        f.push(this.m.call(part, [f.frame()], binaryen.none));
      }
      tail?.(f);
    });
  }

  private children(f: FunctionBuilder, name: (model: Model) => string): void {
    for (const { child, base } of f.model.instances)
      f.push(this.m.call(name(child), [f.address({ absolute: false, offset: base })], binaryen.none));
  }

  module(model: Model, options: LayoutOptions): void {
    const plan = layOut(model, options);
    this.plans.set(model, plan);
    for (const [i, parts] of plan.clusters.entries()) this.sequence(model, clusterName(model, i), parts);
    const [first, ...rest] = registerParts(model);
    for (const [i, registers] of rest.entries())
      this.build(model, `${edgeName(model)}r${i}`, (f) => emitRegisters(f, registers, plan.toggleSlots));
    this.sequence(model, edgeName(model), plan.edge, (f) => {
      emitChecks(f, model);
      emitMemoryWrites(f, model);
      emitRegisters(f, first!, plan.toggleSlots);
      for (const i of rest.keys()) f.push(this.m.call(`${edgeName(model)}r${i}`, [f.frame()], binaryen.none));
      this.children(f, edgeName);
    });
    if (options.wires) this.sequence(model, settleName(model), plan.edge, (f) => this.children(f, settleName));
  }

  /** `eval`: outputs from inputs and state; `settle`: that and kept wires; `edge`: one clock edge; `run`: many cycles, until a masked word has a value. */
  entry(top: Model, base: number, wires: boolean): void {
    const { m } = this;
    const frame = (): number => m.i32.const(base);
    const calls = clusterOrder(top).map((i) => m.call(clusterName(top, i), [frame()], binaryen.none));
    m.addFunction('eval', binaryen.none, binaryen.none, [], m.block(null, calls, binaryen.none));
    m.addFunction('edge', binaryen.none, binaryen.none, [], m.call(edgeName(top), [frame()], binaryen.none));
    const settle = [m.call('eval', [], binaryen.none)];
    if (wires) settle.push(m.call(settleName(top), [frame()], binaryen.none));
    m.addFunction('settle', binaryen.none, binaryen.none, [], m.block(null, settle, binaryen.none));
    // run(cycles, address, mask, value) -> cycles done; the condition is looked at before every cycle.
    const get = (i: number): number => m.local.get(i, binaryen.i32);
    const done = 4;
    const body = m.loop(
      'cycle',
      m.block(null, [
        m.call('eval', [], binaryen.none),
        m.if(
          m.i32.and(m.i32.ne(get(2), m.i32.const(0)), m.i32.eq(m.i32.and(m.i32.load(0, 1, get(1)), get(2)), get(3))),
          m.return(get(done)),
        ),
        m.if(m.i32.ge_u(get(done), get(0)), m.return(get(done))),
        m.call(edgeName(top), [frame()], binaryen.none),
        m.local.set(done, m.i32.add(get(done), m.i32.const(1))),
        m.br_if('cycle', m.i32.eqz(m.i32.load(flags.stop, 4, m.i32.const(0)))),
      ]),
    );
    m.addFunction(
      'run',
      binaryen.createType([binaryen.i32, binaryen.i32, binaryen.i32, binaryen.i32]),
      binaryen.i32,
      [binaryen.i32],
      m.block(null, [body, m.call('eval', [], binaryen.none), m.return(get(done))], binaryen.i32),
    );
    for (const name of ['eval', 'edge', 'settle', 'run']) m.addFunctionExport(name, name);
  }
}

/** Generates the code of a design; `models` lists children before their users, the top last. */
export function generate(models: readonly Model[], options: LayoutOptions): Generated {
  const generator = new Generator();
  const top = models[models.length - 1]!;
  try {
    for (const model of models) generator.module(model, options);
    const base = Math.ceil((generator.scratchEnd + 64) / 64) * 64;
    generator.entry(top, base, options.wires);
    return {
      wasm: generator.m.emitBinary() as Uint8Array<ArrayBuffer>,
      plans: generator.plans,
      base,
      bytes: base + top.size + 64,
    };
  } finally {
    generator.m.dispose();
  }
}
