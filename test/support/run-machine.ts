/** Runs a compiled network on the machine and holds every row that it computes against the reference. */
import type { Compiled } from '../../src/compile/compile.ts';
import { ringOf, slotAddress } from '../../src/simulate/compute.ts';
import { Machine } from '../../src/simulate/machine.ts';
import { loadMemory, readTensor } from '../../src/simulate/program-io.ts';
import { activationIndex } from '../../src/spec/layout.ts';

export interface MachineRun {
  /** Codes compared. */
  readonly compared: number;
  /** The first difference in words, or undefined. */
  readonly firstDifference: string | undefined;
}

export interface MachineRunOptions {
  /** Pruning level; default 0. */
  readonly level?: number;
  /** Channels of each network tensor that are computed; default all. */
  readonly kept?: readonly number[];
}

export function runMachine(
  compiled: Compiled,
  inputs: readonly Int8Array[],
  expected: readonly Int8Array[],
  options: MachineRunOptions = {},
): MachineRun {
  const { config, graph, program } = compiled;
  const memory = loadMemory(compiled, inputs);
  const machine = new Machine(config, memory);
  machine.level = options.level ?? 0;
  let compared = 0;
  let firstDifference: string | undefined;
  machine.run(program.instructions, ({ opcode, fields }, index) => {
    if (opcode !== 'COMPUTE') return;
    const stage = graph.stages[program.origins[index]!.stage!]!;
    const tensor = graph.tensors[stage.output]!;
    const want = expected[tensor.networkTensor]!;
    const f = fields as { [name: string]: number };
    const descriptor = machine.stage(f.slot!);
    const channels = options.kept?.[tensor.networkTensor] ?? tensor.channels;
    const ring = ringOf(descriptor, 'output');
    for (let y = f.row!; y < f.row! + f.rows!; y++) {
      const slot = slotAddress(ring, f.outputRow!, f.row!, y);
      for (let x = 0; x < tensor.width; x++) {
        for (let c = f.block! * config.lanes; c < (f.block! + f.blocks!) * config.lanes; c++) {
          const channel = c + stage.outputBlock * config.inputs;
          if (channel >= channels) continue;
          const address =
            slot + Math.floor(x / config.pixels) * descriptor.outputBlocks + Math.floor(c / config.inputs);
          const got =
            machine.activations[activationIndex(config, y & 3, address, x % config.pixels, c % config.inputs)]!;
          const wanted = want[(y * tensor.width + x) * tensor.channels + channel]!;
          compared += 1;
          if (got !== wanted) {
            firstDifference ??= `instruction ${index}, ${stage.name}: row ${y}, column ${x}, channel ${channel}: expected ${wanted}, got ${got}`;
          }
        }
      }
    }
  });
  for (const output of graph.outputs) {
    readTensor(compiled, memory, output).forEach((got, index) => {
      compared += 1;
      if (got !== expected[graph.tensors[output]!.networkTensor]![index])
        firstDifference ??= `output ${output} at ${index}`;
    });
  }
  return { compared, firstDifference };
}
