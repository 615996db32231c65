/** Where tensors lie in the activation memory, and for how long. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams, CustomSeriesRenderItemReturn } from 'echarts';
import { nameShortener, percent, whole } from '../src/report/format.ts';
import type { PageData } from '../src/report/page-data.ts';
import { axisStyle, baseOptions, type Chart, colour, compact, legendStyle, timeMargins, tip, zooms } from './chart.ts';
import { clippedRect } from './rect.ts';
import { onZoom } from './zoom.ts';

export function drawMap(chart: Chart, { map, mapBytes, summary }: PageData): void {
  const axis = axisStyle();
  const short = nameShortener(map.map((area) => area.tensor));
  const colours = { whole: colour('pointwise'), ring: colour('depthwise') };
  const renderItem = (
    params: CustomSeriesRenderItemParams,
    api: CustomSeriesRenderItemAPI,
  ): CustomSeriesRenderItemReturn => {
    const area = map[params.dataIndex]!;
    const [x, y] = api.coord([area.start, area.base + area.bytes]) as [number, number];
    const [right, bottom] = api.coord([area.end, area.base]) as [number, number];
    const place = { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
    return clippedRect(params, place, area.whole ? colours.whole : colours.ring, short(area.tensor), undefined, 0.88);
  };
  chart.setOption({
    ...baseOptions(),
    legend: { ...legendStyle(), top: 0, selectedMode: false, data: ['whole tensor', 'row ring'] },
    grid: { ...timeMargins(chart), top: 34, bottom: 58 },
    xAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: summary.cycles,
      splitLine: { show: false },
      axisLabel: { ...axis.axisLabel, formatter: compact, hideOverlap: true },
    },
    yAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: mapBytes,
      interval: mapBytes / 4,
      axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${Math.round(value / 1024)} KiB` },
    },
    dataZoom: zooms(),
    tooltip: {
      ...baseOptions().tooltip,
      formatter: (item: unknown) => {
        const area = map[(item as { dataIndex: number }).dataIndex];
        if (area === undefined) return '';
        return tip(area.tensor, [
          ['kept as', area.whole ? 'whole tensor' : 'row ring'],
          ['bytes', `${whole(area.bytes)}, ${percent(area.bytes / mapBytes)}`],
          ['from byte', whole(area.base)],
          ['cycles', `${whole(area.start)} to ${whole(area.end)}`],
        ]);
      },
    },
    series: [
      {
        type: 'custom',
        renderItem,
        clip: true,
        encode: { x: [0, 1], y: [2, 3] },
        data: map.map((area) => [area.start, area.end, area.base, area.base + area.bytes]),
      },
      { type: 'bar', name: 'whole tensor', data: [], itemStyle: { color: colours.whole } },
      { type: 'bar', name: 'row ring', data: [], itemStyle: { color: colours.ring } },
    ],
  });
  onZoom(chart, () => {});
}
