/** The report's page: draws every chart, again when the theme changes, and sorts the table of layers. */
import type { PageContent, PageData } from '../src/report/page-data.ts';
import { drawAblations } from './ablation.ts';
import { drawBreakdown, drawTraffic } from './breakdown.ts';
import { type Chart, forgetColours, openChart } from './chart.ts';
import { drawLayers } from './layers.ts';
import { drawMap } from './map.ts';
import { drawOccupancy } from './occupancy.ts';
import { PRUNING } from './pruning.ts';
import { drawRoofline } from './roofline.ts';
import { sortable } from './table.ts';
import { drawTimeline } from './timeline.ts';

const BUILD: readonly (readonly [id: string, draw: (chart: Chart, data: PageData) => void])[] = [
  ['breakdown', drawBreakdown],
  ['traffic', drawTraffic],
  ['layers', drawLayers],
  ['timeline', drawTimeline],
  ['occupancy', drawOccupancy],
  ['map', drawMap],
  ['roofline', drawRoofline],
  ['ablation', drawAblations],
];

function start(): void {
  const data = JSON.parse(document.getElementById('data')!.textContent!) as PageContent;
  const { summary, pruning } = data;
  const parts: readonly (readonly [id: string, draw: (chart: Chart) => void])[] = [
    ...(summary ? BUILD.map(([id, draw]) => [id, (chart: Chart) => draw(chart, data as PageData)] as const) : []),
    ...(pruning ? PRUNING.map(([id, draw]) => [id, (chart: Chart) => draw(chart, pruning)] as const) : []),
  ];
  const charts = parts.map(([id, draw]) => ({ chart: openChart(document.getElementById(id)!), draw }));
  const drawAll = (): void => {
    forgetColours();
    for (const { chart, draw } of charts) {
      chart.clear();
      chart.off('datazoom');
      draw(chart);
    }
  };
  drawAll();
  for (const table of document.querySelectorAll<HTMLTableElement>('table.layers')) sortable(table);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', drawAll);
  document.getElementById('theme')!.addEventListener('click', () => {
    const { dataset } = document.documentElement;
    const isDark = dataset.theme === undefined ? dark.matches : dataset.theme === 'dark';
    dataset.theme = isDark ? 'light' : 'dark';
    drawAll();
  });
  document.documentElement.dataset.drawn = String(charts.length);
}

start();
