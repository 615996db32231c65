/**
 * One pruning level, layer by layer on calibration frames: thresholds, weights and biases for a given price.
 *
 * The price says how much of the network's answer (divergence) a picojoule is worth; the higher, the more is pruned.
 * Each layer is fitted on the inputs that the layers pruned before it give, towards the outputs that the unpruned
 * network has, so that means and what correlates are made up for as the errors arise.
 */
import type { ConvLayer, DepthwiseLayer, Layer, Network } from '../network/network.ts';
import { createFloatMemory, type FloatMemory } from '../quantise/float/kernels.ts';
import type { Costs } from './costs.ts';
import { withoutInputs } from './hidden.ts';
import { FrameTensors } from './layer-runner.ts';
import type { LayerPruning, PruningLevel, SkippedWords } from './levels.ts';
import {
  activeShares,
  magnitudes,
  means,
  type Operands,
  operandMoments,
  pruneOperands,
  sampleOperands,
  totalVariance,
} from './operands.ts';
import { refit } from './refit.ts';

export interface FitOptions {
  /** Divergence that a picojoule saved may cost. */
  readonly price: number;
  readonly costs: Costs;
  /** Divergence a unit of relative squared error, by layer index. */
  readonly sensitivity: ReadonlyMap<number, number>;
  readonly skipped: readonly SkippedWords[];
  /** Producers' hidden channels that are kept, by consumer layer index. */
  readonly keptInputs: ReadonlyMap<number, number>;
  /** Weights of the level's own, refitted; otherwise thresholds on the network's weights and new biases only. */
  readonly ownWeights: boolean;
  readonly samples?: number;
  readonly ridge?: number;
  readonly grid?: (layer: number) => number;
  readonly shift?: (layer: number) => number;
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
/** Activation thresholds tried; more than this hurts every layer. */
const ACTIVATION_THRESHOLDS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32];

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
  const { weightThreshold: threshold, activationThreshold } = pruning;
  const changed = {
    ...layer,
    weights: (pruning.weights ?? layer.weights).map((weight) => (Math.abs(weight) < threshold ? 0 : weight)),
    bias: pruning.bias ?? layer.bias,
    activationThreshold,
    activationShift: pruning.activationShift ?? 0,
  };
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
  const unpruned = sampleOperands(from, data.original.of(layer.inputs[0]!), limit);
  const sampled = sampleOperands(from, data.pruned.of(layer.inputs[0]!), limit);
  const wide = layer.weights.some((weight) => weight < -128 || weight > 127);
  const plain = { layer: index, weightThreshold: wide ? 0 : 1, activationThreshold: 1 };
  // A convolution with taps, and one with hardly more samples than inputs: the means alone are mended.
  const taps = layer.window.kernelHeight * layer.window.kernelWidth;
  const fittable = !wide && (layer.op === 'depthwise' || (taps === 1 && sampled.count >= 2 * from.channels));
  if (!fittable) return { ...plain, bias: meanBias(layer, layer.weights, means(unpruned), means(sampled)) };

  const scale = rowWeights(layer);
  const lossPerCode = options.sensitivity.get(index)! / totalVariance(data.target, to.channels);
  const multiplications = to.height * to.width * options.costs.active;
  const activationThreshold = chooseActivationThreshold(layer, sampled, scale, lossPerCode, multiplications, options);
  const activationShift = options.shift?.(index) ?? 0;
  const thresholded = pruneOperands(sampled, from.zeroPoint, { activationThreshold, activationShift });
  if (layer.op === 'depthwise') {
    const bias = meanBias(layer, layer.weights, means(unpruned), means(thresholded));
    return { ...plain, activationThreshold, activationShift, bias };
  }
  if (!options.ownWeights) {
    return {
      ...plain,
      activationThreshold,
      ...thresholdWeights(layer, unpruned, thresholded, scale, lossPerCode, multiplications, options),
    };
  }
  const kept = options.keptInputs.get(index) ?? from.channels;
  const { weights, biasShift } = refit(operandMoments(unpruned, thresholded, data.memory), {
    weights: layer.weights,
    outputs: to.channels,
    rowWeights: scale,
    dropped: Uint8Array.from({ length: from.channels }, (_, channel) => Number(channel >= kept)),
    inputCost: activeShares(thresholded).map((share) => (Math.max(share, 0.02) * multiplications) / lossPerCode),
    price: options.price,
    ridge: options.ridge ?? RIDGE,
    low: -127,
    high: 127,
    grid: options.grid?.(index) ?? 1,
  });
  const bias = layer.bias.map((value, channel) => value + Math.round(biasShift[channel]!));
  return { ...plain, activationThreshold, activationShift, weights, bias };
}

/** Accumulator units to output codes. */
function rowWeights({ requantise }: ConvLayer | DepthwiseLayer): Float64Array {
  return Float64Array.from(
    requantise.multiplier,
    (multiplier, channel) => multiplier / 2 ** requantise.shift[channel]!,
  );
}

/** The threshold with the largest gain: energy of multiplications that go, less the error that they leave. */
function chooseActivationThreshold(
  layer: ConvLayer | DepthwiseLayer,
  operands: Operands,
  scale: Float64Array,
  lossPerCode: number,
  multiplications: number,
  { price }: FitOptions,
): number {
  const { channels, count } = operands;
  const power = new Float64Array(channels);
  const used = new Float64Array(channels);
  const perOutput = layer.op === 'conv' ? channels : 1;
  layer.weights.forEach((weight, at) => {
    if (weight === 0) return;
    const output = layer.op === 'conv' ? Math.floor(at / perOutput) : at % channels;
    power[at % channels]! += (scale[output]! * weight) ** 2;
    used[at % channels]! += 1;
  });
  const counts = magnitudes(operands);
  let best = 1;
  let most = 0;
  for (const threshold of ACTIVATION_THRESHOLDS) {
    let gain = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let magnitude = 1; magnitude < threshold; magnitude++) {
        const share = counts[channel * 256 + magnitude]! / count;
        gain += share * (price * used[channel]! * multiplications - lossPerCode * power[channel]! * magnitude ** 2);
      }
    }
    if (gain > most) {
      most = gain;
      best = threshold;
    }
  }
  return best;
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
): Pick<LayerPruning, 'weightThreshold' | 'bias'> {
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
