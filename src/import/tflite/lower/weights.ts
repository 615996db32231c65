import type { Bias, Weights } from '../../../graph/graph.ts';
import { biasCodes, type Constant, elements, realValues, weightCodes } from '../constants.ts';
import { type Context, constantInput, hasInput, outputTensor, refuse, wrong } from '../context.ts';
import type { FileOperator } from '../model.ts';

/** Weights in the file's order; `outChannels` scales are made of one where the file has one for all. */
export function readWeights(
  context: Context,
  operator: FileOperator,
  constant: Constant,
  channelAxis: number,
  outChannels: number,
): Weights {
  const output = outputTensor(context, operator);
  if (output.type === 'float32' || output.type === 'float16') {
    if (!constant.dequantised && constant.file.quantisation && constant.file.type !== 'float32') {
      context.notes.add('weights of float layers are stored as 8-bit codes; they are used at their real values');
    }
    return { kind: 'real', values: realValues(constant.file) };
  }
  if (constant.dequantised) throw refuse(operator, 'its weights are real but its output is quantised');
  const { codes, scales } = weightCodes(constant.file, channelAxis);
  const perChannel = scales.length === 1 ? new Float64Array(outChannels).fill(scales[0]!) : Float64Array.from(scales);
  return { kind: 'codes', codes, scales: perChannel };
}

/** The bias at input `position`, if there is one. Codes have the scale of the input times that of the weights. */
export function readBias(
  context: Context,
  operator: FileOperator,
  position: number,
  weights: Weights,
  inputScale: number | undefined,
  outChannels: number,
): Bias | undefined {
  if (!hasInput(operator, position)) return undefined;
  const constant = constantInput(context, operator, position);
  const count = elements(constant.file.dims);
  if (count !== outChannels) throw wrong(operator, `bias has ${count} values for ${outChannels} channels`);
  if (weights.kind === 'real') return { kind: 'real', values: realValues(constant.file) };
  if (inputScale === undefined) throw refuse(operator, 'its weights are quantised but its input is not');
  const codes = biasCodes(constant.file);
  const quantisation = constant.file.quantisation;
  if (quantisation?.zeroPoints.some((zero) => zero !== 0)) {
    throw refuse(operator, 'its bias has a zero point');
  }
  for (let channel = 0; quantisation && channel < outChannels; channel++) {
    const stated = quantisation.scales[quantisation.scales.length === 1 ? 0 : channel];
    const meant = inputScale * weights.scales[channel]!;
    // Dead channels have products that float32 holds with few bits or none: nothing to compare there.
    if (stated === undefined || (meant > 1e-30 && Math.abs(stated - meant) > 0.01 * meant && codes[channel] !== 0)) {
      throw refuse(operator, `bias scale ${stated} of channel ${channel} is not input scale x weight scale (${meant})`);
    }
  }
  return { kind: 'codes', codes };
}
