/** Two bars: the cycles of a frame by what they were spent on, and the bytes on the memory bus by what they are. */
import { percent, whole } from '../src/report/format.ts';
import type { PageData } from '../src/report/page-data.ts';
import { baseOptions, CAUSES, type Chart, colour, tip } from './chart.ts';

/** Room for names, pixels. */
const LABELS = 152;

interface Part {
  readonly name: string;
  readonly value: number;
  readonly colour: string;
}

export function drawBreakdown(chart: Chart, { summary }: PageData): void {
  const { breakdown, cycles, utilisation } = summary;
  const useful = utilisation * cycles;
  drawParts(chart, 'cycles', cycles, [
    { name: 'multiplying', value: useful, colour: colour('accent') },
    { name: 'multipliers left idle', value: breakdown.compute - useful, colour: colour('idle') },
    ...Object.entries(breakdown.stalls).map(([cause, value]) => ({
      name: CAUSES[cause]!,
      value,
      colour: colour(cause),
    })),
    { name: 'last results and stores', value: breakdown.tail, colour: colour('fetch') },
  ]);
}

export function drawTraffic(chart: Chart, { summary }: PageData): void {
  const colours = ['pool', 'pointwise', 'fullyConnected', 'table', 'depthwise', 'add', 'load'];
  const parts = Object.entries(summary.traffic).map(([name, value], index) => ({
    name,
    value,
    colour: colour(colours[index]!),
  }));
  drawParts(chart, 'bytes', summary.offChipBytes, parts);
}

/** One bar a part, longest scale the whole, with its figures at the end. */
function drawParts(chart: Chart, unit: string, total: number, all: readonly Part[]): void {
  const parts = all.filter((part) => part.value > 0).sort((a, b) => b.value - a.value);
  const figures = parts.map((part) => `${whole(part.value)}  ·  ${percent(part.value / total)}`);
  chart.setOption({
    ...baseOptions(),
    grid: { left: LABELS, right: 12 + 6.5 * Math.max(...figures.map((text) => text.length)), top: 6, bottom: 4 },
    xAxis: { type: 'value', max: Math.max(...parts.map((part) => part.value)), show: false },
    yAxis: {
      type: 'category',
      inverse: true,
      data: parts.map((part) => part.name),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: colour('soft'), fontSize: 12, width: LABELS - 8, overflow: 'truncate' },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 20,
        barMinHeight: 2,
        itemStyle: { borderRadius: 3 },
        data: parts.map((part) => ({ value: part.value, itemStyle: { color: part.colour } })),
        label: {
          show: true,
          position: 'right',
          color: colour('faint'),
          formatter: ({ dataIndex }: { dataIndex: number }) => figures[dataIndex]!,
        },
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const part = parts[dataIndex]!;
            return tip(part.name, [
              [unit, whole(part.value)],
              ['share', percent(part.value / total)],
            ]);
          },
        },
      },
    ],
  });
}
