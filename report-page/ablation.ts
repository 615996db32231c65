/** What a frame costs without each idea, against the frame as compiled (100 %). */
import type { AblationFigures } from '../src/report/ablation.ts';
import { whole } from '../src/report/format.ts';
import type { PageData } from '../src/report/page-data.ts';
import { axisStyle, baseOptions, type Chart, colour, isNarrow, legendStyle, tip } from './chart.ts';

const FIGURES: readonly (readonly [figure: keyof AblationFigures, name: string, colour: string])[] = [
  ['cycles', 'cycles', 'pointwise'],
  ['offChipBytes', 'off-chip bytes', 'depthwise'],
  ['onChipBytes', 'on-chip bytes', 'fullyConnected'],
];

export function drawAblations(chart: Chart, { summary, ablations }: PageData): void {
  const base: AblationFigures = {
    cycles: summary.cycles,
    offChipBytes: summary.offChipBytes,
    onChipBytes: summary.onChipBytes.total,
  };
  const variants = [
    { name: 'As compiled', figures: base },
    ...ablations.flatMap(({ name, figures }) => (figures ? [{ name, figures }] : [])),
  ];
  const axis = axisStyle();
  const narrow = isNarrow(chart);
  chart.setOption({
    ...baseOptions(),
    legend: { ...legendStyle(), top: 0 },
    grid: { left: narrow ? 112 : 250, right: 56, top: 34, bottom: 26 },
    xAxis: {
      ...axis,
      type: 'value',
      min: 0,
      axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${value} %` },
    },
    yAxis: {
      ...axis,
      type: 'category',
      inverse: true,
      data: variants.map(({ name }) => name),
      axisTick: { show: false },
      axisLabel: { color: colour('soft'), width: narrow ? 104 : 242, overflow: 'break', lineHeight: 14 },
    },
    tooltip: { ...baseOptions().tooltip },
    series: FIGURES.map(([figure, name, tone]) => ({
      type: 'bar',
      name,
      barGap: '10%',
      itemStyle: { color: colour(tone), borderRadius: 2 },
      label: {
        show: true,
        position: 'right',
        color: colour('faint'),
        fontSize: 10.5,
        formatter: ({ value }: { value: number }) => `${value.toFixed(1)} %`,
      },
      tooltip: {
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const variant = variants[dataIndex]!;
          return tip(variant.name, [
            [name, whole(variant.figures[figure])],
            ['as compiled', whole(base[figure])],
            ['difference', whole(variant.figures[figure] - base[figure])],
          ]);
        },
      },
      data: variants.map(({ figures }) => (100 * figures[figure]) / base[figure]),
    })) as never,
  });
}
