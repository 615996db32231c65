/** Random configurations, biased to small and lopsided ones. */
import { type Config, parameterBytes, parseConfig, WINDOW_KERNELS } from '../../src/spec/config.ts';
import type { Random } from './random.ts';

export interface RandomConfigOptions {
  readonly multiplierBits?: 16 | 31;
  /** Words of the activation memory; small ones force strips and spills. */
  readonly activationDepth?: number;
  readonly weightDepth?: number;
}

export function randomConfig(random: Random, options: RandomConfigOptions = {}): Config {
  const pixels = random.pick([1, 2, 4, 8]);
  const inputs = random.pick([1, 2, 4, 8, 16]);
  const lanes = random.pick([1, 2, 4, 8, 16].filter((value) => value <= inputs));
  const multiplierBits = options.multiplierBits ?? random.pick([16, 31] as const);
  const shape = { pixels, inputs, lanes, multiplierBits };
  const widest = Math.min(pixels * inputs, lanes * inputs, lanes * parameterBytes({ ...shape } as unknown as Config));
  const kernels = WINDOW_KERNELS.filter((name) =>
    name.startsWith('stem') ? inputs >= 16 : inputs >= 4 || name === 'depthwise3',
  ).filter((name) => name === 'depthwise3' || !random.oneIn(3));
  const requantisePixels = random.pick([1, 2, 4, 8].filter((value) => value <= pixels));
  return parseConfig({
    name: 'random',
    clockMHz: 100,
    ...shape,
    activationDepth: options.activationDepth ?? random.pick([512, 2048, 8192]),
    weightDepth: options.weightDepth ?? random.pick([512, 4096]),
    parameterDepth: random.pick([64, 512]),
    segmentDepth: random.pick([256, 1024, 4096]),
    requantisePixels,
    residualPixels:
      requantisePixels < pixels ? requantisePixels : random.pick([1, 2, 4, 8].filter((value) => value <= pixels)),
    windowKernels: kernels,
    axiBytes: random.pick([1, 2, 4, 8, 16, 32, 64].filter((value) => value <= widest)),
    memoryLatency: random.int(1, 40),
    narrowDsp: multiplierBits === 16 && random.oneIn(2),
  });
}
