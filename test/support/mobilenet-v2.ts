/** MobileNetV2's shapes with seeded integer weights: a workload for the kernels, without any importer. */
import type { Network, TensorIndex } from '../../src/network/network.ts';
import { samePadding } from '../../src/network/network.ts';
import { makeWindow, NetworkBuilder } from './network-builder.ts';
import { Random } from './random.ts';

/** [expansion, channels, repeats, stride] of each group of bottlenecks (Sandler et al. 2018, table 2). */
const BOTTLENECKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

export interface MobileNetV2Options {
  /** Input height and width, a multiple of 32. Default 224. */
  readonly resolution?: number;
  /** 16 (default) or 31. */
  readonly multiplierBits?: number;
  readonly seed?: number;
}

export function mobileNetV2Network(options: MobileNetV2Options = {}): Network {
  const { resolution = 224, multiplierBits = 16, seed = 1 } = options;
  const builder = new NetworkBuilder(new Random(seed), multiplierBits);
  const same = (from: TensorIndex, kernel: number, stride: number) => {
    const [top, bottom] = samePadding(builder.tensor(from).height, kernel, stride);
    const padding = { top, left: top, bottom, right: bottom };
    return makeWindow(kernel, { strideY: stride, strideX: stride, padding });
  };
  // ReLU6 outputs have their zero point at the lowest code.
  const relu6 = { zeroPoint: -128, low: -128, high: 127 };

  const image = builder.input(resolution, resolution, 3, -1);
  let from = builder.mac('conv', image, 32, same(image, 3, 2), relu6);
  for (const [expansion, channels, repeats, groupStride] of BOTTLENECKS) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const stride = repeat === 0 ? groupStride : 1;
      const expanded = builder.tensor(from).channels * expansion;
      const expand = expansion === 1 ? from : builder.mac('conv', from, expanded, makeWindow(1), relu6);
      const depthwise = builder.mac('depthwise', expand, expanded, same(expand, 3, stride), relu6);
      const project = builder.mac('conv', depthwise, channels, makeWindow(1), { zeroPoint: 3 });
      from = repeat === 0 ? project : builder.add(from, project, { zeroPoint: -2 });
    }
  }
  from = builder.mac('conv', from, 1280, makeWindow(1), relu6);
  const { height, width } = builder.tensor(from);
  const mean = builder.averagePool(from, makeWindow([height, width]), builder.rescale(1, 1 / (height * width)), -128);
  const logits = builder.mac('conv', mean, 1000, makeWindow(1), {});
  return builder.build('mobilenet_v2 shapes', [logits]);
}
