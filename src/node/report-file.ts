/** The HTML report of a compilation, with the chart library inlined. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Compiled } from '../compile/compile.ts';
import { runAblations } from '../report/ablation.ts';
import { renderReport } from '../report/html.ts';
import type { PruningFigures } from '../report/pruning-figures.ts';
import { renderPruningReport } from '../report/pruning-html.ts';
import type { Summary } from '../report/summary.ts';
import type { CycleResult } from '../simulate/cycles/cycles.ts';

export interface ReportFileData {
  readonly compiled: Compiled;
  readonly cycles: CycleResult;
  readonly summary: Summary;
  /** How the network was quantised. */
  readonly quantisation: string;
  /** PNG of the result, with a line about it. */
  readonly pruning?: PruningFigures;
  readonly picture?: { readonly png: Uint8Array; readonly caption: string };
}

const require = createRequire(import.meta.url);
const chartLibrary = (): string => readFileSync(require.resolve('echarts/dist/echarts.min.js'), 'utf8');

/** Report of a calibration, as one file. */
export const renderPruningReportFile = (figures: PruningFigures): string =>
  renderPruningReport(figures, chartLibrary());

export function renderReportFile(data: ReportFileData): string {
  const { picture, ...rest } = data;
  return renderReport({
    ...rest,
    ablations: runAblations(data.compiled, data.summary),
    echarts: chartLibrary(),
    ...(picture === undefined
      ? {}
      : { picture: { pngBase64: Buffer.from(picture.png).toString('base64'), caption: picture.caption } }),
  });
}
