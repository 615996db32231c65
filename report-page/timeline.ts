/**
 * Engine and DMA over time. Thousands of instructions stay quick because only what can be seen is drawn: bars narrower
 * than a pixel are run together, anew at every zoom.
 */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams, CustomSeriesRenderItemReturn } from 'echarts';
import { escapeHtml, nameShortener, whole } from '../src/report/format.ts';
import type { PageData } from '../src/report/page-data.ts';
import {
  axisStyle,
  baseOptions,
  CAUSES,
  type Chart,
  colour,
  compact,
  isNarrow,
  KINDS,
  legendStyle,
  timeMargins,
  tip,
  zooms,
} from './chart.ts';
import { clippedRect } from './rect.ts';
import { onZoom, zoomRange } from './zoom.ts';

interface Bar {
  readonly lane: number;
  readonly start: number;
  /** The cycle after the last. */
  readonly end: number;
  readonly colour: string;
  readonly label: string;
  readonly tip: () => string;
}

/** A bar as drawn: one, or several that no pixel keeps apart. */
interface Shown {
  readonly bar: Bar;
  end: number;
  count: number;
  /** Cycles that bars cover; less than the length where there are gaps. */
  busy: number;
  /** Cycles by colour, where bars run together: the most frequent is shown. */
  colours: Map<string, number> | undefined;
}

export function drawTimeline(chart: Chart, data: PageData): void {
  const lanes = ['segments', ...data.lanes];
  const bars = collectBars(data);
  const axis = axisStyle();
  const narrow = isNarrow(chart);
  const { left, right } = timeMargins(chart);
  const total = data.summary.cycles;
  let shown: Shown[] = [];

  const select = (): void => {
    const [from, to] = zoomRange(chart, total);
    shown = visibleBars(bars, lanes.length, from, to, (to - from) / Math.max(50, chart.getWidth() - left - right));
    chart.setOption(
      { series: [{ id: 'bars', data: shown.map(({ bar, end }) => [bar.start, bar.lane, end]) }] },
      { lazyUpdate: true },
    );
  };
  const renderItem = (
    params: CustomSeriesRenderItemParams,
    api: CustomSeriesRenderItemAPI,
  ): CustomSeriesRenderItemReturn => {
    const item = shown[params.dataIndex];
    if (item === undefined) return null;
    const [x, y] = api.coord([item.bar.start, item.bar.lane]) as [number, number];
    const [end] = api.coord([item.end, item.bar.lane]) as [number, number];
    const height = (api.size!([0, 1]) as number[])[1]! * 0.7;
    const area = { x, y: y - height / 2, width: Math.max(1, end - x), height };
    return clippedRect(
      params,
      area,
      shownColour(item),
      item.count === 1 ? item.bar.label : '',
      item.bar.lane === 0 ? 'ink' : undefined,
      0.15 + 0.85 * Math.min(1, item.busy / (item.end - item.bar.start)),
    );
  };
  const kinds = KINDS.filter(([kind]) => data.summary.layers.some((layer) => layer.kind === kind));
  const causes = Object.keys(data.summary.breakdown.stalls);
  const keys = [
    ...kinds.map(([kind, name]) => ({ name, colour: colour(kind) })),
    ...causes.map((cause) => ({ name: CAUSES[cause]!, colour: colour(cause) })),
  ];
  chart.setOption({
    ...baseOptions(),
    legend: { ...legendStyle(), top: 0, type: 'scroll', selectedMode: false, data: keys.map(({ name }) => name) },
    grid: { left, right, top: 36, bottom: 58 },
    xAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: total,
      axisLabel: { ...axis.axisLabel, formatter: compact, hideOverlap: true },
    },
    yAxis: {
      ...axis,
      type: 'category',
      inverse: true,
      data: lanes,
      splitLine: { show: true, lineStyle: { color: colour('grid') } },
      axisTick: { show: false },
      axisLabel: { color: colour('soft'), fontSize: narrow ? 10.5 : 12 },
    },
    dataZoom: zooms(),
    tooltip: {
      ...baseOptions().tooltip,
      formatter: (item: unknown) => {
        const seen = shown[(item as { dataIndex: number }).dataIndex];
        if (seen === undefined) return '';
        if (seen.count === 1) return seen.bar.tip();
        return tip(`${seen.count} instructions`, [
          ['cycles', `${whole(seen.bar.start)} to ${whole(seen.end - 1)}`],
          ['', 'zoom in to tell them apart'],
        ]);
      },
    },
    series: [
      { id: 'bars', type: 'custom', renderItem, clip: true, encode: { x: [0, 2], y: 1 }, data: [] },
      ...keys.map(({ name, colour: color }) => ({ type: 'bar' as const, name, data: [], itemStyle: { color } })),
    ],
  });
  select();
  onZoom(chart, select);
}

function collectBars({ summary, timeline, lanes }: PageData): Bar[] {
  const bars: Bar[] = summary.segments.map(({ first, end, start, stop, strips, stripRows }, index) => ({
    lane: 0,
    start,
    end: stop + 1,
    colour: colour(index % 2 === 0 ? 'idle' : 'line'),
    label: `${index}`,
    tip: () =>
      tip(`Segment ${index}`, [
        ['layers', `${escapeHtml(summary.layers[first]!.name)} … ${escapeHtml(summary.layers[end - 1]!.name)}`],
        ['strips', `${strips} of ${stripRows} rows`],
        ['cycles', `${whole(start)} to ${whole(stop)}`],
      ]),
  }));
  const plain = colour('accent');
  const short = nameShortener(summary.layers.map((layer) => layer.name));
  const kindColours = new Map(KINDS.map(([kind]) => [kind, colour(kind)]));
  const causeColours = new Map(Object.keys(CAUSES).map((cause) => [cause, colour(cause)]));
  for (const item of timeline) {
    const layer = item.layer === undefined ? undefined : summary.layers[item.layer]!;
    bars.push({
      lane: item.lane + 1,
      start: item.start,
      end: item.end + 1,
      colour: (item.cause ? causeColours.get(item.cause) : layer && kindColours.get(layer.kind)) ?? plain,
      label: item.cause ? '' : layer ? short(layer.name) : item.text,
      tip: () =>
        tip(layer?.name ?? lanes[item.lane]!, [
          [item.cause ? CAUSES[item.cause]! : lanes[item.lane]!, item.cause ? '' : escapeHtml(item.text)],
          ['cycles', `${whole(item.start)} to ${whole(item.end)}`],
          ['length', whole(item.end - item.start + 1)],
        ]),
    });
  }
  return bars.sort((a, b) => a.start - b.start);
}

/** Longest run of bars that are drawn as one, pixels. */
const RUN_PIXELS = 3;

function shownColour({ bar, colours }: Shown): string {
  if (colours === undefined) return bar.colour;
  return [...colours].reduce((most, other) => (other[1] > most[1] ? other : most))[0];
}

/** Bars in sight, those closer together than a pixel run together. `bars` are in order of their start. */
function visibleBars(bars: readonly Bar[], lanes: number, from: number, to: number, cyclesPerPixel: number): Shown[] {
  const shown: Shown[] = [];
  const last: (Shown | undefined)[] = new Array(lanes).fill(undefined);
  for (const bar of bars) {
    if (bar.end < from) continue;
    if (bar.start > to) break;
    const before = last[bar.lane];
    const thin = bar.end - bar.start < cyclesPerPixel * 1.5;
    if (
      before &&
      thin &&
      bar.start - before.end < cyclesPerPixel &&
      bar.end - before.bar.start < cyclesPerPixel * RUN_PIXELS
    ) {
      before.busy += Math.max(0, bar.end - Math.max(bar.start, before.end));
      before.count += 1;
      before.colours ??= new Map([[before.bar.colour, before.bar.end - before.bar.start]]);
      before.colours.set(bar.colour, (before.colours.get(bar.colour) ?? 0) + bar.end - bar.start);
      before.end = Math.max(before.end, bar.end);
      continue;
    }
    const item = { bar, end: bar.end, count: 1, busy: bar.end - bar.start, colours: undefined };
    last[bar.lane] = item;
    shown.push(item);
  }
  return shown;
}
