/** Energy of a frame: counts times coefficients, each component apart, always with its band. */
import type { Compiled } from '../compile/compile.ts';
import type { CycleResult } from '../simulate/cycles/cycles.ts';
import { ENABLES, type Enable, estimateResources, type ResourceEstimate } from '../synth/estimate.ts';
import { enabledCycles } from './accesses.ts';
import type { StageActivity } from './activity.ts';
import {
  COMPONENTS,
  type Coefficient,
  type Coefficients,
  type Component,
  coefficientsOf,
  REPORTS_ENABLED,
} from './coefficients.ts';
import { type Accesses, type BlockCycles, blockCycles } from './memory.ts';

/** The cells that the clock drives; without `enabled`, all may move in any cycle. */
export type ClockedCells = Pick<ResourceEstimate, 'dsp' | 'blockRam' | 'flipFlops'> &
  Partial<Pick<ResourceEstimate, 'enabled'>>;

/** A figure with its band; low <= mid <= high. */
export interface Band {
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}
export type Corner = keyof Band;
export const CORNERS: readonly Corner[] = ['low', 'mid', 'high'];

/** Picojoules of one frame by component; static power is counted over the frame's duration. */
export type ComponentEnergy = { readonly [component in Component]: Band };

export interface StageEnergy {
  readonly name: string;
  readonly energy: { readonly [component in Component]: Band };
}

export interface FrameEnergy {
  readonly cycles: number;
  readonly framesPerSecond: number;
  /** Picojoules by component over the whole frame. */
  readonly components: ComponentEnergy;
  readonly stages: readonly StageEnergy[];
  /** Picojoules of the clock a cycle in which nothing is computed. */
  readonly idleClock: Band;
  readonly resources: ClockedCells;
}

/** Energy of one frame at one level; `activity` and `cycles` are those of that level. */
export function frameEnergy(
  compiled: Compiled,
  activity: readonly StageActivity[],
  cycles: CycleResult,
  resources: ClockedCells = estimateResources(compiled.config),
): FrameEnergy {
  const { config, graph } = compiled;
  const table = coefficientsOf(config);
  const seconds = cycles.cycles / (config.clockMHz * 1e6);
  const issued = activity.reduce((sum, stage) => sum + stage.issued, 0);
  const bytes = cycles.readBytes + cycles.writeBytes;
  const weightBytes = graph.stages.map((stage) => stage.weights.length + stage.parameters.length);
  const allWeights = weightBytes.reduce((sum, count) => sum + count, 0);
  const idleClock = clockPower(table, resources);
  const moves = enableEnergy(table, resources);
  const stages = activity.map((stage, index) => {
    const share = stage.issued / issued;
    // Traffic is mostly weights.
    const traffic = weightBytes[index]! / allWeights;
    const blocks = blockCycles(config, memoryAccesses(compiled, stage, cycles.readBytes * traffic));
    const moved = enabledCycles(config, stage);
    const energy = bands((corner) => ({
      static: table.staticPower[corner] * seconds * share * 1e12,
      clock:
        idleClock[corner] * cycles.cycles * share +
        ENABLES.reduce((sum, enable) => sum + moves[enable][corner] * moved[enable], 0),
      dsp: table.operandToggle[corner] * (stage.weightToggles + stage.activationToggles),
      logic: table.treeToggle[corner] * stage.treeToggles + table.requantise[corner] * stage.requantised,
      memory: memoryEnergy(table, blocks, corner),
      dram: table.dramBit[corner] * 8 * bytes * traffic,
    }));
    return { name: stage.name, energy };
  });
  const components = bands((corner) => {
    const sums = Object.fromEntries(
      COMPONENTS.map((component) => [
        component,
        stages.reduce((sum, { energy }) => sum + energy[component][corner], 0),
      ]),
    );
    return sums as { [component in Component]: number };
  });
  return {
    cycles: cycles.cycles,
    framesPerSecond: (config.clockMHz * 1e6) / cycles.cycles,
    components,
    stages,
    idleClock,
    resources,
  };
}

/** Accesses of the on-chip memories by a stage; `loaded` bytes come over the bus for it, written a word at a time. */
export function memoryAccesses({ config }: Compiled, stage: StageActivity, loaded: number): Accesses {
  const { weightReads, parameterReads, bankReads, bankWrites } = stage;
  return { weightReads, weightWrites: loaded / (config.lanes * config.inputs), parameterReads, bankReads, bankWrites };
}

function memoryEnergy(table: Coefficients, { wide, narrow }: BlockCycles, corner: Corner): number {
  return table.ramAccess[corner] * wide + table.ramAccessNarrow[corner] * narrow;
}

/**
 * Share of `flipFlopClock` that a flip-flop takes in a cycle in which its enable is low (`held`) and in one in which it is
 * high (`moving`). Those of the reports, enabled in REPORTS_ENABLED of all cycles, take 1 on average.
 */
export function enableShares({ heldClock }: Coefficients, corner: Corner): { held: number; moving: number } {
  const average = heldClock[corner] + (1 - heldClock[corner]) * REPORTS_ENABLED;
  return { held: heldClock[corner] / average, moving: 1 / average };
}

/** Picojoules of the clock a cycle in which no enabled flip-flop moves. */
export function clockPower(table: Coefficients, { flipFlops, dsp, blockRam, enabled }: ClockedCells): Band {
  const gated = ENABLES.reduce((sum, enable) => sum + (enabled?.[enable] ?? 0), 0);
  return bandOf(
    (corner) =>
      table.flipFlopClock[corner] * (flipFlops - gated + gated * enableShares(table, corner).held) +
      table.dspClock[corner] * dsp +
      table.ramClock[corner] * blockRam,
  );
}

/** Picojoules that a cycle takes beyond that when a group of enabled flip-flops moves. */
export function enableEnergy(table: Coefficients, { enabled }: ClockedCells): { readonly [enable in Enable]: Band } {
  const energy = (enable: Enable): Band =>
    bandOf((corner) => {
      const { held, moving } = enableShares(table, corner);
      return table.flipFlopClock[corner] * (moving - held) * (enabled?.[enable] ?? 0);
    });
  return { codes: energy('codes'), residual: energy('residual') };
}

const bandOf = (at: (corner: Corner) => number): Band => ({ low: at('low'), mid: at('mid'), high: at('high') });

function bands<Name extends string>(at: (corner: Corner) => { [name in Name]: number }): { [name in Name]: Band } {
  const [low, mid, high] = CORNERS.map(at) as [
    { [n in Name]: number },
    { [n in Name]: number },
    { [n in Name]: number },
  ];
  const names = Object.keys(mid) as Name[];
  return Object.fromEntries(names.map((name) => [name, { low: low[name], mid: mid[name], high: high[name] }])) as {
    [name in Name]: Band;
  };
}

const DYNAMIC: readonly Component[] = ['clock', 'dsp', 'logic', 'memory'];

export function sumComponents({ components }: FrameEnergy, which: readonly Component[]): Band {
  const at = (corner: Corner) => which.reduce((sum, component) => sum + components[component][corner], 0);
  return { low: at('low'), mid: at('mid'), high: at('high') };
}

/** Millijoules a frame of the chip: without (dynamic) or with (total) static power and DRAM. */
export function millijoules(energy: FrameEnergy, scope: 'dynamic' | 'total'): Band {
  return scaleBand(sumComponents(energy, scope === 'dynamic' ? DYNAMIC : COMPONENTS), 1e-9);
}

/** Watts while frames follow each other without a pause. */
export function watts(energy: FrameEnergy, scope: 'dynamic' | 'total'): Band {
  return scaleBand(millijoules(energy, scope), energy.framesPerSecond / 1000);
}

/**
 * A frame at the frame rate of another, slower one (a camera's): static power and the clock, which the design does not
 * stop, go on until the next frame begins; enabled flip-flops hold.
 */
export function pacedFrame(pace: FrameEnergy, { components, ...frame }: FrameEnergy): FrameEnergy {
  const waiting = pace.cycles - frame.cycles;
  const clock = bandOf((corner) => components.clock[corner] + frame.idleClock[corner] * waiting);
  return {
    ...frame,
    cycles: pace.cycles,
    framesPerSecond: pace.framesPerSecond,
    components: { ...components, static: pace.components.static, clock },
  };
}

/**
 * Share of a frame's energy saved against `before`. The band holds the corners in which what pruning stills (DSP,
 * logic) is cheap and what it does not (clock, memory, static) dear, and the other way round.
 */
export function savedShare(before: FrameEnergy, after: FrameEnergy, scope: 'dynamic' | 'total'): Band {
  const names: readonly Component[] = scope === 'dynamic' ? DYNAMIC : COMPONENTS;
  const share = (stilled: Corner, rest: Corner): number => {
    const sum = ({ components }: FrameEnergy) =>
      names.reduce((total, name) => total + components[name][name === 'dsp' || name === 'logic' ? stilled : rest], 0);
    return 1 - sum(after) / sum(before);
  };
  const corners = [share('low', 'high'), share('mid', 'mid'), share('high', 'low')];
  return { low: Math.min(...corners), mid: corners[1]!, high: Math.max(...corners) };
}

/** Operations (2 a multiply-accumulate) a second and watt, in billions. */
export function gopsPerWatt(energy: FrameEnergy, macs: number): Band {
  const { low, mid, high } = millijoules(energy, 'total');
  const rate = (millijoule: number) => (2 * macs) / (millijoule * 1e-3) / 1e9;
  return { low: rate(high), mid: rate(mid), high: rate(low) };
}

function scaleBand({ low, mid, high }: Band, factor: number): Band {
  return { low: low * factor, mid: mid * factor, high: high * factor };
}

/** A coefficient table as rows for documents and reports. */
export function coefficientRows(table: Coefficients): readonly (Coefficient & { readonly name: string })[] {
  return Object.entries(table).map(([name, coefficient]) => ({ name, ...(coefficient as Coefficient) }));
}
