import { describe, expect, it } from 'vitest';
import { type Compiled, compile } from '../../src/compile/compile.ts';
import { type CycleResult, simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { Machine } from '../../src/simulate/machine.ts';
import { loadMemory } from '../../src/simulate/program-io.ts';
import { parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import type { Instruction } from '../../src/spec/isa.ts';
import { randomInputs } from '../support/random-network.ts';
import { zooNetwork } from '../support/zoo-network.ts';

interface Touched {
  readonly read: Set<number>;
  readonly written: Set<number>;
}

/** Watches which bytes of the on-chip memories every instruction really touches, without asking the compiler. */
function watch(compiled: Compiled, inputs: readonly Int8Array[]): Touched[] {
  const machine = new Machine(compiled.config, loadMemory(compiled, inputs));
  const touched: Touched[] = compiled.program.instructions.map(() => ({ read: new Set(), written: new Set() }));
  let current = 1;
  const offset = { activations: 0, weights: 2 ** 28, parameters: 2 ** 29, memory: 2 ** 30 };
  for (const name of ['activations', 'weights', 'parameters', 'memory'] as const) {
    const array = machine[name];
    const proxy = new Proxy(array, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) {
          touched[current]!.read.add(offset[name] + Number(key));
          return target[Number(key)];
        }
        if (key === 'set') {
          return (bytes: ArrayLike<number>, at: number) => {
            for (let index = 0; index < bytes.length; index++) touched[current]!.written.add(offset[name] + at + index);
            target.set(bytes, at);
          };
        }
        if (key === 'subarray') {
          return (from: number, to: number) => {
            for (let index = from; index < to; index++) touched[current]!.read.add(offset[name] + index);
            return target.subarray(from, to);
          };
        }
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set(target, key, value) {
        touched[current]!.written.add(offset[name] + Number(key));
        target[Number(key)] = value as number;
        return true;
      },
    });
    Object.defineProperty(machine, name, { value: proxy });
  }
  machine.run(compiled.program.instructions, (_, index) => {
    current = index + 1;
  });
  return touched;
}

/** Instructions that read a byte before the instruction that writes it has retired, and the like. */
function hazards(program: readonly Instruction[], touched: readonly Touched[], { timings }: CycleResult) {
  const written = new Map<number, number>();
  const read = new Map<number, number[]>();
  const found: string[] = [];
  let checked = 0;
  program.forEach(({ opcode }, index) => {
    const timing = timings[index];
    if (timing === undefined) return;
    for (const byte of touched[index]!.read) {
      const writer = written.get(byte);
      if (writer !== undefined) {
        checked += 1;
        if (timing.start < timings[writer]!.retired) found.push(`${index} reads what ${writer} has not written`);
      }
      const readers = read.get(byte) ?? [];
      if (readers[readers.length - 1] !== index) read.set(byte, [...readers, index]);
    }
    for (const byte of touched[index]!.written) {
      for (const reader of read.get(byte) ?? []) {
        // The compute unit reads early in its pipeline and writes late, so its own order suffices.
        if (reader === index || (program[reader]!.opcode === 'COMPUTE' && opcode === 'COMPUTE')) continue;
        checked += 1;
        if (timing.start <= timings[reader]!.end) found.push(`${index} overwrites what ${reader} still reads`);
      }
      read.delete(byte);
      written.set(byte, index);
    }
  });
  return { checked, found };
}

describe('waits', () => {
  for (const [name, changes] of [
    ['ample memories', {}],
    ['spills and weights that come again', { activationDepth: 290, weightDepth: 120, parameterDepth: 40 }],
  ] as const) {
    it(`keep every byte in order in time with ${name}`, async () => {
      const network = await zooNetwork('mobilenet_v1_0.05_32');
      const config = parseConfig({ ...namedConfig('tiny'), ...changes });
      const compiled = compile(network, config);
      const touched = watch(compiled, randomInputs(network, 3));
      for (const memoryLatency of [1, 200]) {
        const timing = simulateCycles(config, compiled.program.instructions, { memoryLatency });
        const { checked, found } = hazards(compiled.program.instructions, touched, timing);
        expect(found).toEqual([]);
        expect(checked).toBeGreaterThan(10_000);
      }
      // The check itself can fail: without waits the same program is full of hazards.
      const careless = compiled.program.instructions.map(({ opcode, fields }) => ({
        opcode,
        fields: 'waitLoad' in fields ? { ...fields, waitLoad: 0, waitCompute: 0, waitStore: 0 } : fields,
      }));
      expect(hazards(careless, touched, simulateCycles(config, careless)).found).not.toEqual([]);
    });
  }
});
