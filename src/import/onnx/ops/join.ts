/** Concat on channels, Resize by whole factors, Pad with zeros. */
import type { Shape } from '../../../graph/graph.ts';
import { intAttribute, intsAttribute, stringAttribute, wholeAxis } from '../attributes.ts';
import { type Constant, integers, scalar } from '../constant.ts';
import {
  activation,
  anyActivation,
  type Context,
  constant,
  declare,
  emit,
  mapInput,
  optionalConstant,
  outputName,
  setOutput,
  shapeOf,
} from '../context.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { type Axis, dimsOf, extents, isMap, only } from '../value.ts';

export function importConcat(context: Context, node: OnnxNode): void {
  if (node.inputs.length === 0) throw wrong(`${node.op}: it has no inputs`);
  const values = node.inputs.map((_, index) => activation(context, node, index));
  const shapes = values.map((value) => shapeOf(context, value));
  const [first] = shapes as [Shape];
  const { dims } = values[0]!;
  const axis = wholeAxis(node, intAttribute(node, 'axis', 0), dims.length);
  const given = values.map((value, i) => extents(value.dims, shapes[i]!));
  const alike = values.every((value, i) => {
    const others = given[i]!.every((extent, k) => k === axis || extent === given[0]![k]);
    return value.dims.length === dims.length && only(value.dims[axis], 'c') && others;
  });
  const maps = shapes.every(({ height, width }) => height === first.height && width === first.width);
  const axes = values.every((value) => dims.every((walked, k) => k === axis || `${walked}` === `${value.dims[k]}`));
  if (!alike || !maps || !axes) {
    throw refuse(
      node.op,
      `it joins ${given.map((each) => `[${each}]`).join(', ')} on axis ${axis}, not on the channels`,
    );
  }
  const shape = { ...first, channels: shapes.reduce((sum, each) => sum + each.channels, 0) };
  const joined = dims.map((walked, k): readonly Axis[] => (k === axis && shape.channels > 1 ? ['c'] : walked));
  emit(context, node, { op: 'concat', inputs: values.map(({ tensor }) => tensor) }, shape, joined);
}

/** Resize to the nearest neighbour, if output (y, x) is exactly input (floor(y / factorY), floor(x / factorX)). */
export function importResize(context: Context, node: OnnxNode): void {
  const { value, shape } = mapInput(context, node);
  const mode = stringAttribute(node, 'mode', 'nearest');
  if (mode !== 'nearest') throw refuse(node.op, `mode '${mode}' is not supported`, "Only mode 'nearest' is supported.");
  if (intsAttribute(node, 'axes')) throw refuse(node.op, 'resizing some axes only is not supported');
  const policy = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') throw refuse(node.op, `keep_aspect_ratio_policy '${policy}' is not supported`);
  const given = [1, shape.channels, shape.height, shape.width];
  const scales = optionalConstant(context, node, 2);
  const sizes = optionalConstant(context, node, 3);
  const factors = scales?.values.length
    ? Array.from(scales.values)
    : (sizes ? integers(sizes) : []).map((size, i) => size / given[i]!);
  const whole =
    factors.length === 4 && factors.every((factor) => Number.isInteger(factor) && factor >= 1 && factor <= 64);
  if (!whole || factors[0] !== 1 || factors[1] !== 1) {
    throw refuse(node.op, `factors [${factors}] are not whole numbers for height and width alone`);
  }
  const [, , factorY, factorX] = factors as [number, number, number, number];
  if (!picksFloor(node, shape.height, factorY) || !picksFloor(node, shape.width, factorX)) {
    throw refuse(
      node.op,
      'its rounding of coordinates does not repeat each pixel',
      'Use asymmetric coordinates with floor.',
    );
  }
  const output = { height: shape.height * factorY, width: shape.width * factorX, channels: shape.channels };
  emit(
    context,
    node,
    { op: 'resize', inputs: [value.tensor], factorY, factorX },
    output,
    dimsOf(output, ['n', 'c', 'h', 'w']),
  );
}

/** Whether the standard's coordinate formula picks input floor(y / factor) for every output y. */
function picksFloor(node: OnnxNode, extent: number, factor: number): boolean {
  const transform = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const size = extent * factor;
  const source = (y: number): number => {
    switch (transform) {
      case 'asymmetric':
        return y / factor;
      case 'align_corners':
        return size === 1 ? 0 : (y * (extent - 1)) / (size - 1);
      case 'pytorch_half_pixel':
        return size === 1 ? 0 : (y + 0.5) / factor - 0.5;
      case 'half_pixel':
      case 'half_pixel_symmetric':
        return (y + 0.5) / factor - 0.5;
      default:
        throw refuse(node.op, `coordinate_transformation_mode '${transform}' is not supported`);
    }
  };
  const round = (x: number): number => {
    switch (rounding) {
      case 'floor':
        return Math.floor(x);
      case 'ceil':
        return Math.ceil(x);
      case 'round_prefer_ceil':
        return Math.floor(x + 0.5);
      case 'round_prefer_floor':
        return Math.ceil(x - 0.5);
      default:
        throw refuse(node.op, `nearest_mode '${rounding}' is not supported`);
    }
  };
  for (let y = 0; y < size; y++) {
    if (Math.min(extent - 1, Math.max(0, round(source(y)))) !== Math.floor(y / factor)) return false;
  }
  return true;
}

/** Pad with zeros around the map; on codes the padding must be the zero point. */
export function importPad(context: Context, node: OnnxNode): void {
  const value = anyActivation(context, node, 0);
  if (value.host.length > 0)
    throw refuse(node.op, `it follows ${value.host.at(-1)}, which only the host does at the end`);
  const shape = shapeOf(context, value);
  const mode = stringAttribute(node, 'mode', 'constant');
  if (mode !== 'constant')
    throw refuse(node.op, `mode '${mode}' is not supported`, 'Only padding with zeros is supported.');
  const amount = optionalConstant(context, node, 2);
  checkPadValue(node, amount, value.codes?.zeroPoint ?? 0);
  const rank = value.dims.length;
  const stated = integers(constant(context, node, 1));
  const axes = optionalConstant(context, node, 3);
  const padded = (axes ? integers(axes) : [...value.dims.keys()]).map((axis) => wholeAxis(node, axis, rank));
  if (stated.length !== 2 * padded.length) throw wrong(`${node.op}: pads [${stated}] do not fit ${rank} dimensions`);
  const around = { h: [0, 0], w: [0, 0] };
  padded.forEach((axis, i) => {
    const [before, after] = [stated[i]!, stated[i + padded.length]!];
    if (before === 0 && after === 0) return;
    const [walked] = value.dims[axis]!;
    const side = isMap(value.dims) ? ([undefined, undefined, 'h', 'w'] as const)[axis] : walked;
    if (before < 0 || after < 0) throw refuse(node.op, `pads [${stated}] cut pixels off`);
    if (value.dims[axis]!.length > 1 || (side !== 'h' && side !== 'w')) {
      throw refuse(node.op, `pads [${stated}] do not lie around height and width`);
    }
    around[side] = [before, after];
  });
  const [top, bottom] = around.h as [number, number];
  const [left, right] = around.w as [number, number];
  if (top + bottom + left + right === 0) return setOutput(context, node, value);
  const output = { height: shape.height + top + bottom, width: shape.width + left + right, channels: shape.channels };
  const dims = value.dims.map((walked, axis): readonly Axis[] => {
    if (!isMap(value.dims)) return walked;
    return dimsOf(output, ['n', 'c', 'h', 'w'])[axis]!;
  });
  const source = context.tensors.get(value.tensor)!;
  const name = declare(context, outputName(context, node), output, value.codes ? source.quantisation : undefined);
  const padding = { top, left, bottom, right };
  context.nodes.push({ op: 'pad', name: node.name, inputs: [value.tensor], output: name, padding });
  setOutput(context, node, { ...value, tensor: name, dims });
}

function checkPadValue(node: OnnxNode, amount: Constant | undefined, zero: number): void {
  const value = amount && amount.values.length > 0 ? scalar(amount) : 0;
  if (value !== zero) throw refuse(node.op, `it pads with ${value}; only padding with what stands for 0 is supported`);
}
