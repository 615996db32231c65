/**
 * Pictures of pruning levels as chart options: the report's page draws them on a canvas in the theme of the reader,
 * `pruning-svg.ts` as files. Bands are thin bars with end marks; the figure in the middle is the model's middle.
 */
import type { Band } from '../energy/model.ts';
import { accuracyOption } from './pruning-accuracy.ts';
import { bandText, figure, hundred, lastOf, type PruningChart } from './pruning-chart-parts.ts';
import { causesOption, componentsOption, layersOption, levelsOption } from './pruning-energy.ts';
import type { PruningFigures } from './pruning-figures.ts';

const exact = (value: number): Band => ({ low: value, mid: value, high: value });
const bandWords = 'Bars: low to high of the energy model.';
const where = ({ pictures }: PruningFigures): string =>
  pictures.holdout > 0
    ? `on ${pictures.holdout} pictures that calibration did not see`
    : `on the ${pictures.calibration} pictures of the calibration`;

const rate = ({ levels }: PruningFigures): string => figure(levels[0]!.framesPerSecond);

/** All pictures of pruning levels, in the order of the report. */
export const PRUNING_CHARTS: readonly PruningChart[] = [
  {
    id: 'accuracy-power',
    title: 'Accuracy and power',
    lead: (figures) =>
      `Each point is a level; accuracy ${where(figures)}. Whole power, static and DRAM included. A level that skips steps makes more frames a second, so its power may rise at full rate though a frame costs less; at the ${rate(figures)} frames a second of level 0 the accelerator waits instead. ${bandWords}`,
    height: () => 380,
    option: (figures, look, tip) =>
      accuracyOption(
        figures,
        look,
        tip,
        'W, total',
        [
          { name: 'at full frame rate', colour: look.colour('accent'), symbol: 'circle', at: ({ watts }) => watts },
          {
            name: `at ${rate(figures)} frames a second`,
            colour: look.colour('dsp'),
            symbol: 'diamond',
            at: ({ fixedRate }) => fixedRate.watts,
          },
        ],
        (band) => bandText(band, ' W'),
      ),
  },
  {
    id: 'accuracy-saving',
    title: 'Accuracy and energy saved',
    lead: (figures) =>
      `Share of level 0's energy a frame that each level saves; accuracy ${where(figures)}. Low and high are the ends at which what pruning stills is cheap and the rest dear, and the other way round.`,
    height: () => 360,
    option: (figures, look, tip) =>
      accuracyOption(
        figures,
        look,
        tip,
        "% of level 0's energy saved",
        [
          { name: 'dynamic', colour: look.colour('accent'), symbol: 'circle', at: (at) => hundred(at.dynamicSaved) },
          {
            name: 'total, with static and DRAM',
            colour: look.colour('dsp'),
            symbol: 'diamond',
            at: (at) => hundred(at.totalSaved),
          },
        ],
        (band) => bandText(band, ' %'),
      ),
  },
  {
    id: 'accuracy-rate',
    title: 'Accuracy and frame rate',
    lead: (figures) => `Frames a second are counted cycles, exact; accuracy ${where(figures)}.`,
    height: () => 320,
    option: (figures, look, tip) =>
      accuracyOption(
        figures,
        look,
        tip,
        'frames a second',
        [
          {
            name: 'frames a second',
            colour: look.colour('accent'),
            symbol: 'circle',
            at: ({ framesPerSecond }) => exact(framesPerSecond),
          },
        ],
        ({ mid }) => mid.toFixed(1),
      ),
  },
  {
    id: 'saving-causes',
    title: 'What saves',
    lead: (figures) =>
      `Dynamic energy saved at level ${lastOf(figures)}, by cause, each on top of the ones before. The first is no pruning at all: operands that are 0 anyway hold their multiplier still. Causes are counted on ${figures.pictures.causes} of the pictures, so they may not add up to the last digit. ${bandWords}`,
    height: () => 286,
    option: causesOption,
  },
  {
    id: 'energy-levels',
    title: 'Energy of a frame, by level',
    lead: () => `Components at the middle of their bands, stacked. ${bandWords}`,
    height: () => 340,
    option: levelsOption,
  },
  {
    id: 'energy-components',
    title: 'Where the energy goes, before and after',
    lead: (figures) => `Each component at level 0 and at level ${lastOf(figures)}. ${bandWords}`,
    height: () => 300,
    option: componentsOption,
  },
  {
    id: 'energy-layers',
    title: 'Dynamic energy of each layer, before and after',
    lead: (figures) =>
      `Upper, pale bar: level 0; lower, full bar: level ${lastOf(figures)}. Layers as the engine runs them. Static power and clock are shared out by the time each takes, waits included, DRAM by weights. A click on a component shows or hides it: static and DRAM are hidden at first. The table has all, with bands.`,
    height: ({ layers }) => 110 + 24 * layers.length,
    option: layersOption,
  },
];
