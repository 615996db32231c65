/** Where the energy goes: by level, by component and by layer, and what saves it. */
import { nameShortener } from './format.ts';
import {
  axis,
  bandText,
  type ChartLook,
  type ChartOption,
  errorBars,
  hundred,
  lastOf,
  legend,
  type Tip,
} from './pruning-chart-parts.ts';
import type { Cause, PruningFigures } from './pruning-figures.ts';
import { CAUSE_NAMES, COMPONENT_NAMES, SHOWN_CAUSES, SHOWN_COMPONENTS } from './pruning-names.ts';

/** Stacked components, one bar a level, the band of the whole on top. */
export function levelsOption({ levels }: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
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
export function componentsOption(figures: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
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
  activations: 'logic',
  products: 'memory',
  skippedSteps: 'clock',
};

/** A waterfall: each cause begins where the one before ends; the last bar is the whole. */
export function causesOption({ causes, levels }: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
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
export function layersOption(figures: PruningFigures, look: ChartLook, tip: Tip): ChartOption {
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
