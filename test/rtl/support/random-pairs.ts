/** Random pairs of layer and configuration, run on the RTL; and what they have covered. */
import { type Compiled, compile } from '../../../src/compile/compile.ts';
import { describeDifference, type VerifyResult, verifyFrame } from '../../../src/cosim/verify.ts';
import { UserError } from '../../../src/errors.ts';
import type { Layer, TensorIndex } from '../../../src/network/network.ts';
import { networkAtLevel } from '../../../src/prune/levels.ts';
import { runReference } from '../../../src/simulate/reference/reference.ts';
import type { Config } from '../../../src/spec/config.ts';
import { bottleneckNetwork, randomPlan } from '../../prune/support.ts';
import { makeWindow, NetworkBuilder } from '../../support/network-builder.ts';
import { Random } from '../../support/random.ts';
import { randomInputs, randomLayerNetwork } from '../../support/random-network.ts';
import type { Rig } from './benches.ts';

export interface Pair {
  readonly compiled: Compiled;
  readonly inputs: readonly Int8Array[];
  /** Pruning level of the frame. */
  readonly level: number;
}

/** In turn, so that no kind depends on luck; 'dense' is a convolution of a map of one pixel. */
const TURNS: readonly (Layer['op'] | 'dense' | 'bottleneck')[] = [
  'conv',
  'depthwise',
  'add',
  'conv',
  'bottleneck',
  'averagePool',
  'dense',
  'depthwise',
  'table',
  'maxPool',
  'conv',
  'concat',
  'mul',
  'depthwise',
  'resize',
];
/** Of three pairs one runs at a pruning level. */
const LEVEL_EVERY = 3;
/** Of five pairs one runs under random stalls, where only data and counters can be equal. */
const STALL_EVERY = 5;

/** Pair number `at` of a design, or undefined where its configuration cannot do the layer. */
export function randomPair(config: Config, seed: number, at: number): Pair | undefined {
  const random = new Random(seed);
  const turn = TURNS[at % TURNS.length]!;
  const network =
    turn === 'bottleneck'
      ? bottleneckNetwork(random, config.multiplierBits)
      : randomLayerNetwork(seed, {
          op: turn === 'dense' ? 'conv' : turn,
          multiplierBits: config.multiplierBits,
          maxExtent: turn === 'dense' ? 1 : 9,
          maxChannels: 24,
          pruning: false,
        });
  const pruned = at % LEVEL_EVERY === 1;
  try {
    const compiled = compile(network, config, pruned ? { pruning: randomPlan(network, config, random) } : {});
    return { compiled, inputs: randomInputs(network, seed), level: pruned ? random.int(1, 7) : 0 };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/**
 * Pair number `at` of small stages that read the same maps and so follow each other without waiting for any: most with a
 * residual, some with a table, all with numbers of their own. What a stage leaves behind shows in the next.
 */
export function residualPair(config: Config, seed: number, at: number): Pair | undefined {
  const random = new Random(seed);
  const builder = new NetworkBuilder(random, config.multiplierBits);
  const code = (): number => random.int(-100, 100);
  const [height, width, channels] = [random.int(1, 4), random.int(1, 9), random.int(1, 2 * config.inputs)];
  const maps = Array.from({ length: 3 }, () => builder.input(height, width, channels, code()));
  const convolved = (from: TensorIndex): TensorIndex =>
    builder.mac('conv', from, channels, makeWindow(1), { zeroPoint: code() });
  const table = (): Int8Array => Int8Array.from({ length: 256 }, () => random.int(-128, 127));
  const outputs = Array.from({ length: 6 }, (_, stage) => {
    const [from, other] = [random.pick(maps), random.pick(maps)];
    if (stage % 3 === 2) return convolved(from);
    const sum =
      stage % 3 === 1
        ? builder.mul(from, other, builder.rescale(1, 1 / random.int(20, 100)), code())
        : builder.add(at % 2 === 0 ? from : convolved(from), other, { zeroPoint: code() });
    return config.tables && random.oneIn(2) ? builder.table(sum, table(), code()) : sum;
  });
  const network = builder.build(`residuals ${seed}`, outputs);
  try {
    return { compiled: compile(network, config), inputs: randomInputs(network, seed), level: 0 };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** What makes a result worth a failure, in words; undefined where all is equal. */
export function complaint(result: VerifyResult): string | undefined {
  if (result.firstDifference !== undefined) return describeDifference(result.firstDifference);
  if (result.firstTimingDifference !== undefined) {
    const { what, index, expected, got } = result.firstTimingDifference;
    return `${what} (instruction ${index}): expected cycle ${expected}, got ${got}`;
  }
  return result.problems[0];
}

export interface PairsResult {
  readonly done: number;
  /** Codes compared. */
  readonly compared: number;
  readonly complaints: readonly string[];
}

export interface PairsOptions {
  readonly firstSeed: number;
  readonly pairs: number;
  /** Default: `randomPair`. */
  readonly pairAt?: (config: Config, seed: number, at: number) => Pair | undefined;
  /** Stop at the first complaint. */
  readonly bail?: boolean;
  /** Is told of each pair. */
  readonly seen?: (pair: Pair) => void;
}

/** Runs random pairs on one design. */
export async function verifyPairs(rig: Rig, config: Config, options: PairsOptions): Promise<PairsResult> {
  const { firstSeed: seed, pairs, pairAt = randomPair, bail = false, seen = () => {} } = options;
  const design = await rig.design(config);
  const complaints: string[] = [];
  let compared = 0;
  let done = 0;
  for (let at = 0; done < pairs && at < 4 * pairs; at++) {
    const pair = pairAt(config, seed + at, at);
    if (pair === undefined) continue;
    const { compiled, inputs, level } = pair;
    const { network, pruning, program } = compiled;
    const stalls = done % STALL_EVERY === 4 ? { seed: seed + at, rate: 64 } : undefined;
    const memory = { memoryBytes: program.memoryBytes, memoryLatency: config.memoryLatency };
    const bench = await rig.open(design, { ...memory, ...(stalls && { stalls }) });
    try {
      const expected = runReference(pruning === undefined ? network : networkAtLevel(network, pruning, level), inputs);
      const result = await verifyFrame(bench, compiled, inputs, expected, { level, timing: stalls === undefined });
      const wrong = complaint(result);
      const where = `${network.name} (pair ${at} of seed ${seed}, level ${level})`;
      if (wrong !== undefined) complaints.push(`${where} on ${JSON.stringify(config)}: ${wrong}`);
      compared += result.compared;
      done += 1;
      seen(pair);
    } finally {
      await bench.close();
    }
    if (bail && complaints.length > 0) break;
  }
  return { done, compared, complaints };
}
