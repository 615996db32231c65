/** Accuracy of the levels against power, energy saved or frame rate. */
import type { Band } from '../energy/model.ts';
import { axis, type ChartLook, type ChartOption, errorBars, legend, type Tip } from './pruning-chart-parts.ts';
import type { LevelFigures, PruningFigures } from './pruning-figures.ts';
import { accuracyName, judged } from './pruning-names.ts';

/** A figure of every level. */
export interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly symbol: string;
  readonly at: (level: LevelFigures) => Band;
}

/** Accuracy of all levels against one figure or two; each point is a level and wears its number. */
export function accuracyOption(
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
