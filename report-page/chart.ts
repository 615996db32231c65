/** What all charts share: opening, colours of the current theme, axes, tooltips, numbers. */
import type { ECharts, EChartsOption } from 'echarts';
import { escapeHtml } from '../src/report/format.ts';
import { KIND_NAMES } from '../src/report/tables.ts';

export type Chart = ECharts;

/** The library, inlined before this script. */
declare const echarts: { init(element: HTMLElement): ECharts };

/** A chart that follows the width of its element. */
export function openChart(element: HTMLElement): Chart {
  const chart = echarts.init(element);
  new ResizeObserver(() => chart.resize({ width: element.clientWidth, height: element.clientHeight })).observe(element);
  return chart;
}

const colours = new Map<string, string>();

/** Value of a colour variable of the style sheet, in the current theme. */
export function colour(name: string): string {
  let value = colours.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colours.set(name, value);
  }
  return value;
}

/** To be called when the theme changes. */
export function forgetColours(): void {
  colours.clear();
}

/** Pixels left and right of the plot, the same in all charts over time so that their axes stand in line. */
export function timeMargins(chart: Chart): { readonly left: number; readonly right: number } {
  return { left: isNarrow(chart) ? 74 : 96, right: 16 };
}

/** True where the page is too narrow for wide labels. */
export function isNarrow(chart: Chart): boolean {
  return chart.getWidth() < 620;
}

/** Options that every chart starts from. */
export function baseOptions(): EChartsOption {
  return {
    animation: false,
    textStyle: { color: colour('soft'), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
    tooltip: {
      confine: true,
      backgroundColor: colour('card'),
      borderColor: colour('line'),
      textStyle: { color: colour('ink'), fontSize: 12.5 },
      extraCssText: 'white-space: normal; max-width: 340px;',
    },
  };
}

export function legendStyle(): { textStyle: { color: string }; itemWidth: number; itemHeight: number; icon: string } {
  return { textStyle: { color: colour('soft') }, itemWidth: 12, itemHeight: 10, icon: 'roundRect' };
}

/** Axis colours, to be spread into an axis. */
export function axisStyle(): {
  axisLine: { lineStyle: { color: string } };
  axisTick: { lineStyle: { color: string } };
  axisLabel: { color: string };
  nameTextStyle: { color: string };
  splitLine: { lineStyle: { color: string } };
} {
  return {
    axisLine: { lineStyle: { color: colour('line') } },
    axisTick: { lineStyle: { color: colour('line') } },
    axisLabel: { color: colour('faint') },
    nameTextStyle: { color: colour('faint') },
    splitLine: { lineStyle: { color: colour('grid') } },
  };
}

/** Zoom by wheel or pinch, drag, and a slider below. */
export function zooms(): NonNullable<EChartsOption['dataZoom']> {
  return [
    { type: 'inside', xAxisIndex: 0, filterMode: 'none', minSpan: 0.02 },
    {
      type: 'slider',
      xAxisIndex: 0,
      filterMode: 'none',
      height: 22,
      bottom: 6,
      minSpan: 0.02,
      showDataShadow: false,
      borderColor: colour('line'),
      fillerColor: `${colour('accent')}22`,
      handleStyle: { color: colour('card'), borderColor: colour('accent') },
      moveHandleStyle: { color: colour('line') },
      textStyle: { color: colour('faint') },
      labelFormatter: (value: number) => compact(value),
    },
  ] as NonNullable<EChartsOption['dataZoom']>;
}

/** 123456 as "123 k". */
export function compact(value: number): string {
  if (Math.abs(value) >= 1e9) return `${trim(value / 1e9)} G`;
  if (Math.abs(value) >= 1e6) return `${trim(value / 1e6)} M`;
  if (Math.abs(value) >= 1e3) return `${trim(value / 1e3)} k`;
  return trim(value);
}

function trim(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** A tooltip: a heading and lines of name and value. */
export function tip(heading: string, lines: readonly (readonly [name: string, value: string])[]): string {
  const rows = lines.map(
    ([name, value]) =>
      `<div style="display:flex;justify-content:space-between;gap:18px"><span>${name}</span><b>${value}</b></div>`,
  );
  return `<b>${escapeHtml(heading)}</b>${rows.join('')}`;
}

/** Kinds of stages with what they are called, in the order of legends. */
export const KINDS: readonly (readonly [kind: string, name: string])[] = Object.entries(KIND_NAMES);

/** What the engine waits for, in words. */
export const CAUSES: { readonly [cause: string]: string } = {
  load: 'waits for a load',
  compute: 'waits for its own results',
  store: 'waits for a store',
  setup: 'sets up a layer',
  fetch: 'waits for instructions',
};
