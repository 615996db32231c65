import type { GraphBuilder } from './builder.ts';
import { RELU, RELU6, roundChannels } from './builder.ts';

export type Nonlinearity = 'relu' | 'relu6' | 'hardSwish';

/** An inverted residual block: expand, depthwise, (squeeze-and-excite,) project, and the sum where shapes agree. */
export interface BlockOptions {
  /** Channels of the expanded tensor; equal to the input's, there is no expansion layer. */
  readonly expanded: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly nonlinearity: Nonlinearity;
  /** Channels of the squeezed vector; 0 (default) for no squeeze-and-excitation. */
  readonly squeezed?: number;
  /** What gates the excitation. Default hardSigmoid. */
  readonly gate?: 'hardSigmoid' | 'sigmoid';
  /** Default true: the sum exists at stride 1 with equal channels. */
  readonly residual?: boolean;
}

/** Projections of blocks that are added to a sum: small, so that sums do not grow with depth. */
const RESIDUAL_GAIN = 0.25;

export function invertedResidual(builder: GraphBuilder, name: string, input: string, options: BlockOptions): string {
  const { expanded, channels, kernel, stride, nonlinearity, squeezed = 0, residual = true } = options;
  const sum = residual && stride === 1 && builder.shape(input).channels === channels;
  let from = input;
  if (expanded !== builder.shape(input).channels) {
    from = activatedConv(builder, `${name}/expand`, from, expanded, nonlinearity);
  }
  from = activatedDepthwise(builder, `${name}/depthwise`, from, kernel, stride, nonlinearity);
  if (squeezed > 0) from = squeezeExcite(builder, `${name}/se`, from, squeezed, options.gate ?? 'hardSigmoid');
  from = builder.conv(`${name}/project`, from, channels, { gain: sum ? RESIDUAL_GAIN : 1 });
  return sum ? builder.add(`${name}/add`, input, from) : from;
}

/** Convolution and nonlinearity; kernel 1 and stride 1 unless given. */
export function activatedConv(
  builder: GraphBuilder,
  name: string,
  input: string,
  channels: number,
  nonlinearity: Nonlinearity,
  kernel: number | readonly [number, number] = 1,
  stride = 1,
): string {
  if (nonlinearity !== 'hardSwish') {
    return builder.conv(name, input, channels, { kernel, stride, clamp: nonlinearity === 'relu' ? RELU : RELU6 });
  }
  return builder.activation(`${name}/hswish`, builder.conv(name, input, channels, { kernel, stride }), 'hardSwish');
}

export function activatedDepthwise(
  builder: GraphBuilder,
  name: string,
  input: string,
  kernel: number,
  stride: number,
  nonlinearity: Nonlinearity,
): string {
  if (nonlinearity !== 'hardSwish') {
    return builder.depthwise(name, input, { kernel, stride, clamp: nonlinearity === 'relu' ? RELU : RELU6 });
  }
  return builder.activation(`${name}/hswish`, builder.depthwise(name, input, { kernel, stride }), 'hardSwish');
}

/** Hu et al. 2018: the map's mean, two pointwise layers and a gate scale each channel. */
export function squeezeExcite(
  builder: GraphBuilder,
  name: string,
  input: string,
  squeezed: number,
  gate: 'hardSigmoid' | 'sigmoid',
): string {
  const mean = builder.mean(`${name}/mean`, input);
  const reduced = builder.conv(`${name}/reduce`, mean, squeezed, { clamp: RELU });
  const restored = builder.conv(`${name}/restore`, reduced, builder.shape(input).channels);
  const gated = builder.activation(`${name}/gate`, restored, gate);
  return builder.mul(`${name}/scale`, input, gated);
}

/** One stage of equal blocks; the first carries the stride and the change of channels. */
export interface Stage {
  /** Expanded channels as a multiple of the block's input. */
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  /** Before scaling by width. */
  readonly channels: number;
  readonly repeats: number;
  /** Squeezed channels as a share of the block's input; 0 or absent for none. */
  readonly squeeze?: number;
}

/** Stages one after the other, blocks numbered through; channels scaled by `width`. */
export function stages(
  builder: GraphBuilder,
  input: string,
  list: readonly Stage[],
  width: number,
  nonlinearity: Nonlinearity,
): string {
  let from = input;
  let block = 0;
  for (const { expansion, kernel, stride, channels, repeats, squeeze = 0 } of list) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const inChannels = builder.shape(from).channels;
      from = invertedResidual(builder, `block_${block++}`, from, {
        expanded: inChannels * expansion,
        channels: roundChannels(channels * width),
        kernel,
        stride: repeat === 0 ? stride : 1,
        nonlinearity,
        squeezed: Math.max(squeeze > 0 ? 1 : 0, Math.floor(inChannels * squeeze)),
        gate: 'sigmoid',
      });
    }
  }
  return from;
}

/** Mean over the map, then the classifier; the host does the softmax. */
export function classify(builder: GraphBuilder, input: string, classes: number): ReturnType<GraphBuilder['build']> {
  const logits = builder.conv('logits', builder.mean('mean', input), classes);
  return builder.build([{ name: 'probabilities', tensor: logits, hostOperators: ['softmax'] }]);
}
