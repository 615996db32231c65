/** When a COMPUTE issues its steps, and which row sets it reads and when it writes: the sequencer's timing. */
import type { Config } from '../../spec/config.ts';
import type { Stage } from '../../spec/isa.ts';
import {
  closeInterval,
  computedBlocks,
  directGroupPixels,
  directSteps,
  inputDepth,
  validKernelRows,
  windowSteps,
} from '../../spec/sequence.ts';
import { PIPELINE, writeLatency } from '../../spec/timing.ts';
import type { ComputeFields } from '../compute.ts';

const ALL_SETS = 0b1111;

/** One COMPUTE on the sequencer from its first issue cycle. */
export class Issue {
  readonly first: number;
  /** Cycle of the last step. */
  readonly last: number;
  /** Cycle of each group's first and last step. */
  private readonly starts: Int32Array;
  private readonly closes: Int32Array;
  private readonly config: Config;
  private readonly stage: Stage;
  private readonly fields: ComputeFields;
  private readonly groupsPerRow: number;
  private readonly readAhead: number;
  private readonly level: number;
  private readonly closeBefore: number;
  private cursor = 0;
  private writeCursor = 0;

  /** `first` is the cycle of the first step; `lastClose` the last group end before it. */
  constructor(
    config: Config,
    stage: Stage,
    fields: ComputeFields,
    haloGroups: number,
    first: number,
    lastClose: number,
    level: number,
  ) {
    this.level = level;
    this.config = config;
    this.stage = stage;
    this.fields = fields;
    this.first = first;
    this.closeBefore = lastClose;
    const interval = closeInterval(config, stage.residual !== 0);
    const { row, rows } = fields;
    const blocks = computedBlocks(config, stage, level, fields.block, fields.blocks);
    this.groupsPerRow = stage.window
      ? stage.groups
      : stage.flat
        ? Math.ceil((rows * stage.outputWidth) / config.pixels)
        : Math.ceil(stage.outputWidth / directGroupPixels(config, stage.strideX));
    const rowLoops = stage.flat ? 1 : rows;
    const count = blocks * rowLoops * this.groupsPerRow;
    this.starts = new Int32Array(count);
    this.closes = new Int32Array(count);
    this.readAhead = stage.window ? haloGroups * windowSteps(stage) : 0;
    let cycle = first + this.readAhead;
    let close = lastClose;
    let group = 0;
    for (let block = 0; block < blocks; block++) {
      for (let y = row; y < row + rowLoops; y++) {
        const steps = stage.window ? windowSteps(stage) : directSteps(stage, y, level);
        for (let x = 0; x < this.groupsPerRow; x++) {
          this.starts[group] = cycle;
          close = Math.max(cycle + steps - 1, close + interval);
          this.closes[group] = close;
          cycle = close + 1;
          group += 1;
        }
      }
    }
    // With no block left at this level the instruction takes one cycle without a step.
    this.last = blocks === 0 ? first : close;
  }

  get lastClose(): number {
    return this.closes[this.closes.length - 1] ?? this.closeBefore;
  }

  /** Cycle of the last write; nothing of this instruction is in the pipeline afterwards. */
  get done(): number {
    return this.last + writeLatency(this.config) + closeInterval(this.config, false) - 1;
  }

  /** Row sets that the banks read in cycle `t`, as bits; `t` never decreases from call to call. */
  readSets(t: number): number {
    const cycle = t - PIPELINE.read;
    if (cycle < this.first || cycle > this.last) return 0;
    if (this.closes.length === 0) return 0;
    const { stage } = this;
    while (this.cursor < this.closes.length - 1 && this.closes[this.cursor]! < cycle) this.cursor += 1;
    const group = this.cursor;
    const start = this.starts[group]!;
    const close = this.closes[group]!;
    if (stage.window) return this.windowStalled(cycle, group) ? 0 : ALL_SETS;
    const row = this.fields.row + (stage.flat ? 0 : Math.floor(group / this.groupsPerRow) % this.fields.rows);
    const steps = directSteps(stage, row, this.level);
    let step = cycle - start;
    // A group that waits for requantisation holds its last step.
    if (step >= steps - 1) {
      if (cycle !== close) return 0;
      step = steps - 1;
    }
    return this.directSets(group % this.groupsPerRow, row, step, steps);
  }

  private windowStalled(cycle: number, group: number): boolean {
    const steps = windowSteps(this.stage);
    return cycle >= this.starts[group]! + steps - 1 && cycle !== this.closes[group]!;
  }

  private directSets(group: number, row: number, step: number, steps: number): number {
    const { stage, config } = this;
    if (stage.flat) {
      const firstPixel = group * config.pixels;
      const lastPixel = Math.min(firstPixel + config.pixels, this.fields.rows * stage.outputWidth) - 1;
      const set = (pixel: number) => 1 << ((row + Math.floor(pixel / stage.outputWidth)) & 3);
      return stage.residual && stage.broadcast && step === steps - 1 ? 1 : set(firstPixel) | set(lastPixel);
    }
    if (stage.residual && step === steps - 1) return 1 << (stage.broadcast ? 0 : row & 3);
    const valid = validKernelRows(stage, row);
    if (valid.count === 0) return 0;
    const perRow = stage.kernelWidth * inputDepth(stage, this.level);
    const ky = valid.first + Math.floor((step % (valid.count * perRow)) / perRow);
    const y = ((1 + stage.strideY) * row - stage.paddingTop + ky) >> stage.upsample;
    return 1 << (y & 3);
  }

  /** True where the activation memory's write port is used in cycle `t`; `t` never decreases. */
  writes(t: number): boolean {
    const latency = writeLatency(this.config);
    const interval = closeInterval(this.config, false);
    while (this.writeCursor < this.closes.length - 1 && this.closes[this.writeCursor]! + latency + interval - 1 < t) {
      this.writeCursor += 1;
    }
    if (this.closes.length === 0) return false;
    const at = this.closes[this.writeCursor]! + latency;
    return t >= at && t < at + interval;
  }
}
