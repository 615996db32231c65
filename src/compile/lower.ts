/** Pass 1: layers of the integer network become stages of the engine, with packed weights and parameters. */
import { UserError } from '../errors.ts';
import type { AddLayer, ConvLayer, DepthwiseLayer, Layer, Network, Requantise } from '../network/network.ts';
import { layerMacs } from '../network/network.ts';
import { type Config, ROW_SETS } from '../spec/config.ts';
import { packParameters } from '../spec/layout.ts';
import { STEM, type WindowKernel, windowTables } from '../spec/window.ts';
import type { MachineGraph, MachineStage, MachineTensor, StageCodes } from './machine-graph.ts';
import { identityWords, packDepthwiseTaps, packDirect, packStem, packWindow, splitWeights } from './weights.ts';

interface Context {
  readonly network: Network;
  readonly config: Config;
  readonly tensors: MachineTensor[];
  readonly stages: MachineStage[];
  readonly consumers: readonly (readonly number[])[];
  readonly kernels: ReadonlyMap<string, WindowKernel>;
}

/** Layers in their order; an add or a table that follows its producer alone is fused into the producer's stage. */
export function lowerLayers(network: Network, config: Config): MachineGraph {
  const consumers: number[][] = network.tensors.map(() => []);
  network.layers.forEach((layer, index) => {
    for (const input of layer.inputs) consumers[input]!.push(index);
  });
  const context: Context = {
    network,
    config,
    consumers,
    tensors: network.tensors.map((tensor, networkTensor) => ({
      name: tensor.name,
      height: tensor.height,
      width: tensor.width,
      channels: tensor.channels,
      networkTensor,
      spaceToDepth: 1,
      ring: true,
    })),
    stages: [],
    kernels: windowTables(config).kernels,
  };
  const done = new Set<number>();
  network.layers.forEach((layer, index) => {
    if (!done.has(index)) lowerLayer(context, layer, index, done);
  });
  return {
    tensors: context.tensors,
    inputs: network.inputs.map((input) => context.tensors.findIndex((t) => t.networkTensor === input)),
    outputs: network.outputs.map(({ tensor }) => tensor),
    stages: context.stages,
  };
}

function lowerLayer(context: Context, layer: Layer, index: number, done: Set<number>): void {
  switch (layer.op) {
    case 'conv':
      return lowerConv(context, layer, index, done);
    case 'depthwise':
      return lowerDepthwise(context, layer, index, done);
    case 'add':
      return lowerAdd(context, layer, index, done);
    case 'mul': {
      const [a, b] = layer.inputs as [number, number];
      const product = context.network.tensors[b]!;
      return push(context, index, done, {
        ...identityStage(context, layer, index, a),
        kind: 'mul',
        residual: b,
        codes: {
          ...identityCodes(context, a),
          residual: 2,
          broadcast: product.height * product.width === 1 ? 1 : 0,
          residualZero: product.zeroPoint,
          middleMultiplier: layer.requantise.multiplier[0]!,
          residualShift: layer.requantise.shift[0]!,
          ...outputCodes(context, layer.output, layer.requantise),
        },
      });
    }
    case 'maxPool':
    case 'averagePool':
      return lowerPool(context, layer, index, done);
    case 'table':
      return push(context, index, done, {
        ...identityStage(context, layer, index, layer.inputs[0]!),
        kind: 'table',
        table: layer.table,
        codes: identityCodes(context, layer.inputs[0]!),
      });
    case 'concat':
      return lowerConcat(context, layer, index);
    case 'resize': {
      const factor = Math.log2(layer.factorY);
      if (layer.factorX !== layer.factorY || !Number.isInteger(factor) || factor > 3) {
        unsupported(
          layer,
          `a resize by ${layer.factorY} x ${layer.factorX}`,
          'Factors are 2, 4 or 8 in both directions.',
        );
      }
      return push(context, index, done, {
        ...identityStage(context, layer, index, layer.inputs[0]!),
        kind: 'copy',
        upsample: factor,
        codes: identityCodes(context, layer.inputs[0]!),
      });
    }
  }
}

function unsupported(layer: Layer, what: string, fix: string): never {
  throw new UserError('unsupported', `the accelerator cannot do ${what}`, { layer: layer.name }, fix);
}

function strideOf(
  layer: Layer & { window: ConvLayer['window'] },
  output: { height: number; width: number },
): [1 | 2, 1 | 2] {
  // A stride only matters where there is a second output.
  const strideY = output.height === 1 ? 1 : layer.window.strideY;
  const strideX = output.width === 1 ? 1 : layer.window.strideX;
  if ((strideY !== 1 && strideY !== 2) || (strideX !== 1 && strideX !== 2)) {
    unsupported(layer, `stride ${strideY} x ${strideX}`, 'Strides are 1 or 2.');
  }
  return [strideY, strideX];
}

/** Requantised codes as the first (middle) and, where nothing follows, last clamp. */
function middleCodes(context: Context, tensor: number, requantise: { low: number; high: number }): StageCodes {
  const { zeroPoint } = context.network.tensors[tensor]!;
  return { middleZero: zeroPoint, middleLow: requantise.low, middleHigh: requantise.high };
}

function outputCodes(context: Context, tensor: number, clamp: { low: number; high: number }): StageCodes {
  const { zeroPoint } = context.network.tensors[tensor]!;
  return { outputZero: zeroPoint, outputLow: clamp.low, outputHigh: clamp.high };
}

function channelParameters(context: Context, channels: number, bias: ArrayLike<number>, requantise: Requantise) {
  return packParameters(
    context.config,
    Array.from({ length: channels }, (_, c) => ({
      bias: bias[c] ?? 0,
      multiplier: requantise.multiplier[requantise.multiplier.length === 1 ? 0 : c]!,
      shift: requantise.shift[requantise.shift.length === 1 ? 0 : c]!,
    })),
  );
}

/** Multiplier and shift that leave a value as it is. */
function unity(bits: number): Requantise {
  return { multiplier: Uint32Array.of(2 ** (bits - 1)), shift: Uint8Array.of(bits - 1), low: -128, high: 127 };
}

function identityCodes(context: Context, input: number): StageCodes {
  const { zeroPoint } = context.network.tensors[input]!;
  return { diagonal: 1, inputZero: zeroPoint, middleZero: zeroPoint, middleLow: -128, middleHigh: 127 };
}

/** A stage that copies its input codes: identity weights, unity requantisation. */
function identityStage(
  context: Context,
  layer: Layer,
  index: number,
  input: number,
  requantise: Requantise = unity(context.config.multiplierBits),
): MachineStage {
  const { config, tensors } = context;
  const { channels } = tensors[layer.output]!;
  const count = tensors[input]!.channels;
  const weights = identityWords(config);
  return {
    name: layer.name,
    layers: [index],
    kind: 'copy',
    input,
    residual: undefined,
    output: layer.output,
    outputBlock: 0,
    windowKernel: undefined,
    kernelHeight: 1,
    kernelWidth: 1,
    strideY: 1,
    strideX: 1,
    paddingTop: 0,
    paddingLeft: 0,
    upsample: 0,
    blocks: Math.ceil(Math.min(count, channels) / config.lanes),
    wordsPerBlock: config.inputs / config.lanes,
    sharedWeights: true,
    weights,
    parameters: channelParameters(context, count, [], requantise),
    table: undefined,
    codes: {},
    macs: 0,
  };
}

/** Adds the stage, fused with the add or table that alone consumes its output. */
function push(context: Context, index: number, done: Set<number>, stage: MachineStage): void {
  done.add(index);
  const { network } = context;
  let current = stage;
  for (;;) {
    const next = soleConsumer(context, current.output);
    if (next === undefined) break;
    const layer = network.layers[next]!;
    if (layer.op === 'add' && current.residual === undefined && !current.windowKernel && current.table === undefined) {
      const position = layer.inputs[0] === current.output ? 0 : 1;
      const other = layer.inputs[1 - position]!;
      if (other === current.output || !available(context, other, index)) break;
      current = {
        ...current,
        layers: [...current.layers, next],
        residual: other,
        output: layer.output,
        codes: { ...current.codes, ...addCodes(context, layer, position) },
      };
    } else if (layer.op === 'table' && current.table === undefined && context.config.tables) {
      current = {
        ...current,
        layers: [...current.layers, next],
        output: layer.output,
        table: layer.table,
      };
    } else break;
    done.add(next);
  }
  if (current.table !== undefined && !context.config.tables) {
    throw new UserError(
      'does-not-fit',
      `configuration '${context.config.name}' has no activation tables`,
      { layer: current.name },
      'Set tables to true in the configuration.',
    );
  }
  context.stages.push(current);
}

function soleConsumer(context: Context, tensor: number): number | undefined {
  const consumers = context.consumers[tensor]!;
  if (consumers.length !== 1 || context.network.outputs.some((output) => output.tensor === tensor)) return undefined;
  return consumers[0];
}

/** True where the tensor exists before layer `index` runs. */
function available(context: Context, tensor: number, index: number): boolean {
  const { network } = context;
  return network.inputs.includes(tensor) || network.layers.findIndex((layer) => layer.output === tensor) < index;
}

function addCodes(context: Context, layer: AddLayer, position: number): StageCodes {
  const other = context.network.tensors[layer.inputs[1 - position]!]!;
  return {
    residual: 1,
    residualZero: other.zeroPoint,
    middleMultiplier: layer.multipliers[position]!,
    residualMultiplier: layer.multipliers[1 - position]!,
    residualShift: layer.shift,
    ...outputCodes(context, layer.output, layer),
  };
}

function lowerAdd(context: Context, layer: AddLayer, index: number, done: Set<number>): void {
  const [a, b] = layer.inputs as [number, number];
  push(context, index, done, {
    ...identityStage(context, layer, index, a),
    kind: 'add',
    residual: b,
    codes: { ...identityCodes(context, a), ...addCodes(context, layer, 0) },
  });
}

function lowerConcat(context: Context, layer: Layer & { op: 'concat' }, index: number): void {
  const { config, tensors } = context;
  tensors[layer.output] = { ...tensors[layer.output]!, ring: false };
  let offset = 0;
  layer.inputs.forEach((input, position) => {
    if (offset % config.inputs !== 0) {
      unsupported(
        layer,
        `a concatenation whose seam is at channel ${offset}`,
        `Seams must be multiples of ${config.inputs} channels in configuration '${config.name}'.`,
      );
    }
    const requantise = layer.rescale[position]!;
    context.stages.push({
      ...identityStage(context, layer, index, input, requantise),
      outputBlock: offset / config.inputs,
      codes: { ...identityCodes(context, input), ...middleCodes(context, layer.output, requantise) },
    });
    offset += tensors[input]!.channels;
  });
}

function lowerConv(context: Context, layer: ConvLayer, index: number, done: Set<number>): void {
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
      ...middleCodes(context, layer.output, layer.requantise),
    },
    macs: layerMacs(network, layer),
  };
  const parts = splitWeights(layer);
  const stem = stemKernel(context, layer, strideY, strideX);
  if (stem !== undefined) {
    const imageTensor = spaceToDepthInput(context, input);
    const kernel = stem;
    push(context, index, done, {
      ...base,
      kind: 'standard',
      input: imageTensor,
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
    });
    return;
  }
  const { kernelHeight, kernelWidth, dilationY, dilationX } = layer.window;
  const pointwise = kernelHeight * kernelWidth === 1;
  const height = (kernelHeight - 1) * dilationY + 1;
  const width = (kernelWidth - 1) * dilationX + 1;
  if (height > 63 || width > 63) unsupported(layer, `a kernel of ${height} x ${width}`, 'Kernels reach 63 x 63.');
  push(context, index, done, {
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
  });
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

function spaceToDepthInput(context: Context, input: number): number {
  const source = context.tensors[input]!;
  context.tensors[input] = {
    ...source,
    height: source.height / 2,
    width: source.width / 2,
    channels: source.channels * 4,
    spaceToDepth: 2,
  };
  return input;
}

function lowerDepthwise(context: Context, layer: DepthwiseLayer, index: number, done: Set<number>): void {
  const { network, config, tensors } = context;
  const input = layer.inputs[0]!;
  const target = tensors[layer.output]!;
  const { kernelHeight, kernelWidth, dilationY, dilationX, padding } = layer.window;
  const [strideY, strideX] = strideOf(layer, target);
  const height = (kernelHeight - 1) * dilationY + 1;
  const width = (kernelWidth - 1) * dilationX + 1;
  const parts = splitWeights(layer);
  const kernel = windowKernelFor(context, height, width, padding.left, padding.right);
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
  if (kernel !== undefined) {
    push(context, index, done, {
      ...base,
      windowKernel: kernel,
      kernelHeight: kernel.height,
      kernelWidth: kernel.width,
      wordsPerBlock: kernel.steps.length * parts.length,
      weights: packWindow(config, layer, parts, kernel, target.channels),
    });
    return;
  }
  if (height > 63 || width > 63) unsupported(layer, `a kernel of ${height} x ${width}`, 'Kernels reach 63 x 63.');
  push(context, index, done, {
    ...base,
    windowKernel: undefined,
    kernelHeight: height,
    kernelWidth: width,
    wordsPerBlock: height * width * parts.length,
    weights: packDepthwiseTaps(config, layer, parts, target.channels),
    codes: { ...base.codes, diagonal: 1 },
  });
}

/** Smallest built window kernel that covers the taps with this padding. */
function windowKernelFor(
  context: Context,
  height: number,
  width: number,
  paddingLeft: number,
  paddingRight: number,
): WindowKernel | undefined {
  const size = Math.max(height, width);
  const fitting = [...context.kernels.values()].filter(
    (kernel) =>
      kernel.name.startsWith('depthwise') &&
      kernel.height >= size &&
      paddingLeft <= kernel.centre &&
      paddingRight < kernel.height,
  );
  fitting.sort((a, b) => a.height - b.height);
  const kernel = fitting[0];
  return kernel !== undefined && kernel.steps.length < 2 ** 6 && kernel.height <= 2 * ROW_SETS ? kernel : undefined;
}

function lowerPool(
  context: Context,
  layer: Layer & { op: 'maxPool' | 'averagePool' },
  index: number,
  done: Set<number>,
): void {
  const { config, network, tensors } = context;
  const input = layer.inputs[0]!;
  const { kernelHeight, kernelWidth, padding, dilationY, dilationX } = layer.window;
  if (dilationY !== 1 || dilationX !== 1) unsupported(layer, 'a dilated pool', 'Pools have dilation 1.');
  if (kernelHeight > 63 || kernelWidth > 63) {
    unsupported(layer, `a pool of ${kernelHeight} x ${kernelWidth}`, 'Kernels reach 63 x 63.');
  }
  const [strideY, strideX] = strideOf(layer, tensors[layer.output]!);
  const maximum = layer.op === 'maxPool';
  const geometry = { kind: 'pool' as const, strideY, strideX, paddingTop: padding.top, paddingLeft: padding.left };
  const requantise = maximum ? { ...unity(config.multiplierBits), low: layer.low, high: layer.high } : layer.requantise;
  const stage: MachineStage = {
    ...identityStage(context, layer, index, input, requantise),
    ...geometry,
    kernelHeight,
    kernelWidth,
    codes: {
      ...identityCodes(context, input),
      ...middleCodes(context, layer.output, requantise),
      maximum: maximum ? 1 : 0,
    },
  };
  const kernel = maximum ? undefined : windowKernelFor(context, kernelHeight, kernelWidth, padding.left, padding.right);
  if (kernel === undefined) return push(context, index, done, stage);
  const ones = { ...layer, weights: new Int16Array(kernelHeight * kernelWidth * config.lanes).fill(1) };
  push(context, index, done, {
    ...stage,
    windowKernel: kernel,
    kernelHeight: kernel.height,
    kernelWidth: kernel.width,
    wordsPerBlock: kernel.steps.length,
    weights: packWindow(config, ones, [ones.weights], kernel, config.lanes),
    codes: { ...stage.codes, diagonal: 0 },
  });
}
