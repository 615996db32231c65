/** What the pictures of pruning levels share: where they are drawn, figures with bands as text, axes and error bars. */
import type { Band } from '../energy/model.ts';
import { percent } from './format.ts';
import type { PruningFigures } from './pruning-figures.ts';

/** What a chart is drawn into. */
export interface ChartLook {
  /** Value of a colour variable of the style sheet. */
  readonly colour: (name: string) => string;
  /** Pixels. */
  readonly width: number;
}

/** An option for the chart library. */
export type ChartOption = { readonly [name: string]: unknown };

/** Text that a tooltip shows: a heading and lines of name and value. */
export type Tip = (heading: string, lines: readonly (readonly [name: string, value: string])[]) => string;

export interface PruningChart {
  readonly id: string;
  readonly title: string;
  readonly lead: (figures: PruningFigures) => string;
  readonly height: (figures: PruningFigures) => number;
  readonly option: (figures: PruningFigures, look: ChartLook, tip: Tip) => ChartOption;
}

/** A figure with three significant digits. */
export const figure = (value: number): string =>
  value !== 0 && Math.abs(value) < 100 ? String(Number(value.toPrecision(3))) : value.toFixed(0);
/** "3.8 (1.4 to 9.7)" */
export const bandText = ({ low, mid, high }: Band, unit = ''): string =>
  `${figure(mid)}${unit} (${figure(low)} to ${figure(high)})`;
/** "12.7 % (9.1 to 20.0)" */
export const shareText = ({ low, mid, high }: Band): string =>
  `${percent(mid)} (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;

export const legend = (look: ChartLook, more: ChartOption = {}): ChartOption => ({
  top: 0,
  itemWidth: 12,
  itemHeight: 10,
  textStyle: { color: look.colour('soft') },
  ...more,
});

export const axis = ({ colour }: ChartLook, name: string, more: ChartOption = {}): ChartOption => ({
  type: 'value',
  name,
  nameLocation: 'middle',
  nameTextStyle: { color: colour('soft'), fontSize: 12.5 },
  axisLine: { lineStyle: { color: colour('line') } },
  axisTick: { lineStyle: { color: colour('line') } },
  axisLabel: { color: colour('soft') },
  splitLine: { lineStyle: { color: colour('grid') } },
  ...more,
});

interface Api {
  value(dimension: number): number;
  coord(point: readonly number[]): readonly [number, number];
}

/** Bars from low to high; data are [place, low, high]. `shift` moves them across, pixels. */
export function errorBars(
  direction: 'horizontal' | 'vertical',
  colour: string,
  data: readonly (readonly [place: number, low: number, high: number])[],
  shift = 0,
): ChartOption {
  const flat = direction === 'horizontal';
  return {
    type: 'custom',
    silent: true,
    z: flat ? 1 : 5,
    // A band may lie on the edge: at 100 %.
    clip: false,
    encode: flat ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    data,
    renderItem: (_: unknown, api: Api) => {
      const at = (dimension: number) =>
        api.coord(flat ? [api.value(dimension), api.value(0)] : [api.value(0), api.value(dimension)]) as readonly [
          number,
          number,
        ];
      const [from, to] = [at(1), at(2)];
      const style = { stroke: colour, lineWidth: 1.5, fill: 'none' };
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line',
        shape: flat ? { x1, y1: y1 + shift, x2, y2: y2 + shift } : { x1: x1 + shift, y1, x2: x2 + shift, y2 },
        style,
      });
      const mark = ([x, y]: readonly [number, number]) => (flat ? line(x, y - 4, x, y + 4) : line(x - 4, y, x + 4, y));
      return { type: 'group', children: [line(...from, ...to), mark(from), mark(to)] };
    },
  };
}

/** Shares as percent. */
export const hundred = ({ low, mid, high }: Band): Band => ({ low: 100 * low, mid: 100 * mid, high: 100 * high });
export const lastOf = ({ levels }: PruningFigures): number => levels.length - 1;
