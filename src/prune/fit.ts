/**
 * One pruning level, layer by layer on calibration frames: thresholds, weights and biases for a given price.
 *
 * The price says how much of the network's answer (divergence) a picojoule is worth; the higher, the more is pruned.
 * Each layer is fitted on the inputs that the layers pruned before it give, towards the outputs that the unpruned
 * network has, so that means and what correlates are made up for as the errors arise.
 */
import type { ConvLayer, DepthwiseLayer, Layer, Network, Tensor } from '../network/network.ts';
import { createFloatMemory, type FloatMemory } from '../quantise/float/kernels.ts';
import { chooseActivationPruning } from './activations.ts';
import type { Costs } from './costs.ts';
import { withoutInputs } from './hidden.ts';
import { FrameTensors } from './layer-runner.ts';
import {
  hasWideWeights,
  type LayerPruning,
  mostProductShift,
  type PruningLevel,
  prunedLayer,
  type SkippedWords,
} from './levels.ts';
import {
  activeShares,
  means,
  type Operands,
  operandMoments,
  pruneOperands,
  sampleOperands,
  totalVariance,
} from './operands.ts';
import { chooseProductShift } from './products.ts';
import { refit, rowWeights } from './refit.ts';
import { residualError } from './residual.ts';

export interface FitOptions {
  /** Divergence that a picojoule saved may cost. */
  readonly price: number;
  readonly costs: Costs;
  /** Divergence a unit of relative squared error, by layer index. */
  readonly sensitivity: ReadonlyMap<number, number>;
  readonly skipped: readonly SkippedWords[];
  /** Producers' hidden channels that are kept, by consumer layer index. */
  readonly keptInputs: ReadonlyMap<number, number>;
  /** Channels of a word of the array (N). */
  readonly channelsPerWord: number;
  /** Weights of the level's own, refitted; otherwise thresholds on the network's weights and new biases only. */
  readonly ownWeights: boolean;
  readonly samples?: number;
  readonly ridge?: number;
}

export interface FittedLevel {
  readonly level: PruningLevel;
  /** The network's layers at the level. */
  readonly layers: readonly Layer[];
  /** Codes of the network's first output for every frame. */
  readonly outputs: readonly Int8Array[];
}

/**
 * Samples of a layer's operands, and the share of the mean variance that the refit is damped with. A small share follows
 * the calibration frames closely and loses others: docs/pruning.md has the measurement.
 */
export const SAMPLES = 8000;
export const RIDGE = 1;
/** Grids of a level's own weights. */
const GRIDS = [1, 2, 4, 8, 16, 32];

export async function fitLevel(
  network: Network,
  frames: readonly (readonly Int8Array[])[],
  options: FitOptions,
  onLayer: () => void = () => undefined,
): Promise<FittedLevel> {
  const memory = createFloatMemory();
  const original = new FrameTensors(network, frames);
  const pruned = new FrameTensors(network, frames);
  const layers: LayerPruning[] = [];
  const fittedLayers: Layer[] = [];
  for (const [index, layer] of network.layers.entries()) {
    const target = await original.run(layer);
    let fitted: Layer = layer;
    if (layer.op === 'conv' || layer.op === 'depthwise') {
      const pruning = fitLayer(network, index, layer, { original, pruned, target, memory }, options);
      layers.push(pruning);
      fitted = effective(network, layer, index, pruning, options);
    }
    fittedLayers.push(fitted);
    await pruned.run(fitted);
    original.forget(index);
    pruned.forget(index);
    onLayer();
  }
  return {
    level: { layers, skipped: options.skipped },
    layers: fittedLayers,
    outputs: pruned.of(network.outputs[0]!.tensor),
  };
}

function effective(
  network: Network,
  layer: ConvLayer | DepthwiseLayer,
  index: number,
  pruning: LayerPruning,
  options: FitOptions,
): Layer {
  const changed = prunedLayer(layer, pruning);
  const kept = options.keptInputs.get(index);
  if (kept === undefined || changed.op !== 'conv') return changed;
  return withoutInputs(changed, network.tensors[layer.inputs[0]!]!.channels, kept);
}

interface LayerData {
  readonly original: FrameTensors;
  readonly pruned: FrameTensors;
  /** The unpruned layer's output. */
  readonly target: readonly Int8Array[];
  readonly memory: FloatMemory;
}

/** Operands of a layer and what its errors and energy are worth. */
interface LayerTask {
  readonly index: number;
  readonly from: Tensor;
  readonly to: Tensor;
  /** Samples of the unpruned network, and of the one pruned so far. */
  readonly unpruned: Operands;
  readonly sampled: Operands;
  /** Accumulator units to output codes. */
  readonly scale: Float64Array;
  /** Divergence of a squared output code. */
  readonly lossPerCode: number;
  readonly limit: number;
}

type Fitted = LayerPruning & { readonly bias: Int32Array };

function fitLayer(
  network: Network,
  index: number,
  layer: ConvLayer | DepthwiseLayer,
  data: LayerData,
  options: FitOptions,
): LayerPruning {
  const from = network.tensors[layer.inputs[0]!]!;
  const to = network.tensors[layer.output]!;
  const limit = options.samples ?? SAMPLES;
  const task: LayerTask = {
    index,
    from,
    to,
    limit,
    unpruned: sampleOperands(from, data.original.of(layer.inputs[0]!), limit),
    sampled: sampleOperands(from, data.pruned.of(layer.inputs[0]!), limit),
    scale: rowWeights(layer),
    lossPerCode: options.sensitivity.get(index)! / totalVariance(data.target, to.channels),
  };
  return roundProducts(layer, fitOperands(network, layer, task, data, options), task, options);
}

/** Thresholds, rounded activations, weights and bias. */
function fitOperands(
  network: Network,
  layer: ConvLayer | DepthwiseLayer,
  { index, from, to, unpruned, sampled, scale, lossPerCode, limit }: LayerTask,
  data: LayerData,
  options: FitOptions,
): Fitted {
  const wide = hasWideWeights(layer);
  const plain = { layer: index, weightThreshold: wide ? 0 : 1, activationThreshold: 1 };
  // A convolution with taps, and one with hardly more samples than inputs: the means alone are mended.
  const taps = layer.window.kernelHeight * layer.window.kernelWidth;
  const fittable = !wide && (layer.op === 'depthwise' || (taps === 1 && sampled.count >= 2 * from.channels));
  if (!fittable) return { ...plain, bias: meanBias(layer, layer.weights, means(unpruned), means(sampled)) };

  const { price, costs } = options;
  const pixels = to.height * to.width;
  const activations = chooseActivationPruning(layer, from, sampled, scale, {
    multiplication: price * pixels * costs.active,
    bit: price * pixels * costs.activationBit,
    lossPerCode,
  });
  const pruned = pruneOperands(sampled, from.zeroPoint, activations);
  if (layer.op === 'depthwise') {
    return { ...plain, ...activations, bias: meanBias(layer, layer.weights, means(unpruned), means(pruned)) };
  }
  // A multiplication whose low bits stand still has less to spare.
  const multiplication = pixels * (costs.active - activations.activationShift * costs.activationBit);
  if (!options.ownWeights) {
    const thresholded = thresholdWeights(layer, unpruned, pruned, scale, lossPerCode, multiplication, options);
    return { ...plain, ...activations, ...thresholded };
  }
  const kept = options.keptInputs.get(index) ?? from.channels;
  const shares = activeShares(pruned).map((share) => Math.max(share, 0.02));
  const { weights, biasShift } = refit(operandMoments(unpruned, pruned, data.memory), {
    weights: layer.weights,
    outputs: to.channels,
    rowWeights: scale,
    target: residualError(network, layer, pruned, scale, data, limit),
    dropped: Uint8Array.from({ length: from.channels }, (_, channel) => Number(channel >= kept)),
    inputCost: shares.map((share) => share * multiplication),
    bitCost: shares.map((share) => share * pixels * costs.weightBit),
    price: price / lossPerCode,
    ridge: options.ridge ?? RIDGE,
    low: -127,
    high: 127,
    grids: GRIDS,
  });
  const bias = layer.bias.map((value, channel) => value + Math.round(biasShift[channel]!));
  return { ...plain, ...activations, weights, bias };
}

/** Rounds the products of a fitted layer; the bias takes the mean error back. */
function roundProducts(
  layer: ConvLayer | DepthwiseLayer,
  fitted: Fitted,
  { from, to, sampled, scale, lossPerCode }: LayerTask,
  { price, costs, channelsPerWord }: FitOptions,
): LayerPruning {
  const level = prunedLayer(layer, fitted);
  const { productShift, meanError } = chooseProductShift(
    level,
    pruneOperands(sampled, from.zeroPoint, level),
    scale,
    mostProductShift(layer, level.weights, channelsPerWord),
    { bit: price * to.height * to.width * costs.productBit, lossPerCode },
  );
  const bias = fitted.bias.map((value, output) => value - Math.round(meanError[output]!));
  return { ...fitted, productShift, bias };
}

/** One threshold on the network's own weights: the one with the largest gain, errors taken as independent. */
function thresholdWeights(
  layer: ConvLayer,
  unpruned: Operands,
  operands: Operands,
  scale: Float64Array,
  lossPerCode: number,
  multiplications: number,
  { price }: FitOptions,
): { readonly weightThreshold: number; readonly bias: Int32Array } {
  const { channels, count, values } = operands;
  const mean = means(operands);
  const variance = new Float64Array(channels);
  for (let at = 0; at < values.length; at++) variance[at % channels]! += values[at]! ** 2 / count;
  const shares = activeShares(operands);
  const gains = new Float64Array(128);
  layer.weights.forEach((weight, at) => {
    if (weight === 0 || Math.abs(weight) > 126) return;
    const channel = at % channels;
    const error = (scale[Math.floor(at / channels)]! * weight) ** 2 * (variance[channel]! - mean[channel]! ** 2);
    gains[Math.abs(weight) + 1]! += price * shares[channel]! * multiplications - lossPerCode * error;
  });
  let threshold = 1;
  let most = 0;
  let sum = 0;
  for (let t = 2; t < 128; t++) {
    sum += gains[t]!;
    if (sum > most) {
      most = sum;
      threshold = t;
    }
  }
  const kept = layer.weights.map((weight) => (Math.abs(weight) < threshold ? 0 : weight));
  return { weightThreshold: threshold, bias: meanBias(layer, kept, means(unpruned), mean) };
}

/** Bias that keeps the mean of every output: sum of w * mean(x) of the unpruned, less that of the pruned layer. */
function meanBias(
  layer: ConvLayer | DepthwiseLayer,
  weights: Int16Array,
  originalMean: Float64Array,
  mean: Float64Array,
): Int32Array {
  const channels = mean.length;
  const outputs = layer.bias.length;
  const perOutput = layer.weights.length / outputs;
  const shift = new Float64Array(outputs);
  layer.weights.forEach((weight, at) => {
    const output = layer.op === 'conv' ? Math.floor(at / perOutput) : at % outputs;
    const channel = at % channels;
    shift[output]! += weight * originalMean[channel]! - weights[at]! * mean[channel]!;
  });
  return layer.bias.map((value, output) => value + Math.round(shift[output]!));
}
