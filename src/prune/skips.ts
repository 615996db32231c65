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

/** Hidden channels of one producer. */
export interface SkipCurve {
  readonly producer: number;
  readonly consumer: number;
  /** Channels by importance. */
  readonly order: Int32Array;
  /** Relative squared error of the consumer's output when the last k channels are gone, k = 0 .. length - 1. */
  readonly loss: Float64Array;
}

/** Share of hidden channels that may go. */
const MOST = 0.6;
/** Loss counted for what the curve does not know: the errors of other layers, and weights pruned as well. */
const CAUTION = 1.5;

/** Runs the unpruned network on the frames and looks at every pointwise reader of hidden channels. */
export async function skipCurves(
  network: Network,
  frames: readonly (readonly Int8Array[])[],
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
      const operands = sampleOperands(from, tensors.of(layer.inputs[0]!), samples);
      // Fewer samples than inputs say nothing about what the others could make up for.
      if (operands.count >= 2 * from.channels) {
        const scale = Float64Array.from(
          layer.requantise.multiplier,
          (value, c) => value / 2 ** layer.requantise.shift[c]!,
        );
        const limit = Math.floor(from.channels * MOST);
        const moments = operandMoments(operands, operands, memory);
        const { order, loss } = eliminateInputs(moments, layer.weights, scale, limit, ridge);
        const variance = totalVariance(output, network.tensors[layer.output]!.channels);
        curves.push({ producer: group.producer, consumer: index, order, loss: loss.map((value) => value / variance) });
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
  return curves.flatMap(({ producer, consumer, loss }) => {
    const { between, channels } = groups.get(producer)!;
    const words = Math.ceil(channels / config.inputs);
    const steps = wordSteps(network, config, [producer, ...between], consumer);
    // About half of a step's multiplications are active.
    const saved = steps * (costs.step + 0.5 * costs.active * config.pixels * config.lanes * config.inputs);
    let best = 0;
    let most = 0;
    for (let skip = 1; skip < Math.min(words, 2 ** SKIP_BITS); skip++) {
      const gone = channels - (words - skip) * config.inputs;
      if (gone >= loss.length) break;
      const gain = price * saved * skip - CAUTION * sensitivity.get(consumer)! * loss[gone]!;
      if (gain > most) {
        most = gain;
        best = skip;
      }
    }
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
