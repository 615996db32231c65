/** The named configurations. */
import { UserError } from '../errors.ts';
import { type Config, parseConfig } from './config.ts';

const array1024 = {
  pixels: 4,
  lanes: 16,
  inputs: 16,
  clockMHz: 200,
  activationDepth: 4096,
  weightDepth: 4096,
  parameterDepth: 512,
  requantisePixels: 4,
  residualPixels: 1,
  windowKernels: ['depthwise3', 'depthwise5', 'depthwise7', 'stemEven', 'stemOdd'],
  axiBytes: 64,
  memoryLatency: 64,
} as const;

const named = [
  {
    name: 'tiny',
    device: 'any (tests)',
    clockMHz: 100,
    pixels: 2,
    lanes: 2,
    inputs: 4,
    activationDepth: 4096,
    weightDepth: 2048,
    parameterDepth: 256,
    requantisePixels: 1,
    windowKernels: ['depthwise3', 'depthwise5'],
    axiBytes: 4,
    memoryLatency: 16,
  },
  {
    name: 'pynq-z2',
    device: 'XC7Z020',
    clockMHz: 150,
    pixels: 2,
    lanes: 8,
    inputs: 16,
    activationDepth: 3072,
    weightDepth: 1024,
    parameterDepth: 512,
    requantisePixels: 2,
    residualPixels: 1,
    narrowDsp: true,
    windowKernels: ['depthwise3', 'depthwise5', 'depthwise7', 'stemEven', 'stemOdd'],
    axiBytes: 8,
    memoryLatency: 32,
  },
  { name: 'zcu104', device: 'XCZU7EV', family: 'xcup', ...array1024 },
  { name: 'virtex7', device: 'XC7VX690T', ...array1024, segmentDepth: 512 },
  {
    name: 'icebreaker',
    device: 'iCE40UP5K',
    family: 'ice40',
    clockMHz: 24,
    pixels: 2,
    lanes: 1,
    inputs: 4,
    activationDepth: 2048,
    weightDepth: 4096,
    parameterDepth: 128,
    segmentDepth: 65536,
    requantisePixels: 1,
    windowKernels: ['depthwise3'],
    tables: false,
    axiBytes: 4,
    memoryLatency: 16,
  },
] as const;

/** All named configurations, in the order in which they are listed to users. */
export const CONFIGS: ReadonlyMap<string, Config> = new Map(
  named.map((config) => [config.name, parseConfig(config, `built-in ${config.name}`)]),
);

export function namedConfig(name: string): Config {
  const config = CONFIGS.get(name);
  if (config === undefined) {
    throw new UserError(
      'bad-configuration',
      `there is no configuration '${name}'`,
      {},
      `Use one of ${[...CONFIGS.keys()].join(', ')}, or the path of a JSON file.`,
    );
  }
  return config;
}
