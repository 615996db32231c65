/** Weights and biases of filters, real or in codes, moved from the file's order to ours. */
import type { Weights } from '../../../graph/graph.ts';
import { type Constant, channelIndex, realValues } from '../constant.ts';
import type { DraftBias } from '../draft.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';

/**
 * Weights of `outputs` channels taken from `source(i)` for every position i of our layout.
 * `axis` is the constant's dimension of output channels.
 */
export function takeWeights(
  node: OnnxNode,
  constant: Constant,
  axis: number,
  length: number,
  source: (position: number) => number,
): Weights {
  const { dequantisation } = constant;
  if (!dequantisation) {
    const values = realValues(constant);
    return { kind: 'real', values: Float32Array.from({ length }, (_, i) => values[source(i)]!) };
  }
  if (constant.type !== 'int8' && constant.type !== 'uint8') {
    throw refuse(node.op, `its quantised weights are of type ${constant.type}`, 'Use int8 or uint8 weights.');
  }
  if (dequantisation.axis !== undefined && dequantisation.axis !== axis) {
    throw refuse(
      node.op,
      `its weights have scales along axis ${dequantisation.axis}, not along the output channels (axis ${axis})`,
      'Quantise per tensor or per output channel.',
    );
  }
  const { scales, zeroPoints } = dequantisation;
  const channel = channelIndex(constant.dims, dequantisation.axis);
  const codes = Int16Array.from({ length }, (_, i) => {
    const from = source(i);
    return constant.values[from]! - zeroPoints[channel(from)]!;
  });
  const outputs = constant.dims[axis]!;
  return {
    kind: 'codes',
    codes,
    scales: Float64Array.from({ length: outputs }, (_, c) => scales[scales.length > 1 ? c : 0]!),
  };
}

/** Bias of `channels` values; a constant of one element serves all. */
export function takeBias(constant: Constant, channels: number): DraftBias {
  const count = constant.values.length;
  if (count !== channels && count !== 1) throw wrong(`it has ${count} values for ${channels} channels`, constant.name);
  const at = (channel: number): number => (count === 1 ? 0 : channel);
  const { dequantisation } = constant;
  const real = realValues(constant);
  if (!dequantisation) return { values: Float64Array.from({ length: channels }, (_, c) => real[at(c)]!) };
  const { scales, zeroPoints } = dequantisation;
  const scale = Float64Array.from({ length: channels }, (_, c) => scales[scales.length > 1 ? c : 0]!);
  const differences = Array.from({ length: channels }, (_, c) => {
    return constant.values[at(c)]! - zeroPoints[zeroPoints.length > 1 ? c : 0]!;
  });
  const values = Float64Array.from(differences, (code, c) => code * scale[c]!);
  const fits = differences.every((code) => code === (code | 0));
  return fits ? { values, codes: { codes: Int32Array.from(differences), scales: scale } } : { values };
}
