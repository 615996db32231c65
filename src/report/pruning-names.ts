/** What the parts of pruning figures are called, and small questions about them. */
import type { Component } from '../energy/coefficients.ts';
import type { Cause, LevelFigures, PruningFigures } from './pruning-figures.ts';

export const COMPONENT_NAMES: { readonly [component in Component]: string } = {
  static: 'static',
  clock: 'clock',
  dsp: 'DSP',
  logic: 'logic',
  memory: 'block RAM',
  dram: 'DRAM',
};
export const CAUSE_NAMES: { readonly [cause in Cause]: string } = {
  zeroActivations: 'activations that are 0 anyway',
  weights: 'weights pruned or coarse',
  activations: 'activations pruned or rounded',
  products: 'products rounded',
  skippedSteps: 'skipped steps',
};

/** What stands for accuracy. */
export const accuracyName = ({ labelled }: PruningFigures): string => (labelled ? 'top-1' : 'agreement with level 0');

/** Accuracy that judges a level: on unseen pictures, where there are any. */
export const judged = ({ top1Holdout, top1Calibration }: LevelFigures): number => top1Holdout ?? top1Calibration;

/** Components in the order in which pictures stack them. */
export const SHOWN_COMPONENTS = Object.keys(COMPONENT_NAMES) as readonly Component[];
/** Causes, each on top of the ones before it. */
export const SHOWN_CAUSES = Object.keys(CAUSE_NAMES) as readonly Cause[];
