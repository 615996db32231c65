/**
 * Activity of a frame: what moves in the array, counted on the network's values in the order in which the sequencer
 * feeds them, and what the memories and the bus carry.
 *
 * With `every` = 1 all steps are counted, with n about one run of steps in n (a run is a block of an output row), the
 * counts scaled to the whole. Values come from the network (`KernelRunner.runAll`) rather than from the machine, so
 * that a photograph takes milliseconds.
 */
import type { Compiled } from '../compile/compile.ts';
import type { MachineStage, MachineTensor } from '../compile/machine-graph.ts';
import { thresholds } from '../simulate/compute.ts';
import { DescriptorFile } from '../simulate/descriptors.ts';
import { spaceToDepth } from '../simulate/program-io.ts';
import type { Stage } from '../spec/isa.ts';
import { computedBlocks, directGroupPixels, directSteps, inputDepth, windowSteps } from '../spec/sequence.ts';
import { type WindowTables, windowTables } from '../spec/window.ts';
import { type ArrayCounts, noCounts, OperandRegisters } from './array.ts';

export interface ActivityOptions {
  /** Pruning level; default 0. */
  readonly level?: number;
  /** Count one run of steps in so many; default 1, all. */
  readonly every?: number;
}

export interface StageActivity extends ArrayCounts {
  readonly name: string;
  readonly kind: MachineStage['kind'];
  /** Words read from the weight and parameter memories (M x N weights, M parameters). */
  weightReads: number;
  parameterReads: number;
  /** Bytes read from and written to the activation memory by the compute unit. */
  activationBytesRead: number;
  activationBytesWritten: number;
  /** Codes requantised, lanes beyond the last channel included. */
  requantised: number;
}

type ComputeFields = { readonly row: number; readonly rows: number; readonly block: number; readonly blocks: number };

/** `tensors`: codes of every network tensor at the level, as `KernelRunner.runAll` gives them. One entry a stage. */
export function countActivity(
  compiled: Compiled,
  tensors: readonly Int8Array[],
  options: ActivityOptions = {},
): StageActivity[] {
  return new ActivityCounter(compiled, tensors, options).run();
}

class ActivityCounter {
  private readonly compiled: Compiled;
  private readonly tensors: readonly Int8Array[];
  private readonly level: number;
  private readonly every: number;
  private readonly windows: WindowTables;
  private readonly registers: OperandRegisters;
  private readonly operands: Int16Array;
  private readonly images = new Map<number, Int8Array>();
  private unit = 0;

  constructor(compiled: Compiled, tensors: readonly Int8Array[], { level = 0, every = 1 }: ActivityOptions) {
    const { config } = compiled;
    this.compiled = compiled;
    this.tensors = tensors;
    this.level = level;
    this.every = every;
    this.windows = windowTables(config);
    this.registers = new OperandRegisters(config);
    this.operands = new Int16Array(config.lanes * config.pixels * config.inputs);
  }

  run(): StageActivity[] {
    const { graph, program } = this.compiled;
    const descriptors = new DescriptorFile();
    const totals = graph.stages.map(({ name, kind }) => ({
      ...noCounts(),
      name,
      kind,
      weightReads: 0,
      parameterReads: 0,
      activationBytesRead: 0,
      activationBytesWritten: 0,
      requantised: 0,
    }));
    const whole = graph.stages.map(() => 0);
    program.instructions.forEach(({ opcode, fields }, index) => {
      if (opcode === 'SET') descriptors.write(fields);
      if (opcode !== 'COMPUTE') return;
      const stage = program.origins[index]!.stage!;
      const descriptor = descriptors.read(fields.slot as number);
      whole[stage]! += this.compute(stage, descriptor, fields as unknown as ComputeFields, totals[stage]!);
    });
    totals.forEach((counts, stage) => {
      scaleCounts(counts, whole[stage]! / Math.max(1, counts.steps));
    });
    return totals;
  }

  /** Counts a COMPUTE's runs into `totals`; gives the steps of all of them, counted or not. */
  private compute(stageIndex: number, stage: Stage, fields: ComputeFields, totals: StageActivity): number {
    const { config } = this.compiled;
    const computed = computedBlocks(config, stage, this.level, fields.block, fields.blocks);
    const rowLoops = stage.flat ? 1 : fields.rows;
    const groups = stage.window
      ? stage.groups
      : stage.flat
        ? Math.ceil((fields.rows * stage.outputWidth) / config.pixels)
        : Math.ceil(stage.outputWidth / directGroupPixels(config, stage.strideX));
    // Flat rows are long: they are sampled in pieces.
    const piece = stage.flat ? 16 : groups;
    let all = 0;
    for (let block = fields.block; block < fields.block + computed; block++) {
      for (let row = fields.row; row < fields.row + rowLoops; row++) {
        const steps = stage.window ? windowSteps(stage) : directSteps(stage, row, this.level);
        all += steps * groups;
        for (let group = 0; group < groups; group += piece) {
          this.unit += 1;
          // A multiplicative walk, so that samples fall on all rows and blocks alike.
          if (((this.unit * 0.6180339887) % 1) * this.every >= 1) continue;
          for (let at = group; at < Math.min(groups, group + piece); at++) {
            if (stage.window) this.windowGroup(stageIndex, stage, row, at, block, totals);
            else this.directGroup(stageIndex, stage, fields, row, at, block, totals);
          }
        }
      }
    }
    this.memories(stage, fields, computed, all, totals);
    return all;
  }

  private memories(stage: Stage, fields: ComputeFields, computed: number, steps: number, totals: StageActivity): void {
    const { config } = this.compiled;
    const word = config.pixels * config.inputs;
    totals.weightReads += steps;
    totals.parameterReads += computed;
    totals.activationBytesRead += steps * word * (stage.window ? 4 : 1);
    const pixels = fields.rows * stage.outputWidth * computed;
    totals.activationBytesWritten += pixels * config.lanes;
    totals.requantised += pixels * config.lanes;
  }

  /** Input codes of a stage as its rows lie in memory, and their shape. */
  private input(stageIndex: number): { codes: Int8Array; tensor: MachineTensor } {
    const { graph } = this.compiled;
    const index = graph.stages[stageIndex]!.input;
    const tensor = graph.tensors[index]!;
    const codes = this.tensors[tensor.networkTensor]!;
    if (tensor.spaceToDepth === 1) return { codes, tensor };
    let image = this.images.get(index);
    if (image === undefined) {
      image = spaceToDepth(codes, tensor.height * 2, tensor.width * 2, tensor.channels / 4);
      this.images.set(index, image);
    }
    return { codes: image, tensor };
  }

  private weightsOf(stageIndex: number): Int8Array {
    const { levels, graph } = this.compiled;
    return levels?.[stageIndex]?.weights[this.level] ?? graph.stages[stageIndex]!.weights;
  }

  private directGroup(
    stageIndex: number,
    stage: Stage,
    fields: ComputeFields,
    row: number,
    group: number,
    block: number,
    totals: StageActivity,
  ): void {
    const { config } = this.compiled;
    const { pixels, inputs, lanes } = config;
    const { codes, tensor } = this.input(stageIndex);
    const [weightThreshold, activationThreshold] = thresholds(stage, this.level);
    const weights = this.weightsOf(stageIndex);
    const taps = stage.kernelHeight * stage.kernelWidth;
    const depth = inputDepth(stage, this.level);
    const rounds = 1 + stage.repeat;
    const perTap = stage.sharedWeights ? 0 : stage.diagonal ? 1 : stage.inputBlocks;
    const perRound = taps * (stage.diagonal ? 1 : stage.inputBlocks);
    const first = stage.sharedWeights ? block % (inputs / lanes) : block * rounds * perRound;
    const own = stage.diagonal ? Math.floor((block * lanes) / inputs) : 0;
    const each = stage.flat ? pixels : directGroupPixels(config, stage.strideX);
    const places: [number, number][] = [];
    for (let slot = 0; slot < each; slot++) {
      const pixel = group * each + slot;
      const y = stage.flat ? row + Math.floor(pixel / stage.outputWidth) : row;
      const x = stage.flat ? pixel % stage.outputWidth : pixel;
      if (stage.flat ? y < fields.row + fields.rows : x < stage.outputWidth) places.push([y, x]);
    }
    const height = stage.inputHeight << stage.upsample;
    for (let round = 0; round < rounds; round++) {
      for (let ky = 0; ky < stage.kernelHeight; ky++) {
        const inside = (1 + stage.strideY) * row - stage.paddingTop + ky;
        if (inside < 0 || inside >= height) continue;
        for (let kx = 0; kx < stage.kernelWidth; kx++) {
          for (let word = 0; word < depth; word++) {
            this.operands.fill(0);
            places.forEach(([y, x], slot) => {
              const iy = ((1 + stage.strideY) * y - stage.paddingTop + ky) >> stage.upsample;
              const column = (1 + stage.strideX) * x - stage.paddingLeft + kx;
              const ix = column >> stage.upsample;
              if (column < 0 || ix >= tensor.width) return;
              const channel = (own + word) * inputs;
              const from = (iy * tensor.width + ix) * tensor.channels + channel;
              const count = Math.min(inputs, tensor.channels - channel);
              for (let n = 0; n < count; n++) this.operands[slot * inputs + n] = codes[from + n]! - stage.inputZero;
            });
            const at = first + round * perRound + (ky * stage.kernelWidth + kx) * perTap + word;
            const weightAt = at * lanes * inputs;
            this.registers.step(totals, weights, weightAt, this.operands, 0, weightThreshold, activationThreshold);
          }
        }
      }
    }
    if (stage.residual) totals.steps += 1;
  }

  private windowGroup(
    stageIndex: number,
    stage: Stage,
    row: number,
    group: number,
    block: number,
    totals: StageActivity,
  ): void {
    const { config } = this.compiled;
    const { pixels, inputs, lanes } = config;
    const { codes, tensor } = this.input(stageIndex);
    const [weightThreshold, activationThreshold] = thresholds(stage, this.level);
    const weights = this.weightsOf(stageIndex);
    const rounds = 1 + stage.repeat;
    const first = stage.sharedWeights ? 0 : block * rounds * stage.steps;
    const top = (1 + stage.strideY) * row - stage.paddingTop;
    const kernel = [...this.windows.kernels.values()].find(({ firstStep }) => firstStep === stage.firstStep)!;
    for (let round = 0; round < rounds; round++) {
      for (let s = 0; s < stage.steps; s++) {
        const { taps, firstRow } = this.windows.steps[stage.firstStep + s]!;
        this.operands.fill(0);
        const laneWise = taps[0]?.byte === 'lane';
        taps.forEach((tap, input) => {
          if (tap === undefined) return;
          const y = top + firstRow + tap.row;
          if (y < 0 || y >= tensor.height) return;
          for (let pixel = 0; pixel < pixels; pixel++) {
            // The window slides over every column of the input; a stride drops outputs, not steps.
            const x = group * pixels + pixel - kernel.centre + tap.column;
            if (x < 0 || x >= tensor.width) continue;
            const from = (y * tensor.width + x) * tensor.channels;
            if (!laneWise) {
              this.operands[pixel * inputs + input] = codes[from + (tap.byte as number)]! - stage.inputZero;
              continue;
            }
            const count = Math.min(lanes, tensor.channels - block * lanes);
            for (let lane = 0; lane < count; lane++) {
              const code = codes[from + block * lanes + lane]!;
              this.operands[(lane * pixels + pixel) * inputs + input] = code - stage.inputZero;
            }
          }
        });
        const at = (first + round * stage.steps + s) * lanes * inputs;
        const stride = laneWise ? pixels * inputs : 0;
        this.registers.step(totals, weights, at, this.operands, stride, weightThreshold, activationThreshold);
      }
    }
  }
}

function scaleCounts(counts: ArrayCounts, factor: number): void {
  for (const name of Object.keys(noCounts()) as (keyof ArrayCounts)[]) counts[name] *= factor;
}
