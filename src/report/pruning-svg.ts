/** Pictures of pruning levels as SVG files. */
import * as echarts from 'echarts';
import { PRUNING_CHARTS } from './pruning-charts.ts';
import type { PruningFigures } from './pruning-figures.ts';
import { lightColour } from './style.ts';

const WIDTH = 720;
/** Room for the title, pixels. */
const TITLE = 38;

/** File name and SVG of every picture. */
export function pruningSvgs(figures: PruningFigures): Map<string, string> {
  const look = { colour: lightColour, width: WIDTH };
  return new Map(
    PRUNING_CHARTS.map(({ id, title, height, option }) => {
      const { grid, legend, ...rest } = option(figures, look, () => '') as {
        readonly grid: { readonly top: number };
        readonly legend: { readonly top?: number };
      };
      const svg = render(WIDTH, height(figures) + TITLE, {
        title: {
          text: `${title} · ${figures.model} on ${figures.config}`,
          left: 'center',
          top: 8,
          textStyle: { fontSize: 14, color: lightColour('ink'), width: WIDTH - 24, overflow: 'truncate' },
        },
        ...rest,
        // Without a page, texts are measured by a guess: room for wider letters.
        legend: { ...legend, top: (legend.top ?? 0) + TITLE, itemGap: 28 },
        grid: { ...grid, top: grid.top + TITLE },
      });
      return [`${id}.svg`, svg] as const;
    }),
  );
}

function render(width: number, height: number, option: echarts.EChartsCoreOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: lightColour('card'),
      textStyle: { fontFamily: 'sans-serif', fontSize: 12 },
      ...option,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
