/** A rectangle of a custom series, cut at the edges of the plot, with a label where it has room. */
import type { CustomSeriesRenderItemParams, CustomSeriesRenderItemReturn } from 'echarts';
import { colour } from './chart.ts';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `ink`: colour variable of the label; by default white on colour. */
export function clippedRect(
  params: CustomSeriesRenderItemParams,
  area: Area,
  fill: string,
  label: string,
  ink?: string,
  opacity = 1,
): CustomSeriesRenderItemReturn {
  const plot = params.coordSys as unknown as Area;
  const x = Math.max(area.x, plot.x);
  const width = Math.min(area.x + area.width, plot.x + plot.width) - x;
  if (width <= 0) return null;
  const room = area.height > 13 && (width > 56 || width > label.length * 6.5 + 8);
  return {
    type: 'rect',
    shape: { x, y: area.y, width: Math.max(width, 1), height: area.height, r: width > 6 ? 2 : 0 },
    style: { fill, opacity, ...(width > 4 ? { stroke: colour('card'), lineWidth: 0.6 } : {}) },
    ...(room && label !== ''
      ? {
          textContent: {
            type: 'text' as const,
            style: {
              text: label,
              fill: ink === undefined ? '#fff' : colour(ink),
              fontSize: 11,
              width: width - 8,
              overflow: 'truncate' as const,
              ellipsis: '…',
            },
          },
          textConfig: { position: 'inside' as const },
        }
      : {}),
  };
}
