/** Roofline: speed against operations a byte from external memory, both logarithmic. */
import { percent, whole } from '../src/report/format.ts';
import type { PageData } from '../src/report/page-data.ts';
import { axisStyle, baseOptions, type Chart, colour, isNarrow, KINDS, legendStyle, tip } from './chart.ts';

interface Point {
  readonly name: string;
  readonly intensity: number;
  readonly gops: number;
  readonly cycles: number;
  readonly utilisation: number;
}

export function drawRoofline(chart: Chart, { summary, busBytes }: PageData): void {
  const { clockMHz, peakGops } = summary;
  const bandwidth = (busBytes * clockMHz) / 1e3;
  const layers = summary.layers.filter(({ macs, offChipBytes }) => macs > 0 && offChipBytes > 0);
  const speed = (macs: number, cycles: number): number => (2 * macs * clockMHz) / cycles / 1e3;
  const kinds = KINDS.filter(([kind]) => layers.some((layer) => layer.kind === kind));
  const points = kinds.map(([kind, name]) => ({
    kind,
    name,
    points: layers
      .filter((layer) => layer.kind === kind)
      .map(
        (layer): Point => ({
          name: layer.name,
          intensity: (2 * layer.macs) / layer.offChipBytes,
          gops: speed(layer.macs, layer.cycles + layer.stallCycles),
          cycles: layer.cycles + layer.stallCycles,
          utilisation: layer.utilisation,
        }),
      ),
  }));
  const network: Point = {
    name: 'whole network',
    intensity: (2 * summary.macs) / summary.offChipBytes,
    gops: summary.gops,
    cycles: summary.cycles,
    utilisation: summary.utilisation,
  };
  const all = [network, ...points.flatMap((group) => group.points)];
  const ridge = peakGops / bandwidth;
  const decade = (value: number, up: boolean): number =>
    10 ** (up ? Math.ceil(Math.log10(value)) : Math.floor(Math.log10(value)));
  const left = decade(Math.min(ridge, ...all.map((point) => point.intensity)) / 1.5, false);
  const right = decade(Math.max(ridge, ...all.map((point) => point.intensity)) * 1.5, true);
  const bottom = decade(Math.min(...all.map((point) => point.gops)) / 1.2, false);
  const axis = axisStyle();
  const log = (value: number): string => (value >= 1000 ? `${value / 1000} k` : String(Number(value.toPrecision(2))));
  const roof = {
    type: 'line' as const,
    symbol: 'none',
    silent: true,
    lineStyle: { color: colour('faint'), width: 2 },
    itemStyle: { color: colour('faint') },
  };
  const roofLabel = { show: true, color: colour('faint') };
  const wide = !isNarrow(chart);
  const item = (point: Point): { value: number[]; point: Point; symbolSize: number } => ({
    value: [point.intensity, point.gops],
    point,
    symbolSize: 7 + 26 * Math.sqrt(point.cycles / summary.cycles),
  });
  chart.setOption({
    ...baseOptions(),
    legend: {
      ...legendStyle(),
      icon: 'circle',
      top: 0,
      type: 'scroll',
      data: ['whole network', ...kinds.map(([, name]) => name)],
    },
    grid: { left: 16, right: 26, top: 52, bottom: 34, containLabel: true },
    xAxis: {
      ...axis,
      type: 'log',
      min: left,
      max: right,
      name: 'operations a byte',
      nameLocation: 'middle',
      nameGap: 28,
      axisLabel: { ...axis.axisLabel, formatter: log },
    },
    yAxis: {
      ...axis,
      type: 'log',
      min: bottom,
      max: decade(peakGops * 1.3, true),
      name: 'GOPS',
      axisLabel: { ...axis.axisLabel, formatter: log },
    },
    tooltip: {
      ...baseOptions().tooltip,
      formatter: (hovered: unknown) => {
        const { point } = (hovered as { data: { point?: Point } }).data;
        if (point === undefined) return '';
        return tip(point.name, [
          ['speed', `${point.gops.toFixed(1)} GOPS`],
          ['operations a byte', point.intensity.toFixed(1)],
          ['cycles with waits', whole(point.cycles)],
          ['utilisation', percent(point.utilisation)],
          ['roof here', `${Math.min(peakGops, bandwidth * point.intensity).toFixed(1)} GOPS`],
        ]);
      },
    },
    series: [
      {
        ...roof,
        name: 'memory bus',
        data: [
          [left, bandwidth * left],
          [ridge, peakGops],
        ].map(([x, y]) => (y! < bottom ? [bottom / bandwidth, bottom] : [x!, y!])),
      },
      {
        ...roof,
        name: 'multipliers',
        data: [
          [ridge, peakGops],
          [right, peakGops],
        ],
      },
      {
        type: 'scatter' as const,
        silent: true,
        symbolSize: 1,
        itemStyle: { color: 'transparent' },
        data: [
          {
            value: [ridge, peakGops],
            label: { ...roofLabel, formatter: `${bandwidth.toFixed(1)} GB/s`, position: 'left', distance: 12 },
          },
          {
            value: [right, peakGops],
            label: {
              ...roofLabel,
              formatter: `${peakGops.toFixed(1)} GOPS${wide ? ', all multipliers busy' : ''}`,
              position: [-4, -18],
              align: 'right',
            },
          },
        ] as never,
      },
      ...points.map(({ kind, name, points: group }) => ({
        type: 'scatter' as const,
        name,
        itemStyle: { color: colour(kind), opacity: 0.72, borderColor: colour('card'), borderWidth: 0.7 },
        data: group.map(item),
      })),
      {
        type: 'scatter' as const,
        name: 'whole network',
        symbol: 'diamond',
        z: 5,
        itemStyle: { color: colour('ink'), borderColor: colour('card'), borderWidth: 1.2 },
        label: {
          show: true,
          position: 'bottom',
          color: colour('ink'),
          formatter: 'whole network',
          textBorderColor: colour('card'),
          textBorderWidth: 3,
        },
        data: [{ ...item(network), symbolSize: 17 }],
      },
    ],
  });
}
