/** Convolution as a matrix product: pixels are widened (1 x 1) or gathered into patches, then multiplied by blocks. */
import { alternatesTies, type ConvLayer, type Window } from '../../../network/network.ts';
import { emitPatch } from '../emit/patch.ts';
import { emitPointwise, packPointwise, pointwiseBlockBytes } from '../emit/pointwise.ts';
import { BLOCK, blockBytes, formKey, macMagnitudes, packParameters } from '../emit/requantise.ts';
import type { Bind, KernelPlan, Machine } from '../plan.ts';
import { bandShape, CACHE_BYTES, planOperandBand, planWiden } from './stage.ts';

export function planConv(plan: KernelPlan, layer: ConvLayer): Bind {
  return isPointwise(layer.window) ? planPointwise(plan, layer) : planPatches(plan, layer);
}

function isPointwise(window: Window): boolean {
  const { top, left, bottom, right } = window.padding;
  return (
    window.kernelHeight * window.kernelWidth * window.strideY * window.strideX === 1 &&
    top + left + bottom + right === 0
  );
}

function planPointwise(plan: KernelPlan, layer: ConvLayer): Bind {
  const from = plan.input(layer);
  const depth = roundUp(from.channels, BLOCK);
  const pixels = from.height * from.width;
  const tile = Math.min(pixels, Math.max(4, Math.floor(CACHE_BYTES / (depth * 2) / 4) * 4));
  const operands = plan.scratch('operands', tile * depth * 2);
  const product = planProduct(plan, layer, depth, [tile, pixels % tile]);
  const widen = planWiden(plan, from.zeroPoint, layer);
  const contiguous = depth === from.channels;
  const blocks = depth / BLOCK;
  return (machine) => {
    const multiply = product(machine);
    const run = machine.kernels[widen]!;
    const source = plan.tensor(layer.inputs[0]!).address;
    return () => {
      for (let pixel = 0; pixel < pixels; pixel += tile) {
        const count = Math.min(tile, pixels - pixel);
        const codes = source + pixel * from.channels;
        const [runs, length] = contiguous ? [1, count * blocks] : [count, blocks];
        run(codes, operands.address, runs, length, from.channels, from.zeroPoint, layer.activationThreshold);
        multiply(operands.address, pixel, count);
      }
    };
  };
}

function planPatches(plan: KernelPlan, layer: ConvLayer): Bind {
  const { window } = layer;
  const from = plan.input(layer);
  const to = plan.output(layer);
  const band = bandShape(window, from, to, from.channels * 2);
  const depth = roundUp(window.kernelHeight * window.kernelWidth * from.channels, 2);
  const operands = plan.scratch('operands', band.rows * band.width * from.channels * 2);
  // One output row of patches at a time, a multiple of 4 pixels of it where a row is too large for the cache.
  const tile = Math.min(to.width, Math.max(4, Math.floor(CACHE_BYTES / (depth * 2) / 4) * 4));
  const patches = plan.scratch('patches', tile * depth * 2);
  const stage = planOperandBand(
    plan,
    layer.inputs[0]!,
    window.padding.left,
    band.width,
    from.channels,
    layer,
    operands,
  );
  const shape = { window, channels: from.channels, bandWidth: band.width, depth };
  const { kernelHeight, kernelWidth, dilationX, dilationY, strideX } = window;
  const key = [kernelHeight, kernelWidth, dilationX, dilationY, strideX, from.channels, band.width, depth];
  const gather = plan.function(`patch ${key}`, () => emitPatch(shape));
  const product = planProduct(plan, layer, depth, [tile, to.width % tile]);
  return (machine) => {
    const stageRows = stage(machine);
    const multiply = product(machine);
    const run = machine.kernels[gather]!;
    return () => {
      for (let y = 0; y < to.height; y++) {
        const inBand = y % band.outputRows;
        if (inBand === 0) stageRows(y * window.strideY - window.padding.top, band.rows);
        for (let x = 0; x < to.width; x += tile) {
          const count = Math.min(tile, to.width - x);
          const corner = (inBand * window.strideY * band.width + x * strideX) * from.channels * 2;
          run(operands.address + corner, patches.address, count);
          multiply(patches.address, y * to.width + x, count);
        }
      }
    };
  };
}

/** Multiplies `count` pixels of operands at `source` and stores them from output pixel `pixel` on. */
type Multiply = (source: number, pixel: number, count: number) => void;

/** `counts`: the numbers of pixels that `Multiply` will be called with. */
function planProduct(
  plan: KernelPlan,
  layer: ConvLayer,
  depth: number,
  counts: readonly number[],
): (machine: Machine) => Multiply {
  const to = plan.output(layer);
  const channels = to.channels;
  const trueDepth = layer.weights.length / channels;
  const { productShift } = layer;
  const alternate = alternatesTies(layer);
  const packed = packParameters(
    layer.requantise,
    to.zeroPoint,
    channels,
    macMagnitudes(plan.network, layer),
    layer.bias,
  );
  const weights = plan.constant(packPointwise(layer.weights, channels, trueDepth, depth));
  const parameters = plan.constant(packed.blocks);
  const header = plan.constant(packed.header);
  const blocks = Math.ceil(channels / BLOCK);
  /** Function that takes so many pixels at once; groups of 4, then the rest. */
  const functions = [4, 1, 2, 3].map((pixels) =>
    counts.some((count) => (pixels === 4 ? count >= 4 : count % 4 === pixels))
      ? plan.function(`pointwise ${depth} ${pixels} ${productShift} ${alternate} ${formKey(packed.form)}`, () =>
          emitPointwise(depth, pixels, { productShift, alternate }, packed.form),
        )
      : -1,
  );
  const lastWeights = (blocks - 1) * pointwiseBlockBytes(depth);
  const lastParameters = (blocks - 1) * blockBytes(packed.form);
  return ({ kernels }) => {
    const [byFour, ...byRest] = functions.map((index) => kernels[index]);
    const target = plan.tensor(layer.output).address;
    const w = weights.address + lastWeights;
    const p = parameters.address + lastParameters;
    return (source, pixel, count) => {
      const groups = count >> 2;
      const rest = count & 3;
      const at = target + pixel * channels;
      if (groups > 0) byFour!(source, at, w, p, header.address, groups, blocks, channels);
      if (rest === 0) return;
      const done = groups * 4;
      byRest[rest - 1]!(source + done * depth * 2, at + done * channels, w, p, header.address, 1, blocks, channels);
    };
  };
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;
