/** What a COMPUTE must have written, and where the RTL's activation banks hold it. */
import type { Compiled } from '../compile/compile.ts';
import { ringOf, slotAddress } from '../simulate/compute.ts';
import { DescriptorFile } from '../simulate/descriptors.ts';
import { ROW_SETS } from '../spec/config.ts';
import { readBank } from './banks.ts';
import type { RtlBench } from './bench.ts';

/** A code that the RTL computed otherwise. */
export interface ValueDifference {
  /** Instruction of the program, or undefined for an output tensor in external memory. */
  readonly index: number | undefined;
  /** Name of the stage, or of the output tensor. */
  readonly layer: string;
  readonly row: number;
  readonly column: number;
  readonly channel: number;
  readonly expected: number;
  readonly got: number;
  /** Cycle of the frame in which the COMPUTE had retired. */
  readonly cycle: number;
}

/** The rows that a COMPUTE writes: everything needed to compare them. */
export interface ComputeOutput {
  readonly index: number;
  readonly layer: string;
  /** Network layers that the stage computes. */
  readonly layers: readonly number[];
  readonly networkTensor: number;
  readonly width: number;
  readonly channels: number;
  /** Channels [first, end) of the tensor. */
  readonly firstChannel: number;
  readonly endChannel: number;
  readonly rows: readonly { readonly row: number; readonly slot: number }[];
  /** Words of N channels of a pixel in the bank, and the word in which channel 0 of the block range lies. */
  readonly blocks: number;
  readonly channelShift: number;
}

/** The outputs of all COMPUTEs, in program order. */
export function computeOutputs({ config, graph, program }: Compiled): ComputeOutput[] {
  const descriptors = new DescriptorFile();
  const outputs: ComputeOutput[] = [];
  for (const [index, { opcode, fields }] of program.instructions.entries()) {
    if (opcode === 'SET') descriptors.write(fields);
    if (opcode !== 'COMPUTE') continue;
    const f = fields as { readonly [name: string]: number };
    const stage = graph.stages[program.origins[index]!.stage!]!;
    const tensor = graph.tensors[stage.output]!;
    const descriptor = descriptors.read(f.slot!);
    const ring = ringOf(descriptor, 'output');
    const shift = stage.outputBlock * config.inputs;
    outputs.push({
      index,
      layer: stage.name,
      layers: stage.layers,
      networkTensor: tensor.networkTensor,
      width: tensor.width,
      channels: tensor.channels,
      firstChannel: f.block! * config.lanes + shift,
      endChannel: Math.min(tensor.channels, (f.block! + f.blocks!) * config.lanes + shift),
      rows: Array.from({ length: f.rows! }, (_, y) => ({
        row: f.row! + y,
        slot: slotAddress(ring, f.outputRow!, f.row!, f.row! + y),
      })),
      blocks: descriptor.outputBlocks,
      channelShift: shift,
    });
  }
  return outputs;
}

export interface OutputComparison {
  readonly compared: number;
  readonly difference: ValueDifference | undefined;
}

/** Compares what the banks hold with `expected`, the codes (HWC) of the whole tensor; `kept`: channels that are computed. */
export async function compareOutput(
  bench: RtlBench,
  { config }: Compiled,
  output: ComputeOutput,
  expected: Int8Array,
  cycle: number,
  kept: readonly number[],
): Promise<OutputComparison> {
  const { pixels, inputs } = config;
  const { width, channels, blocks, channelShift } = output;
  const words = Math.ceil(width / pixels) * blocks;
  const columns = Math.min(pixels, width);
  const endChannel = Math.min(output.endChannel, kept[output.networkTensor]!);
  const held = await Promise.all(
    output.rows.flatMap(({ row, slot }) =>
      Array.from({ length: columns }, (_, column) => readBank(bench, config, row % ROW_SETS, column, slot, words)),
    ),
  );
  let compared = 0;
  let difference: ValueDifference | undefined;
  for (const [y, { row }] of output.rows.entries()) {
    for (let x = 0; x < width; x++) {
      const bank = held[y * columns + (x % pixels)]!;
      const pixel = Math.floor(x / pixels) * blocks * inputs;
      for (let channel = output.firstChannel; channel < endChannel; channel++) {
        const got = (bank[pixel + channel - channelShift]! << 24) >> 24;
        const want = expected[(row * width + x) * channels + channel]!;
        compared += 1;
        if (got !== want) {
          difference ??= {
            index: output.index,
            layer: output.layer,
            row,
            column: x,
            channel,
            expected: want,
            got,
            cycle,
          };
        }
      }
    }
  }
  return { compared, difference };
}
