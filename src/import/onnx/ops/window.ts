/** Sliding windows of Conv and the pools: kernel, strides, dilations and the several ways to state padding. */
import type { Shape, Window } from '../../../graph/graph.ts';
import { windowShape } from '../../../graph/shapes.ts';
import { intAttribute, intsAttribute, stringAttribute } from '../attributes.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';

const MAX_SIDE = 2 ** 16;

export interface PlacedWindow {
  readonly window: Window;
  /** Height and width of the output. */
  readonly map: { readonly height: number; readonly width: number };
  /** Rows and columns of padding that only `ceil_mode` adds, already part of `window`. */
  readonly extra: { readonly bottom: number; readonly right: number };
}

export function placeWindow(node: OnnxNode, input: Shape, kernel: readonly number[]): PlacedWindow {
  const strides = pair(node, 'strides', [1, 1], 1);
  const dilations = pair(node, 'dilations', [1, 1], 1);
  if (kernel.length !== 2) throw refuse(node.op, `its kernel has ${kernel.length} dimensions, not 2`);
  if (kernel.some((side) => !Number.isInteger(side) || side < 1 || side > MAX_SIDE)) {
    throw wrong(`${node.op}: its kernel is [${kernel}]`);
  }
  const sides = [input.height, input.width];
  const [y, x] = [0, 1].map((i) => {
    return axisPads(node, i, sides[i]!, dilations[i]! * (kernel[i]! - 1) + 1, strides[i]!);
  }) as [AxisPads, AxisPads];
  const window: Window = {
    kernelHeight: kernel[0]!,
    kernelWidth: kernel[1]!,
    strideY: strides[0]!,
    strideX: strides[1]!,
    dilationY: dilations[0]!,
    dilationX: dilations[1]!,
    padding: { top: y.before, left: x.before, bottom: y.after, right: x.after },
  };
  const map = windowShape(input, window);
  if (map.height < 1 || map.width < 1) {
    throw wrong(`${node.op}: its kernel ${kernel.join('x')} does not fit a map of ${sides.join('x')}`);
  }
  return { window, map, extra: { bottom: y.extra, right: x.extra } };
}

interface AxisPads {
  readonly before: number;
  readonly after: number;
  readonly extra: number;
}

function axisPads(node: OnnxNode, axis: number, input: number, reach: number, stride: number): AxisPads {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  switch (auto) {
    case 'VALID':
      return { before: 0, after: 0, extra: 0 };
    case 'SAME_UPPER':
    case 'SAME_LOWER': {
      const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + reach - input);
      const small = Math.floor(total / 2);
      const before = auto === 'SAME_UPPER' ? small : total - small;
      return { before, after: total - before, extra: 0 };
    }
    case 'NOTSET':
      break;
    default:
      throw refuse(node.op, `auto_pad '${auto}' is not supported`);
  }
  const pads = intsAttribute(node, 'pads') ?? [0, 0, 0, 0];
  if (pads.length !== 4) throw wrong(`${node.op}: pads [${pads}] are not four numbers`);
  if (pads.some((pad) => !Number.isInteger(pad) || Math.abs(pad) > MAX_SIDE)) {
    throw wrong(`${node.op}: pads are [${pads}]`);
  }
  if (pads.some((pad) => pad < 0)) throw refuse(node.op, `pads [${pads}] cut pixels off`);
  const [before, after] = [pads[axis]!, pads[axis + 2]!];
  const extra = ceilExtra(node, input, before, after, reach, stride);
  return { before, after: after + extra, extra };
}

/** Padding that makes the usual floor formula give ceil_mode's output: the last window must start before the end. */
function ceilExtra(
  node: OnnxNode,
  input: number,
  before: number,
  after: number,
  reach: number,
  stride: number,
): number {
  if (intAttribute(node, 'ceil_mode', 0) === 0) return 0;
  const free = input + before + after - reach;
  let steps = Math.ceil(free / stride);
  if (steps * stride >= input + before) steps--;
  return Math.max(0, steps * stride - free);
}

function pair(node: OnnxNode, name: string, fallback: readonly number[], least: number): readonly number[] {
  const values = intsAttribute(node, name) ?? fallback;
  const sound = values.every((value) => Number.isInteger(value) && value >= least && value <= MAX_SIDE);
  if (values.length !== 2 || !sound) throw wrong(`${node.op}: ${name} are [${values}]`);
  return values;
}
