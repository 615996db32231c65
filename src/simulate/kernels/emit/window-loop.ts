/** Windows too large to be unrolled: sums of products, or maxima, tap by tap. */
import {
  type Code,
  countDown,
  get,
  i8x16Max,
  i8x16Min,
  i32,
  i32Add,
  i32Mul,
  i32Sub,
  i32x4Add,
  i32x4ExtendMultiplyHigh,
  i32x4ExtendMultiplyLow,
  i32x4Splat,
  increase,
  type Local,
  sequence,
  set,
  v128And,
  v128Load,
  v128Store,
} from '../wasm/code.ts';
import { defineFunction, type Locals, type WasmFunction } from '../wasm/module.ts';
import type { DepthwiseShape } from './depthwise.ts';
import { BLOCK, blockBytes, headerLocals, type RequantiseForm, requantiseEmitter } from './requantise.ts';
import { finishPixels } from './store.ts';

/** Weights [ky][kx][channel] to blocks of 8 channels, [ky][kx][8] in each. */
export function packWindowLoop(weights: Int16Array, channels: number): Uint8Array {
  const taps = weights.length / channels;
  const packed = new Int16Array(Math.ceil(channels / BLOCK) * taps * BLOCK);
  for (let channel = 0; channel < channels; channel++) {
    const block = Math.floor(channel / BLOCK) * taps * BLOCK;
    for (let tap = 0; tap < taps; tap++)
      packed[block + tap * BLOCK + (channel % BLOCK)] = weights[tap * channels + channel]!;
  }
  return new Uint8Array(packed.buffer);
}

export const windowLoopBlockBytes = (shape: DepthwiseShape): number =>
  shape.window.kernelHeight * shape.window.kernelWidth * BLOCK * 2;

/** As `emitDepthwise`, with weights in the order of `packWindowLoop`. */
export function emitWindowSum(shape: DepthwiseShape, form: RequantiseForm): WasmFunction {
  const blocks = Math.ceil(shape.channels / BLOCK);
  const pixelBytes = blocks * BLOCK * 2;
  const step = 2 ** shape.productShift;
  const rounded = (product: Code): Code =>
    step === 1 ? product : v128And(i32x4Add(product, i32x4Splat(i32(step / 2))), i32x4Splat(i32(-step)));
  return defineFunction(['source', 'target', 'weights', 'parameters', 'header', 'rows'], (p, locals) => {
    const weights = locals.i32();
    const blockWeights = locals.i32();
    const parameters = locals.i32();
    const low = locals.v128();
    const high = locals.v128();
    const operand = locals.v128();
    const scratch = locals.v128();
    const header = headerLocals(locals, p.header);
    const requantise = requantiseEmitter(locals, form, parameters, header);
    const walk = walkWindows(locals, shape, pixelBytes, BLOCK * 2, BLOCK, p);
    const tap = sequence(
      set(operand, v128Load(get(walk.tap))),
      set(low, i32x4Add(get(low), rounded(i32x4ExtendMultiplyLow(get(operand), v128Load(get(weights)))))),
      set(high, i32x4Add(get(high), rounded(i32x4ExtendMultiplyHigh(get(operand), v128Load(get(weights)))))),
      increase(weights, BLOCK * 2),
    );
    return sequence(
      header.load,
      walk.emit({
        rowStart: sequence(set(blockWeights, get(p.weights)), set(parameters, get(p.parameters))),
        before: sequence(
          requantise.loadBlock,
          set(weights, get(blockWeights)),
          set(low, requantise.bias(0)),
          set(high, requantise.bias(1)),
        ),
        tap,
        after: finishPixels({
          pixels: [[low, high]],
          requantise,
          header,
          target: walk.target,
          step: i32(shape.channels),
          scratch,
        }),
        blockEnd: sequence(
          increase(blockWeights, shape.sharedWeights ? 0 : -windowLoopBlockBytes(shape)),
          increase(parameters, -blockBytes(form)),
        ),
      }),
    );
  });
}

const CODE_BLOCK = 16;

/** Maxima over bands of codes, clamped; blocks of 16 channels. */
export function emitWindowMaximum(shape: DepthwiseShape): WasmFunction {
  return defineFunction(['source', 'target', 'header', 'rows'], (p, locals) => {
    const maximum = locals.v128();
    const header = headerLocals(locals, p.header);
    const walk = walkWindows(locals, shape, shape.channels, CODE_BLOCK, CODE_BLOCK, p);
    return sequence(
      header.load,
      walk.emit({
        rowStart: [],
        before: set(maximum, get(header.codeLow)),
        tap: set(maximum, i8x16Max(get(maximum), v128Load(get(walk.tap)))),
        after: sequence(
          v128Store(get(walk.target), i8x16Min(get(maximum), get(header.codeHigh))),
          increase(walk.target, shape.channels),
        ),
        blockEnd: [],
      }),
    );
  });
}

interface WalkParts {
  readonly rowStart: Code;
  readonly before: Code;
  readonly tap: Code;
  readonly after: Code;
  readonly blockEnd: Code;
}

/** Rows, blocks from the last to the first, outputs upward, taps: the loops around the parts. */
function walkWindows(
  locals: Locals,
  shape: DepthwiseShape,
  pixelBytes: number,
  blockStep: number,
  blockChannels: number,
  p: { readonly source: Local; readonly target: Local; readonly rows: Local },
): { readonly tap: Local; readonly target: Local; emit(parts: WalkParts): Code } {
  const { window, channels, bandWidth, outputWidth } = shape;
  const [source, target, block, x, row, ky, kx, tap] = locals.integers(8);
  const blockOffset = (bytes: number): Code => i32Mul(i32Sub(get(block), i32(1)), i32(bytes));
  const emit = (parts: WalkParts): Code => {
    const taps = sequence(
      set(row, get(source)),
      set(ky, i32(window.kernelHeight)),
      countDown(
        ky,
        sequence(
          set(tap, get(row)),
          set(kx, i32(window.kernelWidth)),
          countDown(kx, sequence(parts.tap, increase(tap, window.dilationX * pixelBytes))),
          increase(row, window.dilationY * bandWidth * pixelBytes),
        ),
      ),
    );
    const oneOutput = sequence(parts.before, taps, parts.after, increase(source, window.strideX * pixelBytes));
    const oneBlock = sequence(
      set(source, i32Add(get(p.source), blockOffset(blockStep))),
      set(target, i32Add(get(p.target), blockOffset(blockChannels))),
      set(x, i32(outputWidth)),
      countDown(x, oneOutput),
      parts.blockEnd,
    );
    return countDown(
      p.rows,
      sequence(
        parts.rowStart,
        set(block, i32(Math.ceil(channels / blockChannels))),
        countDown(block, oneBlock),
        increase(p.source, window.strideY * bandWidth * pixelBytes),
        increase(p.target, outputWidth * channels),
      ),
    );
  };
  return { tap, target, emit };
}
