/** From codes to operands: x - z as int16, 0 where the pruning threshold is not reached, low bits rounded away. */
import {
  type Code,
  countDown,
  get,
  i16x8Abs,
  i16x8Add,
  i16x8GreaterEqual,
  i16x8Splat,
  i16x8Sub,
  i32,
  i32Add,
  increase,
  sequence,
  set,
  v128And,
  v128Load8x8,
  v128Store,
} from '../wasm/code.ts';
import { defineFunction, type WasmFunction } from '../wasm/module.ts';

/**
 * `pixels` runs of `blocks` x 8 codes, source runs `sourceStep` bytes apart, target runs one after the other.
 * A run whose length is no multiple of 8 is read and written beyond its end; the next run overwrites that.
 */
export function emitWiden(pruning: boolean, shift: number, offset: number): WasmFunction {
  const names = ['source', 'target', 'pixels', 'blocks', 'sourceStep', 'zeroPoint', 'threshold'] as const;
  return defineFunction(names, (p, locals) => {
    const source = locals.i32();
    const block = locals.i32();
    const zero = locals.v128();
    const least = locals.v128();
    const value = locals.v128();
    const rounded: Code =
      shift === 0 ? get(value) : v128And(i16x8Add(get(value), i16x8Splat(i32(offset))), i16x8Splat(i32(-(2 ** shift))));
    const operand: Code = pruning ? v128And(rounded, i16x8GreaterEqual(i16x8Abs(get(value)), get(least))) : rounded;
    const oneBlock = sequence(
      set(value, i16x8Sub(v128Load8x8(get(source)), get(zero))),
      v128Store(get(p.target), operand),
      increase(source, 8),
      increase(p.target, 16),
    );
    return sequence(
      set(zero, i16x8Splat(get(p.zeroPoint))),
      set(least, i16x8Splat(get(p.threshold))),
      countDown(
        p.pixels,
        sequence(
          set(source, get(p.source)),
          set(block, get(p.blocks)),
          countDown(block, oneBlock),
          set(p.source, i32Add(get(p.source), get(p.sourceStep))),
        ),
      ),
    );
  });
}
