/**
 * The integer network: what the accelerator computes, with every rounding fixed.
 *
 * Activations are int8 codes, HWC, asymmetric per tensor: real = scale * (code - zeroPoint).
 * `simulate/reference` gives the meaning of every layer; `simulate/kernels` computes the same bits fast;
 * `compile/` turns it into a program. It holds only plain data and typed arrays, so it can cross a worker boundary.
 */
import type { HostOperator, Padding, Window } from '../graph/graph.ts';

export type { Padding, Window };

export interface Tensor {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly scale: number;
  /** -128..127 */
  readonly zeroPoint: number;
}

/** Index into `Network.tensors`. */
export type TensorIndex = number;

/**
 * acc -> code: clamp(((acc * multiplier + 2^(shift-1)) >> shift) + zeroPoint of the output, low, high).
 * `multiplier` is unsigned below 2^multiplierBits, `shift` is 1..63, one of each an output channel (or one in all:
 * arrays of length 1 where the layer has no channels of its own). A multiplier of 0 marks a dead channel.
 */
export interface Requantise {
  readonly multiplier: Uint32Array;
  readonly shift: Uint8Array;
  /** Codes, -128 <= low <= high <= 127. */
  readonly low: number;
  readonly high: number;
}

interface LayerBase {
  readonly name: string;
  readonly inputs: readonly TensorIndex[];
  readonly output: TensorIndex;
}

/**
 * acc[o] = bias[o] + sum over taps inside the map of (x - z_x) * w; taps outside contribute nothing.
 * Pruning: x - z_x counts as 0 where |x - z_x| < activationThreshold (0 and 1 prune nothing); what counts is rounded to a
 * multiple of 2^activationShift (`countedActivation`), and each product to one of 2^productShift (`countedProduct`).
 */
interface MacLayer extends LayerBase {
  readonly window: Window;
  /** conv [outChannel][ky][kx][inChannel], depthwise [ky][kx][channel]; -128..127, or -255..255 from asymmetric uint8. */
  readonly weights: Int16Array;
  readonly bias: Int32Array;
  /** One multiplier and shift an output channel. */
  readonly requantise: Requantise;
  readonly activationThreshold: number;
  /** 0..3; 0 rounds nothing. */
  readonly activationShift: number;
  /** 0..8; 0 rounds nothing. `mostProductShift` (src/prune/levels.ts) says how far a layer's can be rounded. */
  readonly productShift: number;
}
/** Whether ties of products go down at odd input channels, see `countedProduct`. */
export function alternatesTies({ op, window }: Pick<ConvLayer | DepthwiseLayer, 'op' | 'window'>): boolean {
  return op === 'conv' && window.kernelHeight * window.kernelWidth === 1;
}

export interface ConvLayer extends MacLayer {
  readonly op: 'conv';
}
export interface DepthwiseLayer extends MacLayer {
  readonly op: 'depthwise';
}
/** clamp((((a - z_a) * multipliers[0] + (b - z_b) * multipliers[1] + 2^(shift-1)) >> shift) + z_y, low, high). */
export interface AddLayer extends LayerBase {
  readonly op: 'add';
  readonly multipliers: readonly [number, number];
  readonly shift: number;
  readonly low: number;
  readonly high: number;
}
/** acc = (a - z_a) * (b - z_b), then requantise; b is a's shape or 1 x 1 x C. */
export interface MulLayer extends LayerBase {
  readonly op: 'mul';
  readonly requantise: Requantise;
}
/** acc = sum of (x - z_x) over the window, no padding allowed (constant count); requantise carries 1 / count. */
export interface AveragePoolLayer extends LayerBase {
  readonly op: 'averagePool';
  readonly window: Window;
  readonly requantise: Requantise;
}
/** Maximum of the codes inside the map, clamped; input and output share scale and zero point. */
export interface MaxPoolLayer extends LayerBase {
  readonly op: 'maxPool';
  readonly window: Window;
  readonly low: number;
  readonly high: number;
}
/** y = table[x + 128] */
export interface TableLayer extends LayerBase {
  readonly op: 'table';
  readonly table: Int8Array;
}
/** Channels of the inputs one after the other, input i requantised by rescale[i] (acc = x - z_i). */
export interface ConcatLayer extends LayerBase {
  readonly op: 'concat';
  readonly rescale: readonly Requantise[];
}
/** Nearest neighbour, whole factors; codes are copied. */
export interface ResizeLayer extends LayerBase {
  readonly op: 'resize';
  readonly factorY: number;
  readonly factorX: number;
}

export type Layer =
  | ConvLayer
  | DepthwiseLayer
  | AddLayer
  | MulLayer
  | AveragePoolLayer
  | MaxPoolLayer
  | TableLayer
  | ConcatLayer
  | ResizeLayer;

export interface NetworkOutput {
  readonly name: string;
  readonly tensor: TensorIndex;
  readonly hostOperators: readonly HostOperator[];
}

export interface Network {
  readonly name: string;
  /** Width of requantisation multipliers: 16, or 31 for the closest match with TensorFlow Lite. */
  readonly multiplierBits: number;
  readonly tensors: readonly Tensor[];
  readonly inputs: readonly TensorIndex[];
  readonly outputs: readonly NetworkOutput[];
  /** In executable order. Every tensor is a network input or the output of exactly one layer. */
  readonly layers: readonly Layer[];
  readonly notes: readonly string[];
}

/** Pads that keep output = ceil(input / stride) (TensorFlow's SAME): the odd pixel goes to the bottom and right. */
export function samePadding(input: number, kernel: number, stride: number, dilation = 1): [number, number] {
  const output = Math.ceil(input / stride);
  const total = Math.max(0, (output - 1) * stride + dilation * (kernel - 1) + 1 - input);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** Output extent of a window along one axis. */
export function windowOutput(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  after: number,
): number {
  return Math.floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Multiply-accumulates of one layer, counted as the field does: taps in padding count, bias and rescaling do not. */
export function layerMacs(network: Network, layer: Layer): number {
  if (layer.op !== 'conv' && layer.op !== 'depthwise') return 0;
  const out = network.tensors[layer.output]!;
  const depth = layer.op === 'conv' ? network.tensors[layer.inputs[0]!]!.channels : 1;
  return out.height * out.width * out.channels * layer.window.kernelHeight * layer.window.kernelWidth * depth;
}
