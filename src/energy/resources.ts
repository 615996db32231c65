/**
 * Cells of a configuration, estimated from its parameters where no synthesis result is given: the clock's energy is
 * proportional to them. Counts are of registers that the architecture names, not of a placed design.
 */
import { type Config, parameterBytes, ROW_SETS } from '../spec/config.ts';

export interface Resources {
  readonly dsp: number;
  /** RAMB36 equivalents. */
  readonly blockRam: number;
  readonly flipFlops: number;
}

export function estimateResources(config: Config): Resources {
  const { pixels, lanes, inputs, multiplierBits, requantisePixels } = config;
  const multipliers = pixels * lanes * inputs;
  const trees = pixels * lanes;
  const requantisers = requantisePixels * lanes;
  const treeBits = trees * (inputs - 1) * (16 + Math.log2(inputs) / 2);
  const keepBits = multipliers * 4;
  const accumulatorBits = trees * 32 * 2;
  const requantiseBits = requantisers * 260;
  const operandBits = 3 * pixels * inputs * ROW_SETS * 10;
  const control = 6000;
  return {
    dsp: multipliers / Math.min(2, pixels) + requantisers * (multiplierBits === 16 ? 2 : 4),
    blockRam: Math.ceil(
      memoryBlocks(config.activationDepth, inputs * 8) * ROW_SETS * pixels +
        memoryBlocks(config.weightDepth, lanes * inputs * 8) +
        memoryBlocks(config.parameterDepth, lanes * parameterBytes(config) * 8),
    ),
    flipFlops: Math.round(treeBits + keepBits + accumulatorBits + requantiseBits + operandBits + control),
  };
}

/** RAMB36 (72 bits by 512, half of one counted for a RAMB18) of a memory. */
function memoryBlocks(depth: number, bits: number): number {
  const widths: readonly [number, number][] = [
    [512, 72],
    [1024, 36],
    [2048, 18],
    [4096, 9],
    [8192, 4],
    [16384, 2],
    [32768, 1],
  ];
  return Math.min(...widths.map(([words, width]) => Math.ceil(depth / words) * Math.ceil(bits / width)));
}
