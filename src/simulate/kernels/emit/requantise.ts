/**
 * Requantisation of vectors, exact in double arithmetic.
 *
 * v = acc * multiplier / 2^shift, plus epsilon = 2^-(shift+1), half the grid of v: then v + epsilon is never a tie, so
 * its nearest whole number is floor(v + 1/2). Adding the magic number 1.5 * 2^52 + zeroPoint leaves that whole number,
 * zero point included, in the low 32 bits of the double. All steps but the last are exact:
 *
 * - `whole`: acc * multiplier < 2^52 in every channel (always, with 16-bit multipliers), one multiplication;
 * - `halves`: the multiplier in two halves of 16 bits, the low one needed to its 16th bit only (see `requantise`).
 *
 * Where v itself could leave 32 bits, `clamped` limits it first; codes are clamped anyway.
 */
import { channelBounds } from '../../../network/accumulator.ts';
import type { Network, Requantise } from '../../../network/network.ts';
import { channelValue } from '../../../network/numerics.ts';
import {
  type Code,
  f64x2Add,
  f64x2ConvertLow,
  f64x2Floor,
  f64x2Multiply,
  f64x2PseudoMax,
  f64x2PseudoMin,
  get,
  type Local,
  lowWords,
  sequence,
  set,
  upperHalf,
  v128Load,
} from '../wasm/code.ts';
import type { Locals } from '../wasm/module.ts';

export interface RequantiseForm {
  readonly halves: boolean;
  readonly clamped: boolean;
}

/** Channels of one parameter block. */
export const BLOCK = 8;
/** Offsets in the parameter block of 8 channels, bytes: int32 bias, then doubles. */
const BIAS = 0;
const SCALE = 32;
const EPSILON = 96;
const LOW_SCALE = 160;
const LOW_UNIT = 224;
/** Offsets in the header of a layer: two doubles each, then 16 codes each. */
const MAGIC = 0;
const LIMIT_LOW = 16;
const LIMIT_HIGH = 32;
const CODE_LOW = 48;
const CODE_HIGH = 64;
export const HEADER_BYTES = 80;

export const blockBytes = (form: RequantiseForm): number => (form.halves ? 288 : 160);
export const formKey = (form: RequantiseForm): string => `${form.halves ? 'h' : 'w'}${form.clamped ? 'c' : ''}`;

/** Largest |acc| of each channel. */
export type Magnitudes = ArrayLike<number>;

export function macMagnitudes(
  network: Network,
  layer: Extract<Network['layers'][number], { op: 'conv' | 'depthwise' }>,
) {
  const { zeroPoint } = network.tensors[layer.inputs[0]!]!;
  const { min, max } = channelBounds(layer, { low: -128, high: 127, zeroPoint });
  return min.map((low, channel) => Math.max(-low, max[channel]!));
}

export interface PackedParameters {
  readonly form: RequantiseForm;
  readonly header: Uint8Array;
  /** ceil(channels / 8) blocks. */
  readonly blocks: Uint8Array;
}

/** Tables that the emitted code reads; channels beyond the last are zero. */
export function packParameters(
  requantise: Requantise,
  zeroPoint: number,
  channels: number,
  magnitudes: Magnitudes,
  bias?: Int32Array,
): PackedParameters {
  const parts = Array.from({ length: channels }, (_, channel) => {
    const multiplier = channelValue(requantise.multiplier, channel);
    const shift = channelValue(requantise.shift, channel);
    const product = channelValue(magnitudes, channel) * multiplier;
    // Up to shift 16 an inexact product is far beyond the codes.
    return { multiplier, shift, halves: shift > 16 && product >= 2 ** 52, reach: product / 2 ** shift };
  });
  const form = { halves: parts.some((p) => p.halves), clamped: parts.some((p) => p.reach >= 2 ** 30) };
  const size = blockBytes(form);
  const blocks = new DataView(new ArrayBuffer(Math.ceil(channels / BLOCK) * size));
  parts.forEach(({ multiplier, shift, halves }, channel) => {
    const block = Math.floor(channel / BLOCK) * size;
    const lane = channel % BLOCK;
    const double = (offset: number, value: number) => blocks.setFloat64(block + offset + lane * 8, value, true);
    blocks.setInt32(block + BIAS + lane * 4, bias?.[channel] ?? 0, true);
    if (halves) {
      double(SCALE, (multiplier >>> 16) * 2 ** (16 - shift));
      double(LOW_SCALE, (multiplier & 0xffff) / 65536);
      double(LOW_UNIT, 2 ** (16 - shift));
      double(EPSILON, 2 ** (15 - shift));
    } else {
      double(SCALE, multiplier * 2 ** -shift);
      double(EPSILON, 2 ** (-shift - 1));
    }
  });
  return {
    form,
    header: packHeader(zeroPoint, requantise.low, requantise.high),
    blocks: new Uint8Array(blocks.buffer),
  };
}

export function packHeader(zeroPoint: number, low: number, high: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  for (const lane of [0, 8]) {
    header.setFloat64(MAGIC + lane, 1.5 * 2 ** 52 + zeroPoint, true);
    header.setFloat64(LIMIT_LOW + lane, -(2 ** 20), true);
    header.setFloat64(LIMIT_HIGH + lane, 2 ** 20, true);
  }
  for (let lane = 0; lane < 16; lane++) {
    header.setInt8(CODE_LOW + lane, low);
    header.setInt8(CODE_HIGH + lane, high);
  }
  return new Uint8Array(header.buffer);
}

/** Values of a layer's header, held in locals. */
export interface HeaderLocals {
  /** Loads them; once a function. */
  readonly load: Code;
  readonly magic: Local;
  readonly limitLow: Local;
  readonly limitHigh: Local;
  readonly codeLow: Local;
  readonly codeHigh: Local;
}

export function headerLocals(locals: Locals, header: Local): HeaderLocals {
  const [magic, limitLow, limitHigh, codeLow, codeHigh] = locals.vectors(5);
  const load = sequence(
    set(magic, v128Load(get(header), MAGIC)),
    set(limitLow, v128Load(get(header), LIMIT_LOW)),
    set(limitHigh, v128Load(get(header), LIMIT_HIGH)),
    set(codeLow, v128Load(get(header), CODE_LOW)),
    set(codeHigh, v128Load(get(header), CODE_HIGH)),
  );
  return { load, magic, limitLow, limitHigh, codeLow, codeHigh };
}

export interface RequantiseEmitter {
  /** Loads the block's parameters; once a block of channels. Loading ahead of the loop over pixels saves registers. */
  readonly loadBlock: Code;
  /** The 4 bias words of half 0 or 1 of the block. */
  bias(half: 0 | 1): Code;
  /** Statements that replace each i32x4 accumulator of half `half` of the block by its 32-bit rounded value. */
  round(accumulators: readonly Local[], half: 0 | 1): Code;
}

/** `block` is a local that holds the address of the parameter block. */
export function requantiseEmitter(
  locals: Locals,
  form: RequantiseForm,
  block: Local,
  header: HeaderLocals,
): RequantiseEmitter {
  const [lower, upper] = locals.vectors(2);
  const bias = locals.vectors(2);
  const table = (offset: number) => ({ offset, vectors: locals.vectors(4) });
  const scale = table(SCALE);
  const epsilon = table(EPSILON);
  const lowScale = table(LOW_SCALE);
  const lowUnit = table(LOW_UNIT);
  const used = form.halves ? [scale, epsilon, lowScale, lowUnit] : [scale, epsilon];

  /** `pair` 0..3: which two channels of the block. */
  const finish = (value: Local, pair: number): Code => {
    let sum = f64x2Multiply(get(value), get(scale.vectors[pair]!));
    if (form.halves) {
      const low = f64x2Floor(f64x2Multiply(get(value), get(lowScale.vectors[pair]!)));
      sum = f64x2Add(sum, f64x2Multiply(low, get(lowUnit.vectors[pair]!)));
    }
    return addMagic(f64x2Add(sum, get(epsilon.vectors[pair]!)), form.clamped, header);
  };
  return {
    loadBlock: sequence(
      ...bias.map((local, half) => set(local, v128Load(get(block), BIAS + half * 16))),
      ...used.flatMap(({ offset, vectors }) =>
        vectors.map((local, pair) => set(local, v128Load(get(block), offset + pair * 16))),
      ),
    ),
    bias: (half) => get(bias[half]!),
    round: (accumulators, half) =>
      sequence(
        ...accumulators.map((acc) =>
          sequence(
            set(lower, f64x2ConvertLow(get(acc))),
            set(upper, f64x2ConvertLow(upperHalf(acc))),
            set(acc, lowWords(finish(lower, half * 2), finish(upper, half * 2 + 1))),
          ),
        ),
      ),
  };
}

/** Rounds a value without ties to the code (not yet clamped) in the low word of each double. */
export function addMagic(value: Code, clamped: boolean, header: HeaderLocals): Code {
  const limited = clamped ? f64x2PseudoMin(f64x2PseudoMax(value, get(header.limitLow)), get(header.limitHigh)) : value;
  return f64x2Add(limited, get(header.magic));
}
