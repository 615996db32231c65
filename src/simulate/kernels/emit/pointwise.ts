/** The matrix product: pixels of widened activations by blocks of 8 output channels. */
import {
  countDown,
  doWhile,
  Fence,
  get,
  i32,
  i32Add,
  i32Mul,
  i32NotEqual,
  i32Sub,
  increase,
  sequence,
  set,
  v128Load,
  v128Load32Splat,
} from '../wasm/code.ts';
import { defineFunction, type WasmFunction } from '../wasm/module.ts';
import { accumulate, type ProductRounding } from './accumulate.ts';
import { BLOCK, blockBytes, headerLocals, type RequantiseForm, requantiseEmitter } from './requantise.ts';
import { finishPixels } from './store.ts';

/** Bytes of one block's weights: 8 channels x `depth` int16. */
export const pointwiseBlockBytes = (depth: number): number => depth * BLOCK * 2;

/**
 * Weights [outChannel][depth] to blocks of 8 channels, in each the pairs of inputs in turn, in each pair the 8 channels'
 * two weights side by side: the operand order of dot_i16x8. `paddedDepth` is a multiple of 8; what is added is 0.
 */
export function packPointwise(weights: Int16Array, channels: number, depth: number, paddedDepth: number): Uint8Array {
  const packed = new Int16Array(Math.ceil(channels / BLOCK) * BLOCK * paddedDepth);
  for (let channel = 0; channel < channels; channel++) {
    const first = Math.floor(channel / BLOCK) * BLOCK * paddedDepth + (channel % BLOCK) * 2;
    const row = channel * depth;
    for (let k = 0; k < depth; k++) packed[first + (k >> 1) * BLOCK * 2 + (k & 1)] = weights[row + k]!;
  }
  return new Uint8Array(packed.buffer);
}

/**
 * `groups` times `pixels` pixels by `blocks` blocks. Source int16 [pixel][depth], target codes [pixel][channels].
 * Blocks run from the last to the first, and pixels upward, so that what the last, ragged block writes beyond its
 * pixel is overwritten. `weights` and `parameters` are the addresses of the last block.
 *
 * The inner loop takes one pair of inputs a round. V8 moves all loads of a straight-line stretch to its front, so longer
 * rounds spill registers: 43, 33 and 20 GMAC/s with 1, 2 and 8 pairs (14 x 14 x 576 -> 96, Zen 4), and 36 with 2 pairs
 * and a `Fence` between them.
 */
export function emitPointwise(
  depth: number,
  pixels: number,
  rounding: ProductRounding,
  form: RequantiseForm,
): WasmFunction {
  const names = ['source', 'target', 'weights', 'parameters', 'header', 'groups', 'blocks', 'channels'] as const;
  return defineFunction(names, (p, locals) => {
    const [source, weight, weightsEnd, target, group] = locals.integers(5);
    const weightPair = locals.vectors(2);
    const [operand, scratch] = locals.vectors(2);
    const sums = Array.from({ length: pixels }, () => [locals.v128(), locals.v128()] as const);
    const header = headerLocals(locals, p.header);
    const requantise = requantiseEmitter(locals, form, p.parameters, header);

    const fence = new Fence(p.header, sums.flat());
    const pair = sequence(
      ...weightPair.map((local, half) => set(local, v128Load(get(weight), half * 16))),
      ...sums.map((halves, pixel) =>
        sequence(
          set(operand, v128Load32Splat(get(source), pixel * depth * 2)),
          ...halves.map((sum, half) => accumulate(sum, operand, get(weightPair[half]!), rounding)),
        ),
      ),
    );
    const oneRound = sequence(pair, increase(source, 4), increase(weight, BLOCK * 4));
    const oneGroup = sequence(
      ...sums.flatMap((halves) => halves.map((sum, half) => set(sum, requantise.bias(half as 0 | 1)))),
      set(weight, get(p.weights)),
      doWhile(oneRound, i32NotEqual(get(weight), get(weightsEnd))),
      finishPixels({
        pixels: sums,
        requantise,
        header,
        target,
        step: get(p.channels),
        scratch,
        fence: () => fence.at(2),
      }),
      increase(source, (pixels - 1) * depth * 2),
    );
    return fence.around(
      sequence(
        header.load,
        countDown(
          p.blocks,
          sequence(
            requantise.loadBlock,
            set(source, get(p.source)),
            set(target, i32Add(get(p.target), i32Mul(i32Sub(get(p.blocks), i32(1)), i32(BLOCK)))),
            set(weightsEnd, i32Add(get(p.weights), i32(pointwiseBlockBytes(depth)))),
            set(group, get(p.groups)),
            countDown(group, oneGroup),
            increase(p.weights, -pointwiseBlockBytes(depth)),
            increase(p.parameters, -blockBytes(form)),
          ),
        ),
      ),
    );
  });
}
