/** Charts over time share one zoom: what is looked at in one is looked at in all. */
import type { Chart } from './chart.ts';

interface ZoomState {
  readonly startValue?: number;
  readonly endValue?: number;
  readonly start?: number;
  readonly end?: number;
}

const linked = new Set<Chart>();
let passing = false;

/** Cycles in sight. */
export function zoomRange(chart: Chart, total: number): readonly [from: number, to: number] {
  const [zoom] = (chart.getOption() as { dataZoom: ZoomState[] }).dataZoom;
  return [((zoom?.start ?? 0) / 100) * total, ((zoom?.end ?? 100) / 100) * total];
}

/** Calls `changed`, at most once a frame, when the zoom changes, and passes it on to the other charts over time. */
export function onZoom(chart: Chart, changed: () => void): void {
  linked.add(chart);
  let waiting = false;
  chart.on('datazoom', () => {
    if (passing) return changed();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      changed();
      const [zoom] = (chart.getOption() as { dataZoom: ZoomState[] }).dataZoom;
      passing = true;
      for (const other of linked) {
        if (other !== chart) other.dispatchAction({ type: 'dataZoom', start: zoom!.start, end: zoom!.end });
      }
      passing = false;
    });
  });
}
