/** Bands of padded input rows for windows: only as many rows at a time as stay in the cache. */
import type { Tensor, TensorIndex, Window } from '../../../network/network.ts';
import { type ActivationPruning, roundingOffset } from '../../../network/numerics.ts';
import { emitWiden } from '../emit/widen.ts';
import type { KernelPlan, Machine, Region } from '../plan.ts';

/** Bytes of scratch that a band or tile should not pass: a share of a level-2 cache. */
export const CACHE_BYTES = 128 * 1024;

export interface BandShape {
  /** Pixels of a band row: left padding, the map's row, and as much to the right as the window reaches. */
  readonly width: number;
  /** Input rows that `outputRows` output rows see. */
  readonly rows: number;
  /** Output rows computed from one band. */
  readonly outputRows: number;
}

/** A band of as many output rows as fit `CACHE_BYTES`, at least one; `pixelBytes` is one pixel's size in it. */
export function bandShape(window: Window, from: Tensor, to: Tensor, pixelBytes: number): BandShape {
  const reach = (to.width - 1) * window.strideX + (window.kernelWidth - 1) * window.dilationX + 1;
  const width = Math.max(reach, window.padding.left + from.width);
  const rowsOf = (outputs: number) => (outputs - 1) * window.strideY + (window.kernelHeight - 1) * window.dilationY + 1;
  let outputRows = 1;
  while (outputRows < to.height && rowsOf(outputRows + 1) * width * pixelBytes <= CACHE_BYTES) outputRows++;
  return { width, rows: rowsOf(outputRows), outputRows };
}

/** Fills `region` with input rows `firstRow` to `firstRow + rows - 1`, padding where they lie outside the map. */
export type StageRows = (firstRow: number, rows: number) => void;

/** Bands of int16 operands x - z; `pixelStride` >= channels counts values. Padding is 0. */
export function planOperandBand(
  plan: KernelPlan,
  tensor: TensorIndex,
  left: number,
  width: number,
  pixelStride: number,
  pruning: ActivationPruning,
  region: Region,
): (machine: Machine) => StageRows {
  const from = plan.network.tensors[tensor]!;
  const widen = planWiden(plan, from.zeroPoint, pruning);
  const contiguous = pixelStride === from.channels;
  const pixels = contiguous ? 1 : from.width;
  const blocks = contiguous ? Math.ceil((from.width * from.channels) / 8) : pixelStride / 8;
  return ({ kernels, memory }) => {
    const run = kernels[widen]!;
    const source = plan.tensor(tensor).address;
    const pixelBytes = pixelStride * 2;
    return (firstRow, rows) => {
      for (let row = 0; row < rows; row++) {
        const start = region.address + row * width * pixelBytes;
        const end = start + width * pixelBytes;
        const y = firstRow + row;
        if (y < 0 || y >= from.height) {
          memory.fill(0, start, end);
          continue;
        }
        const map = start + left * pixelBytes;
        if (left > 0) memory.fill(0, start, map);
        const codes = source + y * from.width * from.channels;
        run(codes, map, pixels, blocks, from.channels, from.zeroPoint, pruning.activationThreshold);
        const right = map + from.width * pixelBytes;
        if (right < end) memory.fill(0, right, end);
      }
    };
  };
}

export function planWiden(plan: KernelPlan, zeroPoint: number, pruning: ActivationPruning): number {
  const thresholded = pruning.activationThreshold > 1;
  const shift = pruning.activationShift;
  const offset = roundingOffset(zeroPoint, shift);
  return plan.function(`widen ${thresholded} ${shift} ${offset}`, () => emitWiden(thresholded, shift, offset));
}

/** Bands of codes as they are; padding is -128. */
export function codeBand(
  machine: Machine,
  from: Tensor,
  source: number,
  left: number,
  width: number,
  region: Region,
): StageRows {
  const { memory } = machine;
  const { channels } = from;
  return (firstRow, rows) => {
    memory.fill(0x80, region.address, region.address + rows * width * channels);
    for (let row = 0; row < rows; row++) {
      const y = firstRow + row;
      if (y < 0 || y >= from.height) continue;
      const target = region.address + (row * width + left) * channels;
      const codes = source + y * from.width * channels;
      memory.copyWithin(target, codes, codes + from.width * channels);
    }
  };
}
