/** Figures of levels from their energies and scores. */
import {
  type ComponentEnergy,
  type FrameEnergy,
  gopsPerWatt,
  millijoules,
  pacedFrame,
  savedShare,
  watts,
} from '../energy/model.ts';
import type { Score } from '../prune/score.ts';
import type { LayerFigures, LevelFigures, PruningFigures } from '../report/pruning-figures.ts';

export interface LevelScore {
  readonly calibration: Score;
  readonly holdout: Score | undefined;
}

export function levelFigures(
  level: number,
  before: FrameEnergy,
  energy: FrameEnergy,
  { calibration, holdout }: LevelScore,
  macs: number,
): LevelFigures {
  const percent = (value: Score) => 100 * (value.top1 ?? value.agreement);
  const paced = pacedFrame(before, energy);
  return {
    level,
    top1Calibration: percent(calibration),
    top1Holdout: holdout === undefined ? null : percent(holdout),
    agreementHoldout: holdout === undefined ? null : 100 * holdout.agreement,
    dynamicSaved: savedShare(before, energy, 'dynamic'),
    totalSaved: savedShare(before, energy, 'total'),
    cycles: energy.cycles,
    framesPerSecond: energy.framesPerSecond,
    dynamicMillijoules: millijoules(energy, 'dynamic'),
    millijoules: millijoules(energy, 'total'),
    watts: watts(energy, 'total'),
    fixedRate: {
      watts: watts(paced, 'total'),
      dynamicWatts: watts(paced, 'dynamic'),
      dynamicSaved: savedShare(before, paced, 'dynamic'),
      totalSaved: savedShare(before, paced, 'total'),
    },
    gopsPerWatt: gopsPerWatt(energy, macs),
    components: scaled(energy.components, 1e-9),
  };
}

/** Picojoules to another unit. */
function scaled(components: ComponentEnergy, factor: number): ComponentEnergy {
  return Object.fromEntries(
    Object.entries(components).map(([name, { low, mid, high }]) => [
      name,
      { low: low * factor, mid: mid * factor, high: high * factor },
    ]),
  ) as unknown as ComponentEnergy;
}

/** Layers at the first and the last level; static power and clock by the time that each takes of the frame. */
export function layerFigures(
  [before, after]: readonly [FrameEnergy, FrameEnergy],
  shares: readonly (readonly number[])[],
): LayerFigures[] {
  const at = ({ components, stages }: FrameEnergy, index: number, share: number): ComponentEnergy => {
    const { static: leak, clock } = scaled(components, share * 1e-6);
    return { ...scaled(stages[index]!.energy, 1e-6), static: leak, clock };
  };
  return before.stages.map(({ name }, index) => ({
    name,
    before: at(before, index, shares[0]![index]!),
    after: at(after, index, shares[1]![index]!),
  }));
}

/** A cause's band is a difference of two bands, whose ends may have changed places. */
export function inOrder(causes: PruningFigures['causes']): PruningFigures['causes'] {
  return Object.fromEntries(
    Object.entries(causes).map(([cause, { low, mid, high }]) => [
      cause,
      { low: Math.min(low, mid, high), mid, high: Math.max(low, mid, high) },
    ]),
  ) as unknown as PruningFigures['causes'];
}
