/**
 * Random layers at random pruning levels on the whole machine: every byte of the activation banks and of external
 * memory against the machine model, every cycle against the cycle model, the activity counters against the count of
 * products.
 */
import type { Compiled } from '../../../src/compile/compile.ts';
import { readBank } from '../../../src/cosim/banks.ts';
import { eventMask, readFrame, startFrame } from '../../../src/cosim/frame.ts';
import { compareTiming } from '../../../src/cosim/timing.ts';
import { countActivity } from '../../../src/energy/activity.ts';
import { simulateCycles } from '../../../src/simulate/cycles/cycles.ts';
import { Machine } from '../../../src/simulate/machine.ts';
import { loadMemory } from '../../../src/simulate/program-io.ts';
import { runReference } from '../../../src/simulate/reference/reference.ts';
import { type Config, ROW_SETS } from '../../../src/spec/config.ts';
import { configIdentity } from '../../../src/spec/identity.ts';
import { encodeProgram, type Instruction, MAGIC, PRUNING_LEVELS } from '../../../src/spec/isa.ts';
import { groupBytes } from '../../../src/spec/layout.ts';
import { withRandomLevels } from '../../engine/support/random-levels.ts';
import { Random } from '../../support/random.ts';
import type { Rig } from './benches.ts';
import { compileLayer } from './layers.ts';
import type { PairsResult } from './random-pairs.ts';

const LIMIT = 2_000_000;

export interface LevelsOptions {
  readonly firstSeed: number;
  readonly layers: number;
  /** What is done to the compiler's program; default random levels. Undefined: with this one it cannot be done. */
  readonly change?: (compiled: Compiled, random: Random) => Compiled | undefined;
  /** Stop at the first complaint. */
  readonly bail?: boolean;
}

export interface LevelsResult extends PairsResult {
  /** Frames whose activity counters were compared. */
  readonly counted: number;
}

export async function verifyLevels(rig: Rig, config: Config, options: LevelsOptions): Promise<LevelsResult> {
  const { firstSeed, layers, change, bail = false } = options;
  const most = (change === undefined ? 4 : 20) * layers;
  const design = await rig.design(config);
  const complaints: string[] = [];
  let compared = 0;
  let done = 0;
  let counted = 0;
  for (let at = 0; done < layers && at < most; at++) {
    const random = new Random(firstSeed + at);
    // Every other layer is a convolution whose codes lie about the thresholds.
    const near = at % 2 === 0;
    const layer = compileLayer(config, firstSeed + at, near ? random.pick(['conv', 'depthwise']) : undefined);
    if (layer === undefined) continue;
    if (near) {
      layer.compiled.network.inputs.forEach((tensor, index) => {
        const zero = layer.compiled.network.tensors[tensor]!.zeroPoint;
        layer.inputs[index] = layer.inputs[index]!.map(() => Math.max(-128, Math.min(127, zero + random.int(-4, 4))));
      });
    }
    const compiled = (change ?? withRandomLevels)(layer.compiled, random);
    if (compiled === undefined) continue;
    const { instructions } = compiled.program;
    const level = random.int(0, PRUNING_LEVELS);
    const wrong = (text: string) => complaints.push(`${compiled.network.name}, level ${level}: ${text}`);

    // Memory: the image with the changed program, then what fills the banks, so that every byte of them is known.
    const image = loadMemory(compiled, layer.inputs);
    image.set(encodeProgram(instructions));
    const filler = fill(config, Math.ceil(image.length / 4096) * 4096);
    const memory = new Uint8Array(filler.end);
    memory.set(image);
    memory.set(encodeProgram(filler.program), filler.start);
    for (let byte = filler.data; byte < filler.end; byte++) memory[byte] = random.int(0, 255);
    const machine = new Machine(config, memory.slice());
    machine.level = level;
    machine.run(filler.program);
    // Twice: what the frame before left in memories and counters must not show.
    machine.run(instructions);
    machine.run(instructions);

    const bench = await rig.open(design, { memoryBytes: memory.length, memoryLatency: config.memoryLatency });
    try {
      await bench.writeMemory(0, memory);
      await startFrame(bench, { count: filler.program.length, offset: filler.start });
      await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
      await bench.step(1);
      await startFrame(bench, { count: instructions.length, level });
      await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
      await bench.step(1);
      await bench.events();
      await startFrame(bench, { count: instructions.length, level });
      await bench.runUntilEvent(eventMask('frameEnd'), LIMIT);
      await bench.step(1);
      const records = await bench.events();
      const frame = await readFrame(bench);
      if (!frame.done) wrong(`the frame did not end: ${JSON.stringify(frame.error)}`);
      const cycles = simulateCycles(config, instructions, { level });
      const late = compareTiming(instructions, cycles, records).differences[0];
      if (late !== undefined)
        wrong(`${late.what} (instruction ${late.index}): expected cycle ${late.expected}, got ${late.got}`);
      for (let set = 0; set < ROW_SETS; set++) {
        for (let column = 0; column < config.pixels; column++) {
          const held = await readBank(bench, config, set, column, 0, config.activationDepth);
          const difference = firstBankDifference(config, machine, held, set, column);
          if (difference !== undefined) wrong(difference);
          compared += held.length;
        }
      }
      const left = await bench.readMemory(0, image.length);
      if (Buffer.compare(left, machine.memory.subarray(0, image.length)) !== 0) wrong('external memory differs');
      compared += left.length;
      // The products of a network are not those of a changed program.
      const activity = change === undefined ? expectedActivity(compiled, layer.inputs, level) : undefined;
      if (activity !== undefined) {
        const { activeMultiplies, prunedMultiplies } = frame.counters;
        if (activeMultiplies !== activity.active)
          wrong(`multiplications: expected ${activity.active}, got ${activeMultiplies}`);
        if (prunedMultiplies !== activity.gated)
          wrong(`held multiplications: expected ${activity.gated}, got ${prunedMultiplies}`);
        counted += 1;
      }
      for (const failure of await bench.failures()) wrong(`assertion: ${failure}`);
      for (const violation of (await bench.statistics()).violations) wrong(`bus: ${violation}`);
      done += 1;
    } finally {
      await bench.close();
    }
    if (bail && complaints.length > 0) break;
  }
  return { complaints, compared, done, counted };
}

/** A program at `start` that loads all activation banks, one row a row set. */
function fill(config: Config, start: number) {
  const data = start + 4096;
  const end = data + ROW_SETS * config.activationDepth * groupBytes(config);
  const rows = { target: 2, count: ROW_SETS, address: 0, rowSet: 0, base: 0 };
  const program: Instruction[] = [
    { opcode: 'HEADER', fields: { magic: MAGIC, identity: configIdentity(config), count: 3 } },
    {
      opcode: 'LOAD',
      fields: { ...rows, pitch: config.activationDepth, end: config.activationDepth, memoryAddress: data },
    },
    { opcode: 'END', fields: {} },
  ];
  return { program, start, data, end };
}

function firstBankDifference(
  { activationDepth, pixels, inputs }: Config,
  machine: Machine,
  held: Uint8Array,
  set: number,
  column: number,
): string | undefined {
  for (let address = 0; address < activationDepth; address++) {
    for (let channel = 0; channel < inputs; channel++) {
      const wanted = machine.activations[((set * activationDepth + address) * pixels + column) * inputs + channel]!;
      const got = (held[address * inputs + channel]! << 24) >> 24;
      if (got !== wanted)
        return `set ${set}, address ${address}, column ${column}, channel ${channel}: expected ${wanted}, got ${got}`;
    }
  }
  return undefined;
}

/** Products that move and that are held; undefined where a stage reads what another one leaves at this level. */
function expectedActivity(
  compiled: Parameters<typeof countActivity>[0],
  inputs: readonly Int8Array[],
  level: number,
): { active: number; gated: number } | undefined {
  const { graph, network } = compiled;
  if (graph.stages.some(({ input }) => !graph.inputs.includes(input))) return undefined;
  const stages = countActivity(compiled, runReference(network, inputs), { level });
  const sum = (what: 'active' | 'gated'): number => stages.reduce((total, stage) => total + stage[what], 0);
  return { active: sum('active'), gated: sum('gated') };
}
