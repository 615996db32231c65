/** What the lowering of every kind of layer shares. */
import { UserError } from '../../errors.ts';
import type { AddLayer, ConvLayer, Layer, Network, Requantise } from '../../network/network.ts';
import type { Config } from '../../spec/config.ts';
import { packParameters } from '../../spec/layout.ts';
import { computeCycles } from '../../spec/sequence.ts';
import type { WindowKernel } from '../../spec/window.ts';
import { stageGeometry } from '../geometry.ts';
import type { MachineStage, MachineTensor, StageCodes } from '../machine-graph.ts';

/** Largest kernel of the direct path: what its descriptor fields can hold. */
export const MAX_KERNEL = 63;
export const KERNEL_LIMIT = `Kernels reach ${MAX_KERNEL} x ${MAX_KERNEL}.`;

export interface Context {
  readonly network: Network;
  readonly config: Config;
  readonly tensors: MachineTensor[];
  readonly stages: MachineStage[];
  readonly consumers: readonly (readonly number[])[];
  readonly kernels: ReadonlyMap<string, WindowKernel>;
  readonly haloGroups: number;
}

export function unsupported(layer: Layer, what: string, fix: string): never {
  throw new UserError('unsupported', `the accelerator cannot do ${what}`, { layer: layer.name }, fix);
}

export function strideOf(
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
export function middleCodes(context: Context, tensor: number, requantise: { low: number; high: number }): StageCodes {
  const { zeroPoint } = context.network.tensors[tensor]!;
  return { middleZero: zeroPoint, middleLow: requantise.low, middleHigh: requantise.high };
}

export function outputCodes(context: Context, tensor: number, clamp: { low: number; high: number }): StageCodes {
  const { zeroPoint } = context.network.tensors[tensor]!;
  return { outputZero: zeroPoint, outputLow: clamp.low, outputHigh: clamp.high };
}

export function addCodes(context: Context, layer: AddLayer, position: number): StageCodes {
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

export function channelParameters(context: Context, channels: number, bias: ArrayLike<number>, requantise: Requantise) {
  return packParameters(
    context.config,
    Array.from({ length: channels }, (_, c) => ({
      bias: bias[c] ?? 0,
      multiplier: requantise.multiplier[requantise.multiplier.length === 1 ? 0 : c]!,
      shift: requantise.shift[requantise.shift.length === 1 ? 0 : c]!,
    })),
  );
}

/** Built window kernels that cover the taps with this padding. */
export function windowKernelsFor(
  context: Context,
  height: number,
  width: number,
  paddingLeft: number,
  paddingRight: number,
): WindowKernel[] {
  const size = Math.max(height, width);
  return [...context.kernels.values()].filter(
    (kernel) =>
      kernel.name.startsWith('depthwise') &&
      kernel.height >= size &&
      paddingLeft <= kernel.centre &&
      paddingRight < kernel.height,
  );
}

/** Cycles of a stage over its whole map. */
export function stageCycles(
  { config, haloGroups }: Context,
  tensors: readonly MachineTensor[],
  stage: MachineStage,
): number {
  const geometry = stageGeometry(config, { tensors, stages: [], inputs: [], outputs: [] }, stage);
  return computeCycles(config, geometry, haloGroups, 0, tensors[stage.output]!.height, stage.blocks);
}

/** The strategy that takes the fewest cycles; the first of equals. */
export function cheapest(context: Context, candidates: readonly MachineStage[]): MachineStage | undefined {
  const cycles = candidates.map((stage) => stageCycles(context, context.tensors, stage));
  return candidates[cycles.indexOf(Math.min(...cycles))];
}
