/** QuantizeLinear, DequantizeLinear and Cast. */
import type { ActivationQuantisation } from '../../../graph/graph.ts';
import { intAttribute, wholeAxis } from '../attributes.ts';
import { type Constant, channelIndex, type Dequantisation, isFloatType, realValues, type Values } from '../constant.ts';
import {
  activation,
  anyActivation,
  type Context,
  constant,
  declare,
  optional,
  optionalConstant,
  outputName,
  setOutput,
  shapeOf,
} from '../context.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { elementType } from '../tensor.ts';
import type { FileCodes } from '../value.ts';

/** Smallest normal float32: an activation scale below it can hold no information. */
const LEAST_SCALE = 2 ** -126;

export function importQuantize(context: Context, node: OnnxNode): void {
  const source = optional(context, node, 0);
  if (source?.kind === 'constant') return quantiseConstant(context, node, source.constant);
  const value = anyActivation(context, node, 0);
  const codes = activationCodes(context, node);
  if (value.host.length > 0) {
    context.notes.add(
      `the codes of '${node.outputs[0]}', after ${value.host.at(-1)}, are left out: the host answers in float`,
    );
    return setOutput(context, node, { ...value, codes });
  }
  const real = activation(context, node);
  const quantisation = quantisationOf(codes);
  const again = context.nodes.find((other) => {
    const stored = context.tensors.get(other.output)?.quantisation;
    const same = stored?.scale === quantisation.scale && stored.zeroPoint === quantisation.zeroPoint;
    return other.op === 'quantise' && other.inputs[0] === real.tensor && same;
  });
  if (again) return setOutput(context, node, { ...real, tensor: again.output, codes });
  const output = declare(context, outputName(context, node), shapeOf(context, real), quantisation);
  context.nodes.push({ op: 'quantise', name: node.name, inputs: [real.tensor], output });
  setOutput(context, node, { ...real, tensor: output, codes });
}

export function importDequantize(context: Context, node: OnnxNode): void {
  const source = optional(context, node, 0);
  if (source?.kind === 'constant') {
    return setOutput(context, node, { kind: 'constant', constant: dequantiseConstant(context, node, source.constant) });
  }
  const value = anyActivation(context, node, 0);
  if (!value.codes) throw wrong(`${node.op}: its input holds no codes`);
  const codes = activationCodes(context, node, value.codes.type);
  const { codes: stored, ...real } = value;
  if (stored.scale === undefined) {
    const tensor = context.tensors.get(value.tensor)!;
    const quantisation = quantisationOf(codes);
    const known = tensor.quantisation;
    if (known && (known.scale !== quantisation.scale || known.zeroPoint !== quantisation.zeroPoint)) {
      throw refuse(node.op, 'an input of codes is dequantised in two ways');
    }
    context.tensors.set(tensor.name, { ...tensor, quantisation });
  } else if (stored.scale !== codes.scale || stored.zeroPoint !== codes.zeroPoint) {
    throw refuse(
      node.op,
      `scale ${codes.scale} and zero point ${codes.zeroPoint} differ from those of its QuantizeLinear (${stored.scale}, ${stored.zeroPoint})`,
    );
  }
  setOutput(context, node, real);
}

/** Cast between float types changes nothing here; from codes it makes real numbers equal to the codes. */
export function importCast(context: Context, node: OnnxNode): void {
  const type = elementType(intAttribute(node, 'to', 1), node.outputs[0] ?? '');
  const value = anyActivation(context, node, 0);
  if (!isFloatType(type)) throw refuse(node.op, `a cast of an activation to ${type} is not supported`);
  if (!value.codes) return setOutput(context, node, value);
  if (value.codes.scale !== undefined) throw refuse(node.op, 'it casts codes to real numbers');
  const tensor = context.tensors.get(value.tensor)!;
  const quantisation = quantisationOf({ ...value.codes, scale: 1 });
  context.tensors.set(tensor.name, { ...tensor, quantisation });
  const { codes: _, ...real } = value;
  setOutput(context, node, real);
}

/** int8 codes of the same meaning; uint8 codes less 128. */
function quantisationOf(codes: FileCodes): ActivationQuantisation {
  return { scale: codes.scale!, zeroPoint: codes.type === 'uint8' ? codes.zeroPoint - 128 : codes.zeroPoint };
}

/** Scale and zero point of an activation: one of each. `stored` is the type of the codes where it is known. */
function activationCodes(context: Context, node: OnnxNode, stored?: 'int8' | 'uint8'): FileCodes {
  const scales = constant(context, node, 1);
  const zeroPoints = optionalConstant(context, node, 2);
  if (scales.values.length !== 1 || (zeroPoints && zeroPoints.values.length !== 1)) {
    throw refuse(node.op, 'an activation has a scale a channel', 'Quantise activations per tensor.');
  }
  const type = zeroPoints?.type ?? stored ?? 'uint8';
  if (type !== 'int8' && type !== 'uint8')
    throw refuse(node.op, `activations of type ${type} are not supported`, 'Use int8 or uint8.');
  if (stored && stored !== type) throw wrong(`${node.op}: codes of type ${stored} have a zero point of type ${type}`);
  const scale = scales.values[0]!;
  if (!Number.isFinite(scale) || scale < LEAST_SCALE) {
    throw wrong(`${node.op}: a scale is ${scale}; a scale is positive, finite and not subnormal`, scales.name);
  }
  const zeroPoint = zeroPoints?.values[0] ?? 0;
  if (zeroPoints?.dequantisation) throw wrong(`${node.op}: its zero point is no code`, zeroPoints.name);
  return { type, scale, zeroPoint };
}

function dequantiseConstant(context: Context, node: OnnxNode, codes: Constant): Constant {
  if (codes.dequantisation || isFloatType(codes.type)) throw wrong(`${node.op}: its input holds no codes`, codes.name);
  return { ...codes, dequantisation: parameters(context, node, codes) };
}

function parameters(context: Context, node: OnnxNode, of: Constant): Dequantisation {
  const scaleConstant = constant(context, node, 1);
  const scales = Float64Array.from(realValues(scaleConstant));
  const zeros = optionalConstant(context, node, 2);
  if (intAttribute(node, 'block_size', 0) !== 0) throw refuse(node.op, 'scales for blocks are not supported');
  const bad = scales.find((scale) => scale <= 0);
  if (bad !== undefined) throw wrong(`${node.op}: a scale is ${bad}; scales are positive`, scaleConstant.name);
  if (zeros && zeros.values.length !== scales.length) {
    throw wrong(`${node.op}: it has ${scales.length} scales and ${zeros.values.length} zero points`, zeros.name);
  }
  const zeroPoints = Int32Array.from(zeros?.values ?? new Int32Array(scales.length));
  if (scales.length === 1) return { scales, zeroPoints, axis: undefined };
  const axis = wholeAxis(node, intAttribute(node, 'axis', 1), of.dims.length);
  if (scaleConstant.dims.length !== 1 || scales.length !== of.dims[axis]) {
    throw wrong(
      `${node.op}: ${scales.length} scales do not fit axis ${axis} of shape [${of.dims}]`,
      scaleConstant.name,
    );
  }
  return { scales, zeroPoints, axis };
}

/** Weights stored as real numbers behind a QuantizeLinear: the codes are computed here, rounding half to even. */
function quantiseConstant(context: Context, node: OnnxNode, of: Constant): void {
  const { scales, zeroPoints, axis } = parameters(context, node, of);
  const type = optionalConstant(context, node, 2)?.type ?? 'uint8';
  if (type !== 'int8' && type !== 'uint8')
    throw refuse(node.op, `codes of type ${type} are not supported`, 'Use int8 or uint8.');
  const [low, high] = type === 'int8' ? [-128, 127] : [0, 255];
  const channel = channelIndex(of.dims, axis);
  const real = realValues(of);
  const values: Values = type === 'int8' ? new Int8Array(real.length) : new Uint8Array(real.length);
  real.forEach((value, i) => {
    const code = roundHalfEven(Math.fround(value / scales[channel(i)]!)) + zeroPoints[channel(i)]!;
    values[i] = Math.min(high, Math.max(low, code));
  });
  setOutput(context, node, {
    kind: 'constant',
    constant: { name: outputName(context, node), type, dims: of.dims, values },
  });
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const part = value - floor;
  if (part !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
