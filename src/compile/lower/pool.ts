/** Pooling: means through a window of ones where that is quicker, maxima tap by tap. */
import type { Layer } from '../../network/network.ts';
import type { MachineStage } from '../machine-graph.ts';
import { packWindow } from '../weights.ts';
import {
  type Context,
  cheapest,
  KERNEL_LIMIT,
  MAX_KERNEL,
  middleCodes,
  strideOf,
  unsupported,
  windowKernelsFor,
} from './context.ts';
import { identityCodes, identityStage, unity } from './elementwise.ts';
import { push } from './push.ts';

export function lowerPool(
  context: Context,
  layer: Layer & { op: 'maxPool' | 'averagePool' },
  index: number,
  done: Set<number>,
): void {
  const { config, tensors } = context;
  const input = layer.inputs[0]!;
  const { kernelHeight, kernelWidth, padding, dilationY, dilationX } = layer.window;
  if (dilationY !== 1 || dilationX !== 1) unsupported(layer, 'a dilated pool', 'Pools have dilation 1.');
  if (kernelHeight > MAX_KERNEL || kernelWidth > MAX_KERNEL) {
    unsupported(layer, `a pool of ${kernelHeight} x ${kernelWidth}`, KERNEL_LIMIT);
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
  const kernels = maximum ? [] : windowKernelsFor(context, kernelHeight, kernelWidth, padding.left, padding.right);
  const ones = { ...layer, weights: new Int16Array(kernelHeight * kernelWidth * config.lanes).fill(1) };
  const candidates = kernels.map((kernel) => ({
    ...stage,
    windowKernel: kernel,
    kernelHeight: kernel.height,
    kernelWidth: kernel.width,
    wordsPerBlock: kernel.steps.length,
    weights: packWindow(config, ones, [ones.weights], kernel, config.lanes),
    codes: { ...stage.codes, diagonal: 0 },
  }));
  push(context, index, done, cheapest(context, [...candidates, stage])!);
}
