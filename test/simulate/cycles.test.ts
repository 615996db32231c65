import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { stageGeometry } from '../../src/compile/geometry.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { encodeProgram, type Instruction, MAGIC, setInstructions } from '../../src/spec/isa.ts';
import { computeCycles } from '../../src/spec/sequence.ts';
import { retireLatency, SETUP_CYCLES, writeLatency } from '../../src/spec/timing.ts';
import { windowTables } from '../../src/spec/window.ts';
import { randomLayerNetwork } from '../support/random-network.ts';
import { zooNetwork } from '../support/zoo-network.ts';

const header: Instruction = { opcode: 'HEADER', fields: { magic: MAGIC, identity: 0, count: 0 } };
const end: Instruction = { opcode: 'END', fields: {} };
const noWaits = { waitLoad: 0, waitCompute: 0, waitStore: 0 };

describe('the cycle model', () => {
  it('brings a load in after the latency, one beat a cycle', () => {
    const config = namedConfig('virtex7');
    const load = (count: number, address: number): Instruction => ({
      opcode: 'LOAD',
      fields: { ...noWaits, target: 0, memoryAddress: 4096, count, address },
    });
    const { timings, readBytes } = simulateCycles(config, [header, load(64, 0), load(8, 64), end]);
    const [first, second] = [timings[1]!, timings[2]!];
    // A word of 256 bytes takes four beats of 64; address register, latency, and one cycle to write the last word.
    expect(first.end - first.start).toBe(1 + config.memoryLatency + 64 * 4);
    // The second follows after a cycle: its addresses were sent while data of the first came in.
    expect(second.end - first.end).toBe(1 + 8 * 4);
    expect(readBytes).toBe(4 * 32 + (64 + 8) * 256);
  });

  it('starts computes back to back, and after the pipeline where one waits for the other', async () => {
    const config = namedConfig('tiny');
    const { program, graph } = compile(await zooNetwork('mobilenet_v1_0.05_32'), config);
    const at = program.instructions.findIndex(({ opcode }) => opcode === 'COMPUTE');
    const stage = graph.stages[program.origins[at]!.stage!]!;
    const sets = setInstructions(0, stageGeometry(config, graph, stage));
    const compute = (waitCompute: number): Instruction => ({
      opcode: 'COMPUTE',
      fields: { ...program.instructions[at]!.fields, slot: 0, waitLoad: 0, waitCompute, waitStore: 0 },
    });
    const { timings, cycles } = simulateCycles(config, [header, ...sets, compute(0), compute(0), compute(2), end]);
    const [first, second, third] = timings.filter((timing) => timing !== undefined) as [
      never,
      never,
      never,
    ] as unknown as {
      start: number;
      end: number;
      retired: number;
      stall: number;
      cause: string;
    }[];
    expect(second!.start).toBe(first!.end + 1);
    expect(second!.stall).toBe(0);
    expect(third!.start).toBe(second!.end + retireLatency(config) + 1);
    expect(third!.cause).toBe('compute');
    expect(third!.stall).toBe(retireLatency(config));
    expect(cycles).toBeGreaterThanOrEqual(third!.retired);
    expect(first!.start).toBeGreaterThan(SETUP_CYCLES);
  });

  it('issues as many cycles as the sequence says, never two computes at once, and ends when all have retired', async () => {
    for (const config of [
      namedConfig('tiny'),
      namedConfig('virtex7'),
      parseConfig({ ...namedConfig('pynq-z2'), requantisePixels: 1 }),
    ]) {
      const compiled = compile(await zooNetwork('mobilenet_v2_0.35_64'), config);
      const { graph, program } = compiled;
      const { timings, cycles, readBytes, writeBytes } = simulateCycles(config, program.instructions);
      const halo = windowTables(config).haloGroups;
      let before = -1;
      let computes = 0;
      program.instructions.forEach(({ opcode, fields }, index) => {
        const timing = timings[index];
        if (opcode !== 'COMPUTE') return;
        const stage = stageGeometry(config, graph, graph.stages[program.origins[index]!.stage!]!);
        const f = fields as { [name: string]: number };
        const least = computeCycles(config, stage, halo, f.row!, f.rows!, f.blocks!);
        const took = timing!.end - timing!.start + 1;
        // The first group may wait for the requantisation of the instruction before, or find it idle.
        expect(took).toBeGreaterThan(least - config.pixels);
        expect(took).toBeLessThan(least + config.pixels);
        expect(timing!.start).toBe(before + 1 + timing!.stall);
        expect(timing!.retired).toBeLessThanOrEqual(cycles);
        before = timing!.end;
        computes += 1;
      });
      expect(computes).toBeGreaterThan(50);
      const output = program.tensors.get(graph.outputs[0]!)!;
      expect(writeBytes).toBe(output.bytes);
      expect(readBytes).toBeGreaterThan(program.weights.bytes);
    }
  });

  it('lets no loaded word into the banks while any of several short computes writes', async () => {
    const config = parseConfig({ ...namedConfig('tiny'), pixels: 8, requantisePixels: 1 });
    const network = randomLayerNetwork(3, { op: 'table', maxExtent: 9, maxChannels: 4, multiplierBits: 16 });
    const { program, graph } = compile(network, config);
    const at = program.instructions.findIndex(({ opcode }) => opcode === 'COMPUTE');
    const sets = setInstructions(0, stageGeometry(config, graph, graph.stages[program.origins[at]!.stage!]!));
    const compute: Instruction = {
      opcode: 'COMPUTE',
      fields: { ...program.instructions[at]!.fields, slot: 0, ...noWaits },
    };
    const rows = { target: 2, count: 1, address: 0, rowSet: 0, pitch: 1, base: 0, end: 4, memoryAddress: 4096 };
    const load: Instruction = { opcode: 'LOAD', fields: { ...noWaits, ...rows } };
    const instructions = [header, load, ...sets, ...new Array<Instruction>(6).fill(compute), end];
    const interval = config.pixels / config.requantisePixels;
    let met = 0;
    for (let memoryLatency = 1; memoryLatency < 120; memoryLatency++) {
      const { timings } = simulateCycles(config, instructions, { memoryLatency });
      const loaded = timings[1]!.end;
      const computes = timings.slice(2).filter((timing) => timing !== undefined);
      // Several are in the pipeline at once: that is the case looked at.
      expect(computes[2]!.start).toBeLessThan(computes[0]!.end + writeLatency(config));
      for (const { end: last } of computes) {
        const first = last + writeLatency(config);
        expect(loaded < first || loaded >= first + interval, `word ${loaded}, writes from ${first}`).toBe(true);
        if (loaded === first + interval) met += 1;
      }
    }
    expect(met).toBeGreaterThan(0);
  });

  it('gives the same cycles whether or not quiet time is skipped', async () => {
    const config = namedConfig('tiny');
    const { program } = compile(await zooNetwork('mobilenet_v1_0.05_32'), config);
    const fast = simulateCycles(config, program.instructions);
    const slow = simulateCycles(config, program.instructions, { everyCycle: true });
    expect(slow).toEqual(fast);
  });

  it('takes longer with a slower memory', async () => {
    const config = namedConfig('pynq-z2');
    const { program } = compile(await zooNetwork('mobilenet_v1_0.05_32'), config);
    const at = (memoryLatency: number) => simulateCycles(config, program.instructions, { memoryLatency }).cycles;
    expect(at(1)).toBeLessThan(at(100));
    expect(at(100)).toBeLessThan(at(1000));
    expect(encodeProgram(program.instructions).length).toBe(program.program.bytes);
  });

  it('stops with an error where a program would hang', () => {
    const config = namedConfig('tiny');
    const load: Instruction = {
      opcode: 'LOAD',
      fields: { ...noWaits, waitCompute: 1, target: 0, memoryAddress: 0, count: 1, address: 0 },
    };
    expect(() => simulateCycles(config, [header, load, end])).toThrow('hangs');
  });
});
