/** Configurations that have no name: the resource estimate must hold for them as well, or it would be a fit. */
import { type Config, parseConfig } from '../../src/spec/config.ts';

export const UNNAMED: readonly Config[] = [
  {
    name: 'unnamed-single',
    clockMHz: 100,
    pixels: 1,
    lanes: 4,
    inputs: 8,
    activationDepth: 1024,
    weightDepth: 1500,
    parameterDepth: 300,
    multiplierBits: 31,
    requantisePixels: 1,
    windowKernels: ['depthwise3', 'depthwise5'],
    axiBytes: 8,
    memoryLatency: 16,
  },
  {
    name: 'unnamed-wide',
    clockMHz: 100,
    pixels: 4,
    lanes: 2,
    inputs: 16,
    activationDepth: 512,
    weightDepth: 2048,
    parameterDepth: 256,
    requantisePixels: 2,
    windowKernels: ['depthwise3', 'depthwise7', 'stemEven'],
    tables: false,
    axiBytes: 16,
    memoryLatency: 16,
  },
].map((config) => parseConfig(config, config.name));
