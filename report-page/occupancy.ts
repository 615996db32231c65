/** How full the on-chip memories are, cycle by cycle. */
import { percent, whole } from '../src/report/format.ts';
import type { PageData } from '../src/report/page-data.ts';
import { axisStyle, baseOptions, type Chart, colour, compact, legendStyle, timeMargins, tip, zooms } from './chart.ts';
import { onZoom } from './zoom.ts';

const COLOURS: { readonly [memory: string]: string } = {
  activation: 'pointwise',
  weight: 'depthwise',
  parameter: 'fullyConnected',
};

export function drawOccupancy(chart: Chart, { occupancy, summary }: PageData): void {
  const axis = axisStyle();
  chart.setOption({
    ...baseOptions(),
    legend: { ...legendStyle(), top: 0 },
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
      max: 1,
      axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${Math.round(value * 100)} %` },
    },
    dataZoom: zooms(),
    tooltip: {
      ...baseOptions().tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: colour('faint') } },
      formatter: (items: { axisValue: number }[]) => {
        const cycle = items[0]!.axisValue;
        return tip(
          `Cycle ${whole(cycle)}`,
          occupancy.map(({ memory, capacityBytes, points }) => {
            let bytes = 0;
            for (const [start, value] of points) if (start <= cycle) bytes = value;
            return [memory, `${whole(bytes)} bytes, ${percent(bytes / capacityBytes)}`];
          }),
        );
      },
    },
    series: occupancy.map(({ memory, capacityBytes, points }) => ({
      type: 'line',
      name: memory,
      step: 'end',
      symbol: 'none',
      sampling: points.length > 4000 ? 'max' : undefined,
      lineStyle: { width: 1.5, color: colour(COLOURS[memory]!) },
      itemStyle: { color: colour(COLOURS[memory]!) },
      areaStyle: { color: colour(COLOURS[memory]!), opacity: 0.13 },
      data: points.map(([cycle, bytes]) => [cycle, bytes / capacityBytes]),
    })) as never,
  });
  onZoom(chart, () => {});
}
