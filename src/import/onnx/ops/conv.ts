import { NO_CLAMP, type Weights } from '../../../graph/graph.ts';
import { expandGroups } from '../../grouped.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { type Context, constant, emit, mapInput, optionalConstant } from '../context.ts';
import { refuse, wrong } from '../errors.ts';
import type { OnnxNode } from '../model.ts';
import { dimsOf } from '../value.ts';
import { takeBias, takeWeights } from './weights.ts';
import { placeWindow } from './window.ts';

/** Largest number of weights that a grouped convolution may unfold to. */
const MAX_UNFOLDED = 2 ** 25;

/** Conv: weights [outChannel][inChannel / group][ky][kx]. */
export function importConv(context: Context, node: OnnxNode): void {
  const { value, shape } = mapInput(context, node);
  const weights = constant(context, node, 1);
  if (weights.dims.length !== 4) throw refuse(node.op, `its weights have ${weights.dims.length} dimensions, not 4`);
  const [outputs, depth, kernelHeight, kernelWidth] = weights.dims as [number, number, number, number];
  const stated = intsAttribute(node, 'kernel_shape');
  if (stated && (stated.length !== 2 || stated[0] !== kernelHeight || stated[1] !== kernelWidth)) {
    throw wrong(`${node.op}: kernel_shape [${stated}] does not fit weights [${weights.dims}]`);
  }
  const groups = intAttribute(node, 'group', 1);
  if (groups < 1 || outputs < 1 || outputs % groups !== 0 || depth * groups !== shape.channels) {
    throw wrong(
      `${node.op}: weights [${weights.dims}] in ${groups} groups do not fit ${shape.channels} input channels`,
    );
  }
  const { window, map } = placeWindow(node, shape, [kernelHeight, kernelWidth]);
  const taps = kernelHeight * kernelWidth;
  const depthwise = groups > 1 && groups === shape.channels && outputs === shape.channels;
  let taken: Weights;
  if (depthwise) {
    taken = takeWeights(node, weights, 0, taps * outputs, (i) => (i % outputs) * taps + Math.floor(i / outputs));
  } else {
    taken = takeWeights(node, weights, 0, outputs * taps * depth, (i) => {
      const tap = Math.floor(i / depth) % taps;
      const output = Math.floor(i / (depth * taps));
      return (output * depth + (i % depth)) * taps + tap;
    });
  }
  if (groups > 1 && !depthwise) taken = unfold(context, node, taken, { outputs, taps, inputs: shape.channels, groups });
  const bias = optionalConstant(context, node, 2);
  const output = { ...map, channels: outputs };
  const draft = {
    op: depthwise ? ('depthwise' as const) : ('conv' as const),
    inputs: [value.tensor],
    window,
    weights: taken,
    bias: bias ? takeBias(bias, outputs) : undefined,
    clamp: NO_CLAMP,
  };
  emit(context, node, draft, output, dimsOf(output, ['n', 'c', 'h', 'w']));
}

interface Groups {
  readonly outputs: number;
  readonly taps: number;
  readonly inputs: number;
  readonly groups: number;
}

/** Grouped weights (a depthwise multiplier among them) as those of an ordinary convolution. */
function unfold(context: Context, node: OnnxNode, weights: Weights, size: Groups): Weights {
  const { outputs, taps, inputs, groups } = size;
  if (outputs * taps * inputs > MAX_UNFOLDED) throw refuse(node.op, `its ${groups} groups unfold to too many weights`);
  context.notes.add(`'${node.name}' has ${groups} groups and runs as an ordinary convolution with zeros between them`);
  if (weights.kind === 'real') {
    return { kind: 'real', values: expandGroups(weights.values, outputs, taps, inputs, groups) };
  }
  return { ...weights, codes: expandGroups(weights.codes, outputs, taps, inputs, groups) };
}
