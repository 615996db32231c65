/** MobileNetV1 (Howard et al. 2017), V2 (Sandler et al. 2018) and V3 (Howard et al. 2019), 1001 classes. */
import type { Graph } from '../graph/graph.ts';
import { activatedConv, activatedDepthwise, classify, invertedResidual, type Stage, stages } from './blocks.ts';
import { GraphBuilder, RELU, roundChannels } from './builder.ts';
import type { Scale } from './zoo.ts';

const CLASSES = 1001;

function image(builder: GraphBuilder, { resolution }: Scale): string {
  return builder.input('image', { height: resolution, width: resolution, channels: 3 });
}

/** [channels, stride] of the depthwise-separable layers, V1's table 1. */
const V1 = [
  [64, 1], [128, 2], [128, 1], [256, 2], [256, 1], [512, 2], [512, 1], [512, 1], [512, 1], [512, 1], [512, 1],
  [1024, 2], [1024, 1],
] as const; // biome-ignore format: a table

export function mobileNetV1(name: string, scale: Scale): Graph {
  const builder = new GraphBuilder(name);
  const channels = (count: number): number => Math.max(8, Math.floor(count * scale.width));
  let from = activatedConv(builder, 'conv_0', image(builder, scale), channels(32), 'relu6', 3, 2);
  V1.forEach(([count, stride], i) => {
    from = activatedDepthwise(builder, `conv_${i + 1}/depthwise`, from, 3, stride, 'relu6');
    from = activatedConv(builder, `conv_${i + 1}/pointwise`, from, channels(count), 'relu6');
  });
  return classify(builder, from, CLASSES);
}

/** V2's table 2. */
const V2: readonly Stage[] = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, repeats: 1 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, repeats: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 32, repeats: 3 },
  { expansion: 6, kernel: 3, stride: 2, channels: 64, repeats: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 96, repeats: 3 },
  { expansion: 6, kernel: 3, stride: 2, channels: 160, repeats: 3 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, repeats: 1 },
];

export function mobileNetV2(name: string, scale: Scale): Graph {
  const builder = new GraphBuilder(name);
  const stem = activatedConv(builder, 'stem', image(builder, scale), roundChannels(32 * scale.width), 'relu6', 3, 2);
  const body = stages(builder, stem, V2, scale.width, 'relu6');
  const head = activatedConv(builder, 'head', body, roundChannels(1280 * Math.max(1, scale.width)), 'relu6');
  return classify(builder, head, CLASSES);
}

/** [kernel, expanded, channels, squeeze-and-excite, h-swish (else ReLU), stride], V3's tables 1 and 2. */
export type V3Row = readonly [number, number, number, boolean, boolean, number];
export const V3_LARGE: readonly V3Row[] = [
  [3, 16, 16, false, false, 1],
  [3, 64, 24, false, false, 2],
  [3, 72, 24, false, false, 1],
  [5, 72, 40, true, false, 2],
  [5, 120, 40, true, false, 1],
  [5, 120, 40, true, false, 1],
  [3, 240, 80, false, true, 2],
  [3, 200, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 480, 112, true, true, 1],
  [3, 672, 112, true, true, 1],
  [5, 672, 160, true, true, 2],
  [5, 960, 160, true, true, 1],
  [5, 960, 160, true, true, 1],
];
export const V3_SMALL: readonly V3Row[] = [
  [3, 16, 16, true, false, 2],
  [3, 72, 24, false, false, 2],
  [3, 88, 24, false, false, 1],
  [5, 96, 40, true, true, 2],
  [5, 240, 40, true, true, 1],
  [5, 240, 40, true, true, 1],
  [5, 120, 48, true, true, 1],
  [5, 144, 48, true, true, 1],
  [5, 288, 96, true, true, 2],
  [5, 576, 96, true, true, 1],
  [5, 576, 96, true, true, 1],
];

export function mobileNetV3Large(name: string, scale: Scale): Graph {
  return mobileNetV3(name, scale, V3_LARGE, 960, 1280);
}

export function mobileNetV3Small(name: string, scale: Scale): Graph {
  return mobileNetV3(name, scale, V3_SMALL, 576, 1024);
}

function mobileNetV3(name: string, scale: Scale, rows: readonly V3Row[], last: number, hidden: number): Graph {
  const { width } = scale;
  const builder = new GraphBuilder(name);
  let from = activatedConv(builder, 'stem', image(builder, scale), roundChannels(16 * width), 'hardSwish', 3, 2);
  rows.forEach(([kernel, expandedBase, channels, excite, hardSwish, stride], i) => {
    const expanded = roundChannels(expandedBase * width);
    from = invertedResidual(builder, `block_${i}`, from, {
      expanded,
      channels: roundChannels(channels * width),
      kernel,
      stride,
      nonlinearity: hardSwish ? 'hardSwish' : 'relu',
      squeezed: excite ? roundChannels(expanded / 4) : 0,
    });
  });
  const head = activatedConv(builder, 'head', from, roundChannels(last * width), 'hardSwish');
  const mean = builder.mean('mean', head);
  const wide = activatedConv(builder, 'hidden', mean, roundChannels(hidden * Math.max(1, width)), 'hardSwish');
  const logits = builder.conv('logits', wide, CLASSES);
  return builder.build([{ name: 'probabilities', tensor: logits, hostOperators: ['softmax'] }]);
}

/** Keyword spotting (Zhang et al. 2017, as MLPerf Tiny has it): 49 frames of 10 coefficients, 12 words. */
export function dsCnn(name: string): Graph {
  const builder = new GraphBuilder(name);
  const input = builder.input('coefficients', { height: 49, width: 10, channels: 1 });
  let from = builder.conv('conv_0', input, 64, { kernel: [10, 4], stride: 2, clamp: RELU });
  for (let i = 1; i <= 4; i++) {
    from = activatedDepthwise(builder, `conv_${i}/depthwise`, from, 3, 1, 'relu');
    from = activatedConv(builder, `conv_${i}/pointwise`, from, 64, 'relu');
  }
  return classify(builder, from, 12);
}
