/** Pruning levels in HTML: the report of a calibration, and the same sections in the report of a build. */
import type { Band } from '../energy/model.ts';
import { escapeHtml, nameShortener, percent } from './format.ts';
import { chartSection, renderPage, tile } from './page-frame.ts';
import { figure } from './pruning-chart-parts.ts';
import { PRUNING_CHARTS } from './pruning-charts.ts';
import type { LayerFigures, PruningFigures } from './pruning-figures.ts';
import { accuracyName, CAUSE_NAMES, COMPONENT_NAMES, judged, SHOWN_CAUSES, SHOWN_COMPONENTS } from './pruning-names.ts';

/** The whole page. The same figures give the same bytes. */
export function renderPruningReport(figures: PruningFigures, echarts: string): string {
  const { model, config, objective, budget, pictures } = figures;
  const seen = `${pictures.calibration} pictures calibrate${pictures.holdout > 0 ? `, ${pictures.holdout} others judge` : ''}`;
  return renderPage({
    title: `Pruning levels of ${model} on ${config}`,
    heading: model,
    about: `pruning levels on <b>${escapeHtml(config)}</b> · ${seen} · at most ${budget} points, to save ${objective === 'energy' ? 'energy' : 'time'}`,
    main: `${tiles(figures)}\n${pruningSections(figures)}\n${notes(figures)}`,
    footer:
      'Cycles are counted and exact. Energy is a model: events counted on photographs times a coefficient each; every figure has a low, middle and high value, and no board was measured.',
    data: { pruning: figures },
    echarts,
  });
}

/** Pictures and tables of the levels; `note` is a remark for the reader of another report. */
export function pruningSections(figures: PruningFigures, note = ''): string {
  const under: { readonly [id: string]: string } = {
    'accuracy-power': `<div class="scroll">${levelTable(figures)}</div>`,
    'accuracy-saving': `<div class="scroll">${savingTable(figures)}</div>`,
    'saving-causes': `<div class="scroll">${causeTable(figures)}</div>`,
    'energy-layers': `<details><summary>Table of layers <span class="faint">µJ a frame; click a heading to sort</span></summary><div class="scroll">${layerTable(figures)}</div></details>`,
  };
  return PRUNING_CHARTS.map(({ id, title, lead, height }, index) =>
    chartSection(
      id,
      title,
      `${index === 0 && note !== '' ? `${escapeHtml(note)} ` : ''}${escapeHtml(lead(figures))}`,
      height(figures),
      under[id] ?? '',
    ),
  ).join('\n');
}

const cell = ({ low, mid, high }: Band, text: (value: number) => string = figure): string =>
  `<td>${text(mid)}<small>${text(low)} to ${text(high)}</small></td>`;

function tiles(figures: PruningFigures): string {
  const { levels } = figures;
  const [first, last] = [levels[0]!, levels.at(-1)!];
  const range = ({ low, high }: Band, text: (value: number) => string = figure) =>
    `<span class="whole">${text(low)} to ${text(high)}</span>`;
  const lost = judged(first) - judged(last);
  return `<div class="tiles">${[
    tile(
      `Accuracy, level 0 to ${last.level}`,
      `${judged(first).toFixed(1)} → ${judged(last).toFixed(1)}&nbsp;%`,
      `${lost.toFixed(1)} points lost, ${escapeHtml(accuracyName(figures))}`,
    ),
    tile(
      'Dynamic energy saved',
      percent(last.dynamicSaved.mid),
      `${range(last.dynamicSaved, percent)}, level ${last.level}`,
    ),
    tile(
      'Total energy saved',
      percent(last.totalSaved.mid),
      `${range(last.totalSaved, percent)}, with static and DRAM`,
    ),
    tile(
      'Frames a second',
      `${figure(first.framesPerSecond)} → ${figure(last.framesPerSecond)}`,
      `${(last.framesPerSecond / first.framesPerSecond).toFixed(2)} times level 0`,
    ),
    tile(
      'Energy a frame',
      `${figure(first.millijoules.mid)} → ${figure(last.millijoules.mid)}&nbsp;mJ`,
      `${range(first.millijoules)} → ${range(last.millijoules)}`,
    ),
    tile(
      'Power, full frame rate',
      `${figure(first.watts.mid)} → ${figure(last.watts.mid)}&nbsp;W`,
      `${range(first.watts)} → ${range(last.watts)}`,
    ),
    tile(
      `Power at ${figure(first.framesPerSecond)} frames a second`,
      `${figure(first.fixedRate.watts.mid)} → ${figure(last.fixedRate.watts.mid)}&nbsp;W`,
      `${range(first.fixedRate.watts)} → ${range(last.fixedRate.watts)}`,
    ),
    tile(
      'GOPS/W',
      `${figure(first.gopsPerWatt.mid)} → ${figure(last.gopsPerWatt.mid)}`,
      `${range(first.gopsPerWatt)} → ${range(last.gopsPerWatt)}`,
    ),
  ].join('')}</div>`;
}

function levelTable(figures: PruningFigures): string {
  const name = figures.labelled ? 'Top-1' : 'Agreement';
  const unseen = figures.pictures.holdout > 0;
  const slow = figure(figures.levels[0]!.framesPerSecond);
  const heads = [
    'Level',
    ...(unseen ? [`${name}, unseen`] : []),
    `${name}, calibration`,
    ...(unseen && figures.labelled ? ['Agreement, unseen'] : []),
    'Cycles',
    'Frames/s',
    'mJ a frame',
    'W, full rate',
    `W at ${slow}/s`,
    'GOPS/W',
  ];
  const accuracy = (value: number | null) => `<td>${value === null ? '' : `${value.toFixed(1)} %`}</td>`;
  const rows = figures.levels.map((at) =>
    [
      `<td>${at.level}</td>`,
      ...(unseen ? [accuracy(at.top1Holdout)] : []),
      accuracy(at.top1Calibration),
      ...(unseen && figures.labelled ? [accuracy(at.agreementHoldout)] : []),
      `<td>${at.cycles.toLocaleString('en')}</td>`,
      `<td>${at.framesPerSecond.toFixed(1)}</td>`,
      cell(at.millijoules),
      cell(at.watts),
      cell(at.fixedRate.watts),
      cell(at.gopsPerWatt),
    ].join(''),
  );
  return bandTable(heads, rows);
}

function savingTable({ levels }: PruningFigures): string {
  const slow = figure(levels[0]!.framesPerSecond);
  const share = ({ low, mid, high }: Band) => cell({ low: 100 * low, mid: 100 * mid, high: 100 * high }, tenths);
  const rows = levels.map(({ level, dynamicSaved, totalSaved, fixedRate }) =>
    [
      `<td>${level}</td>`,
      share(dynamicSaved),
      share(totalSaved),
      share(fixedRate.dynamicSaved),
      share(fixedRate.totalSaved),
    ].join(''),
  );
  const heads = [
    'Dynamic, % of a frame',
    'Total, % of a frame',
    `Dynamic power at ${slow}/s, %`,
    `Total power at ${slow}/s, %`,
  ];
  return bandTable(['Level', ...heads], rows);
}

const tenths = (value: number): string => value.toFixed(1);

const bandTable = (heads: readonly string[], rows: readonly string[]): string =>
  `<table class="bands"><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row}</tr>`).join('\n')}</tbody></table>`;

function causeTable({ causes, levels }: PruningFigures): string {
  const rows = SHOWN_CAUSES.map((cause) => [CAUSE_NAMES[cause], causes[cause]] as const);
  return `<table class="bands"><thead><tr><th class="text">Cause</th><th>Low, %</th><th>Middle, %</th><th>High, %</th></tr></thead>
<tbody>${[...rows, [`together, level ${levels.at(-1)!.level}`, levels.at(-1)!.dynamicSaved] as const]
    .map(
      ([name, saved]) =>
        `<tr><td class="text">${name}</td>${[saved.low, saved.mid, saved.high].map((value) => `<td>${tenths(100 * value)}</td>`).join('')}</tr>`,
    )
    .join('\n')}</tbody></table>`;
}

const total = (energy: LayerFigures['before']): Band => {
  const sum = (corner: keyof Band) => SHOWN_COMPONENTS.reduce((all, component) => all + energy[component][corner], 0);
  return { low: sum('low'), mid: sum('mid'), high: sum('high') };
};

function layerTable({ layers, levels }: PruningFigures): string {
  const last = levels.at(-1)!.level;
  const short = nameShortener(layers.map(({ name }) => name));
  const heads = [
    ['#', ''],
    ['Layer', ' class="text"'],
    ['Level 0', ''],
    [`Level ${last}`, ''],
    ['Saved', ''],
    ...SHOWN_COMPONENTS.map((component) => [COMPONENT_NAMES[component], '']),
  ];
  const rows = layers.map(({ name, before, after }, index) => {
    const [was, is] = [total(before), total(after)];
    const saved = was.mid === 0 ? 0 : 1 - is.mid / was.mid;
    const sorted = (band: Band) => cell(band).replace('<td>', `<td data-sort="${band.mid}">`);
    const pair = (component: (typeof SHOWN_COMPONENTS)[number]) =>
      `<td data-sort="${before[component].mid}">${figure(before[component].mid)} → ${figure(after[component].mid)}</td>`;
    return `<tr><td data-sort="${index}">${index}</td><td class="text" data-sort="${escapeHtml(name)}"><span class="name" title="${escapeHtml(name)}">${escapeHtml(short(name))}</span></td>${sorted(was)}${sorted(is)}<td data-sort="${saved}">${percent(saved)}</td>${SHOWN_COMPONENTS.map(pair).join('')}</tr>`;
  });
  return `<table class="layers bands"><thead><tr>${heads
    .map(([head, kind]) => `<th${kind}><button type="button">${head}</button></th>`)
    .join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
}

function notes({ labelled, pictures, levels }: PruningFigures): string {
  const slow = figure(levels[0]!.framesPerSecond);
  const lines = [
    ...(labelled
      ? []
      : ['The pictures have no labels: a level is judged by how often it names the class that level 0 names.']),
    ...(pictures.holdout > 0
      ? []
      : [
          'No pictures were kept back (--holdout): accuracy is that of the pictures the levels were fitted to, and flatters them.',
        ]),
    `Dynamic energy is the chip's clock, DSPs, logic and block RAMs; total adds static power and DRAM.`,
    `At ${slow} frames a second, level 0's rate, a quicker level waits for its next frame. Static power and the clock go on meanwhile: the design does not stop its clock.`,
    'The bands of levels move together, since a coefficient is the same at all levels: compare low with low and high with high.',
    'GOPS/W counts the operations of the unpruned network at every level.',
    'The SVG files beside this page are the same pictures; figures.json has every number.',
  ];
  return `<section><h2>Notes</h2><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>`;
}
