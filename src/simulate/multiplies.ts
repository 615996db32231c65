/**
 * What the activity counters of the accelerator hold after a frame: multiplications whose operand registers moved, and
 * those that pruning held, of all P x M x N multipliers in every step that multiplies.
 *
 * A multiplication is held where |w| < the weight threshold or |x - z| < the activation threshold. What lies outside the
 * map, in an idle slot or under no tap is 0, so it is held where the activation threshold is above 0. Bytes of a word
 * beyond the tensor's channels count as what memory holds, which is why the program is executed.
 */
import type { Compiled } from '../compile/compile.ts';
import { type Config, ROW_SETS } from '../spec/config.ts';
import type { Stage } from '../spec/isa.ts';
import { computedBlocks, directGroupPixels, inputDepth, validKernelRows } from '../spec/sequence.ts';
import { type WindowTables, windowTables } from '../spec/window.ts';
import { type ComputeFields, type RowRing, ringOf, slotAddress, thresholds } from './compute.ts';
import { DescriptorFile } from './descriptors.ts';
import { Machine } from './machine.ts';

export interface Multiplies {
  readonly active: number;
  readonly pruned: number;
}

/** `memory`: external memory at the start of the frame (`loadMemory`); it is not changed. */
export function countMultiplies({ config, program, pruning }: Compiled, memory: Uint8Array, at = 0): Multiplies {
  const { instructions } = program;
  const level = pruning === undefined ? 0 : at;
  const machine = new Machine(config, memory.slice());
  machine.level = level;
  const counter = new MultiplyCounter(config, machine, level);
  const descriptors = new DescriptorFile();
  // What a COMPUTE reads is there after the instruction in front of it. Level 0 prunes nothing, whatever the data.
  const count = (index: number): void => {
    const next = instructions[index];
    if (next?.opcode === 'SET') descriptors.write(next.fields);
    if (next?.opcode !== 'COMPUTE') return;
    counter.compute(descriptors.read(next.fields.slot as number), next.fields as unknown as ComputeFields);
  };
  if (level === 0) {
    for (const index of instructions.keys()) count(index);
  } else machine.run(instructions, (_, index) => count(index + 1));
  return { active: counter.active, pruned: counter.all - counter.active };
}

class MultiplyCounter {
  active = 0;
  all = 0;
  private readonly config: Config;
  private readonly machine: Machine;
  private readonly level: number;
  private readonly windows: WindowTables;
  /** Lanes whose weight moves, by input. */
  private readonly lanes: Int32Array;
  private weightThreshold = 0;
  private activationThreshold = 0;
  private input: RowRing = { base: 0, end: 0, pitch: 1 };
  private firstRow = 0;

  constructor(config: Config, machine: Machine, level: number) {
    this.config = config;
    this.machine = machine;
    this.level = level;
    this.windows = windowTables(config);
    this.lanes = new Int32Array(config.inputs);
  }

  compute(stage: Stage, fields: ComputeFields): void {
    const { config, level } = this;
    const { pixels, lanes, inputs } = config;
    [this.weightThreshold, this.activationThreshold] = thresholds(stage, level);
    this.input = ringOf(stage, 'input');
    this.firstRow = Math.max(0, (1 + stage.strideY) * fields.row - stage.paddingTop) >> stage.upsample;
    const computed = computedBlocks(config, stage, level, fields.block, fields.blocks);
    const rounds = 1 + stage.repeat;
    const whole = this.weightThreshold === 0 && this.activationThreshold === 0;
    const each = stage.flat ? pixels : directGroupPixels(config, stage.strideX);
    const groups = stage.window ? stage.groups : Math.ceil(((stage.flat ? fields.rows : 1) * stage.outputWidth) / each);
    const depth = inputDepth(stage, level);
    const words = stage.window
      ? stage.steps
      : stage.kernelHeight * stage.kernelWidth * (stage.diagonal ? 1 : stage.inputBlocks);
    for (let index = 0; index < computed; index++) {
      const block = fields.block + index;
      const first = stage.sharedWeights
        ? fields.weights + (stage.window ? 0 : block % (inputs / lanes))
        : fields.weights + index * rounds * words;
      for (let y = 0; y < (stage.flat ? 1 : fields.rows); y++) {
        const row = fields.row + y;
        const taps = validKernelRows(stage, row).count * stage.kernelWidth;
        const steps = (stage.window ? stage.steps : taps * depth) * rounds * groups;
        this.all += steps * pixels * lanes * inputs;
        if (whole) {
          this.active += steps * pixels * lanes * inputs;
          continue;
        }
        for (let group = 0; group < groups; group++) {
          for (let round = 0; round < rounds; round++) {
            const weights = first + round * words;
            if (stage.window) this.windowGroup(stage, fields, row, group, block, weights);
            else this.directGroup(stage, fields, row, group, block, weights);
          }
        }
      }
    }
  }

  private directGroup(
    stage: Stage,
    fields: ComputeFields,
    row: number,
    group: number,
    block: number,
    firstWord: number,
  ): void {
    const { config } = this;
    const { pixels, inputs, lanes } = config;
    const each = stage.flat ? pixels : directGroupPixels(config, stage.strideX);
    const depth = inputDepth(stage, this.level);
    const own = stage.diagonal ? Math.floor((block * lanes) / inputs) : 0;
    const perTap = stage.sharedWeights ? 0 : stage.diagonal ? 1 : stage.inputBlocks;
    const { first, count } = validKernelRows(stage, row);
    const top = (1 + stage.strideY) * row - stage.paddingTop;
    for (let ky = first; ky < first + count; ky++) {
      for (let kx = 0; kx < stage.kernelWidth; kx++) {
        for (let word = 0; word < depth; word++) {
          this.wanted(firstWord + (ky * stage.kernelWidth + kx) * perTap + word);
          for (let slot = 0; slot < pixels; slot++) {
            const pixel = group * each + slot;
            const used = slot < each && pixel < (stage.flat ? fields.rows : 1) * stage.outputWidth;
            const x = stage.flat ? pixel % stage.outputWidth : pixel;
            const y = stage.flat ? row + Math.floor(pixel / stage.outputWidth) : top + ky;
            const column = stage.flat ? x : (1 + stage.strideX) * x - stage.paddingLeft + kx;
            const at = used ? this.byteOf(stage, fields, y, column, own + word) : -1;
            for (let input = 0; input < inputs; input++) {
              if (this.moves(stage, at < 0 ? -1 : at + input)) this.active += this.lanes[input]!;
            }
          }
        }
      }
    }
  }

  private windowGroup(
    stage: Stage,
    fields: ComputeFields,
    row: number,
    group: number,
    block: number,
    firstWord: number,
  ): void {
    const { pixels, inputs, lanes } = this.config;
    const kernel = [...this.windows.kernels.values()].find(({ firstStep }) => firstStep === stage.firstStep)!;
    const top = (1 + stage.strideY) * row - stage.paddingTop;
    const own = Math.floor((block * lanes) / inputs);
    const offset = (block * lanes) % inputs;
    for (let s = 0; s < stage.steps; s++) {
      const { taps, firstRow } = this.windows.steps[stage.firstStep + s]!;
      this.wanted(firstWord + s);
      for (let input = 0; input < inputs; input++) {
        const tap = taps[input];
        for (let pixel = 0; pixel < pixels; pixel++) {
          if (tap === undefined) {
            if (this.moves(stage, -1)) this.active += this.lanes[input]!;
            continue;
          }
          const lanewise = tap.byte === 'lane';
          const column = group * pixels + pixel - kernel.centre + tap.column;
          // Groups beyond the last one that the instruction reads are blank.
          const read = column < stage.groups * pixels;
          const word = read ? this.byteOf(stage, fields, top + firstRow + tap.row, column, lanewise ? own : 0) : -1;
          if (typeof tap.byte === 'number') {
            if (this.moves(stage, word < 0 ? -1 : word + tap.byte)) this.active += this.lanes[input]!;
            continue;
          }
          for (let lane = 0; lane < lanes; lane++) {
            if (this.moves(stage, word < 0 ? -1 : word + offset + lane) && this.weightMoves(firstWord + s, lane, input))
              this.active += 1;
          }
        }
      }
    }
  }

  /** Whether an activation's register moves; -1 is a 0. */
  private moves(stage: Stage, at: number): boolean {
    const x = at < 0 ? 0 : this.machine.activations[at]! - stage.inputZero;
    return Math.abs(x) >= this.activationThreshold;
  }

  private weightMoves(word: number, lane: number, input: number): boolean {
    const { lanes, inputs } = this.config;
    return Math.abs(this.machine.weights[(word * lanes + lane) * inputs + input]!) >= this.weightThreshold;
  }

  /** Fills in `lanes` for a weight word. */
  private wanted(word: number): void {
    const { lanes, inputs } = this.config;
    for (let input = 0; input < inputs; input++) {
      let count = 0;
      for (let lane = 0; lane < lanes; lane++) count += Number(this.weightMoves(word, lane, input));
      this.lanes[input] = count;
    }
  }

  /** First byte of an input word, or -1 outside the map. */
  private byteOf(stage: Stage, fields: ComputeFields, row: number, column: number, block: number): number {
    const { config } = this;
    const y = row >> stage.upsample;
    const x = column >> stage.upsample;
    if (row < 0 || column < 0 || y >= stage.inputHeight || x >= stage.inputWidth) return -1;
    const slot = slotAddress(this.input, fields.inputRow, this.firstRow, y);
    const group = Math.floor(x / config.pixels);
    const address = slot + group * stage.inputBlocks + block;
    const position =
      ((y & (ROW_SETS - 1)) * config.activationDepth + address) * config.pixels + x - group * config.pixels;
    return position * config.inputs;
  }
}
