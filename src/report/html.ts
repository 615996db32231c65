/** The report: one HTML file that opens from disk, with no network, in light and dark, on wide and narrow screens. */
import type { Compiled } from '../compile/compile.ts';
import type { CycleResult } from '../simulate/cycles/cycles.ts';
import type { Ablation } from './ablation.ts';
import { escapeHtml, percent, prefixed, whole } from './format.ts';
import { pageData } from './page-data.ts';
import { chartSection, renderPage, tile } from './page-frame.ts';
import type { PruningFigures } from './pruning-figures.ts';
import { pruningSections } from './pruning-html.ts';
import type { Summary } from './summary.ts';
import { ablationTable, layerTable, segmentTable, trafficTable } from './tables.ts';

export interface ReportPicture {
  /** PNG as base64. */
  readonly pngBase64: string;
  readonly caption: string;
}

export interface ReportData {
  readonly compiled: Compiled;
  readonly cycles: CycleResult;
  readonly summary: Summary;
  readonly ablations: readonly Ablation[];
  /** How the network came to its codes, in a sentence. */
  readonly quantisation?: string;
  readonly picture?: ReportPicture;
  /** Figures of the build's pruning levels. */
  readonly pruning?: PruningFigures;
  /** Text of the minified ECharts library, inlined. */
  readonly echarts: string;
}

/** The whole page. The same data gives the same bytes. */
export function renderReport(data: ReportData): string {
  const { compiled, cycles, summary, ablations } = data;
  const device = compiled.config.device === '' ? '' : ` · ${escapeHtml(compiled.config.device)}`;
  const { pixels, lanes, inputs, clockMHz } = compiled.config;
  return renderPage({
    title: `${summary.model} on ${summary.config}`,
    heading: summary.model,
    about: `on <b>${escapeHtml(summary.config)}</b>${device} · ${pixels} × ${lanes} × ${inputs} = ${summary.multipliers} multipliers · ${clockMHz} MHz`,
    main: `${tiles(summary)}
${result(data)}
${chartSection('layers', 'Layers', 'Cycles that each layer takes, waits included, and how many of the multipliers work meanwhile.', 340)}
<section class="wide"><details open><summary>Table of layers <span class="faint">click a heading to sort</span></summary>
<div class="scroll">${layerTable(summary)}</div></details></section>
${chartSection('timeline', 'Timeline', 'What the engine and the DMA do in every cycle. Drag to move; wheel, pinch or the slider zooms down to single instructions.', 330)}
${chartSection('occupancy', 'Memories over time', 'Share of each on-chip memory that is in use. Activations as reserved; weights from the start of their load to their last use.', 300)}
${chartSection('map', 'Map of the activation memory', 'Where tensors lie and for how long. Row rings hold the few rows between fused layers; whole tensors link segments.', 360)}
${chartSection('roofline', 'Roofline', 'Speed of each layer against the operations it does for a byte from external memory. The roofs are the memory bus and the multipliers.', 400)}
<section><h2>What each idea saves</h2><p class="lead">The same network without fusion of layers, and without hardware padding.</p>
<div class="chart" id="ablation" style="height:250px" role="img" aria-label="What each idea saves"></div>
<div class="scroll">${ablationTable(summary, ablations)}</div></section>
<section><h2>Traffic</h2><p class="lead">Bytes that move in one frame, between chip and external memory and at the ports of the on-chip memories.</p>
<div class="scroll">${trafficTable(summary)}</div></section>
<section><h2>Segments</h2><p class="lead">Layers that run fused, strip by strip, with only a few rows of what lies between them.</p>
<div class="scroll">${segmentTable(summary)}</div></section>
${levels(data)}${remarks(data)}`,
    footer: `Counted by Depthwright’s cycle model, instruction by instruction, for a memory of ${compiled.config.memoryLatency} cycles latency and ${compiled.config.axiBytes} bytes a cycle. Operations are two a multiply-accumulate.`,
    data: { ...pageData(compiled, cycles, summary, ablations), ...(data.pruning ? { pruning: data.pruning } : {}) },
    echarts: data.echarts,
  });
}

/** The levels of a build: the rest of its report is of level 0. */
function levels({ pruning, summary }: ReportData): string {
  if (pruning === undefined) return '';
  const other = pruning.config === summary.config ? '' : ` This build is for ${summary.config}: its figures differ.`;
  return `${pruningSections(pruning, `Pruning levels as calibrated on ${pruning.config}; all else on this page is of level 0.${other}`)}\n`;
}

function tiles(summary: Summary): string {
  const memory = summary.activationMemory;
  return `<div class="tiles">${[
    tile('Frames a second', summary.framesPerSecond.toFixed(1), `${summary.milliseconds.toFixed(3)} ms a frame`),
    tile('Cycles', whole(summary.cycles), `at ${summary.clockMHz} MHz, ${whole(summary.instructions)} instructions`),
    tile('Utilisation', percent(summary.utilisation), `of ${whole(summary.multipliers)} multipliers, whole frame`),
    tile('Speed', `${summary.gops.toFixed(1)} GOPS`, `of ${summary.peakGops.toFixed(1)} at most`),
    tile(
      'Work',
      prefixed(summary.macs, 'MACs'),
      `${summary.layers.length} layers in ${summary.segments.length} segments`,
    ),
    tile(
      'Off-chip traffic',
      prefixed(summary.offChipBytes, 'B'),
      `${(summary.offChipBytes / summary.cycles).toFixed(1)} B a cycle on average`,
    ),
    tile(
      'Activation memory',
      percent(memory.usedBytes / memory.capacityBytes),
      `${prefixed(memory.usedBytes, 'B')} of ${prefixed(memory.capacityBytes, 'B')} at the peak`,
    ),
    tile(
      'Weights',
      prefixed(summary.weightBytes, 'B'),
      `${prefixed(summary.externalMemoryBytes, 'B')} of external memory in all`,
    ),
  ].join('')}</div>`;
}

function result({ picture }: ReportData): string {
  const image = picture
    ? `<figure><img alt="${escapeHtml(picture.caption)}" src="data:image/png;base64,${picture.pngBase64}"><figcaption>${escapeHtml(picture.caption)}</figcaption></figure>`
    : '';
  return `<section class="result${picture ? ' pictured' : ''}">${image}<div class="bars"><div><h2>Where the cycles went</h2>
<div class="chart" id="breakdown" style="height:210px" role="img" aria-label="Where the cycles went"></div>
</div><div><h2>What moved over the memory bus</h2>
<div class="chart" id="traffic" style="height:210px" role="img" aria-label="What moved over the memory bus"></div></div></div></section>`;
}

function remarks({ summary, quantisation }: ReportData): string {
  const host = summary.host.map(
    ({ output, operators }) => `<li><b>${escapeHtml(output)}</b>: ${operators.map(escapeHtml).join(', then ')}</li>`,
  );
  const notes = [
    ...(quantisation === undefined ? [] : [quantisation]),
    ...(summary.spilled.length === 0
      ? ['No tensor between layers leaves the chip.']
      : [`Spilled to external memory because they do not fit on chip: ${summary.spilled.join(', ')}.`]),
    ...summary.notes,
  ].map((note) => `<li>${escapeHtml(note)}</li>`);
  return `<section><h2>On the host</h2>${
    host.length === 0
      ? '<p class="lead">Nothing: the accelerator’s outputs are the network’s outputs.</p>'
      : `<p class="lead">Done by the processor after the accelerator:</p><ul>${host.join('')}</ul>`
  }<h2>Notes</h2><ul>${notes.join('')}</ul></section>`;
}
