/** What a frame costs without each idea, against the frame as compiled (100 %). */
import type { AblationFigures } from '../src/report/ablation.ts';
import type { PageData } from '../src/report/page-data.ts';
import { axisStyle, baseOptions, type Chart, colour, full, isNarrow, legendStyle, tip } from './chart.ts';

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
  chart.setOption({
    ...baseOptions(),
    legend: { ...legendStyle(), top: 0 },
    grid: { left: 8, right: 52, top: 34, bottom: 4, containLabel: true },
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
      axisLabel: { color: colour('soft'), width: isNarrow(chart) ? 92 : 170, overflow: 'break' },
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
            [name, full(variant.figures[figure])],
            ['as compiled', full(base[figure])],
            ['difference', full(variant.figures[figure] - base[figure])],
          ]);
        },
      },
      data: variants.map(({ figures }) => (100 * figures[figure]) / base[figure]),
    })) as never,
  });
}
