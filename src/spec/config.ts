/** The accelerator's configuration: what a user chooses before synthesis. One definition for tools, RTL and documents. */
import { z } from 'zod';
import { UserError } from '../errors.ts';

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));
const powerOfTwo = (low: number, high: number) =>
  z.int().min(low).max(high).refine(isPowerOfTwo, 'must be a power of two');

/** Window kernels that the operand router can be built with (see `window.ts`). */
export const WINDOW_KERNELS = ['depthwise3', 'depthwise5', 'depthwise7', 'stemEven', 'stemOdd'] as const;
export type WindowKernelName = (typeof WINDOW_KERNELS)[number];

export const configSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/, 'must be lower-case letters, digits, - and _')
    .describe('Name of the configuration'),
  device: z.string().default('').describe('FPGA that it is meant for, for reports'),
  family: z.enum(['xc7', 'xcup', 'ecp5', 'ice40']).default('xc7').describe('Device family, for synthesis and energy'),
  clockMHz: z.number().positive().max(1000).describe('Clock of the whole accelerator, MHz'),
  pixels: powerOfTwo(1, 8).describe('P: output pixels computed at once'),
  lanes: powerOfTwo(1, 64).describe('M: output channels computed at once'),
  inputs: powerOfTwo(1, 64).describe('N: products summed in one lane each cycle; channels in an activation word'),
  activationDepth: z.int().min(16).max(65536).describe('Words of N bytes in each of the 4 x P activation banks'),
  weightDepth: z.int().min(16).max(65536).describe('Words of M x N bytes in the weight memory'),
  parameterDepth: z.int().min(4).max(65536).describe('Words of M channel parameters in the parameter memory'),
  segmentDepth: powerOfTwo(256, 65536)
    .default(1024)
    .describe('Words of a segment of the on-chip memories: an access enables one segment'),
  multiplierBits: z
    .union([z.literal(16), z.literal(31)])
    .default(16)
    .describe('Width of requantisation multipliers'),
  requantisePixels: powerOfTwo(1, 8).describe('Pixels whose M outputs are requantised each cycle; at most P'),
  residualPixels: powerOfTwo(1, 8).describe(
    'Pixels whose M outputs meet a residual each cycle; as requantisePixels, or fewer where that is P',
  ),
  narrowDsp: z
    .boolean()
    .default(false)
    .describe('Take DSP slices, not look-up tables, for the products of 8 and 9 bits in requantisation and residual'),
  windowKernels: z
    .array(z.enum(WINDOW_KERNELS))
    .min(1)
    .describe('Kernels that the window path is built for; others run tap by tap'),
  tables: z.boolean().default(true).describe('Build the 256-entry activation tables'),
  axiBytes: powerOfTwo(1, 128).describe('Width of the AXI4 data bus, bytes'),
  memoryLatency: z.int().min(1).max(1024).describe('Cycles from an accepted read address to its first data beat'),
});

export type Config = Readonly<z.infer<typeof configSchema>>;

/** Row sets of the activation memory: image row y lies in set y mod 4. Fixed, so that RTL needs no division. */
export const ROW_SETS = 4;

/** Bytes of one channel's parameters: bias 32 bit, multiplier, shift 6 bit, padded to a power of two. */
export function parameterBytes(config: Config): number {
  return config.multiplierBits === 16 ? 8 : 16;
}

/** Checks a configuration read from a file or built in; every complaint names its field. */
export function parseConfig(value: unknown, source = 'configuration'): Config {
  const parsed = configSchema.safeParse(withResidualPixels(value));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new UserError('bad-configuration', issue.message, {
      file: source,
      field: issue.path.join('.') || '(top level)',
    });
  }
  const config = parsed.data;
  const require = (holds: boolean, field: keyof Config, message: string): void => {
    if (!holds) throw new UserError('bad-configuration', message, { file: source, field });
  };
  require(config.lanes <= config.inputs, 'lanes', `must be at most inputs (${config.inputs})`);
  const { pixels, requantisePixels, residualPixels } = config;
  require(requantisePixels <= pixels, 'requantisePixels', `must be at most pixels (${pixels})`);
  require(residualPixels <=
    requantisePixels, 'residualPixels', `must be at most requantisePixels (${requantisePixels})`);
  require(residualPixels === requantisePixels ||
    requantisePixels === pixels, 'residualPixels', 'must equal requantisePixels where that is below pixels');
  require(!config.narrowDsp || config.multiplierBits === 16, 'narrowDsp', 'needs multiplierBits of 16');
  const widest = Math.min(
    config.pixels * config.inputs,
    config.lanes * config.inputs,
    config.lanes * parameterBytes(config),
  );
  require(config.axiBytes <= widest, 'axiBytes', `must be at most ${widest}, the narrowest on-chip word`);
  const stem = config.windowKernels.some((kernel) => kernel.startsWith('stem'));
  require(!stem || config.inputs >= 16, 'windowKernels', 'stem kernels need inputs of at least 16');
  require(new Set(config.windowKernels).size ===
    config.windowKernels.length, 'windowKernels', 'must not repeat a kernel');
  return config;
}

/** `residualPixels` is as `requantisePixels` where a file does not say. */
function withResidualPixels(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('requantisePixels' in value)) return value;
  return { residualPixels: value.requantisePixels, ...value };
}

/** P x M x N. */
export function multipliers(config: Config): number {
  return config.pixels * config.lanes * config.inputs;
}

/** Bytes of the on-chip memories. */
export function memoryBytes(config: Config): { activation: number; weight: number; parameter: number } {
  return {
    activation: ROW_SETS * config.pixels * config.inputs * config.activationDepth,
    weight: config.lanes * config.inputs * config.weightDepth,
    parameter: config.lanes * parameterBytes(config) * config.parameterDepth,
  };
}
