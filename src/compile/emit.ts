/** Pass 7: instructions with addresses and waits, and the image of external memory that they run on. */
import { type Config, parameterBytes, ROW_SETS } from '../spec/config.ts';
import { configIdentity } from '../spec/identity.ts';
import {
  encodeProgram,
  INSTRUCTION_BYTES,
  type Instruction,
  MAGIC,
  STAGE_PARTS,
  STAGE_SLOTS,
  type Stage,
  setInstructions,
} from '../spec/isa.ts';
import { channelBlocks, groupBytes, rowWords } from '../spec/layout.ts';
import { inputRows, stageGeometry } from './geometry.ts';
import type { StageLevels } from './levels.ts';
import type { MachineGraph, MachineStage } from './machine-graph.ts';
import type { Placement, Placements } from './place.ts';
import type { Plan } from './plan.ts';
import type { ChunkPlace, PrefetchedSchedule, TimedOperation } from './prefetch.ts';
import type { Schedule } from './schedule.ts';
import { type Access, TokenCounter } from './tokens.ts';

export interface Region {
  readonly address: number;
  readonly bytes: number;
}

/** What a COMPUTE, LOAD or STORE of the program is for; the same index as the instruction. */
export interface Origin {
  readonly stage?: number;
  readonly tensor?: number;
  readonly segment?: number;
  readonly purpose: 'program' | 'weights' | 'parameters' | 'table' | 'rows' | 'compute' | 'set';
}

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly origins: readonly Origin[];
  /** External memory from address 0: program, weights and parameters; what follows is written at run time. */
  readonly image: Uint8Array;
  /** Bytes of external memory that a frame needs in all. */
  readonly memoryBytes: number;
  /** External memory of tensors: network inputs, outputs and spilled ones. */
  readonly tensors: ReadonlyMap<number, Region>;
  readonly program: Region;
  readonly weights: Region;
}

const ALIGNMENT = 64;
const align = (value: number): number => Math.ceil(value / ALIGNMENT) * ALIGNMENT;

interface Levelled {
  readonly address: number;
  readonly stride: number;
}

interface Layout {
  /** Address at level 0 and bytes from one level to the next (0: the same for all). */
  readonly chunkWeights: readonly Levelled[];
  readonly chunkParameters: readonly Levelled[];
  readonly chunkTables: readonly number[];
  readonly tensors: ReadonlyMap<number, Region>;
  readonly programBytes: number;
  readonly weights: Region;
  readonly memoryBytes: number;
}

export function emitProgram(
  config: Config,
  graph: MachineGraph,
  plan: Plan,
  placements: Placements,
  schedule: Schedule,
  prefetched: PrefetchedSchedule,
  levels?: readonly StageLevels[],
): Program {
  const programBytes = countInstructions(graph, plan, schedule, prefetched) * INSTRUCTION_BYTES;
  const layout = layoutMemory(config, graph, plan, schedule, programBytes, levels);
  const emitter = new Emitter(config, graph, placements, schedule, prefetched.places);
  const { instructions, origins } = emitter.run(prefetched.operations, layout);
  if (instructions.length * INSTRUCTION_BYTES !== programBytes)
    throw new Error('the program is not as long as foreseen');
  const image = new Uint8Array(layout.weights.address + layout.weights.bytes);
  image.set(encodeProgram(instructions));
  fillWeights(config, graph, schedule, layout, image, levels);
  return {
    instructions,
    origins,
    image,
    memoryBytes: layout.memoryBytes,
    tensors: layout.tensors,
    program: { address: 0, bytes: programBytes },
    weights: layout.weights,
  };
}

/** The program's length decides where everything after it lies. */
function countInstructions(
  graph: MachineGraph,
  plan: Plan,
  schedule: Schedule,
  prefetched: PrefetchedSchedule,
): number {
  const stages = plan.segments.reduce((sum, { first, end }) => sum + end - first, 0);
  if (stages !== graph.stages.length) throw new Error('a stage is in no segment');
  let count = 2 + stages * STAGE_PARTS;
  for (const operation of prefetched.operations) {
    if (operation.kind !== 'loadChunk') count += 1;
    else count += schedule.chunks[operation.chunk]!.table ? 3 : 2;
  }
  return count;
}

/** Weights lie in the order in which they are first loaded, each followed by its parameters and table. */
function layoutMemory(
  config: Config,
  graph: MachineGraph,
  plan: Plan,
  schedule: Schedule,
  programBytes: number,
  levels: readonly StageLevels[] | undefined,
): Layout {
  let address = align(programBytes);
  const start = address;
  const chunkWeights: Levelled[] = [];
  const chunkParameters: Levelled[] = [];
  const chunkTables: number[] = [];
  const known = new Map<string, number>();
  schedule.chunks.forEach((chunk, index) => {
    const key = `${chunk.stage}:${chunk.block}:${chunk.blocks}`;
    const twin = known.get(key);
    if (twin !== undefined) {
      chunkWeights.push(chunkWeights[twin]!);
      chunkParameters.push(chunkParameters[twin]!);
      chunkTables.push(chunkTables[twin]!);
      return;
    }
    known.set(key, index);
    const place = (bytes: number, images: readonly unknown[] | undefined): Levelled => {
      const copies = images === undefined || images.every((at) => at === images[0]) ? 1 : images.length;
      const placed = { address, stride: copies === 1 ? 0 : align(bytes) };
      address += align(bytes) * copies;
      return placed;
    };
    const stageLevels = levels?.[chunk.stage];
    chunkWeights.push(place(chunk.weightWords * config.lanes * config.inputs, stageLevels?.weights));
    chunkParameters.push(place(chunk.parameterWords * config.lanes * parameterBytes(config), stageLevels?.parameters));
    chunkTables.push(address);
    if (chunk.table) address = align(address + 256);
  });
  const weights = { address: start, bytes: address - start };
  const tensors = new Map<number, Region>();
  for (const tensor of [...graph.inputs, ...graph.outputs, ...plan.external]) {
    if (tensors.has(tensor)) continue;
    const { height, width, channels } = graph.tensors[tensor]!;
    const bytes = height * rowWords(config, width, channels) * groupBytes(config);
    tensors.set(tensor, { address, bytes });
    address = align(address + bytes);
  }
  return { chunkWeights, chunkParameters, chunkTables, tensors, programBytes, weights, memoryBytes: address };
}

function fillWeights(
  config: Config,
  graph: MachineGraph,
  schedule: Schedule,
  layout: Layout,
  image: Uint8Array,
  levels: readonly StageLevels[] | undefined,
): void {
  const wordBytes = config.lanes * config.inputs;
  const parameterWord = config.lanes * parameterBytes(config);
  schedule.chunks.forEach((chunk, index) => {
    const stage = graph.stages[chunk.stage]!;
    const firstWord = stage.sharedWeights ? 0 : chunk.block * stage.wordsPerBlock;
    const { weights = [stage.weights], parameters = [stage.parameters] } = levels?.[chunk.stage] ?? {};
    const bytes = (image: Int8Array | Uint8Array) => new Uint8Array(image.buffer, image.byteOffset, image.length);
    const fill = (images: readonly (Int8Array | Uint8Array)[], at: Levelled, first: number, end: number) => {
      images.slice(0, at.stride === 0 ? 1 : images.length).forEach((source, level) => {
        image.set(bytes(source).subarray(first, end), at.address + level * at.stride);
      });
    };
    fill(weights, layout.chunkWeights[index]!, firstWord * wordBytes, (firstWord + chunk.weightWords) * wordBytes);
    fill(
      parameters,
      layout.chunkParameters[index]!,
      chunk.block * parameterWord,
      (chunk.block + chunk.parameterWords) * parameterWord,
    );
    if (chunk.table)
      image.set(new Uint8Array(stage.table!.buffer, stage.table!.byteOffset, 256), layout.chunkTables[index]!);
  });
}

class Emitter {
  private readonly config: Config;
  private readonly graph: MachineGraph;
  private readonly placements: Placements;
  private readonly schedule: Schedule;
  private readonly places: readonly ChunkPlace[];
  private tokens!: TokenCounter;
  private layout!: Layout;
  private instructions: Instruction[] = [];
  private origins: Origin[] = [];
  private readonly slotOf = new Map<string, number>();
  private nextSlot = 0;
  /** Table that a stage's chunk brought. */
  private readonly tableOf = new Map<number, number>();

  constructor(
    config: Config,
    graph: MachineGraph,
    placements: Placements,
    schedule: Schedule,
    places: readonly ChunkPlace[],
  ) {
    this.config = config;
    this.graph = graph;
    this.placements = placements;
    this.schedule = schedule;
    this.places = places;
    places.forEach(({ table }, chunk) => {
      if (table >= 0) this.tableOf.set(schedule.chunks[chunk]!.stage, table);
    });
  }

  run(operations: readonly TimedOperation[], layout: Layout): { instructions: Instruction[]; origins: Origin[] } {
    this.tokens = new TokenCounter(this.config);
    this.layout = layout;
    this.instructions = [];
    this.origins = [];
    this.slotOf.clear();
    this.nextSlot = 0;
    const count = layout.programBytes / INSTRUCTION_BYTES;
    this.push(
      { opcode: 'HEADER', fields: { magic: MAGIC, identity: configIdentity(this.config), count } },
      { purpose: 'program' },
    );
    for (const operation of operations) {
      if (operation.kind === 'loadChunk') this.chunk(operation.chunk);
      else if (operation.kind === 'compute') this.compute(operation);
      else this.rows(operation);
    }
    this.push({ opcode: 'END', fields: {} }, { purpose: 'program' });
    return { instructions: this.instructions, origins: this.origins };
  }

  private push(instruction: Instruction, origin: Origin): void {
    this.instructions.push(instruction);
    this.origins.push(origin);
  }

  private chunk(index: number): void {
    const chunk = this.schedule.chunks[index]!;
    const place = this.places[index]!;
    const load = (
      target: number,
      purpose: Origin['purpose'],
      space: Access['space'],
      { address: memoryAddress, stride: levelStride }: Levelled,
      address: number,
      count: number,
    ): void => {
      const waits = this.tokens.add('load', [{ space, write: true, words: range(address, address + count) }]);
      this.push(
        { opcode: 'LOAD', fields: { ...waits, target, memoryAddress, count, address, levelStride } },
        { purpose, stage: chunk.stage },
      );
    };
    load(0, 'weights', 'weight', this.layout.chunkWeights[index]!, place.weights, chunk.weightWords);
    load(1, 'parameters', 'parameter', this.layout.chunkParameters[index]!, place.parameters, chunk.parameterWords);
    if (chunk.table) load(3, 'table', 'table', { address: this.layout.chunkTables[index]!, stride: 0 }, place.table, 1);
  }

  private rows(operation: TimedOperation & { kind: 'loadRows' | 'storeRows' }): void {
    const { tensor, segment, row, rows } = operation;
    const ring = this.placements.of(segment, tensor);
    const region = this.layout.tensors.get(tensor)!;
    const load = operation.kind === 'loadRows';
    const rowBytes = ring.pitch * groupBytes(this.config);
    const keys = range(tensor * 1024 + row, tensor * 1024 + row + rows);
    const words = this.rowWordsOf(ring, row, row + rows, 0, ring.pitch, ring.pitch);
    const waits = this.tokens.add(load ? 'load' : 'store', [
      { space: 'activation', write: load, words },
      { space: 'external', write: !load, words: keys },
    ]);
    this.push(
      {
        opcode: load ? 'LOAD' : 'STORE',
        fields: {
          ...waits,
          target: 2,
          memoryAddress: region.address + row * rowBytes,
          count: rows,
          address: slotOfRow(ring, row),
          rowSet: row % ROW_SETS,
          pitch: ring.pitch,
          base: ring.base,
          end: ring.end,
        },
      },
      { purpose: 'rows', tensor, segment },
    );
  }

  private compute(operation: TimedOperation & { kind: 'compute' }): void {
    const { graph } = this;
    const { segment, row, rows, block, blocks } = operation;
    const stage = graph.stages[operation.stage]!;
    const chunk = this.schedule.chunks[operation.chunk]!;
    const place = this.places[operation.chunk]!;
    const input = this.placements.of(segment, stage.input);
    const output = this.placements.of(segment, stage.output);
    const residual = stage.residual === undefined ? undefined : this.placements.of(segment, stage.residual);
    const slot = this.descriptor(operation.stage, segment, stage, input, output, residual);
    const broadcast = stage.codes.broadcast === 1;
    const top = Math.max(0, stage.strideY * row - stage.paddingTop) >> stage.upsample;
    const waits = this.tokens.add('compute', [
      ...this.computeAccesses(stage, operation, { input, output, residual }),
      ...(chunk.weightWords > 0
        ? [{ space: 'weight' as const, write: false, words: range(place.weights, place.weights + chunk.weightWords) }]
        : []),
      { space: 'parameter', write: false, words: range(place.parameters, place.parameters + chunk.parameterWords) },
      ...(stage.table !== undefined
        ? [{ space: 'table' as const, write: false, words: [this.tableOf.get(operation.stage)!] }]
        : []),
    ]);
    this.push(
      {
        opcode: 'COMPUTE',
        fields: {
          ...waits,
          slot,
          row,
          rows,
          block,
          blocks,
          inputRow: slotOfRow(input, top),
          outputRow: slotOfRow(output, row) + stage.outputBlock,
          residualRow: residual === undefined ? 0 : slotOfRow(residual, broadcast ? 0 : row),
          weights: place.weights,
          parameters: place.parameters,
        },
      },
      { purpose: 'compute', stage: operation.stage, segment },
    );
  }

  /** Activation words of a COMPUTE. Reads cover all columns of the rows; channel blocks are exact where lanes are. */
  private computeAccesses(
    stage: MachineStage,
    operation: TimedOperation & { kind: 'compute' },
    rings: { input: Placement; output: Placement; residual: Placement | undefined },
  ): Access[] {
    const { config, graph } = this;
    const { row, rows, block, blocks } = operation;
    const own = (channels: number) => {
      const first = Math.floor((block * config.lanes) / config.inputs);
      const end = Math.ceil(((block + blocks) * config.lanes) / config.inputs);
      return { first, end: Math.min(end, channelBlocks(config, channels)) };
    };
    const inputChannels = graph.tensors[stage.input]!.channels;
    const lanewise = stage.kind === 'depthwise' || stage.codes.diagonal === 1 || stage.sharedWeights;
    const inputBlocks = lanewise ? own(inputChannels) : { first: 0, end: channelBlocks(config, inputChannels) };
    const inRows = inputRows(graph, stage, row, row + rows);
    const stride = (tensor: number) => channelBlocks(config, graph.tensors[tensor]!.channels);
    const accesses: Access[] = [
      {
        space: 'activation',
        write: false,
        words: this.rowWordsOf(
          rings.input,
          inRows.first,
          inRows.end,
          inputBlocks.first,
          inputBlocks.end,
          stride(stage.input),
        ),
      },
    ];
    if (stage.residual !== undefined && rings.residual !== undefined) {
      const blocksOf = own(graph.tensors[stage.residual]!.channels);
      const broadcast = stage.codes.broadcast === 1;
      accesses.push({
        space: 'activation',
        write: false,
        words: this.rowWordsOf(
          rings.residual,
          broadcast ? 0 : row,
          broadcast ? 1 : row + rows,
          blocksOf.first,
          blocksOf.end,
          stride(stage.residual),
        ),
      });
    }
    const out = own(graph.tensors[stage.output]!.channels);
    accesses.push({
      space: 'activation',
      write: true,
      words: this.rowWordsOf(
        rings.output,
        row,
        row + rows,
        out.first + stage.outputBlock,
        out.end + stage.outputBlock,
        stride(stage.output),
      ),
    });
    return accesses;
  }

  private rowWordsOf(
    ring: Placement,
    row: number,
    end: number,
    firstBlock: number,
    endBlock: number,
    stride: number,
  ): number[] {
    const words: number[] = [];
    for (let y = Math.max(0, row); y < end; y++) {
      const start = (y % ROW_SETS) * this.config.activationDepth + slotOfRow(ring, y);
      for (let group = 0; group < ring.pitch; group += stride) {
        for (let block = firstBlock; block < endBlock; block++) words.push(start + group + block);
      }
    }
    return words;
  }

  /** Slot of the stage's descriptor in this segment, written where it is not there yet. */
  private descriptor(
    stageIndex: number,
    segment: number,
    stage: MachineStage,
    input: Placement,
    output: Placement,
    residual: Placement | undefined,
  ): number {
    const key = `${segment}:${stageIndex}`;
    const known = this.slotOf.get(key);
    if (known !== undefined) return known;
    const slot = this.nextSlot;
    this.nextSlot = (this.nextSlot + 1) % STAGE_SLOTS;
    for (const [other, used] of this.slotOf) if (used === slot) this.slotOf.delete(other);
    this.slotOf.set(key, slot);
    const descriptor: Stage = {
      ...stageGeometry(this.config, this.graph, stage),
      table: stage.table === undefined ? 0 : 1 + this.tableOf.get(stageIndex)!,
      inputBase: input.base,
      inputEnd: input.end,
      inputPitch: input.pitch,
      outputBase: output.base + stage.outputBlock,
      outputEnd: output.end + stage.outputBlock,
      outputPitch: output.pitch,
      residualBase: residual?.base ?? 0,
      residualEnd: residual?.end ?? 0,
      residualPitch: residual?.pitch ?? 0,
    };
    for (const instruction of setInstructions(slot, descriptor))
      this.push(instruction, { purpose: 'set', stage: stageIndex });
    return slot;
  }
}

function slotOfRow(ring: Placement, row: number): number {
  const slots = (ring.end - ring.base) / ring.pitch;
  return ring.base + ((((row >> 2) % slots) + slots) % slots) * ring.pitch;
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index);
}
