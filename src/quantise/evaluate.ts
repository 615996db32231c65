/** What an integer network answers beside the float network it stands for, frame by frame and summed up. */
import type { Graph } from '../graph/graph.ts';
import type { Network } from '../network/network.ts';
import { createKernels } from '../simulate/kernels/kernels.ts';
import { createFloatExecutor, type FloatExecutor } from './float/execute.ts';
import { dequantiseValues, quantiseValues } from './lower/codes.ts';
import { addNoise, decibels, type NoisePower, topClass, topClasses } from './metrics.ts';

/** The answers to one frame; classes count from 0. */
export interface FrameVerdict {
  /** The five classes with the largest scores, best first. */
  readonly best: readonly number[];
  /** The float network's best class, where there is a float network. */
  readonly reference: number | undefined;
  /** Signal and noise of every layer's output in the order of `network.layers`, where they were asked for. */
  readonly noise: readonly NoisePower[] | undefined;
}

/** One frame: real inputs in the graph's order, each [height][width][channel]. */
export type FrameEvaluator = (inputs: readonly Float32Array[], withNoise: boolean) => FrameVerdict;

/**
 * Prepares both networks: `reference` is the float graph (or the quantised one, run on its dequantised weights).
 * Noise is measured against `layerReference`, whose tensors have the scale of the network's (`Quantised.reference`).
 */
export async function createFrameEvaluator(
  network: Network,
  reference: Graph | undefined,
  layerReference: Graph | undefined = reference,
): Promise<FrameEvaluator> {
  const output = network.outputs[0]!;
  const kernels = await createKernels(network, { keepTensors: true });
  const runReference = reference && createFloatExecutor(reference);
  const runLayers = layerReference && layerReference !== reference ? createFloatExecutor(layerReference) : runReference;
  const referenceOutput = reference?.outputs[0]?.tensor;
  return (inputs, withNoise) => {
    const codes = inputs.map((values, index) => quantiseValues(values, network.tensors[network.inputs[index]!]!));
    const expected = runReference?.(inputs);
    const layers = withNoise && runLayers ? (runLayers === runReference ? expected : runLayers(inputs)) : undefined;
    const tensors = layers && kernels.runAll(codes);
    const scores = tensors ? tensors[output.tensor]! : kernels.run(codes)[0]!;
    return {
      best: topClasses(scores, 5),
      reference: expected && topClass(expected.get(referenceOutput!)!),
      noise: tensors && layerNoise(network, tensors, layers!),
    };
  };
}

function layerNoise(
  network: Network,
  tensors: readonly Int8Array[],
  expected: ReturnType<FloatExecutor>,
): NoisePower[] {
  return network.layers.map(({ output }) => {
    const tensor = network.tensors[output]!;
    const power: NoisePower = { signal: 0, noise: 0 };
    const reference = expected.get(tensor.name);
    if (reference) addNoise(power, reference, dequantiseValues(tensors[output]!, tensor));
    return power;
  });
}

export interface LayerFigure {
  readonly name: string;
  readonly op: string;
  /** Signal-to-quantisation-noise ratio in decibel against the float network; undefined where it was not measured. */
  readonly sqnr: number | undefined;
}

export interface Evaluation {
  readonly images: number;
  /** Shares, 0 to 1. */
  readonly top1: number;
  readonly top5: number;
  /** Share of images for which the float network has the same best class; undefined without a float network. */
  readonly agreement: number | undefined;
  /** Top-1 of the float network itself. */
  readonly referenceTop1: number | undefined;
  readonly layers: readonly LayerFigure[];
}

/** Sums verdicts up; `labels` in the same order. */
export function summarise(network: Network, verdicts: readonly FrameVerdict[], labels: readonly number[]): Evaluation {
  const images = verdicts.length;
  if (images === 0) throw new Error('an evaluation needs at least one frame');
  const share = (holds: (verdict: FrameVerdict, label: number) => boolean): number =>
    verdicts.filter((verdict, index) => holds(verdict, labels[index]!)).length / images;
  const compared = verdicts.every(({ reference }) => reference !== undefined);
  const measured = verdicts.flatMap(({ noise }) => (noise ? [noise] : []));
  const layers = network.layers.map(({ name, op }, layer) => {
    const power: NoisePower = { signal: 0, noise: 0 };
    for (const noise of measured) {
      power.signal += noise[layer]!.signal;
      power.noise += noise[layer]!.noise;
    }
    return { name, op, sqnr: power.signal > 0 ? decibels(power) : undefined };
  });
  return {
    images,
    top1: share(({ best }, label) => best[0] === label),
    top5: share(({ best }, label) => best.includes(label)),
    agreement: compared ? share(({ best, reference }) => best[0] === reference) : undefined,
    referenceTop1: compared ? share(({ reference }, label) => reference === label) : undefined,
    layers,
  };
}
