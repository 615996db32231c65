/**
 * Activity of a frame: what moves in the array, counted in the order in which the sequencer feeds it, and what the
 * compute unit does with its memories.
 *
 * `countActivity` takes the network's values (`KernelRunner.runAll`), so that a photograph takes milliseconds; with
 * `every` = n it walks about one run of steps in n (a run is a block of an output row), `LEAST_RUNS` of a stage at least,
 * and scales what it counted.
 * `countProgram` executes the program and counts what the hardware sees, to the bit: the two differ by the channels of
 * a word beyond those of its tensor, where memory holds whatever lay there.
 */
import type { Compiled } from '../compile/compile.ts';
import type { MachineStage } from '../compile/machine-graph.ts';
import { type ComputeFields, ringOf, slotAddress } from '../simulate/compute.ts';
import { DescriptorFile } from '../simulate/descriptors.ts';
import { Machine } from '../simulate/machine.ts';
import { spaceToDepth } from '../simulate/program-io.ts';
import { ROW_SETS } from '../spec/config.ts';
import type { Stage } from '../spec/isa.ts';
import { windowTables } from '../spec/window.ts';
import { type ComputeAccesses, computeAccesses, noComputeAccesses } from './accesses.ts';
import { type ArrayCounts, noCounts } from './array.ts';
import { type Operands, runsOf, Sampler, StepWalker, wordsPerRound } from './walk.ts';

export interface ActivityOptions {
  /** Pruning level; default 0. */
  readonly level?: number;
  /** Count one run of steps in so many; default 1, all. */
  readonly every?: number;
}

export interface StageActivity extends ArrayCounts, ComputeAccesses {
  readonly name: string;
  readonly kind: MachineStage['kind'];
  /** Codes requantised, lanes beyond the last channel included. */
  requantised: number;
}

/** `tensors`: codes of every network tensor at the level, as `KernelRunner.runAll` gives them. One entry a stage. */
export function countActivity(
  compiled: Compiled,
  tensors: readonly Int8Array[],
  { level = 0, every = 1 }: ActivityOptions = {},
): StageActivity[] {
  const counter = new FrameCounter(compiled, level, every);
  const values = new NetworkValues(compiled, tensors, level);
  for (const index of compiled.program.instructions.keys()) {
    counter.instruction(index, (stage, descriptor) => values.operands(stage, descriptor));
  }
  return counter.result();
}

/** `memory`: external memory at the start of the frame (`loadMemory`); it is not changed. The machine is out of reset. */
export function countProgram(compiled: Compiled, memory: Uint8Array, level = 0): StageActivity[] {
  const { config, program } = compiled;
  const counter = new FrameCounter(compiled, level, 1);
  const machine = new Machine(config, memory.slice());
  machine.level = level;
  // What a COMPUTE reads is there after the instruction in front of it.
  machine.run(program.instructions, (_, index) => {
    counter.instruction(index + 1, (_stage, descriptor, fields) => machineOperands(machine, descriptor, fields));
  });
  return counter.result();
}

/** Runs of a stage that a sample holds, where it has as many. */
const LEAST_RUNS = 10;

type OperandsOf = (stage: number, descriptor: Stage, fields: ComputeFields) => Operands;

/** Counts of a frame by stage. */
class FrameCounter {
  private readonly compiled: Compiled;
  private readonly level: number;
  private readonly haloGroups: number;
  private readonly walker: StepWalker;
  private readonly descriptors = new DescriptorFile();
  private readonly stages: StageActivity[];
  private readonly samplers: readonly Sampler[];

  constructor(compiled: Compiled, level: number, every: number) {
    this.compiled = compiled;
    this.level = level;
    this.haloGroups = windowTables(compiled.config).haloGroups;
    this.walker = new StepWalker(compiled.config, level);
    this.samplers = runsOfStages(compiled, level).map(
      (runs) => new Sampler(Math.max(1, Math.min(every, runs / LEAST_RUNS))),
    );
    this.stages = compiled.graph.stages.map(({ name, kind }) => ({
      ...noCounts(),
      ...noComputeAccesses(),
      name,
      kind,
      requantised: 0,
    }));
  }

  instruction(index: number, operandsOf: OperandsOf): void {
    const { program, config } = this.compiled;
    const instruction = program.instructions[index];
    if (instruction?.opcode === 'SET') this.descriptors.write(instruction.fields);
    if (instruction?.opcode !== 'COMPUTE') return;
    const fields = instruction.fields as unknown as ComputeFields;
    const descriptor = this.descriptors.read(fields.slot);
    const stage = program.origins[index]!.stage!;
    const counts = this.stages[stage]!;
    const accesses = computeAccesses(config, descriptor, fields, this.haloGroups, this.level);
    for (const name of Object.keys(accesses) as (keyof ComputeAccesses)[]) counts[name] += accesses[name];
    counts.requantised += accesses.bankWrites * config.lanes;
    const operands = operandsOf(stage, descriptor, fields);
    this.walker.compute(descriptor, fields, operands, this.samplers[stage]!, counts);
  }

  /** Scales what a sample counted to all steps. */
  result(): StageActivity[] {
    for (const counts of this.stages) {
      const factor = counts.weightReads / Math.max(1, counts.steps);
      if (factor === 1) continue;
      for (const name of Object.keys(noCounts()) as (keyof ArrayCounts)[]) counts[name] *= factor;
    }
    return this.stages;
  }
}

function runsOfStages({ config, graph, program }: Compiled, level: number): number[] {
  const descriptors = new DescriptorFile();
  const runs = graph.stages.map(() => 0);
  for (const [index, { opcode, fields }] of program.instructions.entries()) {
    if (opcode === 'SET') descriptors.write(fields);
    if (opcode !== 'COMPUTE') continue;
    const compute = fields as unknown as ComputeFields;
    runs[program.origins[index]!.stage!]! += runsOf(config, descriptors.read(compute.slot), compute, level);
  }
  return runs;
}

/** Values of a network's tensors in place of the machine's memories. */
class NetworkValues {
  private readonly compiled: Compiled;
  private readonly tensors: readonly Int8Array[];
  private readonly level: number;
  /** Inputs as space-to-depth stages read them, by machine tensor. */
  private readonly images = new Map<number, Int8Array>();

  constructor(compiled: Compiled, tensors: readonly Int8Array[], level: number) {
    this.compiled = compiled;
    this.tensors = tensors;
    this.level = level;
  }

  operands(stageIndex: number, stage: Stage): Operands {
    const { graph, levels, config } = this.compiled;
    const { lanes, inputs } = config;
    const machineStage = graph.stages[stageIndex]!;
    const { width, channels } = graph.tensors[machineStage.input]!;
    const perBlock = (1 + stage.repeat) * wordsPerRound(stage);
    return {
      codes: this.codes(machineStage.input),
      codeAt: (row, column, word) => (row * width + column) * channels + word * inputs,
      codesOf: (word) => Math.min(inputs, channels - word * inputs),
      weights: levels?.[stageIndex]?.weights[this.level] ?? machineStage.weights,
      weightWord: (block) =>
        !stage.sharedWeights ? block * perBlock : stage.window ? 0 : block % Math.floor(inputs / lanes),
    };
  }

  /** Codes of a tensor as its rows lie in memory. */
  private codes(index: number): Int8Array {
    const tensor = this.compiled.graph.tensors[index]!;
    const codes = this.tensors[tensor.networkTensor]!;
    if (tensor.spaceToDepth === 1) return codes;
    let image = this.images.get(index);
    if (image === undefined) {
      image = spaceToDepth(codes, tensor.height * 2, tensor.width * 2, tensor.channels / 4);
      this.images.set(index, image);
    }
    return image;
  }
}

function machineOperands(machine: Machine, stage: Stage, fields: ComputeFields): Operands {
  const { config } = machine;
  const { inputs, lanes, pixels, activationDepth } = config;
  const ring = ringOf(stage, 'input');
  const firstRow = Math.max(0, (1 + stage.strideY) * fields.row - stage.paddingTop) >> stage.upsample;
  const perBlock = (1 + stage.repeat) * wordsPerRound(stage);
  return {
    codes: machine.activations,
    codeAt(row, column, word) {
      const group = Math.floor(column / pixels);
      const address = slotAddress(ring, fields.inputRow, firstRow, row) + group * stage.inputBlocks + word;
      return (((row & (ROW_SETS - 1)) * activationDepth + address) * pixels + column - group * pixels) * inputs;
    },
    codesOf: () => inputs,
    weights: machine.weights,
    weightWord: (block) =>
      !stage.sharedWeights
        ? fields.weights + (block - fields.block) * perBlock
        : fields.weights + (stage.window ? 0 : block % Math.floor(inputs / lanes)),
  };
}
