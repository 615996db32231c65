/**
 * Window kernels: how the N multipliers of a lane are spread over the taps of a sliding window.
 *
 * A window read delivers ROW_SETS rows of the map at once and the operand router sees `2 * haloGroups + 1` groups of P
 * columns. A kernel is a list of steps; a step names a tap map (what multiplier n looks at) and the first row it needs.
 */
import { type Config, ROW_SETS, type WindowKernelName } from './config.ts';

/** What one multiplier of a lane looks at: `row` from the step's first row, `column` from the kernel's left edge. */
export interface Tap {
  readonly row: number;
  readonly column: number;
  /** Byte of the activation word, or 'lane': the channel of the lane itself (depthwise). */
  readonly byte: number | 'lane';
}

/** One entry a multiplier n in 0..N-1; undefined multipliers see 0. */
export type TapMap = readonly (Tap | undefined)[];

export interface WindowStep {
  /** Index into `WindowTables.tapMaps`, and the map itself. */
  readonly tapMap: number;
  readonly taps: TapMap;
  /** First kernel row that the step reads. */
  readonly firstRow: number;
}

export interface WindowKernel {
  readonly name: WindowKernelName;
  /** Rows and columns of the window in the map that it slides over. */
  readonly height: number;
  readonly width: number;
  /** Columns left of the centre column: a slot's output is centred `centre` columns right of its first tap. */
  readonly centre: number;
  /** Index of the first of `steps.length` steps in `WindowTables.steps`. */
  readonly firstStep: number;
  readonly steps: readonly WindowStep[];
}

export interface WindowTables {
  readonly tapMaps: readonly TapMap[];
  /** All kernels' steps, one after the other. */
  readonly steps: readonly WindowStep[];
  readonly kernels: ReadonlyMap<WindowKernelName, WindowKernel>;
  /** Groups of P columns that the router sees on each side of the current one. */
  readonly haloGroups: number;
  /** Longest step list. */
  readonly maxSteps: number;
}

/**
 * The 27 taps of a 3x3x3 stride-2 convolution over an image stored space-to-depth (byte = (subRow*2 + subColumn)*3 +
 * colour): a 2x2 window. `parity` is the padding before the first row and column, modulo 2.
 */
function stemTaps(parity: 0 | 1): Tap[] {
  const taps: Tap[] = [];
  for (let ky = 0; ky < 3; ky++) {
    for (let kx = 0; kx < 3; kx++) {
      for (let colour = 0; colour < 3; colour++) {
        const row = ky + parity;
        const column = kx + parity;
        taps.push({ row: row >> 1, column: column >> 1, byte: ((row & 1) * 2 + (column & 1)) * 3 + colour });
      }
    }
  }
  return taps;
}

/** Space-to-depth factor and colours of the stem kernels. */
export const STEM = { factor: 2, colours: 3, kernel: 3, channels: 12 } as const;

function depthwiseSteps(size: number, inputs: number, tapMaps: TapMap[]): WindowStep[] {
  const steps: WindowStep[] = [];
  const rows = Math.min(Math.floor(inputs / size), ROW_SETS, size);
  if (rows >= 1) {
    const tapMap = Array.from({ length: inputs }, (_, n): Tap | undefined =>
      n < rows * size ? { row: Math.floor(n / size), column: n % size, byte: 'lane' } : undefined,
    );
    for (let row = 0; row < size; row += rows) steps.push({ tapMap: tapMaps.length, taps: tapMap, firstRow: row });
    tapMaps.push(tapMap);
    return steps;
  }
  const first = tapMaps.length;
  const parts = Math.ceil(size / inputs);
  for (let part = 0; part < parts; part++) {
    tapMaps.push(
      Array.from({ length: inputs }, (_, n): Tap | undefined =>
        part * inputs + n < size ? { row: 0, column: part * inputs + n, byte: 'lane' } : undefined,
      ),
    );
  }
  for (let row = 0; row < size; row++) {
    for (let part = 0; part < parts; part++) {
      steps.push({ tapMap: first + part, taps: tapMaps[first + part]!, firstRow: row });
    }
  }
  return steps;
}

function stemSteps(parity: 0 | 1, inputs: number, tapMaps: TapMap[]): WindowStep[] {
  const taps = stemTaps(parity);
  const steps: WindowStep[] = [];
  for (let start = 0; start < taps.length; start += inputs) {
    const tapMap = Array.from({ length: inputs }, (_, n) => taps[start + n]);
    steps.push({ tapMap: tapMaps.length, taps: tapMap, firstRow: 0 });
    tapMaps.push(tapMap);
  }
  return steps;
}

/** Everything the window path of a configuration can do. */
export function windowTables(config: Config): WindowTables {
  const tapMaps: TapMap[] = [];
  const steps: WindowStep[] = [];
  const kernels = new Map<WindowKernelName, WindowKernel>();
  let halo = 0;
  for (const name of config.windowKernels) {
    const size = name.startsWith('stem') ? 2 : Number(name.slice('depthwise'.length));
    const kernelSteps =
      name === 'stemEven'
        ? stemSteps(0, config.inputs, tapMaps)
        : name === 'stemOdd'
          ? stemSteps(1, config.inputs, tapMaps)
          : depthwiseSteps(size, config.inputs, tapMaps);
    // The odd stem's window is padded by a column on the left, which the centre must reach.
    const centre = name === 'stemOdd' ? 1 : (size - 1) >> 1;
    kernels.set(name, { name, height: size, width: size, centre, firstStep: steps.length, steps: kernelSteps });
    steps.push(...kernelSteps);
    halo = Math.max(halo, centre, size - 1 - centre);
  }
  return {
    tapMaps,
    steps,
    kernels,
    haloGroups: Math.ceil(halo / config.pixels),
    maxSteps: Math.max(...[...kernels.values()].map((kernel) => kernel.steps.length)),
  };
}
