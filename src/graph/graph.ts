/**
 * The graph as a model file states it, in one normal form for TFLite and ONNX, float and quantised alike.
 *
 * Activations are height x width x channels (HWC), batch 1 left out; a vector of C values is 1 x 1 x C.
 * Importers produce it, `quantise/` turns it into the integer `Network` that the accelerator executes.
 */

export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Asymmetric 8-bit codes: real = scale * (code - zeroPoint), code in -128..127 (uint8 files are shifted by 128). */
export interface ActivationQuantisation {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A named activation. `quantisation` is present exactly where the model file fixes it. */
export interface GraphTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly quantisation?: ActivationQuantisation;
}

/**
 * Weights, either real, or the file's own codes minus their zero point with one scale a channel.
 * Layout: conv [outChannel][ky][kx][inChannel]; depthwise [ky][kx][channel].
 * `codes` lie in -127..127 for int8 files and in -255..255 for asymmetric uint8 files.
 */
export type Weights =
  | { readonly kind: 'real'; readonly values: Float32Array }
  | { readonly kind: 'codes'; readonly codes: Int16Array; readonly scales: Float64Array };

/** Bias: real, or int32 codes of scale (input scale x weight scale of the channel). One value an output channel. */
export type Bias =
  | { readonly kind: 'real'; readonly values: Float32Array }
  | { readonly kind: 'codes'; readonly codes: Int32Array };

export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Geometry of a sliding window; output = floor((in + pads - dilation * (kernel - 1) - 1) / stride) + 1. */
export interface Window {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly padding: Padding;
}

/** Clamp of a layer's real output: ReLU is {0, Infinity}, ReLU6 {0, 6}, none {-Infinity, Infinity}. */
export interface RealClamp {
  readonly low: number;
  readonly high: number;
}

interface NodeBase {
  /** Name of the layer as a user of the model file knows it. */
  readonly name: string;
  /** Names of the activation inputs, in order. */
  readonly inputs: readonly string[];
  readonly output: string;
}

export interface ConvNode extends NodeBase {
  /** Standard convolution; pointwise is kernel 1 x 1; fully connected is 1 x 1 on a 1 x 1 map. */
  readonly op: 'conv';
  readonly window: Window;
  readonly weights: Weights;
  readonly bias: Bias | undefined;
  readonly clamp: RealClamp;
}
export interface DepthwiseNode extends NodeBase {
  /** One filter a channel, channel multiplier 1. */
  readonly op: 'depthwise';
  readonly window: Window;
  readonly weights: Weights;
  readonly bias: Bias | undefined;
  readonly clamp: RealClamp;
}
export interface AddNode extends NodeBase {
  /** Elementwise sum of two activations of the same shape. */
  readonly op: 'add';
  readonly clamp: RealClamp;
}
export interface MulNode extends NodeBase {
  /** Elementwise product; the second input has the first's shape or is 1 x 1 x C (squeeze-and-excitation). */
  readonly op: 'mul';
  readonly clamp: RealClamp;
}
export interface PoolNode extends NodeBase {
  /** Padding takes no part: it is never the maximum, and is not counted in the mean. */
  readonly op: 'averagePool' | 'maxPool';
  readonly window: Window;
  readonly clamp: RealClamp;
}
export type ActivationFunction = 'sigmoid' | 'hardSigmoid' | 'hardSwish' | 'relu' | 'tanh' | 'swish';
export interface ActivationNode extends NodeBase {
  /**
   * A pointwise function that becomes a 256-entry table. hardSigmoid(x) = clamp(alpha x + beta, 0, 1), alpha and beta
   * defaulting to 1/6 and 1/2; hardSwish(x) = x * hardSigmoid(x); swish(x) = x * sigmoid(x).
   */
  readonly op: 'activation';
  readonly function: ActivationFunction;
  readonly alpha?: number;
  readonly beta?: number;
}
export interface RescaleNode extends NodeBase {
  /** Change of scale and zero point between two quantised tensors (TFLite QUANTIZE int8 to int8). */
  readonly op: 'rescale';
}
export interface ConcatNode extends NodeBase {
  /** Concatenation on channels. */
  readonly op: 'concat';
}
export interface ResizeNode extends NodeBase {
  /** Nearest neighbour with whole factors: output(y, x) = input(floor(y / factorY), floor(x / factorX)). */
  readonly op: 'resize';
  readonly factorY: number;
  readonly factorX: number;
}

/** Layers that the accelerator executes. */
export type GraphNode =
  | ConvNode
  | DepthwiseNode
  | AddNode
  | MulNode
  | PoolNode
  | ActivationNode
  | RescaleNode
  | ConcatNode
  | ResizeNode;

/** What the host does with an output after the accelerator: order matters. The report says so. */
export type HostOperator = 'reshape' | 'logistic' | 'softmax';

export interface GraphOutput {
  /** Name in the model file (after the host operators). */
  readonly name: string;
  /** The accelerator's tensor that it is made from. */
  readonly tensor: string;
  readonly hostOperators: readonly HostOperator[];
}

export interface GraphInput {
  readonly tensor: string;
  /** How codes of a quantised input are stored in the file; 'float32' for float models. */
  readonly fileType: 'float32' | 'float16' | 'int8' | 'uint8';
}

export interface Graph {
  readonly name: string;
  /** Where it comes from, for reports: 'tflite', 'onnx', 'builder', ... */
  readonly format: string;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly tensors: ReadonlyMap<string, GraphTensor>;
  /** In executable order: every node's inputs are graph inputs or outputs of earlier nodes. */
  readonly nodes: readonly GraphNode[];
  /** Facts the user should know, e.g. "batch dimension fixed to 1". */
  readonly notes: readonly string[];
}

export const NO_CLAMP: RealClamp = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
