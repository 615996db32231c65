/** Networks found by search: EfficientNet-Lite, MnasNet and the MCUNet type, 1000 classes. */
import type { Graph } from '../graph/graph.ts';
import { activatedConv, activatedDepthwise, classify, type Nonlinearity, type Stage, stages } from './blocks.ts';
import { GraphBuilder, roundChannels } from './builder.ts';
import type { Scale } from './zoo.ts';

const CLASSES = 1000;

/** EfficientNet-B0's stages (Tan and Le 2019, table 1); Lite leaves squeeze-and-excitation out and uses ReLU6. */
const EFFICIENTNET: readonly Stage[] = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, repeats: 1 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, repeats: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 40, repeats: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, repeats: 3 },
  { expansion: 6, kernel: 5, stride: 1, channels: 112, repeats: 3 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, repeats: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, repeats: 1 },
];
/** [width, depth] multipliers of Lite 0 to 4. */
const LITE = [
  [1, 1],
  [1, 1.1],
  [1.1, 1.2],
  [1.2, 1.4],
  [1.4, 1.8],
] as const;

/** EfficientNet-Lite `variant` 0 to 4: stem, head and the depth of the first and last stage stay unscaled. */
export function efficientNetLite(name: string, scale: Scale, variant: number): Graph {
  const [width, depth] = LITE[variant]!;
  const list = EFFICIENTNET.map((stage, i) => {
    const scaled = i > 0 && i < EFFICIENTNET.length - 1;
    return { ...stage, repeats: scaled ? Math.ceil(stage.repeats * depth) : stage.repeats };
  });
  return searched(name, scale, { stem: 32, stages: list, head: 1280, width: width * scale.width, act: 'relu6' });
}

/** MnasNet-B1: no squeeze-and-excitation (Tan et al. 2019). */
const MNASNET_B1: readonly Stage[] = [
  { expansion: 3, kernel: 3, stride: 2, channels: 24, repeats: 3 },
  { expansion: 3, kernel: 5, stride: 2, channels: 40, repeats: 3 },
  { expansion: 6, kernel: 5, stride: 2, channels: 80, repeats: 3 },
  { expansion: 6, kernel: 3, stride: 1, channels: 96, repeats: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, repeats: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, repeats: 1 },
];
/** MnasNet-A1: with squeeze-and-excitation, figure 7 of the paper. */
const MNASNET_A1: readonly Stage[] = [
  { expansion: 6, kernel: 3, stride: 2, channels: 24, repeats: 2 },
  { expansion: 3, kernel: 5, stride: 2, channels: 40, repeats: 3, squeeze: 0.25 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, repeats: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 112, repeats: 2, squeeze: 0.25 },
  { expansion: 6, kernel: 5, stride: 2, channels: 160, repeats: 3, squeeze: 0.25 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, repeats: 1 },
];

export function mnasNet(name: string, scale: Scale, variant: 'a1' | 'b1'): Graph {
  const stem = roundChannels(32 * scale.width);
  const list = variant === 'a1' ? MNASNET_A1 : MNASNET_B1;
  const shape = { stem, stages: list, head: 1280, width: scale.width, act: 'relu' as const };
  return searched(name, scale, { ...shape, separable: roundChannels(16 * scale.width) });
}

/**
 * The type of network that MCUNet's search finds for microcontrollers (Lin et al. 2020): a thin stem, mixed kernels
 * of 3, 5 and 7, and no wide head. Our own choice of stages, not a copy of a published model.
 */
const MCUNET: readonly Stage[] = [
  { expansion: 5, kernel: 7, stride: 2, channels: 16, repeats: 1 },
  { expansion: 4, kernel: 5, stride: 1, channels: 16, repeats: 1 },
  { expansion: 5, kernel: 7, stride: 2, channels: 24, repeats: 3 },
  { expansion: 5, kernel: 7, stride: 2, channels: 40, repeats: 2 },
  { expansion: 4, kernel: 3, stride: 1, channels: 48, repeats: 2 },
  { expansion: 5, kernel: 7, stride: 2, channels: 96, repeats: 3 },
  { expansion: 4, kernel: 5, stride: 1, channels: 160, repeats: 1 },
];

export function mcuNet(name: string, scale: Scale): Graph {
  const { width } = scale;
  const shape = { stem: roundChannels(16 * width), separable: roundChannels(8 * width), stages: MCUNET };
  return searched(name, scale, { ...shape, head: 0, width, act: 'relu6' });
}

interface SearchedShape {
  readonly stem: number;
  /** Channels of a depthwise-separable layer after the stem; absent for none. */
  readonly separable?: number;
  readonly stages: readonly Stage[];
  /** Channels of the last pointwise layer, unscaled; 0 for none. */
  readonly head: number;
  readonly width: number;
  readonly act: Nonlinearity;
}

function searched(name: string, { resolution }: Scale, shape: SearchedShape): Graph {
  const builder = new GraphBuilder(name);
  const image = builder.input('image', { height: resolution, width: resolution, channels: 3 });
  let from = activatedConv(builder, 'stem', image, shape.stem, shape.act, 3, 2);
  if (shape.separable !== undefined) {
    from = activatedDepthwise(builder, 'separable/depthwise', from, 3, 1, shape.act);
    from = builder.conv('separable/project', from, shape.separable);
  }
  from = stages(builder, from, shape.stages, shape.width, shape.act);
  if (shape.head > 0) from = activatedConv(builder, 'head', from, shape.head, shape.act);
  return classify(builder, from, CLASSES);
}
