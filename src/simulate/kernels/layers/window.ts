/** Depthwise layers and pools: a band of rows at a time. */
import type { AveragePoolLayer, DepthwiseLayer, MaxPoolLayer, Requantise } from '../../../network/network.ts';
import type { ActivationPruning } from '../../../network/numerics.ts';
import { type DepthwiseShape, depthwiseBlockBytes, emitDepthwise, groupOf, packDepthwise } from '../emit/depthwise.ts';
import { planDepthwise } from '../emit/depthwise-plan.ts';
import {
  BLOCK,
  blockBytes,
  formKey,
  type Magnitudes,
  macMagnitudes,
  packHeader,
  packParameters,
} from '../emit/requantise.ts';
import { emitWindowMaximum, emitWindowSum, packWindowLoop, windowLoopBlockBytes } from '../emit/window-loop.ts';
import type { Bind, KernelPlan } from '../plan.ts';
import { bandShape, codeBand, planOperandBand } from './stage.ts';

/** Taps up to which a window is unrolled. */
const UNROLLED_TAPS = 49;

export function planDepthwiseLayer(plan: KernelPlan, layer: DepthwiseLayer): Bind {
  return planWindowSum(plan, layer, {
    weights: layer.weights,
    sharedWeights: false,
    bias: layer.bias,
    requantise: layer.requantise,
    magnitudes: macMagnitudes(plan.network, layer),
    pruning: layer,
    productShift: layer.productShift,
  });
}

/** A mean is a depthwise layer whose weights are all 1; every block of channels shares them. */
export function planAveragePool(plan: KernelPlan, layer: AveragePoolLayer): Bind {
  const { kernelHeight, kernelWidth, padding } = layer.window;
  if (padding.top + padding.left + padding.bottom + padding.right > 0) {
    throw new Error(`layer '${layer.name}': an average pool cannot have padding`);
  }
  const count = kernelHeight * kernelWidth;
  return planWindowSum(plan, layer, {
    weights: new Int16Array(count * BLOCK).fill(1),
    sharedWeights: true,
    bias: undefined,
    requantise: layer.requantise,
    magnitudes: [count * 255],
    pruning: { activationThreshold: 0, activationShift: 0 },
    productShift: 0,
  });
}

interface Sum {
  readonly weights: Int16Array;
  readonly sharedWeights: boolean;
  readonly bias: Int32Array | undefined;
  readonly requantise: Requantise;
  readonly magnitudes: Magnitudes;
  readonly pruning: ActivationPruning;
  readonly productShift: number;
}

function planWindowSum(plan: KernelPlan, layer: DepthwiseLayer | AveragePoolLayer, sum: Sum): Bind {
  const { window } = layer;
  const from = plan.input(layer);
  const to = plan.output(layer);
  const blocks = Math.ceil(to.channels / BLOCK);
  const band = bandShape(window, from, to, blocks * BLOCK * 2);
  const operands = plan.scratch('operands', band.rows * band.width * blocks * BLOCK * 2);
  const { padding } = window;
  const stage = planOperandBand(
    plan,
    layer.inputs[0]!,
    padding.left,
    band.width,
    blocks * BLOCK,
    sum.pruning,
    operands,
  );

  const shape: DepthwiseShape = {
    window,
    channels: to.channels,
    bandWidth: band.width,
    outputWidth: to.width,
    sharedWeights: sum.sharedWeights,
    productShift: sum.productShift,
  };
  const packed = packParameters(sum.requantise, to.zeroPoint, to.channels, sum.magnitudes, sum.bias);
  const unrolled = window.kernelHeight * window.kernelWidth <= UNROLLED_TAPS;
  const products = planDepthwise(window, groupOf(shape));
  const weightChannels = sum.sharedWeights ? BLOCK : to.channels;
  const weights = plan.constant(
    unrolled
      ? packDepthwise(products, sum.weights, weightChannels, window.kernelWidth)
      : packWindowLoop(sum.weights, weightChannels),
  );
  const parameters = plan.constant(packed.blocks);
  const header = plan.constant(packed.header);
  const { kernelHeight, kernelWidth, strideX, strideY, dilationX, dilationY } = window;
  const geometry = [
    kernelHeight,
    kernelWidth,
    strideX,
    strideY,
    dilationX,
    dilationY,
    to.channels,
    band.width,
    to.width,
  ];
  const run = plan.function(`window ${geometry} ${sum.sharedWeights} ${sum.productShift} ${formKey(packed.form)}`, () =>
    (unrolled ? emitDepthwise : emitWindowSum)(shape, packed.form),
  );
  const weightBlock = unrolled ? depthwiseBlockBytes(products) : windowLoopBlockBytes(shape);
  const lastWeights = sum.sharedWeights ? 0 : (blocks - 1) * weightBlock;
  const lastParameters = (blocks - 1) * blockBytes(packed.form);
  return (machine) => {
    const stageRows = stage(machine);
    const kernel = machine.kernels[run]!;
    const target = plan.tensor(layer.output).address;
    const w = weights.address + lastWeights;
    const p = parameters.address + lastParameters;
    return () => {
      for (let y = 0; y < to.height; y += band.outputRows) {
        const rows = Math.min(band.outputRows, to.height - y);
        stageRows(y * strideY - padding.top, (rows - 1) * strideY + (kernelHeight - 1) * dilationY + 1);
        kernel(operands.address, target + y * to.width * to.channels, w, p, header.address, rows);
      }
    };
  };
}

export function planMaxPool(plan: KernelPlan, layer: MaxPoolLayer): Bind {
  const { window } = layer;
  const from = plan.input(layer);
  const to = plan.output(layer);
  const band = bandShape(window, from, to, from.channels);
  const codes = plan.scratch('operands', band.rows * band.width * from.channels);
  const header = plan.constant(packHeader(0, layer.low, layer.high));
  const shape = {
    window,
    channels: to.channels,
    bandWidth: band.width,
    outputWidth: to.width,
    sharedWeights: true,
    productShift: 0,
  };
  const { kernelHeight, kernelWidth, strideX, strideY, dilationX, dilationY, padding } = window;
  const geometry = [
    kernelHeight,
    kernelWidth,
    strideX,
    strideY,
    dilationX,
    dilationY,
    to.channels,
    band.width,
    to.width,
  ];
  const run = plan.function(`maximum ${geometry}`, () => emitWindowMaximum(shape));
  return (machine) => {
    const source = plan.tensor(layer.inputs[0]!).address;
    const stageRows = codeBand(machine, from, source, padding.left, band.width, codes);
    const kernel = machine.kernels[run]!;
    const target = plan.tensor(layer.output).address;
    return () => {
      for (let y = 0; y < to.height; y += band.outputRows) {
        const rows = Math.min(band.outputRows, to.height - y);
        stageRows(y * strideY - padding.top, (rows - 1) * strideY + (kernelHeight - 1) * dilationY + 1);
        kernel(codes.address, target + y * to.width * to.channels, header.address, rows);
      }
    };
  };
}
