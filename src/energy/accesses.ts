/**
 * Accesses of the on-chip memories, as the ports of the hardware see them: cycles in which a port is enabled, times the
 * memories that it enables. They follow from the program alone, not from values.
 */
import type { Compiled } from '../compile/compile.ts';
import type { ComputeFields } from '../simulate/compute.ts';
import { type Config, ROW_SETS } from '../spec/config.ts';
import type { Stage } from '../spec/isa.ts';
import { computedBlocks, directGroupPixels, directSteps, inputDepth, validKernelRows } from '../spec/sequence.ts';
import { residualTurns } from '../spec/timing.ts';
import type { Enable } from '../synth/estimate.ts';

/** What a COMPUTE does; all are counts. */
export interface ComputeAccesses {
  /** Steps issued: those that multiply, that read ahead, that fetch a residual, and empty ones. */
  issued: number;
  /** Words of M x N weights: one a step that multiplies. */
  weightReads: number;
  /** Words of M parameters: one a group of pixels. */
  parameterReads: number;
  /** Groups of pixels that pass the residual. */
  residualGroups: number;
  /** Words of N channels, one a bank: P banks a row set. */
  bankReads: number;
  /** Words of M channels, one a pixel. */
  bankWrites: number;
}

/** What LOAD and STORE do. */
export interface TransferAccesses {
  /** Whole words written. */
  weightWrites: number;
  parameterWrites: number;
  /** Bus beats written to a table. */
  tableWrites: number;
  /** Words of N channels that LOAD writes and STORE reads, one a bank: P a group. */
  loadWrites: number;
  storeReads: number;
}

export const noComputeAccesses = (): ComputeAccesses => ({
  issued: 0,
  weightReads: 0,
  parameterReads: 0,
  residualGroups: 0,
  bankReads: 0,
  bankWrites: 0,
});

/** Cycles in which each group of enabled flip-flops moves, at each of its steps: see rtl/engine/dw_post.sv. */
export function enabledCycles(
  config: Config,
  { parameterReads, residualGroups }: Pick<ComputeAccesses, 'parameterReads' | 'residualGroups'>,
): { readonly [enable in Enable]: number } {
  const chunks = config.pixels / config.requantisePixels;
  return { codes: parameterReads * chunks, residual: residualGroups * chunks * residualTurns(config) };
}

/** Groups of P columns, or of a direct path's slots, that a row loop of the sequencer goes through. */
export function groupsOf(config: Config, stage: Stage, rows: number): number {
  if (stage.window) return stage.groups;
  if (stage.flat) return Math.ceil((rows * stage.outputWidth) / config.pixels);
  return Math.ceil(stage.outputWidth / directGroupPixels(config, stage.strideX));
}

export function computeAccesses(
  config: Config,
  stage: Stage,
  { row, rows, block, blocks }: Pick<ComputeFields, 'row' | 'rows' | 'block' | 'blocks'>,
  haloGroups: number,
  level: number,
): ComputeAccesses {
  const computed = computedBlocks(config, stage, level, block, blocks);
  const groups = groupsOf(config, stage, rows);
  const counts = noComputeAccesses();
  if (computed === 0) return counts;
  counts.bankWrites = computed * rows * stage.outputWidth;
  if (stage.window) {
    const steps = stage.steps * (1 + stage.repeat);
    counts.parameterReads = computed * rows * groups;
    counts.residualGroups = stage.residual ? counts.parameterReads : 0;
    counts.weightReads = counts.parameterReads * steps;
    counts.issued = counts.weightReads + haloGroups * steps;
    counts.bankReads = counts.issued * ROW_SETS * config.pixels;
    return counts;
  }
  for (let y = row; y < row + (stage.flat ? 1 : rows); y++) {
    const taps = validKernelRows(stage, y).count * stage.kernelWidth;
    const multiplying = taps * inputDepth(stage, level) * (1 + stage.repeat);
    counts.parameterReads += computed * groups;
    counts.residualGroups += stage.residual ? computed * groups : 0;
    counts.weightReads += computed * groups * multiplying;
    counts.issued += computed * groups * directSteps(stage, y, level);
    for (let group = 0; group < groups; group++) {
      const sets = stage.flat ? rowsOfFlatGroup(config, stage, rows, group) : 1;
      const residual = stage.residual ? (stage.broadcast ? 1 : sets) : 0;
      counts.bankReads += computed * (multiplying * sets + residual) * config.pixels;
    }
  }
  return counts;
}

/** A group of the flat path runs across row ends: it reads the row sets of its first and its last pixel. */
function rowsOfFlatGroup({ pixels }: Config, { outputWidth }: Stage, rows: number, group: number): number {
  const last = Math.min((group + 1) * pixels, rows * outputWidth) - 1;
  return Math.floor((group * pixels) / outputWidth) === Math.floor(last / outputWidth) ? 1 : 2;
}

export function transferAccesses({ config, program }: Compiled): TransferAccesses {
  const counts = { weightWrites: 0, parameterWrites: 0, tableWrites: 0, loadWrites: 0, storeReads: 0 };
  for (const { opcode, fields } of program.instructions) {
    const { target, count, pitch } = fields as { target: number; count: number; pitch: number };
    if (opcode === 'STORE') counts.storeReads += count * pitch * config.pixels;
    if (opcode !== 'LOAD') continue;
    if (target === 0) counts.weightWrites += count;
    else if (target === 1) counts.parameterWrites += count;
    else if (target === 2) counts.loadWrites += count * pitch * config.pixels;
    else counts.tableWrites += (count * 256) / config.axiBytes;
  }
  return counts;
}
