/** Layers that work on each value by itself. */
import {
  type Code,
  countDown,
  f64x2Add,
  f64x2ConvertLow,
  f64x2Multiply,
  get,
  i16x8Splat,
  i16x8Sub,
  i32,
  i32Add,
  i32Load8Unsigned,
  i32Store8,
  i32Xor,
  i32x4ExtendHigh,
  i32x4ExtendLow,
  i32x4ExtendMultiplyHigh,
  i32x4ExtendMultiplyLow,
  increase,
  type Local,
  lowWords,
  sequence,
  set,
  upperHalf,
  v128Load,
  v128Load8x8,
  v128Store,
} from '../wasm/code.ts';
import { defineFunction, type WasmFunction } from '../wasm/module.ts';
import { addMagic, BLOCK, blockBytes, headerLocals, type RequantiseForm, requantiseEmitter } from './requantise.ts';
import { finishPixels } from './store.ts';

/** Constants of an addition: scales of a and b and half the grid of the sum, two doubles each. */
const SCALE_A = 0;
const SCALE_B = 16;
const EPSILON = 32;

export function packAddition(multipliers: readonly [number, number], shift: number): Uint8Array {
  const constants = new DataView(new ArrayBuffer(48));
  for (const lane of [0, 8]) {
    constants.setFloat64(SCALE_A + lane, multipliers[0] * 2 ** -shift, true);
    constants.setFloat64(SCALE_B + lane, multipliers[1] * 2 ** -shift, true);
    constants.setFloat64(EPSILON + lane, 2 ** (-shift - 1), true);
  }
  return new Uint8Array(constants.buffer);
}

/** `blocks` x 8 values. Sums of products stay below 2^42 and so exact; rounding as in `requantise.ts`. */
export function emitAddition(): WasmFunction {
  const names = ['a', 'b', 'target', 'blocks', 'zeroA', 'zeroB', 'constants', 'header'] as const;
  return defineFunction(names, (p, locals) => {
    const [zeroA, zeroB, valueA, valueB, wideA, wideB, low, high, scratch] = locals.vectors(9);
    const header = headerLocals(locals, p.header);
    const sum = (a: Code, b: Code): Code =>
      addMagic(
        f64x2Add(
          f64x2Add(
            f64x2Multiply(f64x2ConvertLow(a), v128Load(get(p.constants), SCALE_A)),
            f64x2Multiply(f64x2ConvertLow(b), v128Load(get(p.constants), SCALE_B)),
          ),
          v128Load(get(p.constants), EPSILON),
        ),
        true,
        header,
      );
    const fourSums = (target: Local, extend: (a: Code) => Code): Code =>
      sequence(
        set(wideA, extend(get(valueA))),
        set(wideB, extend(get(valueB))),
        set(target, lowWords(sum(get(wideA), get(wideB)), sum(upperHalf(wideA), upperHalf(wideB)))),
      );
    return sequence(
      header.load,
      set(zeroA, i16x8Splat(get(p.zeroA))),
      set(zeroB, i16x8Splat(get(p.zeroB))),
      countDown(
        p.blocks,
        sequence(
          set(valueA, i16x8Sub(v128Load8x8(get(p.a)), get(zeroA))),
          set(valueB, i16x8Sub(v128Load8x8(get(p.b)), get(zeroB))),
          fourSums(low, i32x4ExtendLow),
          fourSums(high, i32x4ExtendHigh),
          finishPixels({
            pixels: [[low, high]],
            requantise: undefined,
            header,
            target: p.target,
            step: i32(BLOCK),
            scratch,
          }),
          increase(p.a, BLOCK),
          increase(p.b, BLOCK),
        ),
      ),
    );
  });
}

export interface ScaleShape {
  /** acc = a - z_a, or (a - z_a) * (b - z_b). */
  readonly product: boolean;
  readonly channels: number;
  /** Bytes from a pixel to the next. */
  readonly stepA: number;
  readonly stepB: number;
  readonly targetStep: number;
}

/** Requantises `pixels` pixels, channel by channel, and writes exactly `channels` codes of each. */
export function emitScale(shape: ScaleShape, form: RequantiseForm): WasmFunction {
  const names = ['a', 'b', 'target', 'pixels', 'zeroA', 'zeroB', 'parameters', 'header'] as const;
  return defineFunction(names, (p, locals) => {
    const [a, b, target, parameters, block] = locals.integers(5);
    const [zeroA, zeroB, valueA, valueB, low, high, scratch] = locals.vectors(7);
    const header = headerLocals(locals, p.header);
    const requantise = requantiseEmitter(locals, form, parameters, header);
    const oneBlock = (bytes: number): Code =>
      sequence(
        requantise.loadBlock,
        set(valueA, i16x8Sub(v128Load8x8(get(a)), get(zeroA))),
        ...(shape.product
          ? [
              set(valueB, i16x8Sub(v128Load8x8(get(b)), get(zeroB))),
              set(low, i32x4ExtendMultiplyLow(get(valueA), get(valueB))),
              set(high, i32x4ExtendMultiplyHigh(get(valueA), get(valueB))),
            ]
          : [set(low, i32x4ExtendLow(get(valueA))), set(high, i32x4ExtendHigh(get(valueA)))]),
        finishPixels({ pixels: [[low, high]], requantise, header, target, step: i32(BLOCK), scratch, bytes }),
        increase(a, BLOCK),
        increase(b, BLOCK),
        increase(parameters, blockBytes(form)),
      );
    const whole = Math.floor(shape.channels / BLOCK);
    const rest = shape.channels % BLOCK;
    return sequence(
      header.load,
      set(zeroA, i16x8Splat(get(p.zeroA))),
      set(zeroB, i16x8Splat(get(p.zeroB))),
      countDown(
        p.pixels,
        sequence(
          set(a, get(p.a)),
          set(b, get(p.b)),
          set(target, get(p.target)),
          set(parameters, get(p.parameters)),
          ...(whole > 0 ? [set(block, i32(whole)), countDown(block, oneBlock(BLOCK))] : []),
          ...(rest > 0 ? [oneBlock(rest)] : []),
          increase(p.a, shape.stepA),
          increase(p.b, shape.stepB),
          increase(p.target, shape.targetStep),
        ),
      ),
    );
  });
}

/** target = table[source + 128] for `count` codes. */
export function emitTable(): WasmFunction {
  return defineFunction(['source', 'target', 'count', 'table'], (p) =>
    countDown(
      p.count,
      sequence(
        i32Store8(
          get(p.target),
          i32Load8Unsigned(i32Add(get(p.table), i32Xor(i32Load8Unsigned(get(p.source)), i32(128)))),
        ),
        increase(p.source, 1),
        increase(p.target, 1),
      ),
    ),
  );
}

/** Each of `pixels` pixels `factor` times; whole vectors are copied, the next pixel overwrites what is too much. */
export function emitRepeat(channels: number, factor: number): WasmFunction {
  return defineFunction(['source', 'target', 'pixels'], (p, locals) => {
    const [times, vector, from, to] = locals.integers(4);
    const copy = sequence(
      set(from, get(p.source)),
      set(to, get(p.target)),
      set(vector, i32(Math.ceil(channels / 16))),
      countDown(vector, sequence(v128Store(get(to), v128Load(get(from))), increase(from, 16), increase(to, 16))),
      increase(p.target, channels),
    );
    return countDown(p.pixels, sequence(set(times, i32(factor)), countDown(times, copy), increase(p.source, channels)));
  });
}
