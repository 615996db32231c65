/** Bytes that a program moves: over the memory bus and through the on-chip memories, by what they are. */
import type { Compiled } from '../compile/compile.ts';
import type { ComputeFields } from '../simulate/compute.ts';
import { DescriptorFile } from '../simulate/descriptors.ts';
import { type Config, parameterBytes, ROW_SETS } from '../spec/config.ts';
import { INSTRUCTION_BYTES, type Stage } from '../spec/isa.ts';
import { groupBytes } from '../spec/layout.ts';
import { directGroupPixels, directSteps, windowSteps } from '../spec/sequence.ts';
import { windowTables } from '../spec/window.ts';

/** Bytes over the bus in one frame; the sum is all that crosses it. */
export interface Traffic {
  readonly program: number;
  readonly weights: number;
  readonly parameters: number;
  readonly tables: number;
  readonly input: number;
  readonly output: number;
  /** Tensors between layers that did not stay on chip, written and read. */
  readonly spill: number;
}

/** Bytes at the ports of one on-chip memory in one frame, by the engine and by DMA together. */
export interface PortBytes {
  readonly read: number;
  readonly write: number;
}

/** On-chip bytes count whole port words (what the banks switch for), also where part of a word is not used. */
export interface OnChipTraffic {
  readonly activation: PortBytes;
  readonly weight: PortBytes;
  readonly parameter: PortBytes;
  readonly table: PortBytes;
  /** Reads and writes of all memories. */
  readonly total: number;
}

export interface TrafficCount {
  readonly offChip: Traffic;
  readonly onChip: OnChipTraffic;
  /** Bus bytes that each stage causes: its weights, parameters and tables, and rows loaded or stored for it. */
  readonly offChipOfStage: readonly number[];
}

type Fields = { readonly [name: string]: number };

/** Counts from the instructions; `cycles` confirms the bus total. */
export function countTraffic(compiled: Compiled): TrafficCount {
  const { config, graph, program } = compiled;
  const offChip = { program: 0, weights: 0, parameters: 0, tables: 0, input: 0, output: 0, spill: 0 };
  const activation = { read: 0, write: 0 };
  const weight = { read: 0, write: 0 };
  const parameter = { read: 0, write: 0 };
  const table = { read: 0, write: 0 };
  const offChipOfStage = graph.stages.map(() => 0);
  const descriptors = new DescriptorFile();
  const halo = windowTables(config).haloGroups;
  // The last beat of the program may bring more than its last instruction.
  offChip.program = Math.ceil((program.instructions.length * INSTRUCTION_BYTES) / config.axiBytes) * config.axiBytes;

  program.instructions.forEach(({ opcode, fields: values }, index) => {
    const origin = program.origins[index]!;
    const fields = values as Fields;
    if (opcode === 'SET') descriptors.write(values);
    else if (opcode === 'LOAD' || opcode === 'STORE') {
      const bytes = transferBytes(compiled, fields);
      if (fields.target === 0) offChip.weights += bytes;
      else if (fields.target === 1) offChip.parameters += bytes;
      else if (fields.target === 3) offChip.tables += bytes;
      else if (opcode === 'LOAD') offChip[graph.inputs.includes(origin.tensor!) ? 'input' : 'spill'] += bytes;
      else offChip[graph.outputs.includes(origin.tensor!) ? 'output' : 'spill'] += bytes;
      const memory = [weight, parameter, activation, table][fields.target!]!;
      if (opcode === 'LOAD') memory.write += bytes;
      else memory.read += bytes;
      const stage = origin.stage ?? stageOfRows(compiled, opcode === 'LOAD', origin.tensor!, origin.segment!);
      if (stage !== undefined) offChipOfStage[stage]! += bytes;
    } else if (opcode === 'COMPUTE') {
      const stage = descriptors.read(fields.slot!);
      const use = computePorts(config, stage, values as unknown as ComputeFields, halo);
      activation.read += use.activationReads;
      activation.write += use.activationWrites;
      weight.read += use.weightReads;
      parameter.read += fields.blocks! * config.lanes * parameterBytes(config);
      if (stage.table) table.read += use.activationWrites;
    }
  });
  const memories = [activation, weight, parameter, table];
  const total = memories.reduce((sum, { read, write }) => sum + read + write, 0);
  return { offChip, onChip: { activation, weight, parameter, table, total }, offChipOfStage };
}

/** Bytes over the bus in all. */
export function totalTraffic(traffic: Traffic): number {
  return Object.values(traffic).reduce((sum, bytes) => sum + bytes, 0);
}

/** Bytes of a LOAD or STORE. */
export function transferBytes({ config }: Compiled, fields: Fields): number {
  const count = fields.count!;
  if (fields.target === 0) return count * config.lanes * config.inputs;
  if (fields.target === 1) return count * config.lanes * parameterBytes(config);
  return fields.target === 2 ? count * fields.pitch! * groupBytes(config) : count * 256;
}

/** First stage of the segment that reads loaded rows, or last one that made stored rows. */
function stageOfRows({ graph, plan }: Compiled, load: boolean, tensor: number, segment: number): number | undefined {
  const { first, end } = plan.segments[segment]!;
  const candidates = Array.from({ length: end - first }, (_, k) => first + k).filter((index) => {
    const stage = graph.stages[index]!;
    return load ? stage.input === tensor || stage.residual === tensor : stage.output === tensor;
  });
  return load ? candidates[0] : candidates.at(-1);
}

/**
 * Port use of one COMPUTE. A window step reads P columns of all row sets, a direct step P words of N channels, the
 * residual step P words; every other step reads M x N weights; outputs are written once, M channels of a pixel each.
 */
export function computePorts(
  config: Config,
  stage: Stage,
  { row, rows, blocks }: Pick<ComputeFields, 'row' | 'rows' | 'blocks'>,
  halo: number,
): { activationReads: number; activationWrites: number; weightReads: number } {
  let groups = 0;
  let steps = 0;
  let words = 0;
  if (stage.window) {
    groups = blocks * rows * stage.groups;
    steps = groups * windowSteps(stage);
    words = (steps + halo * windowSteps(stage)) * ROW_SETS;
  } else if (stage.flat) {
    groups = blocks * Math.ceil((rows * stage.outputWidth) / config.pixels);
    words = steps = groups * directSteps(stage, row);
  } else {
    const perRow = blocks * Math.ceil(stage.outputWidth / directGroupPixels(config, stage.strideX));
    groups = perRow * rows;
    for (let y = row; y < row + rows; y++) steps += perRow * directSteps(stage, y);
    words = steps;
  }
  const weightSteps = steps - (stage.residual ? groups : 0);
  return {
    activationReads: words * groupBytes(config),
    activationWrites: rows * stage.outputWidth * blocks * config.lanes,
    weightReads: weightSteps * config.lanes * config.inputs,
  };
}
