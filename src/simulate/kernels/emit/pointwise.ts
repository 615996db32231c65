/** The matrix product: pixels of widened activations by blocks of 8 output channels. */
import {
  type Code,
  countDown,
  get,
  i32,
  i32Add,
  i32Mul,
  i32Sub,
  i32x4Add,
  i32x4Dot,
  increase,
  type Local,
  sequence,
  set,
  v128Load,
  v128Load32Splat,
} from '../wasm/code.ts';
import { defineFunction, type WasmFunction } from '../wasm/module.ts';
import {
  BLOCK,
  blockBytes,
  type HeaderLocals,
  headerLocals,
  type RequantiseForm,
  requantiseEmitter,
} from './requantise.ts';
import { storePixels } from './store.ts';

/** Bytes of one block's weights: 8 channels x `depth` int16. */
export const pointwiseBlockBytes = (depth: number): number => depth * BLOCK * 2;

/**
 * Weights [outChannel][depth] to blocks of 8 channels, in each the pairs of inputs in turn, in each pair the 8 channels'
 * two weights side by side: the operand order of dot_i16x8. `paddedDepth` is a multiple of 8; what is added is 0.
 */
export function packPointwise(weights: Int16Array, channels: number, depth: number, paddedDepth: number): Uint8Array {
  const packed = new Int16Array(Math.ceil(channels / BLOCK) * BLOCK * paddedDepth);
  for (let channel = 0; channel < channels; channel++) {
    const block = Math.floor(channel / BLOCK) * BLOCK * paddedDepth;
    for (let k = 0; k < depth; k++) {
      packed[block + (k >> 1) * BLOCK * 2 + (channel % BLOCK) * 2 + (k & 1)] = weights[channel * depth + k]!;
    }
  }
  return new Uint8Array(packed.buffer);
}

/**
 * The inner loop takes one pair of inputs a round. The optimiser of V8 moves all loads of a straight-line stretch to its
 * front, so longer rounds spill registers: 43, 33 and 20 GMAC/s with 1, 2 and 8 pairs (14 x 14 x 576 -> 96, Zen 4).
 */

/**
 * `groups` times `pixels` pixels by `blocks` blocks. Source int16 [pixel][depth], target codes [pixel][channels].
 * Blocks run from the last to the first, and pixels upward, so that what the last, ragged block writes beyond its
 * pixel is overwritten. `weights` and `parameters` are the addresses of the last block.
 */
export function emitPointwise(depth: number, pixels: number, form: RequantiseForm): WasmFunction {
  const names = ['source', 'target', 'weights', 'parameters', 'header', 'groups', 'blocks', 'channels'] as const;
  return defineFunction(names, (p, locals) => {
    const source = locals.i32();
    const weight = locals.i32();
    const target = locals.i32();
    const group = locals.i32();
    const round = locals.i32();
    const scratch = locals.v128();
    const weightPair = [locals.v128(), locals.v128()] as const;
    const operand = locals.v128();
    const sums = Array.from({ length: pixels }, () => [locals.v128(), locals.v128()] as const);
    const header = headerLocals(locals, p.header);
    const requantise = requantiseEmitter(locals, form, p.parameters, header);

    const pair = sequence(
      ...weightPair.map((local, half) => set(local, v128Load(get(weight), half * 16))),
      ...sums.map((halves, pixel) =>
        sequence(
          set(operand, v128Load32Splat(get(source), pixel * depth * 2)),
          ...halves.map((sum, half) => accumulate(sum, operand, weightPair[half]!)),
        ),
      ),
    );
    const oneRound = sequence(pair, increase(source, 4), increase(weight, BLOCK * 4));
    const oneGroup = sequence(
      ...sums.flatMap((halves) => halves.map((sum, half) => set(sum, requantise.bias(half as 0 | 1)))),
      set(weight, get(p.weights)),
      set(round, i32(depth / 2)),
      countDown(round, oneRound),
      ...([0, 1] as const).map((half) =>
        requantise.round(
          sums.map((halves) => halves[half]),
          half,
        ),
      ),
      storePixelsAt(sums, target, p.channels, header, scratch),
      increase(source, (pixels - 1) * depth * 2),
    );
    return sequence(
      header.load,
      countDown(
        p.blocks,
        sequence(
          requantise.loadBlock,
          set(source, get(p.source)),
          set(target, i32Add(get(p.target), i32Mul(i32Sub(get(p.blocks), i32(1)), i32(BLOCK)))),
          set(group, get(p.groups)),
          countDown(group, oneGroup),
          increase(p.weights, -pointwiseBlockBytes(depth)),
          increase(p.parameters, -blockBytes(form)),
        ),
      ),
    );
  });
}

const accumulate = (sum: Local, a: Local, b: Local): Code => set(sum, i32x4Add(get(sum), i32x4Dot(get(a), get(b))));

/** Stores the pixels one after the other and leaves the target behind the last. */
function storePixelsAt(
  sums: readonly (readonly [Local, Local])[],
  target: Local,
  channels: Local,
  header: HeaderLocals,
  scratch: Local,
): Code {
  const parts: Code[] = [];
  for (let pixel = 0; pixel < sums.length; pixel += 2) {
    const couple = sums.slice(pixel, pixel + 2);
    const address = (index: number): { base: Code; offset: number } => ({
      base: index === 0 ? get(target) : i32Add(get(target), get(channels)),
      offset: 0,
    });
    parts.push(storePixels(couple, address, header, scratch));
    for (const _ of couple) parts.push(set(target, i32Add(get(target), get(channels))));
  }
  return sequence(...parts);
}
