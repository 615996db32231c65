/** Gathers the operands under a window into one run, [ky][kx][inChannel], for the matrix product. */
import type { Window } from '../../../network/network.ts';
import { type Code, countDown, get, i32, increase, sequence, set, v128Load, v128Store } from '../wasm/code.ts';
import { defineFunction, type WasmFunction } from '../wasm/module.ts';

export interface PatchShape {
  readonly window: Window;
  /** Values of a band pixel. */
  readonly channels: number;
  /** Pixels of a band row. */
  readonly bandWidth: number;
  /** Values of a patch in the target, at least kernelHeight x kernelWidth x channels. */
  readonly depth: number;
}

/** Vectors copied without a loop. */
const UNROLLED_VECTORS = 8;

/**
 * Patches of `count` neighbouring outputs, `source` being the corner of the first. Each copied run is rounded up to
 * whole vectors; the next run overwrites what was too much, and beyond a patch's end weights are 0.
 */
export function emitPatch(shape: PatchShape): WasmFunction {
  const { window, channels, bandWidth, depth } = shape;
  const dense = window.dilationX === 1;
  const runs = dense ? 1 : window.kernelWidth;
  const runLength = dense ? window.kernelWidth * channels : channels;
  const vectors = Math.ceil(runLength / 8);
  const rowBytes = window.dilationY * bandWidth * channels * 2;

  return defineFunction(['source', 'target', 'count'], (p, locals) => {
    const [row, from, to, ky, run] = locals.integers(5);
    const [copyFrom, copyTo, vector] = locals.integers(3);
    const unrolled = Array.from({ length: vectors }, (_, index) =>
      v128Store(get(to), v128Load(get(from), index * 16), index * 16),
    );
    const looped = sequence(
      set(copyFrom, get(from)),
      set(copyTo, get(to)),
      set(vector, i32(vectors)),
      countDown(
        vector,
        sequence(v128Store(get(copyTo), v128Load(get(copyFrom))), increase(copyFrom, 16), increase(copyTo, 16)),
      ),
    );
    const copy: Code = sequence(
      ...(vectors <= UNROLLED_VECTORS ? unrolled : [looped]),
      increase(from, window.dilationX * channels * 2),
      increase(to, runLength * 2),
    );
    const kernelRow = sequence(
      set(from, get(row)),
      ...(runs === 1 ? [copy] : [set(run, i32(runs)), countDown(run, copy)]),
      increase(row, rowBytes),
    );
    return countDown(
      p.count,
      sequence(
        set(row, get(p.source)),
        set(to, get(p.target)),
        set(ky, i32(window.kernelHeight)),
        countDown(ky, kernelRow),
        increase(p.source, window.strideX * channels * 2),
        increase(p.target, depth * 2),
      ),
    );
  });
}
