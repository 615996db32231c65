/** Depthwise windows over a staged band of rows: 8 channels and a few neighbouring outputs at once. */
import type { Window } from '../../../network/network.ts';
import {
  countDown,
  Fence,
  get,
  i16x8InterleaveHigh,
  i16x8InterleaveLow,
  i32,
  i32Add,
  i32Equal,
  i32Mul,
  i32Sub,
  increase,
  sequence,
  set,
  v128Load,
  when,
} from '../wasm/code.ts';
import { defineFunction, type WasmFunction } from '../wasm/module.ts';
import { accumulate } from './accumulate.ts';
import { type DepthwisePlan, planDepthwise } from './depthwise-plan.ts';
import { BLOCK, blockBytes, headerLocals, type RequantiseForm, requantiseEmitter } from './requantise.ts';
import { finishPixels } from './store.ts';

/** A band's layout and the work on it. */
export interface DepthwiseShape {
  readonly window: Window;
  /** Padded to a multiple of 8 in the band. */
  readonly channels: number;
  /** Pixels of a band row. */
  readonly bandWidth: number;
  readonly outputWidth: number;
  /** One block of weights serves all channels. */
  readonly sharedWeights: boolean;
  readonly productShift: number;
}

/** Relative time of an output when so many are computed together (measured, 3 x 3). */
const OUTPUT_COST = { 1: 1.15, 2: 1, 3: 0.98, 4: 0.95 } as const;

/** Outputs computed together: the quickest number for the row, repeated outputs at its end counted. */
export function groupOf({ outputWidth }: DepthwiseShape): 1 | 2 | 3 | 4 {
  const cost = (group: keyof typeof OUTPUT_COST) => Math.ceil(outputWidth / group) * group * OUTPUT_COST[group];
  const groups = ([1, 2, 3, 4] as const).filter((group) => group <= outputWidth);
  return groups.reduce((best, group) => (cost(group) < cost(best) ? group : best), 1);
}

export const depthwiseBlockBytes = (plan: DepthwisePlan): number => plan.weights.length * 32;

/** Weights [ky][kx][channel] to blocks of 8 channels, in each the plan's pairs, side by side for every channel. */
export function packDepthwise(
  plan: DepthwisePlan,
  weights: Int16Array,
  channels: number,
  kernelWidth: number,
): Uint8Array {
  const packed = new Int16Array((Math.ceil(channels / BLOCK) * depthwiseBlockBytes(plan)) / 2);
  for (let channel = 0; channel < channels; channel++) {
    const block = (Math.floor(channel / BLOCK) * depthwiseBlockBytes(plan)) / 2;
    plan.weights.forEach((pair, index) => {
      pair.forEach((tap, side) => {
        if (tap === undefined) return;
        const value = weights[(tap[0] * kernelWidth + tap[1]) * channels + channel]!;
        packed[block + index * BLOCK * 2 + (channel % BLOCK) * 2 + side] = value;
      });
    });
  }
  return new Uint8Array(packed.buffer);
}

/**
 * `rows` output rows. Source: band of int16 operands, rows of `bandWidth` pixels of padded channels; target: codes.
 * Blocks run from the last to the first within a row, pixels upward (see `emitPointwise`); where the last group of
 * outputs would pass the end of the row, it starts earlier. `weights` and `parameters` address the last block.
 */
export function emitDepthwise(shape: DepthwiseShape, form: RequantiseForm): WasmFunction {
  const { window, channels, bandWidth, outputWidth } = shape;
  const group = groupOf(shape);
  const plan = planDepthwise(window, group);
  const blocks = Math.ceil(channels / BLOCK);
  const pixelBytes = blocks * BLOCK * 2;
  const groups = Math.ceil(outputWidth / group);
  const overlap = groups * group - outputWidth;

  return defineFunction(['source', 'target', 'weights', 'parameters', 'header', 'rows'], (p, locals) => {
    const [source, target, weights, parameters, block, remaining] = locals.integers(6);
    const [first, second, low, high, scratch] = locals.vectors(5);
    const sums = Array.from({ length: group }, () => [locals.v128(), locals.v128()] as const);
    const header = headerLocals(locals, p.header);
    const requantise = requantiseEmitter(locals, form, parameters, header);
    const offset = (row: number, column: number) => (row * bandWidth + column) * pixelBytes;

    const rounding = { productShift: shape.productShift, alternate: false };
    const fence = new Fence(source, sums.flat());
    const products = plan.operands.map(({ places, terms }) =>
      sequence(
        set(first, v128Load(get(source), offset(places[0].row, places[0].column))),
        set(second, v128Load(get(source), offset(places[1].row, places[1].column))),
        set(low, i16x8InterleaveLow(get(first), get(second))),
        set(high, i16x8InterleaveHigh(get(first), get(second))),
        ...terms.flatMap(({ output, weights: index }) => [
          accumulate(sums[output]![0], low, v128Load(get(weights), index * 32), rounding),
          accumulate(sums[output]![1], high, v128Load(get(weights), index * 32 + 16), rounding),
        ]),
        fence.at(3),
      ),
    );
    const oneGroup = sequence(
      ...sums.flatMap((halves) => halves.map((sum, half) => set(sum, requantise.bias(half as 0 | 1)))),
      ...products,
      finishPixels({
        pixels: sums,
        requantise,
        header,
        target,
        step: i32(channels),
        scratch,
        fence: () => fence.at(3),
      }),
      increase(source, group * window.strideX * pixelBytes),
      overlap === 0
        ? []
        : when(
            i32Equal(get(remaining), i32(2)),
            sequence(increase(source, -overlap * window.strideX * pixelBytes), increase(target, -overlap * channels)),
          ),
    );
    const oneBlock = sequence(
      requantise.loadBlock,
      set(source, i32Add(get(p.source), i32Mul(i32Sub(get(block), i32(1)), i32(BLOCK * 2)))),
      set(target, i32Add(get(p.target), i32Mul(i32Sub(get(block), i32(1)), i32(BLOCK)))),
      set(remaining, i32(groups)),
      countDown(remaining, oneGroup),
      increase(weights, shape.sharedWeights ? 0 : -depthwiseBlockBytes(plan)),
      increase(parameters, -blockBytes(form)),
    );
    return fence.around(
      sequence(
        header.load,
        countDown(
          p.rows,
          sequence(
            set(weights, get(p.weights)),
            set(parameters, get(p.parameters)),
            set(block, i32(blocks)),
            countDown(block, oneBlock),
            increase(p.source, window.strideY * bandWidth * pixelBytes),
            increase(p.target, outputWidth * channels),
          ),
        ),
      ),
    );
  });
}
