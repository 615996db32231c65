/**
 * Pruning levels: what a level of the accelerator means, as an integer network.
 *
 * Level 0 is the network itself. At level L an operand below its layer's threshold counts as 0, the biases are the
 * level's own, and the last words of hidden channels are not computed; a layer may also bring weights of its own for
 * the level (they are loaded every frame anyway). `networkAtLevel` gives the network whose values the level has.
 */
import { UserError } from '../errors.ts';
import { alternatesTies, type ConvLayer, type DepthwiseLayer, type Layer, type Network } from '../network/network.ts';
import { MOST_PRODUCT_BITS, PRUNING_LEVELS, SHIFT_BITS, SKIP_BITS } from '../spec/isa.ts';
import { hiddenChannels, withoutInputs } from './hidden.ts';

/** What a level changes of one convolution or depthwise layer. */
export interface LayerPruning {
  /** Index into `Network.layers`. */
  readonly layer: number;
  /** Smallest |w| that counts, 0..127; 0 and what lies below the smallest weight prune nothing. */
  readonly weightThreshold: number;
  /** Smallest |x - z| that counts, 0..255. */
  readonly activationThreshold: number;
  /** Low bits of x - z that are rounded away where it counts, 0..3; 0 where absent. */
  readonly activationShift?: number;
  /** Low bits of products that are rounded away, 0..`mostProductShift`; 0 where absent. */
  readonly productShift?: number;
  /** Bias of the level, one an output channel; the network's own where absent. */
  readonly bias?: Int32Array;
  /** Weights of the level, in the network's layout, -128..127; the network's own where absent. */
  readonly weights?: Int16Array;
}

/** Hidden channels (named by the layer that makes them) whose last words are left out at a level. */
export interface SkippedWords {
  readonly producer: number;
  /** Words of `PruningPlan.channelsPerWord` channels, at least one remains. */
  readonly words: number;
}

export interface PruningLevel {
  readonly layers: readonly LayerPruning[];
  readonly skipped: readonly SkippedWords[];
}

export interface PruningPlan {
  /** `networkIdentity` of the network that the plan was made for. */
  readonly network: string;
  /** Channels of an activation word (`Config.inputs`) that `SkippedWords` counts in. */
  readonly channelsPerWord: number;
  /** Levels 1, 2, ...: at most PRUNING_LEVELS. */
  readonly levels: readonly PruningLevel[];
}

/** Hash of the values that a network computes with (64 bits, hexadecimal): the same for the same network only. */
export function networkIdentity(network: Network): string {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  const mix = (value: number): void => {
    low = Math.imul(low ^ value, 0x01000193);
    high = Math.imul(high ^ value, 0x5bd1e995);
    high ^= high >>> 15;
  };
  const walk = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) for (const entry of value as unknown as Int16Array) mix(entry);
    else if (typeof value === 'number') mix(Number.isInteger(value) ? value : Math.fround(value) * 2 ** 20);
    else if (typeof value === 'string') for (let i = 0; i < value.length; i++) mix(value.charCodeAt(i));
    else if (typeof value === 'object' && value !== null) for (const entry of Object.values(value)) walk(entry);
  };
  const shapes = network.tensors.map(({ height, width, channels, zeroPoint }) => [height, width, channels, zeroPoint]);
  walk([shapes, network.inputs, network.layers.map(({ name: _, ...layer }) => layer)]);
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Throws where the plan is not this network's, or asks for what the machine cannot do. */
export function checkPlan(network: Network, plan: PruningPlan): void {
  if (plan.network !== networkIdentity(network)) {
    throw new UserError(
      'bad-arguments',
      'the pruning levels were calibrated for another network',
      { file: network.name },
      'Calibrate this one with `depthwright prune`.',
    );
  }
  if (plan.levels.length > PRUNING_LEVELS) throw new Error(`${plan.levels.length} pruning levels`);
  const hidden = new Map(hiddenChannels(network).map((group) => [group.producer, group]));
  for (const { layers, skipped } of plan.levels) {
    for (const {
      layer,
      weightThreshold,
      activationThreshold,
      activationShift = 0,
      productShift = 0,
      weights,
    } of layers) {
      const pruned = network.layers[layer]!;
      const { op, name } = pruned;
      if (op !== 'conv' && op !== 'depthwise') throw new Error(`layer '${name}' has no multipliers to prune`);
      if (productShift > mostProductShift(pruned, weights ?? pruned.weights, plan.channelsPerWord)) {
        throw new Error(`products of '${name}' cannot lose ${productShift} bits`);
      }
      if (weightThreshold > 127 || activationThreshold > 255) throw new Error(`thresholds of '${name}' are too large`);
      if (activationShift >= 2 ** SHIFT_BITS) throw new Error(`'${name}' rounds ${activationShift} bits away`);
    }
    for (const { producer, words } of skipped) {
      const group = hidden.get(producer);
      if (group === undefined) throw new Error(`layer '${network.layers[producer]!.name}' makes no hidden channels`);
      if (words >= Math.ceil(group.channels / plan.channelsPerWord) || words >= 2 ** SKIP_BITS) {
        throw new Error(`layer '${network.layers[producer]!.name}' cannot skip ${words} words`);
      }
    }
  }
}

/** The integer network of a level; its values are the accelerator's on every channel that the level computes. */
export function networkAtLevel(network: Network, plan: PruningPlan, level: number): Network {
  if (level === 0) return network;
  const pruning = levelOf(plan, level);
  checkPlan(network, plan);
  const layers: Layer[] = [...network.layers];
  for (const entry of pruning.layers) {
    layers[entry.layer] = prunedLayer(layers[entry.layer] as ConvLayer | DepthwiseLayer, entry);
  }
  for (const { consumer, channels, kept } of skippedChannels(network, plan, level)) {
    layers[consumer] = withoutInputs(layers[consumer] as ConvLayer, channels, kept);
  }
  return { ...network, layers };
}

/** A calibrated level. */
export function levelOf(plan: PruningPlan, level: number): PruningLevel {
  const pruning = plan.levels[level - 1];
  if (pruning === undefined) {
    throw new UserError(
      'bad-arguments',
      `level ${level} was never calibrated: there are levels 0 to ${plan.levels.length}`,
      {},
      'Calibrate more with `depthwright prune --levels`.',
    );
  }
  return pruning;
}

/** Hidden channels that a level leaves out: all from `kept` on. */
export function skippedChannels(
  network: Network,
  plan: PruningPlan,
  level: number,
): (ReturnType<typeof hiddenChannels>[number] & { readonly words: number; readonly kept: number })[] {
  if (level === 0) return [];
  const words = new Map(levelOf(plan, level).skipped.map((skip) => [skip.producer, skip.words]));
  return hiddenChannels(network)
    .filter(({ producer }) => (words.get(producer) ?? 0) > 0)
    .map((group) => ({
      ...group,
      words: words.get(group.producer)!,
      kept: (Math.ceil(group.channels / plan.channelsPerWord) - words.get(group.producer)!) * plan.channelsPerWord,
    }));
}

/** Channels of every network tensor that the accelerator computes at a level; without a plan all of them. */
export function keptChannels(network: Network, plan: PruningPlan | undefined, level: number): number[] {
  const kept = network.tensors.map(({ channels }) => channels);
  if (plan === undefined) return kept;
  for (const group of skippedChannels(network, plan, level)) {
    for (const layer of [group.producer, ...group.between]) kept[network.layers[layer]!.output] = group.kept;
  }
  return kept;
}

/** The layer at a level; left-out inputs are another matter. */
export function prunedLayer<L extends ConvLayer | DepthwiseLayer>(layer: L, pruning: LayerPruning): L {
  return {
    ...layer,
    weights: (pruning.weights ?? layer.weights).map((weight) => countedWeight(weight, pruning.weightThreshold)),
    bias: pruning.bias ?? layer.bias,
    activationThreshold: pruning.activationThreshold,
    activationShift: pruning.activationShift ?? 0,
    productShift: pruning.productShift ?? 0,
  };
}

/**
 * How many low bits of a layer's products can be rounded away: none where products come in parts, or where ties alternate
 * and an input of the array meets odd and even channels; one less where half of the largest step would pass 16 bits.
 */
export function mostProductShift(
  layer: Pick<ConvLayer | DepthwiseLayer, 'op' | 'window'>,
  weights: Int16Array,
  channelsPerWord: number,
): number {
  if (hasWideWeights({ weights }) || (alternatesTies(layer) && channelsPerWord === 1)) return 0;
  return weights.includes(-128) ? MOST_PRODUCT_BITS - 1 : MOST_PRODUCT_BITS;
}

/** Whether weights pass int8 and are multiplied in two parts. */
export function hasWideWeights({ weights }: Pick<ConvLayer | DepthwiseLayer, 'weights'>): boolean {
  return weights.some((weight) => weight < -128 || weight > 127);
}

/** What remains of a weight. One beyond int8 is multiplied in int8 parts, each compared by itself. */
export function countedWeight(weight: number, threshold: number): number {
  const part = Math.max(-128, Math.min(127, weight));
  const counted = Math.abs(part) < threshold ? 0 : part;
  return part === weight ? counted : counted + countedWeight(weight - part, threshold);
}

/** The network at a level of a plan that may be missing; a level that was never calibrated is refused. */
export function atLevel(network: Network, plan: PruningPlan | undefined, level: number): Network {
  if (level === 0) return network;
  if (plan !== undefined) return networkAtLevel(network, plan, level);
  throw new UserError(
    'bad-arguments',
    `level ${level} was never calibrated: there are no pruning levels`,
    { file: network.name },
    'Calibrate levels with `depthwright prune`, and compile with --pruning.',
  );
}
