/**
 * Where things lie: activation rows in banks, weight and parameter words, and the same data in external memory.
 *
 * Activation memory: word (set, address, column) holds N channels of one pixel. Pixel (y, x), channel block c of a tensor
 * lies in set y mod 4, column x mod P, address slot(y) + floor(x / P) * blocks + c. Rows of the same set follow
 * each other at `pitch`; a ring of slots wraps from `end` to `base`. In external memory a row is the same words in the
 * same order: [x group][channel block][column][channel], all columns of the last group present.
 */
import { type Config, parameterBytes, ROW_SETS } from './config.ts';

/** Bytes that one address of one row set holds: P columns of N channels. */
export function groupBytes(config: Config): number {
  return config.pixels * config.inputs;
}

/** Channel blocks of N. */
export function channelBlocks(config: Config, channels: number): number {
  return Math.ceil(channels / config.inputs);
}

/** Words of P x N bytes that a row of a map takes. */
export function rowWords(config: Config, width: number, channels: number): number {
  return Math.ceil(width / config.pixels) * channelBlocks(config, channels);
}

/** Row slots (one in each row set) that hold a map of `rows` rows. */
export function rowSlots(rows: number): number {
  return Math.ceil(rows / ROW_SETS);
}

/** Byte index of (set, address, column, channel) in a flat image of the activation memory. */
export function activationIndex(config: Config, set: number, address: number, column: number, channel = 0): number {
  return ((set * config.activationDepth + address) * config.pixels + column) * config.inputs + channel;
}

/**
 * Codes of a map [height][width][channels] as the rows lie in external memory; bytes of no pixel and no channel are 0.
 */
export function packMap(config: Config, codes: Int8Array, height: number, width: number, channels: number): Int8Array {
  const blocks = channelBlocks(config, channels);
  const { pixels, inputs } = config;
  const rowBytes = rowWords(config, width, channels) * groupBytes(config);
  const packed = new Int8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const group = y * rowBytes + Math.floor(x / pixels) * blocks * pixels * inputs + (x % pixels) * inputs;
      const pixel = (y * width + x) * channels;
      for (let block = 0; block < blocks; block++) {
        const count = Math.min(inputs, channels - block * inputs);
        packed.set(
          codes.subarray(pixel + block * inputs, pixel + block * inputs + count),
          group + block * pixels * inputs,
        );
      }
    }
  }
  return packed;
}

/** The inverse of `packMap`. */
export function unpackMap(
  config: Config,
  packed: Int8Array,
  height: number,
  width: number,
  channels: number,
): Int8Array {
  const blocks = channelBlocks(config, channels);
  const { pixels, inputs } = config;
  const rowBytes = rowWords(config, width, channels) * groupBytes(config);
  const codes = new Int8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const group = y * rowBytes + Math.floor(x / pixels) * blocks * pixels * inputs + (x % pixels) * inputs;
      const pixel = (y * width + x) * channels;
      for (let block = 0; block < blocks; block++) {
        const count = Math.min(inputs, channels - block * inputs);
        const from = group + block * pixels * inputs;
        codes.set(packed.subarray(from, from + count), pixel + block * inputs);
      }
    }
  }
  return codes;
}

export interface ChannelParameters {
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
}

/** Parameter words: M channels each; of a channel the bits are bias (32), multiplier, shift (6), from bit 0 up. */
export function packParameters(config: Config, channels: readonly ChannelParameters[]): Uint8Array {
  const size = parameterBytes(config);
  const blocks = Math.ceil(channels.length / config.lanes);
  const bytes = new Uint8Array(blocks * config.lanes * size);
  const view = new DataView(bytes.buffer);
  channels.forEach(({ bias, multiplier, shift }, channel) => {
    const high = BigInt(multiplier) | (BigInt(shift) << BigInt(config.multiplierBits));
    view.setInt32(channel * size, bias, true);
    view.setUint32(channel * size + 4, Number(high & 0xffff_ffffn), true);
    if (size > 8) view.setUint32(channel * size + 8, Number(high >> 32n), true);
  });
  return bytes;
}

/** One channel of a packed parameter image. */
export function unpackParameters(config: Config, bytes: Uint8Array, channel: number): ChannelParameters {
  const size = parameterBytes(config);
  const view = new DataView(bytes.buffer, bytes.byteOffset + channel * size, size);
  const high = BigInt(view.getUint32(4, true)) | (size > 8 ? BigInt(view.getUint32(8, true)) << 32n : 0n);
  return {
    bias: view.getInt32(0, true),
    multiplier: Number(high & ((1n << BigInt(config.multiplierBits)) - 1n)),
    shift: Number((high >> BigInt(config.multiplierBits)) & 63n),
  };
}
