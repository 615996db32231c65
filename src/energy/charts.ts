/** Pictures of pruning levels as SVG: accuracy against power and frame rate, and where the energy goes. */
import * as echarts from 'echarts';
import { COMPONENTS, type Component } from './coefficients.ts';
import { type Band, type FrameEnergy, millijoules, watts } from './model.ts';

/** What the curves need of a level; percent, and shares of level 0. */
export interface CurveLevel {
  readonly level: number;
  readonly top1Calibration: number;
  readonly top1Holdout: number | undefined;
  readonly dynamicSaved: Band;
  readonly framesPerSecond: number;
}

const COLOURS: { readonly [component in Component]: string } = {
  static: '#8b95a3',
  clock: '#2f78d0',
  dsp: '#dd8a1a',
  logic: '#8250c4',
  memory: '#1f9d78',
  dram: '#cf4a52',
};
const NAMES: { readonly [component in Component]: string } = {
  static: 'static',
  clock: 'clock',
  dsp: 'DSP',
  logic: 'logic',
  memory: 'block RAM',
  dram: 'DRAM',
};
const INK = '#1c2430';
const GRID = { left: 74, right: 28, top: 64, bottom: 58 };

function render(width: number, height: number, option: echarts.EChartsCoreOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: 'sans-serif' },
      ...option,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

const axis = (name: string, options: object = {}) => ({
  type: 'value',
  name,
  nameLocation: 'middle',
  nameTextStyle: { color: INK, fontSize: 13 },
  axisLabel: { color: INK },
  scale: true,
  ...options,
});

const title = (text: string, subtext: string) => ({
  text,
  subtext,
  left: 'center',
  top: 6,
  textStyle: { fontSize: 16, color: INK },
  subtextStyle: { fontSize: 12, color: '#4d596a' },
  itemGap: 4,
});

/** Levels on a curve, each named, with the band of the abscissa as a bar. */
function accuracyCurve(
  levels: readonly CurveLevel[],
  what: string,
  heading: string,
  abscissa: string,
  at: (level: CurveLevel) => Band,
): string {
  const seen = levels.some(({ top1Holdout }) => top1Holdout !== undefined);
  const accuracy = (level: CurveLevel) => level.top1Holdout ?? level.top1Calibration;
  return render(640, 400, {
    title: title(
      heading,
      `${what} on images ${seen ? 'that calibration did not see' : 'of the calibration'}; bars: band`,
    ),
    grid: GRID,
    xAxis: axis(abscissa, { nameGap: 32 }),
    yAxis: axis(`${what}, %`, { nameGap: 46 }),
    series: [
      {
        type: 'custom',
        data: levels.map((level) => [at(level).low, at(level).high, accuracy(level)]),
        encode: { x: [0, 1], y: 2 },
        renderItem: (_: unknown, api: { value(i: number): number; coord(p: number[]): number[] }) => {
          const [x1, y] = api.coord([api.value(0), api.value(2)]) as [number, number];
          const [x2] = api.coord([api.value(1), api.value(2)]) as [number, number];
          return { type: 'line', shape: { x1, y1: y, x2, y2: y }, style: { stroke: '#9db7dd', lineWidth: 4 } };
        },
        silent: true,
      },
      {
        type: 'line',
        data: levels.map((level) => [at(level).mid, accuracy(level)]),
        symbolSize: 9,
        symbol: 'circle',
        lineStyle: { color: '#2f78d0', width: 2 },
        itemStyle: { color: '#2f78d0' },
        label: {
          show: true,
          formatter: ({ dataIndex }: { dataIndex: number }) => String(levels[dataIndex]!.level),
          position: 'top',
          color: INK,
        },
      },
    ],
  });
}

function componentBars(energies: readonly FrameEnergy[]): string {
  return render(640, 400, {
    title: title('Where the energy of a frame goes', 'mJ at the middle of the bands, by level'),
    grid: { ...GRID, top: 84 },
    legend: { top: 50, itemWidth: 14 },
    xAxis: {
      type: 'category',
      data: energies.map((_, level) => `level ${level}`),
      axisLabel: { color: INK, interval: 0 },
    },
    yAxis: axis('mJ a frame', { nameGap: 46, scale: false }),
    series: COMPONENTS.map((component) => ({
      type: 'bar',
      stack: 'energy',
      name: NAMES[component],
      itemStyle: { color: COLOURS[component] },
      data: energies.map(({ components }) => Number((components[component].mid * 1e-9).toFixed(4))),
    })),
  });
}

/** Per layer: level 0 (pale) and the highest level, dynamic components stacked. */
function layerBars(energies: readonly FrameEnergy[]): string {
  const ends = [
    { energy: energies[0]!, stack: 'before', opacity: 0.45 },
    { energy: energies.at(-1)!, stack: 'after', opacity: 1 },
  ];
  const shown = COMPONENTS.filter((component) => component !== 'static' && component !== 'dram');
  const names = energies[0]!.stages.map(({ name }) => name);
  return render(900, 90 + 20 * names.length, {
    title: title('Dynamic energy of each layer', 'uJ a frame; pale: level 0, full: the highest level'),
    grid: { ...GRID, left: 300, top: 84 },
    legend: { top: 50, itemWidth: 14, data: shown.map((component) => NAMES[component]) },
    xAxis: axis('uJ a frame', { nameGap: 32, scale: false }),
    yAxis: {
      type: 'category',
      inverse: true,
      data: names.map((name) => (name.length > 42 ? `...${name.slice(-39)}` : name)),
      axisLabel: { color: INK, fontSize: 10, interval: 0 },
    },
    series: ends.flatMap(({ energy, stack, opacity }) =>
      shown.map((component) => ({
        type: 'bar',
        stack,
        name: NAMES[component],
        barGap: '0%',
        barCategoryGap: '20%',
        itemStyle: { color: COLOURS[component], opacity },
        data: energy.stages.map((stage) => Number((stage.energy[component].mid * 1e-6).toFixed(2))),
      })),
    ),
  });
}

/** File name and SVG of every picture. `what`: 'top-1', or 'agreement' where images have no labels. */
export function levelCharts(
  levels: readonly CurveLevel[],
  energies: readonly FrameEnergy[],
  what: string,
): readonly (readonly [string, string])[] {
  const exact = (value: number): Band => ({ low: value, mid: value, high: value });
  const power = (scope: 'dynamic' | 'total') => (level: CurveLevel) => {
    // Power at level 0's frame rate: what a camera of fixed rate sees.
    const energy = millijoules(energies[level.level]!, scope);
    const rate = energies[0]!.framesPerSecond / 1000;
    return { low: energy.low * rate, mid: energy.mid * rate, high: energy.high * rate };
  };
  const rate = watts(energies[0]!, 'total').mid > 0 ? energies[0]!.framesPerSecond.toFixed(0) : '';
  return [
    [
      'accuracy-power.svg',
      accuracyCurve(
        levels,
        what,
        `Accuracy and dynamic power at ${rate} frames a second`,
        'W, dynamic',
        power('dynamic'),
      ),
    ],
    [
      'accuracy-saving.svg',
      accuracyCurve(levels, what, 'Accuracy and dynamic energy saved', 'share of level 0, %', ({ dynamicSaved }) => ({
        low: 100 * dynamicSaved.low,
        mid: 100 * dynamicSaved.mid,
        high: 100 * dynamicSaved.high,
      })),
    ],
    [
      'accuracy-rate.svg',
      accuracyCurve(levels, what, 'Accuracy and frame rate', 'frames a second', (level) =>
        exact(level.framesPerSecond),
      ),
    ],
    ['energy-components.svg', componentBars(energies)],
    ['energy-layers.svg', layerBars(energies)],
  ];
}
