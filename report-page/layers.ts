/** Cycles of every layer in its kind's colour, waits on top, utilisation as a stepped line. */
import { percent, whole } from '../src/report/format.ts';
import type { PageData } from '../src/report/page-data.ts';
import { axisStyle, baseOptions, type Chart, colour, compact, isNarrow, KINDS, legendStyle, tip } from './chart.ts';

export function drawLayers(chart: Chart, { summary }: PageData): void {
  const { layers } = summary;
  const kinds = KINDS.filter(([kind]) => layers.some((layer) => layer.kind === kind));
  const axis = axisStyle();
  const bar = { type: 'bar', stack: 'cycles', barCategoryGap: layers.length > 40 ? '12%' : '25%' } as const;
  chart.setOption({
    ...baseOptions(),
    legend: { ...legendStyle(), top: 0, type: 'scroll' },
    grid: { left: 8, right: 8, top: 52, bottom: 8, containLabel: true },
    xAxis: { ...axis, type: 'category', data: layers.map((_, index) => index), name: '', splitLine: { show: false } },
    yAxis: [
      { ...axis, type: 'value', name: 'cycles', axisLabel: { ...axis.axisLabel, formatter: compact } },
      {
        ...axis,
        type: 'value',
        name: isNarrow(chart) ? '' : 'utilisation',
        min: 0,
        max: 1,
        splitLine: { show: false },
        axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${value * 100} %` },
      },
    ],
    tooltip: {
      ...baseOptions().tooltip,
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      formatter: (items: { dataIndex: number }[]) => {
        const layer = layers[items[0]!.dataIndex]!;
        return tip(`${items[0]!.dataIndex}  ${layer.layers.join(' + ')}`, [
          ['kind', KINDS.find(([kind]) => kind === layer.kind)![1]],
          ['output', layer.output.join(' × ')],
          ['cycles', whole(layer.cycles)],
          ['waits', whole(layer.stallCycles)],
          ['utilisation', percent(layer.utilisation)],
          ['MACs', whole(layer.macs)],
          ['off-chip bytes', whole(layer.offChipBytes)],
        ]);
      },
    },
    series: [
      ...kinds.map(([kind, name]) => ({
        ...bar,
        name,
        itemStyle: { color: colour(kind) },
        data: layers.map((layer) => (layer.kind === kind ? layer.cycles : '-')),
      })),
      { ...bar, name: 'waits', itemStyle: { color: colour('load') }, data: layers.map((layer) => layer.stallCycles) },
      {
        type: 'scatter',
        name: 'utilisation',
        yAxisIndex: 1,
        symbol: 'rect',
        symbolSize: [Math.max(3, (chart.getWidth() - 110) / layers.length - 1), 2.5],
        itemStyle: { color: colour('ink'), opacity: 0.8 },
        z: 4,
        data: layers.map((layer) => Math.min(1, layer.utilisation)),
      },
    ],
  });
}
