/** Builds integer networks with seeded weights and plausible scales, for tests and performance work. */
import type {
  AddLayer,
  ConcatLayer,
  Layer,
  Network,
  Requantise,
  Tensor,
  TensorIndex,
  Window,
} from '../../src/network/network.ts';
import { windowOutput } from '../../src/network/network.ts';
import { quantiseMultiplier } from '../../src/network/numerics.ts';
import type { Random } from './random.ts';

/** A window from what is unusual about it. */
export function makeWindow(kernel: number | [number, number], options: Partial<Window> = {}): Window {
  const [kernelHeight, kernelWidth] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  return {
    kernelHeight,
    kernelWidth,
    strideY: 1,
    strideX: 1,
    dilationY: 1,
    dilationX: 1,
    padding: { top: 0, left: 0, bottom: 0, right: 0 },
    ...options,
  };
}

export interface MacOptions {
  readonly zeroPoint?: number;
  readonly low?: number;
  readonly high?: number;
  readonly activationThreshold?: number;
  readonly activationShift?: number;
  readonly productShift?: number;
  /** Given parts replace the random ones. */
  readonly weights?: Int16Array;
  readonly bias?: Int32Array;
  readonly requantise?: Requantise;
}

export class NetworkBuilder {
  readonly random: Random;
  readonly multiplierBits: number;
  readonly #tensors: Tensor[] = [];
  readonly #inputs: TensorIndex[] = [];
  readonly #layers: Layer[] = [];

  constructor(random: Random, multiplierBits = 16) {
    this.random = random;
    this.multiplierBits = multiplierBits;
  }

  input(height: number, width: number, channels: number, zeroPoint = 0): TensorIndex {
    const index = this.#tensor(height, width, channels, zeroPoint);
    this.#inputs.push(index);
    return index;
  }

  /** `op` conv makes `channels` outputs; depthwise keeps its input's channels. */
  mac(
    op: 'conv' | 'depthwise',
    from: TensorIndex,
    channels: number,
    window: Window,
    options: MacOptions = {},
  ): TensorIndex {
    const depth = op === 'conv' ? this.tensor(from).channels : 1;
    const taps = window.kernelHeight * window.kernelWidth * depth;
    const weights = options.weights ?? this.#fill(new Int16Array(taps * channels), -127, 127);
    const bias = options.bias ?? this.#fill(new Int32Array(channels), -4000, 4000);
    // Uniform codes and weights have a standard deviation near 73 each; aim at outputs that spread over the codes.
    const spread = Math.sqrt(taps) * 73 * 73;
    const requantise = options.requantise ?? this.rescale(channels, 60 / spread, options.low, options.high);
    const output = this.#windowed(from, window, channels, options.zeroPoint);
    const { activationThreshold = 0, activationShift = 0, productShift = 0 } = options;
    const pruning = { activationThreshold, activationShift, productShift };
    return this.#push({ op, weights, bias, requantise, window, ...pruning, ...this.#base([from], output) });
  }

  add(a: TensorIndex, b: TensorIndex, options: Partial<AddLayer> & { zeroPoint?: number } = {}): TensorIndex {
    const { height, width, channels } = this.tensor(a);
    const { zeroPoint = 0, ...fields } = options;
    const output = this.#tensor(height, width, channels, zeroPoint);
    const layer = { op: 'add', multipliers: [41000, 30001], shift: 16, low: -128, high: 127 } as const;
    return this.#push({ ...layer, ...fields, ...this.#base([a, b], output) });
  }

  mul(a: TensorIndex, b: TensorIndex, requantise: Requantise, zeroPoint = 0): TensorIndex {
    const { height, width, channels } = this.tensor(a);
    return this.#push({
      op: 'mul',
      requantise,
      ...this.#base([a, b], this.#tensor(height, width, channels, zeroPoint)),
    });
  }

  averagePool(from: TensorIndex, window: Window, requantise: Requantise, zeroPoint = 0): TensorIndex {
    const output = this.#windowed(from, window, this.tensor(from).channels, zeroPoint);
    return this.#push({ op: 'averagePool', window, requantise, ...this.#base([from], output) });
  }

  maxPool(from: TensorIndex, window: Window, low = -128, high = 127): TensorIndex {
    const { channels, zeroPoint } = this.tensor(from);
    const output = this.#windowed(from, window, channels, zeroPoint);
    return this.#push({ op: 'maxPool', window, low, high, ...this.#base([from], output) });
  }

  table(from: TensorIndex, table: Int8Array, zeroPoint = 0): TensorIndex {
    const { height, width, channels } = this.tensor(from);
    return this.#push({ op: 'table', table, ...this.#base([from], this.#tensor(height, width, channels, zeroPoint)) });
  }

  concat(from: readonly TensorIndex[], rescale: ConcatLayer['rescale'], zeroPoint = 0): TensorIndex {
    const { height, width } = this.tensor(from[0]!);
    const channels = from.reduce((sum, index) => sum + this.tensor(index).channels, 0);
    const output = this.#tensor(height, width, channels, zeroPoint);
    return this.#push({ op: 'concat', rescale, ...this.#base(from, output) });
  }

  resize(from: TensorIndex, factorY: number, factorX: number): TensorIndex {
    const { height, width, channels, zeroPoint } = this.tensor(from);
    const output = this.#tensor(height * factorY, width * factorX, channels, zeroPoint);
    return this.#push({ op: 'resize', factorY, factorX, ...this.#base([from], output) });
  }

  /** Requantisation by about `real`, a little different in every channel. */
  rescale(channels: number, real: number, low = -128, high = 127): Requantise {
    const fixed = Array.from({ length: channels }, () =>
      quantiseMultiplier(real * (this.random.int(700, 1400) / 1000), this.multiplierBits),
    );
    return {
      multiplier: Uint32Array.from(fixed, (f) => f.multiplier),
      shift: Uint8Array.from(fixed, (f) => f.shift),
      low,
      high,
    };
  }

  tensor(index: TensorIndex): Tensor {
    return this.#tensors[index]!;
  }

  build(name: string, outputs: readonly TensorIndex[]): Network {
    return {
      name,
      multiplierBits: this.multiplierBits,
      tensors: this.#tensors,
      inputs: this.#inputs,
      outputs: outputs.map((tensor) => ({ name: this.tensor(tensor).name, tensor, hostOperators: [] })),
      layers: this.#layers,
      notes: [],
    };
  }

  #tensor(height: number, width: number, channels: number, zeroPoint: number): TensorIndex {
    return this.#tensors.push({ name: `t${this.#tensors.length}`, height, width, channels, scale: 1, zeroPoint }) - 1;
  }

  #windowed(from: TensorIndex, window: Window, channels: number, zeroPoint = 0): TensorIndex {
    const { height, width } = this.tensor(from);
    const { padding: p } = window;
    const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX } = window;
    const outHeight = windowOutput(height, kernelHeight, strideY, dilationY, p.top, p.bottom);
    const outWidth = windowOutput(width, kernelWidth, strideX, dilationX, p.left, p.right);
    if (outHeight < 1 || outWidth < 1) throw new Error('window larger than its padded map');
    return this.#tensor(outHeight, outWidth, channels, zeroPoint);
  }

  #base(inputs: readonly TensorIndex[], output: TensorIndex) {
    return { name: `layer${this.#layers.length}`, inputs, output };
  }

  #push(layer: Layer): TensorIndex {
    this.#layers.push(layer);
    return layer.output;
  }

  #fill<T extends Int16Array | Int32Array>(values: T, low: number, high: number): T {
    for (let i = 0; i < values.length; i++) values[i] = this.random.int(low, high);
    return values;
  }
}
