/** Convolutions and depthwise convolutions: the path and the kernel that take the fewest cycles. */
import { alternatesTies, type ConvLayer, type DepthwiseLayer, layerMacs } from '../../network/network.ts';
import { STEM, type WindowKernel } from '../../spec/window.ts';
import type { MachineStage, MachineTensor } from '../machine-graph.ts';
import { packDepthwiseTaps, packDirect, packStem, packWindow, splitWeights } from '../weights.ts';
import {
  type Context,
  channelParameters,
  cheapest,
  KERNEL_LIMIT,
  MAX_KERNEL,
  middleCodes,
  stageCycles,
  strideOf,
  unsupported,
  windowKernelsFor,
} from './context.ts';
import { push } from './push.ts';

export function lowerConv(context: Context, layer: ConvLayer, index: number, done: Set<number>): void {
  const { network, config, tensors } = context;
  const input = layer.inputs[0]!;
  const source = tensors[input]!;
  const target = tensors[layer.output]!;
  const [strideY, strideX] = strideOf(layer, target);
  const { padding } = layer.window;
  const parameters = channelParameters(context, target.channels, layer.bias, layer.requantise);
  const blocks = Math.ceil(target.channels / config.lanes);
  const base = {
    name: layer.name,
    layers: [index],
    residual: undefined,
    output: layer.output,
    outputBlock: 0,
    upsample: 0,
    blocks,
    sharedWeights: false,
    parameters,
    table: undefined,
    codes: {
      inputZero: network.tensors[input]!.zeroPoint,
      alternate: Number(alternatesTies(layer)),
      ...middleCodes(context, layer.output, layer.requantise),
    },
    macs: layerMacs(network, layer),
  };
  const parts = splitWeights(layer);
  const { kernelHeight, kernelWidth, dilationY, dilationX } = layer.window;
  const pointwise = kernelHeight * kernelWidth === 1;
  const height = (kernelHeight - 1) * dilationY + 1;
  const width = (kernelWidth - 1) * dilationX + 1;
  if (height > MAX_KERNEL || width > MAX_KERNEL) unsupported(layer, `a kernel of ${height} x ${width}`, KERNEL_LIMIT);
  const direct: MachineStage = {
    ...base,
    kind: pointwise ? (target.height * target.width === 1 ? 'fullyConnected' : 'pointwise') : 'standard',
    input,
    windowKernel: undefined,
    kernelHeight: height,
    kernelWidth: width,
    strideY,
    strideX,
    paddingTop: padding.top,
    paddingLeft: padding.left,
    wordsPerBlock: height * width * Math.ceil(source.channels / config.inputs) * parts.length,
    weights: packDirect(config, layer, parts, source.channels, target.channels),
    codes: { ...base.codes, repeat: parts.length - 1 },
  };
  const kernel = stemKernel(context, layer, strideY, strideX);
  if (kernel === undefined) return push(context, index, done, direct);
  const stem: MachineStage = {
    ...base,
    kind: 'standard',
    input,
    windowKernel: kernel,
    kernelHeight: kernel.height,
    kernelWidth: kernel.width,
    strideY: 1,
    strideX: 1,
    paddingTop: (padding.top + 1) >> 1,
    paddingLeft: (padding.left + 1) >> 1,
    wordsPerBlock: kernel.steps.length * parts.length,
    weights: packStem(config, parts, kernel, target.channels),
    codes: { ...base.codes, repeat: parts.length - 1 },
  };
  const rearranged = context.tensors.map((tensor, at) => (at === input ? spaceToDepth(tensor) : tensor));
  if (stageCycles(context, rearranged, stem) >= stageCycles(context, context.tensors, direct)) {
    return push(context, index, done, direct);
  }
  context.tensors[input] = spaceToDepth(source);
  push(context, index, done, stem);
}

/** The stem kernel that can run this convolution over the image stored space-to-depth, if the configuration has it. */
function stemKernel(context: Context, layer: ConvLayer, strideY: number, strideX: number): WindowKernel | undefined {
  const { network, tensors } = context;
  const input = layer.inputs[0]!;
  const source = tensors[input]!;
  const { window } = layer;
  const { top, left } = window.padding;
  const fits =
    network.inputs.includes(input) &&
    context.consumers[input]!.length === 1 &&
    source.channels === STEM.colours &&
    window.kernelHeight === STEM.kernel &&
    window.kernelWidth === STEM.kernel &&
    window.dilationY === 1 &&
    window.dilationX === 1 &&
    strideY === STEM.factor &&
    strideX === STEM.factor &&
    top === left &&
    top <= 1 &&
    source.height % 2 === 0 &&
    source.width % 2 === 0;
  return fits ? context.kernels.get(top === 0 ? 'stemEven' : 'stemOdd') : undefined;
}

function spaceToDepth(source: MachineTensor): MachineTensor {
  return {
    ...source,
    height: source.height / 2,
    width: source.width / 2,
    channels: source.channels * 4,
    spaceToDepth: 2,
  };
}

export function lowerDepthwise(context: Context, layer: DepthwiseLayer, index: number, done: Set<number>): void {
  const { network, config, tensors } = context;
  const input = layer.inputs[0]!;
  const target = tensors[layer.output]!;
  const { kernelHeight, kernelWidth, dilationY, dilationX, padding } = layer.window;
  const [strideY, strideX] = strideOf(layer, target);
  const height = (kernelHeight - 1) * dilationY + 1;
  const width = (kernelWidth - 1) * dilationX + 1;
  const parts = splitWeights(layer);
  const kernels = windowKernelsFor(context, height, width, padding.left, padding.right);
  const base = {
    name: layer.name,
    layers: [index],
    kind: 'depthwise' as const,
    input,
    residual: undefined,
    output: layer.output,
    outputBlock: 0,
    strideY,
    strideX,
    paddingTop: padding.top,
    paddingLeft: padding.left,
    upsample: 0,
    blocks: Math.ceil(target.channels / config.lanes),
    sharedWeights: false,
    parameters: channelParameters(context, target.channels, layer.bias, layer.requantise),
    macs: layerMacs(network, layer),
    table: undefined,
    codes: {
      inputZero: network.tensors[input]!.zeroPoint,
      ...middleCodes(context, layer.output, layer.requantise),
      repeat: parts.length - 1,
    },
  };
  const candidates: MachineStage[] = kernels.map((kernel) => ({
    ...base,
    windowKernel: kernel,
    kernelHeight: kernel.height,
    kernelWidth: kernel.width,
    wordsPerBlock: kernel.steps.length * parts.length,
    weights: packWindow(config, layer, parts, kernel, target.channels),
  }));
  if (height <= MAX_KERNEL && width <= MAX_KERNEL) {
    candidates.push({
      ...base,
      windowKernel: undefined,
      kernelHeight: height,
      kernelWidth: width,
      wordsPerBlock: height * width * parts.length,
      weights: packDepthwiseTaps(config, layer, parts, target.channels),
      codes: { ...base.codes, diagonal: 1 },
    });
  }
  const stage = cheapest(context, candidates);
  if (stage === undefined) return unsupported(layer, `a kernel of ${height} x ${width}`, KERNEL_LIMIT);
  push(context, index, done, stage);
}
