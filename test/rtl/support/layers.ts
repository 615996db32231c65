/** Random layers on the whole machine: every value, and without stalls every cycle. */
import { type Compiled, compile } from '../../../src/compile/compile.ts';
import { describeDifference, type VerifyResult, verifyFrame } from '../../../src/cosim/verify.ts';
import { UserError } from '../../../src/errors.ts';
import type { Layer } from '../../../src/network/network.ts';
import { runReference } from '../../../src/simulate/reference/reference.ts';
import type { Config } from '../../../src/spec/config.ts';
import { randomInputs, randomLayerNetwork } from '../../support/random-network.ts';
import type { Rig } from './benches.ts';

export interface LayersResult {
  /** What was wrong, one entry a layer. */
  readonly complaints: readonly string[];
  readonly compared: number;
  /** Layers that were run. */
  readonly done: number;
}

export interface LayersOptions {
  readonly firstSeed: number;
  readonly layers: number;
  /** Stop at the first complaint. */
  readonly bail?: boolean;
}

/** What makes a result worth a failure, in words; undefined where all is equal. */
function complaint(result: VerifyResult): string | undefined {
  if (result.firstDifference !== undefined) return describeDifference(result.firstDifference);
  if (result.firstTimingDifference !== undefined) {
    const { what, index, expected, got } = result.firstTimingDifference;
    return `${what} (instruction ${index}): expected cycle ${expected}, got ${got}`;
  }
  return result.problems[0];
}

/** A compiled random layer, or undefined where the configuration cannot do it. */
export function compileLayer(
  config: Config,
  layerSeed: number,
  op?: Layer['op'],
): { compiled: Compiled; inputs: Int8Array[] } | undefined {
  const network = randomLayerNetwork(layerSeed, {
    multiplierBits: config.multiplierBits,
    maxExtent: 9,
    maxChannels: 24,
    pruning: false,
    ...(op !== undefined && { op }),
  });
  try {
    return { compiled: compile(network, config), inputs: randomInputs(network, layerSeed) };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Layers of the seeds from `firstSeed` on, every third one under random stalls, where only the data can be equal. */
export async function verifyLayers(rig: Rig, config: Config, options: LayersOptions): Promise<LayersResult> {
  const { firstSeed, layers, bail = false } = options;
  const design = await rig.design(config);
  const complaints: string[] = [];
  let compared = 0;
  let done = 0;
  for (let at = 0; done < layers && at < 4 * layers; at++) {
    const layer = compileLayer(config, firstSeed + at);
    if (layer === undefined) continue;
    const { compiled, inputs } = layer;
    const { program, network } = compiled;
    const stalls = done % 3 === 2 ? { seed: firstSeed + at, rate: 64 } : undefined;
    const memory = { memoryBytes: program.memoryBytes, memoryLatency: config.memoryLatency };
    const bench = await rig.open(design, { ...memory, ...(stalls && { stalls }) });
    try {
      const expected = runReference(network, inputs);
      const result = await verifyFrame(bench, compiled, inputs, expected, { timing: stalls === undefined });
      const wrong = complaint(result);
      if (wrong !== undefined) complaints.push(`${network.name} on ${JSON.stringify(config)}: ${wrong}`);
      compared += result.compared;
      done += 1;
    } finally {
      await bench.close();
    }
    if (bail && complaints.length > 0) break;
  }
  return { complaints, compared, done };
}
