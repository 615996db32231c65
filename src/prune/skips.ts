/** Which hidden channels can go: their order, what leaving out the last ones costs, and how many to leave out. */
import type { Network } from '../network/network.ts';
import { createFloatMemory } from '../quantise/float/kernels.ts';
import type { Config } from '../spec/config.ts';
import { SKIP_BITS } from '../spec/isa.ts';
import { type Costs, wordSteps } from './costs.ts';
import { eliminateInputs } from './eliminate.ts';
import { hiddenChannels } from './hidden.ts';
import { FrameTensors } from './layer-runner.ts';
import type { SkippedWords } from './levels.ts';
import { operandMoments, sampleOperands, totalVariance } from './operands.ts';
import { rowWeights } from './refit.ts';

/** Hidden channels of one producer. */
export interface SkipCurve {
  readonly producer: number;
  readonly consumer: number;
  /** Channels by importance. */
  readonly order: Int32Array;
  /** Numbers of words that may be left out, rising. */
  readonly words: readonly number[];
  /** Relative squared error of the consumer's output on frames that the refit did not see, for each of `words`. */
  readonly loss: Float64Array;
}

/** Numbers of words tried, and the share of all that may go. */
const WORDS = [1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36];
const MOST = 0.6;
/** Share of the frames that elimination refits on; the others judge it. */
const SEEN_SHARE = 0.7;
/**
 * The loss is counted so often: left-out words of many layers cost far more together than each by itself
 * (docs/pruning.md).
 */
const CAUTION = 3;

/** Runs the unpruned network on the frames and looks at every pointwise reader of hidden channels. */
export async function skipCurves(
  network: Network,
  frames: readonly (readonly Int8Array[])[],
  config: Pick<Config, 'inputs'>,
  samples: number,
  ridge: number,
  onLayer: () => void = () => undefined,
): Promise<SkipCurve[]> {
  const memory = createFloatMemory();
  const tensors = new FrameTensors(network, frames);
  const groups = new Map(hiddenChannels(network).map((group) => [group.consumer, group]));
  const curves: SkipCurve[] = [];
  for (const [index, layer] of network.layers.entries()) {
    const group = groups.get(index);
    const output = await tensors.run(layer);
    if (group !== undefined && layer.op === 'conv' && layer.window.kernelHeight * layer.window.kernelWidth === 1) {
      const from = network.tensors[layer.inputs[0]!]!;
      const codes = tensors.of(layer.inputs[0]!);
      const cut = Math.ceil(codes.length * SEEN_SHARE);
      const [seen, unseen] = [codes.slice(0, cut), codes.slice(cut)].map((part) => sampleOperands(from, part, samples));
      const total = Math.ceil(from.channels / config.inputs);
      const words = WORDS.filter((skip) => skip < total && skip <= total * MOST);
      // Fewer samples than inputs say nothing about what the others could make up for.
      if (words.length > 0 && seen!.count >= 2 * from.channels && unseen!.count > 0) {
        const [known, judge] = [seen!, unseen!].map((operands) => operandMoments(operands, operands, memory));
        const gone = words.map((skip) => from.channels - (total - skip) * config.inputs);
        const { order, loss } = eliminateInputs(known!, judge!, layer.weights, rowWeights(layer), gone, ridge);
        const variance = totalVariance(output, network.tensors[layer.output]!.channels);
        const relative = loss.map((value) => value / variance);
        curves.push({ producer: group.producer, consumer: index, order, words, loss: relative });
      }
    }
    tensors.forget(index);
    onLayer();
  }
  return curves;
}

/** The number of words to leave out of each: the one with the largest gain at this price. */
export function chooseSkips(
  network: Network,
  config: Config,
  curves: readonly SkipCurve[],
  sensitivity: ReadonlyMap<number, number>,
  costs: Costs,
  price: number,
): SkippedWords[] {
  const groups = new Map(hiddenChannels(network).map((group) => [group.producer, group]));
  return curves.flatMap(({ producer, consumer, words, loss }) => {
    const { between } = groups.get(producer)!;
    const steps = wordSteps(network, config, [producer, ...between], consumer);
    // About half of a step's multiplications are active.
    const saved = steps * (costs.step + 0.5 * costs.active * config.pixels * config.lanes * config.inputs);
    let best = 0;
    let most = 0;
    words.forEach((skip, index) => {
      const gain = price * saved * skip - CAUTION * sensitivity.get(consumer)! * loss[index]!;
      if (gain > most && skip < 2 ** SKIP_BITS) {
        most = gain;
        best = skip;
      }
    });
    return best > 0 ? [{ producer, words: best }] : [];
  });
}

/** Channels kept of each consumer's inputs. */
export function keptInputs(network: Network, config: Config, skipped: readonly SkippedWords[]): Map<number, number> {
  const words = new Map(skipped.map((skip) => [skip.producer, skip.words]));
  return new Map(
    hiddenChannels(network).flatMap(({ producer, consumer, channels }) => {
      const skip = words.get(producer);
      return skip === undefined ? [] : [[consumer, (Math.ceil(channels / config.inputs) - skip) * config.inputs]];
    }),
  );
}
