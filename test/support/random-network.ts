/** Random one-layer networks and inputs, biased to the edges where implementations differ. */
import { channelBounds } from '../../src/network/accumulator.ts';
import type { Layer, Network, Requantise, TensorIndex, Window } from '../../src/network/network.ts';
import { mostProductShift } from '../../src/prune/levels.ts';
import { makeWindow, NetworkBuilder } from './network-builder.ts';
import { Random } from './random.ts';

export interface RandomLayerOptions {
  /** Default: any of them. */
  readonly op?: Layer['op'];
  /** Default: 16 or 31. */
  readonly multiplierBits?: 16 | 31;
  /** Largest height and width of the input map. Default 12. */
  readonly maxExtent?: number;
  /** Largest channel count. Default 40. */
  readonly maxChannels?: number;
  /** Largest kernel extent. Default 7. */
  readonly maxKernel?: number;
  /** Weights beyond int8 (-255..255), as asymmetric uint8 files have. Default: now and then. */
  readonly wideWeights?: boolean;
  /** Dilation above 1. Default: now and then. */
  readonly dilation?: boolean;
  /** Pruning thresholds above 1. Default: now and then. */
  readonly pruning?: boolean;
}

const OPS: readonly Layer['op'][] = [
  'conv',
  'depthwise',
  'add',
  'mul',
  'averagePool',
  'maxPool',
  'table',
  'concat',
  'resize',
];

/** A network of one layer whose accumulators cannot overflow. */
export function randomLayerNetwork(seed: number, options: RandomLayerOptions = {}): Network {
  const random = new Random(seed);
  const bits = options.multiplierBits ?? random.pick([16, 31]);
  const maker = new LayerMaker(new NetworkBuilder(random, bits), options);
  const op = options.op ?? random.pick(OPS);
  const output = maker.make(op);
  return maker.builder.build(`random ${op} ${seed}`, [output]);
}

/** Codes for every input of the network: random, constant, extreme, or next to the zero point. */
export function randomInputs(network: Network, seed: number): Int8Array[] {
  const random = new Random(seed ^ 0x5eed);
  return network.inputs.map((index) => {
    const { height, width, channels, zeroPoint } = network.tensors[index]!;
    const kind = random.int(0, 5);
    const constant = random.pick([-128, 127, zeroPoint]);
    return Int8Array.from({ length: height * width * channels }, () => {
      if (kind === 0) return constant;
      if (kind === 1) return random.pick([-128, 127]);
      if (kind === 2) return Math.max(-128, Math.min(127, zeroPoint + random.int(-3, 3)));
      return random.int(-128, 127);
    });
  });
}

class LayerMaker {
  readonly builder: NetworkBuilder;
  readonly options: RandomLayerOptions;
  readonly random: Random;

  constructor(builder: NetworkBuilder, options: RandomLayerOptions) {
    this.builder = builder;
    this.options = options;
    this.random = builder.random;
  }

  make(op: Layer['op']): TensorIndex {
    const { builder, random } = this;
    const from = this.input();
    const { height, width, channels } = builder.tensor(from);
    switch (op) {
      case 'conv':
        return this.mac('conv', from, this.channels());
      case 'depthwise':
        return this.mac('depthwise', from, channels);
      case 'add': {
        const limit = 2 ** builder.multiplierBits - 1;
        const edge = random.oneIn(4);
        const multiplier = () => (edge ? random.pick([0, 1, limit]) : random.int(1, limit));
        const shift = edge ? random.int(1, 63) : random.int(builder.multiplierBits - 1, builder.multiplierBits + 3);
        const other = builder.input(height, width, channels, this.code());
        const multipliers = [multiplier(), multiplier()] as const;
        return builder.add(from, other, { multipliers, shift, zeroPoint: this.code(), ...this.clamp() });
      }
      case 'mul': {
        const broadcast = random.oneIn(2);
        const other = builder.input(broadcast ? 1 : height, broadcast ? 1 : width, channels, this.code());
        return builder.mul(from, other, this.requantise(1, 1 / 100), this.code());
      }
      case 'averagePool': {
        const global = random.oneIn(2);
        const window = global ? makeWindow([height, width]) : this.window(height, width, false);
        const count = window.kernelHeight * window.kernelWidth;
        return builder.averagePool(from, window, this.requantise(1, 1.2 / count), this.code());
      }
      case 'maxPool': {
        const { low, high } = this.clamp();
        return builder.maxPool(from, this.window(height, width, true), low, high);
      }
      case 'table':
        return builder.table(
          from,
          Int8Array.from({ length: 256 }, () => this.code()),
          this.code(),
        );
      case 'concat': {
        const inputs = [from];
        const count = random.int(1, 4);
        while (inputs.length < count) inputs.push(builder.input(height, width, this.channels(), this.code()));
        const clamp = this.clamp();
        const rescale = inputs.map(() => ({ ...this.requantise(1, 1), ...clamp }));
        return builder.concat(inputs, rescale, this.code());
      }
      case 'resize':
        return builder.resize(from, random.int(1, 4), random.int(1, 4));
    }
  }

  input(): TensorIndex {
    const limit = this.options.maxExtent ?? 12;
    const extent = () => (this.random.oneIn(5) ? 1 : this.random.int(1, limit));
    return this.builder.input(extent(), extent(), this.channels(), this.code());
  }

  channels(): number {
    const { random } = this;
    const limit = this.options.maxChannels ?? 40;
    return Math.min(limit, random.oneIn(3) ? random.pick([1, 2, 3, 7, 8, 9, 16, 17, 32]) : random.int(1, limit));
  }

  /** A code, often an extreme one. */
  code(): number {
    return this.random.oneIn(2) ? this.random.pick([-128, -127, -1, 0, 1, 126, 127]) : this.random.int(-128, 127);
  }

  clamp(): { low: number; high: number } {
    if (this.random.oneIn(2)) return { low: -128, high: 127 };
    const a = this.code();
    const b = this.code();
    return { low: Math.min(a, b), high: Math.max(a, b) };
  }

  /** About `real` in every channel; now and then dead, tiny, huge and unnormalised multipliers. */
  requantise(channels: number, real: number): Requantise {
    const { random, builder } = this;
    const clamp = this.clamp();
    const requantise = builder.rescale(channels, real, clamp.low, clamp.high);
    const limit = 2 ** builder.multiplierBits - 1;
    if (!random.oneIn(3)) return requantise;
    for (let channel = 0; channel < channels; channel++) {
      if (!random.oneIn(3)) continue;
      requantise.multiplier[channel] = random.pick([
        0,
        1,
        2 ** (builder.multiplierBits - 1),
        limit,
        random.int(0, limit),
      ]);
      if (random.oneIn(2)) requantise.shift[channel] = random.pick([1, 2, 31, 32, 62, 63, random.int(1, 63)]);
    }
    return requantise;
  }

  window(height: number, width: number, padded: boolean): Window {
    const { random, options } = this;
    const limit = options.maxKernel ?? 7;
    const kernelHeight = random.int(1, Math.min(limit, padded ? limit : height));
    const kernelWidth = random.int(1, Math.min(limit, padded ? limit : width));
    const dilated = padded && (options.dilation ?? random.oneIn(5));
    const dilation = () => (dilated ? random.int(1, 3) : 1);
    const [dilationY, dilationX] = [dilation(), dilation()];
    const stride = () => (random.oneIn(2) ? 1 : random.int(1, 3));
    const spanY = dilationY * (kernelHeight - 1) + 1;
    const spanX = dilationX * (kernelWidth - 1) + 1;
    // Pads below the kernel's span, and as many as make one output at least.
    const pads = (span: number, extent: number): [number, number] => {
      if (!padded) return [0, 0];
      const before = random.int(0, span - 1);
      return [before, Math.max(random.int(0, span - 1), span - extent - before)];
    };
    const [top, bottom] = pads(spanY, height);
    const [left, right] = pads(spanX, width);
    const padding = { top, left, bottom, right };
    return makeWindow([kernelHeight, kernelWidth], {
      strideY: stride(),
      strideX: stride(),
      dilationY,
      dilationX,
      padding,
    });
  }

  mac(op: 'conv' | 'depthwise', from: TensorIndex, channels: number): TensorIndex {
    const { random, builder, options } = this;
    const { height, width, channels: depth, zeroPoint } = builder.tensor(from);
    const pointwise = op === 'conv' && random.oneIn(2);
    const window = pointwise ? makeWindow(1) : this.window(height, width, true);
    const taps = window.kernelHeight * window.kernelWidth * (op === 'conv' ? depth : 1);
    const limit = (options.wideWeights ?? random.oneIn(5)) ? 255 : 127;
    const extreme = random.oneIn(4);
    const weights = Int16Array.from({ length: taps * channels }, () =>
      extreme ? random.pick([-limit, limit, limit === 127 ? -128 : 0]) : random.int(-limit, limit),
    );
    const bias = Int32Array.from({ length: channels }, () => random.int(-40_000, 40_000));
    const pruning = options.pruning ?? random.oneIn(4);
    const activationThreshold = pruning ? random.pick([1, 2, 5, 30, 255, 256]) : random.int(0, 1);
    const activationShift = pruning ? random.int(0, 3) : 0;
    const productShift = pruning ? random.int(0, mostProductShift({ op, window }, weights, 2)) : 0;
    if (random.oneIn(4)) {
      // As far as the accumulator allows.
      const { min, max } = channelBounds(
        { op, weights, bias: new Int32Array(channels), activationShift, productShift },
        {
          low: -128,
          high: 127,
          zeroPoint,
        },
      );
      for (let o = 0; o < channels; o++) {
        bias[o] = random.pick([2 ** 31 - 1 - max[o]!, -(2 ** 31) - min[o]!, bias[o]!]);
      }
    }
    const requantise = this.requantise(channels, 60 / (Math.sqrt(taps) * 73 * 73));
    return builder.mac(op, from, channels, window, {
      weights,
      bias,
      requantise,
      activationThreshold,
      activationShift,
      productShift,
      zeroPoint: this.code(),
    });
  }
}
