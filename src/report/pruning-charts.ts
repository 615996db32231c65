/**
 * Pictures of pruning levels as chart options: the report's page draws them on a canvas in the theme of the reader,
 * `pruning-svg.ts` as files. Bands are thin bars with end marks; the figure in the middle is the model's middle.
 */
import type { Band } from '../energy/model.ts';
import { nameShortener, percent } from './format.ts';
import type { Cause, LevelFigures, PruningFigures } from './pruning-figures.ts';
import { accuracyName, CAUSE_NAMES, COMPONENT_NAMES, judged, SHOWN_CAUSES, SHOWN_COMPONENTS } from './pruning-names.ts';

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

const legend = (look: ChartLook, more: ChartOption = {}): ChartOption => ({
  top: 0,
  itemWidth: 12,
  itemHeight: 10,
  textStyle: { color: look.colour('soft') },
  ...more,
});

const axis = ({ colour }: ChartLook, name: string, more: ChartOption = {}): ChartOption => ({
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
function errorBars(
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

interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly symbol: string;
  readonly at: (level: LevelFigures) => Band;
}

/** Accuracy of all levels against one figure or two; each point is a level and wears its number. */
function accuracyOption(
  figures: PruningFigures,
  look: ChartLook,
  tip: Tip,
  abscissa: string,
  curves: readonly Curve[],
  text: (band: Band) => string,
): ChartOption {
  const { levels } = figures;
  const values = levels.map(judged);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.5, 0.12 * (most - least));
  const bottom = Math.max(0, Math.floor(2 * (least - margin)) / 2);
  const top = Math.min(100, Math.ceil(2 * (most + margin)) / 2);
  const numbers = levels.flatMap((level) => curves.map(({ at }) => at(level)));
  const banded = numbers.some(({ low, high }) => low !== high);
  const extent = Math.max(...numbers.map(({ high }) => high)) - Math.min(...numbers.map(({ low }) => low));
  /** Levels whose points lie on top of each other share one label, on the first of them. */
  const labels = levels.map((level) => {
    const same = levels.filter(
      (other) =>
        Math.abs(curves[0]!.at(other).mid - curves[0]!.at(level).mid) <= 0.016 * extent &&
        Math.abs(judged(other) - judged(level)) <= 0.03 * (top - bottom),
    );
    return same[0] === level ? same.map((one) => one.level).join(', ') : '';
  });
  return {
    legend: legend(look, { show: curves.length > 1, data: curves.map(({ name }) => name) }),
    grid: { left: 58, right: 22, top: curves.length > 1 ? 44 : 22, bottom: 46 },
    tooltip: {
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const level = levels[dataIndex]!;
        return tip(`level ${level.level}`, [
          [`${accuracyName(figures)}, calibration`, `${level.top1Calibration.toFixed(1)} %`],
          ...(level.top1Holdout === null
            ? []
            : [[`${accuracyName(figures)}, unseen`, `${level.top1Holdout.toFixed(1)} %`] as const]),
          ...curves.map(({ name, at }) => [name, text(at(level))] as const),
        ]);
      },
    },
    xAxis: axis(look, abscissa, { nameGap: 28, scale: !banded, min: banded ? 0 : undefined }),
    yAxis: axis(look, `${accuracyName(figures)}, %`, {
      nameGap: 42,
      min: bottom,
      max: top,
    }),
    series: curves.flatMap(({ name, colour, symbol, at }, index) => [
      ...(banded
        ? [
            {
              ...errorBars(
                'horizontal',
                colour,
                levels.map((level) => [judged(level), at(level).low, at(level).high] as const),
                // Two curves at the same accuracy: their bars side by side.
                curves.length > 1 ? 5 * index - 2.5 : 0,
              ),
              name,
              // The legend takes the colour of the first series of a name.
              itemStyle: { color: colour },
            },
          ]
        : []),
      {
        type: 'line',
        name,
        data: levels.map((level) => [at(level).mid, judged(level)]),
        symbol,
        symbolSize: 9,
        lineStyle: { color: colour, width: 2 },
        itemStyle: { color: colour },
        z: 4,
        label: {
          show: index === 0,
          formatter: ({ dataIndex }: { dataIndex: number }) => labels[dataIndex]!,
          position: 'top',
          distance: 7,
          color: look.colour('ink'),
          fontWeight: 600,
          textBorderColor: look.colour('card'),
          textBorderWidth: 3,
        },
        labelLayout: { moveOverlap: 'shiftX' },
      },
    ]),
  };
}

const exact = (value: number): Band => ({ low: value, mid: value, high: value });
const hundred = ({ low, mid, high }: Band): Band => ({ low: 100 * low, mid: 100 * mid, high: 100 * high });
const lastOf = ({ levels }: PruningFigures): number => levels.length - 1;
const bandWords = 'Bars: low to high of the energy model.';
const where = ({ pictures }: PruningFigures): string =>
  pictures.holdout > 0
    ? `on ${pictures.holdout} pictures that calibration did not see`
    : `on the ${pictures.calibration} pictures of the calibration`;

/** Stacked components, one bar a level, the band of the whole on top. */
function levelsOption({ levels }: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
  return {
    legend: legend(look),
    grid: { left: 58, right: 14, top: look.width < 480 ? 62 : 44, bottom: 30 },
    tooltip: {
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const { level, components, millijoules } = levels[dataIndex]!;
        return tip(`level ${level}, mJ a frame`, [
          ...SHOWN_COMPONENTS.map((name) => [COMPONENT_NAMES[name], bandText(components[name])] as const),
          ['total', bandText(millijoules)],
        ]);
      },
    },
    xAxis: {
      ...axis(look, '', { splitLine: { show: false } }),
      type: 'category',
      data: levels.map(({ level }) => (look.width < 560 ? `${level}` : `level ${level}`)),
    },
    yAxis: axis(look, 'mJ a frame', { nameGap: 42 }),
    series: [
      ...SHOWN_COMPONENTS.map((component) => ({
        type: 'bar',
        stack: 'energy',
        name: COMPONENT_NAMES[component],
        barMaxWidth: 64,
        itemStyle: { color: look.colour(component) },
        data: levels.map(({ components }) => components[component].mid),
      })),
      errorBars(
        'vertical',
        look.colour('ink'),
        levels.map(({ millijoules }, index) => [index, millijoules.low, millijoules.high] as const),
      ),
    ],
  };
}

/** Each component at level 0 beside the highest level, with its band. */
function componentsOption(figures: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
  const { levels } = figures;
  const ends = [levels[0]!, levels.at(-1)!];
  const barWidth = Math.min(40, (look.width - 80) / SHOWN_COMPONENTS.length / 3.2);
  const names = ends.map(({ level }) => `level ${level}`);
  return {
    legend: legend(look, { data: names, selectedMode: false }),
    grid: { left: 58, right: 14, top: 34, bottom: 30 },
    tooltip: {
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) =>
        tip(
          `${COMPONENT_NAMES[SHOWN_COMPONENTS[dataIndex]!]}, mJ a frame`,
          ends.map(
            ({ components }, index) => [names[index]!, bandText(components[SHOWN_COMPONENTS[dataIndex]!])] as const,
          ),
        ),
    },
    xAxis: {
      ...axis(look, '', { splitLine: { show: false } }),
      type: 'category',
      data: SHOWN_COMPONENTS.map((component) => COMPONENT_NAMES[component]),
      axisLabel: { color: look.colour('soft'), interval: 0, fontSize: look.width < 480 ? 10 : 12 },
    },
    yAxis: axis(look, 'mJ a frame', { nameGap: 42 }),
    series: ends.flatMap(({ components }, index) => [
      {
        type: 'bar',
        name: names[index],
        barWidth,
        barGap: '12%',
        itemStyle: { color: look.colour(index === 0 ? 'setup' : 'accent') },
        data: SHOWN_COMPONENTS.map((component) => components[component].mid),
      },
      errorBars(
        'vertical',
        look.colour('ink'),
        SHOWN_COMPONENTS.map((component, at) => [at, components[component].low, components[component].high] as const),
        // The middle of the bar that stands left or right of the category's middle.
        (index === 0 ? -0.56 : 0.56) * barWidth,
      ),
    ]),
  };
}

const CAUSE_COLOURS: { readonly [cause in Cause]: string } = {
  zeroActivations: 'setup',
  weights: 'dsp',
  activationThresholds: 'logic',
  skippedSteps: 'clock',
};

/** A waterfall: each cause begins where the one before ends; the last bar is the whole. */
function causesOption({ causes, levels }: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
  const parts = SHOWN_CAUSES.map((cause) => ({
    name: CAUSE_NAMES[cause],
    colour: CAUSE_COLOURS[cause],
    saved: hundred(causes[cause]),
  }));
  let end = 0;
  const steps = parts.map((part) => {
    const start = end;
    end += part.saved.mid;
    return { ...part, start };
  });
  const whole = hundred(levels.at(-1)!.dynamicSaved);
  const rows = [...steps, { name: 'together', colour: 'accent', saved: whole, start: 0 }];
  const narrow = look.width < 560;
  return {
    legend: { show: false },
    grid: { left: narrow ? 104 : 206, right: narrow ? 22 : 140, top: 8, bottom: 44 },
    tooltip: {
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const { name, saved } = rows[dataIndex]!;
        return tip(name, [
          ['low', `${saved.low.toFixed(1)} %`],
          ['middle', `${saved.mid.toFixed(1)} %`],
          ['high', `${saved.high.toFixed(1)} %`],
        ]);
      },
    },
    xAxis: axis(look, "% of level 0's dynamic energy", { nameGap: 28 }),
    yAxis: {
      ...axis(look, '', { splitLine: { show: false } }),
      type: 'category',
      inverse: true,
      data: rows.map(({ name }) => name),
      axisTick: { show: false },
      axisLabel: { color: look.colour('soft'), width: narrow ? 94 : 186, overflow: 'break', lineHeight: 14 },
    },
    series: [
      {
        type: 'bar',
        stack: 'causes',
        silent: true,
        itemStyle: { color: 'transparent' },
        data: rows.map(({ start, saved }) => Math.min(start, start + saved.mid)),
      },
      {
        type: 'bar',
        stack: 'causes',
        barMaxWidth: 22,
        barMinHeight: 2,
        data: rows.map(({ saved, colour }) => ({
          value: Math.abs(saved.mid),
          itemStyle: { color: look.colour(colour) },
        })),
      },
      {
        // Labels stand right of the band.
        type: 'scatter',
        silent: true,
        symbolSize: 0.1,
        data: rows.map(({ start, saved }, index) => [start + Math.max(saved.high, saved.mid), index]),
        label: {
          show: !narrow,
          position: 'right',
          distance: 8,
          color: look.colour('soft'),
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const { low, mid, high } = rows[dataIndex]!.saved;
            return `${mid.toFixed(1)} % (${low.toFixed(1)} to ${high.toFixed(1)})`;
          },
        },
      },
      errorBars(
        'horizontal',
        look.colour('ink'),
        rows.map(({ start, saved }, index) => [index, start + saved.low, start + saved.high] as const),
      ),
    ].map((series, index) => (index === 3 ? { ...series, z: 5 } : series)),
  };
}

/** Per layer: level 0 (pale) above the highest level, components stacked. */
function layersOption(figures: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
  const { layers } = figures;
  const narrow = look.width < 620;
  const room = narrow ? 118 : 260;
  const short = nameShortener(layers.map(({ name }) => name));
  const letters = narrow ? 18 : 40;
  const clip = (name: string) => (name.length > letters ? `…${name.slice(1 - letters)}` : name);
  const ends = [
    { key: 'before', opacity: 0.42 },
    { key: 'after', opacity: 1 },
  ] as const;
  return {
    legend: legend(look, {
      // One layer's weights from DRAM would dwarf all others.
      selected: { [COMPONENT_NAMES.static]: false, [COMPONENT_NAMES.dram]: false },
      inactiveColor: look.colour('idle'),
      data: SHOWN_COMPONENTS.map((component) => ({
        name: COMPONENT_NAMES[component],
        itemStyle: { color: look.colour(component), opacity: 1 },
      })),
    }),
    grid: { left: room, right: 22, top: narrow ? 62 : 36, bottom: 46 },
    tooltip: {
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const { name, before, after } = layers[dataIndex]!;
        return tip(`${short(name)}, µJ a frame`, [
          ['', `level 0 → level ${lastOf(figures)}`],
          ...SHOWN_COMPONENTS.map(
            (component) =>
              [COMPONENT_NAMES[component], `${bandText(before[component])} → ${bandText(after[component])}`] as const,
          ),
        ]);
      },
    },
    xAxis: axis(look, 'µJ a frame, middle', { nameGap: 28 }),
    yAxis: {
      ...axis(look, '', { splitLine: { show: false } }),
      type: 'category',
      inverse: true,
      data: layers.map(({ name }, index) => `${clip(short(name))}  ${index}`),
      axisTick: { show: false },
      axisLabel: { color: look.colour('soft'), fontSize: narrow ? 9.5 : 10.5, interval: 0 },
    },
    series: ends.flatMap(({ key, opacity }) =>
      SHOWN_COMPONENTS.map((component) => ({
        type: 'bar',
        stack: key,
        name: COMPONENT_NAMES[component],
        barGap: '0%',
        barCategoryGap: '22%',
        itemStyle: { color: look.colour(component), opacity },
        data: layers.map((layer) => layer[key][component].mid),
      })),
    ),
  };
}

const rate = ({ levels }: PruningFigures): string => figure(levels[0]!.framesPerSecond);

/** All pictures of pruning levels, in the order of the report. */
export const PRUNING_CHARTS: readonly PruningChart[] = [
  {
    id: 'accuracy-power',
    title: 'Accuracy and power',
    lead: (figures) =>
      `Each point is a level; accuracy ${where(figures)}. Whole power, static and DRAM included. A level that skips steps makes more frames a second, so its power may rise at full rate though a frame costs less; at the ${rate(figures)} frames a second of level 0 the accelerator waits instead. ${bandWords}`,
    height: () => 380,
    option: (figures, look, tip) =>
      accuracyOption(
        figures,
        look,
        tip,
        'W, total',
        [
          { name: 'at full frame rate', colour: look.colour('accent'), symbol: 'circle', at: ({ watts }) => watts },
          {
            name: `at ${rate(figures)} frames a second`,
            colour: look.colour('dsp'),
            symbol: 'diamond',
            at: ({ fixedRate }) => fixedRate.watts,
          },
        ],
        (band) => bandText(band, ' W'),
      ),
  },
  {
    id: 'accuracy-saving',
    title: 'Accuracy and energy saved',
    lead: (figures) =>
      `Share of level 0's energy a frame that each level saves; accuracy ${where(figures)}. Low and high are the ends at which what pruning stills is cheap and the rest dear, and the other way round.`,
    height: () => 360,
    option: (figures, look, tip) =>
      accuracyOption(
        figures,
        look,
        tip,
        "% of level 0's energy saved",
        [
          { name: 'dynamic', colour: look.colour('accent'), symbol: 'circle', at: (at) => hundred(at.dynamicSaved) },
          {
            name: 'total, with static and DRAM',
            colour: look.colour('dsp'),
            symbol: 'diamond',
            at: (at) => hundred(at.totalSaved),
          },
        ],
        (band) => bandText(band, ' %'),
      ),
  },
  {
    id: 'accuracy-rate',
    title: 'Accuracy and frame rate',
    lead: (figures) => `Frames a second are counted cycles, exact; accuracy ${where(figures)}.`,
    height: () => 320,
    option: (figures, look, tip) =>
      accuracyOption(
        figures,
        look,
        tip,
        'frames a second',
        [
          {
            name: 'frames a second',
            colour: look.colour('accent'),
            symbol: 'circle',
            at: ({ framesPerSecond }) => exact(framesPerSecond),
          },
        ],
        ({ mid }) => mid.toFixed(1),
      ),
  },
  {
    id: 'saving-causes',
    title: 'What saves',
    lead: (figures) =>
      `Dynamic energy saved at level ${lastOf(figures)}, by cause, each on top of the ones before. The first is no pruning at all: operands that are 0 anyway hold their multiplier still. Causes are counted on ${figures.pictures.causes} of the pictures, so they may not add up to the last digit. ${bandWords}`,
    height: () => 250,
    option: causesOption,
  },
  {
    id: 'energy-levels',
    title: 'Energy of a frame, by level',
    lead: () => `Components at the middle of their bands, stacked. ${bandWords}`,
    height: () => 340,
    option: levelsOption,
  },
  {
    id: 'energy-components',
    title: 'Where the energy goes, before and after',
    lead: (figures) => `Each component at level 0 and at level ${lastOf(figures)}. ${bandWords}`,
    height: () => 300,
    option: componentsOption,
  },
  {
    id: 'energy-layers',
    title: 'Dynamic energy of each layer, before and after',
    lead: (figures) =>
      `Upper, pale bar: level 0; lower, full bar: level ${lastOf(figures)}. Layers as the engine runs them. Static power and clock are shared out by the time each takes, waits included, DRAM by weights. A click on a component shows or hides it: static and DRAM are hidden at first. The table has all, with bands.`,
    height: ({ layers }) => 110 + 24 * layers.length,
    option: layersOption,
  },
];
