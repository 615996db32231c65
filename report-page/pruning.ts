/** The pictures of pruning levels, drawn again where the page changes its width. */
import { PRUNING_CHARTS } from '../src/report/pruning-charts.ts';
import type { PruningFigures } from '../src/report/pruning-figures.ts';
import { baseOptions, type Chart, colour, tip } from './chart.ts';

export const PRUNING: readonly (readonly [id: string, draw: (chart: Chart, figures: PruningFigures) => void])[] =
  PRUNING_CHARTS.map(({ id, option }) => [
    id,
    (chart, figures) => {
      const base = baseOptions();
      const { tooltip, ...rest } = option(figures, { colour, width: chart.getWidth() }, tip);
      chart.setOption({ ...base, ...rest, tooltip: { ...base.tooltip, ...(tooltip as object) } } as never);
    },
  ]);
