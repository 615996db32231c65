/** The report's tables as HTML. All text from models is escaped here. */
import type { Ablation, AblationFigures } from './ablation.ts';
import { change, escapeHtml, nameShortener, percent, prefixed, whole } from './format.ts';
import type { LayerSummary, Stalls, Summary } from './summary.ts';

/** What the kinds of stages are called in text. */
export const KIND_NAMES: { readonly [kind in LayerSummary['kind']]: string } = {
  standard: 'standard conv',
  pointwise: 'pointwise',
  depthwise: 'depthwise',
  fullyConnected: 'fully connected',
  pool: 'pool',
  add: 'add',
  mul: 'multiply',
  table: 'activation',
  copy: 'copy',
};

interface Column {
  readonly title: string;
  /** Shown when the pointer rests on the heading. */
  readonly hint: string;
  readonly text?: boolean;
  /** What the column sorts by. */
  readonly key: (layer: LayerSummary, index: number) => number | string;
  readonly html: (layer: LayerSummary, index: number, short: (name: string) => string) => string;
}

const kernelText = ({ kernel, stride }: LayerSummary): string =>
  `${kernel[0]}×${kernel[1]}${stride[0] > 1 || stride[1] > 1 ? ` / ${Math.max(...stride)}` : ''}`;
const shapeText = (shape: readonly number[]): string => shape.join('×');
const number = (value: number): string => (value === 0 ? '<span class="faint">0</span>' : whole(value));

const COLUMNS: readonly Column[] = [
  { title: '#', hint: 'Order of execution', key: (_, index) => index, html: (_, index) => `${index}` },
  {
    title: 'Layer',
    hint: 'Layer, with the layers that are computed in the same pass',
    text: true,
    key: (layer) => layer.name,
    html: ({ layers }, _, short) => {
      const [first, ...fused] = layers.map((name) => escapeHtml(short(name)));
      const names = fused.map((name) => `<span class="fused">+ ${name}</span>`).join(' ');
      return `<span class="name" title="${layers.map(escapeHtml).join(' + ')}">${first}</span> ${names}`;
    },
  },
  {
    title: 'Kind',
    hint: 'Kind, kernel and stride',
    text: true,
    key: (layer) => layer.kind,
    html: (layer) =>
      `<span class="kind" data-kind="${layer.kind}"></span>${KIND_NAMES[layer.kind]} <span class="faint">${kernelText(layer)}</span>`,
  },
  {
    title: 'Segment',
    hint: 'Layers of the same segment are fused: they run strip by strip, through row rings',
    key: (layer) => layer.segment,
    html: ({ segment, stripRows }) => `${segment} <span class="faint">${stripRows} rows</span>`,
  },
  {
    title: 'Output',
    hint: 'Height × width × channels of the output',
    key: ({ output }) => output[0] * output[1] * output[2],
    html: ({ input, output }) => `<span title="input ${shapeText(input)}">${shapeText(output)}</span>`,
  },
  { title: 'MACs', hint: 'Multiply-accumulates', key: (l) => l.macs, html: (l) => number(l.macs) },
  {
    title: 'Weights',
    hint: 'Bytes as stored for the engine',
    key: (l) => l.weightBytes,
    html: (l) => number(l.weightBytes),
  },
  {
    title: 'Cycles',
    hint: 'Cycles in which the engine issues steps',
    key: (l) => l.cycles,
    html: (l) => whole(l.cycles),
  },
  {
    title: 'Utilisation',
    hint: 'MACs / (multipliers × cycles)',
    key: (layer) => layer.utilisation,
    html: ({ utilisation }) =>
      `<span class="meter"><i style="width:${Math.min(100, utilisation * 100).toFixed(1)}%"></i></span>${percent(utilisation)}`,
  },
  {
    title: 'Waits',
    hint: 'Cycles that the engine stood still before this layer, and for what most of all',
    key: (layer) => layer.stallCycles,
    html: (layer) => `${number(layer.stallCycles)} <span class="faint">${mostStalled(layer.stalls)}</span>`,
  },
  {
    title: 'Off-chip',
    hint: 'Bytes over the memory bus',
    key: (l) => l.offChipBytes,
    html: (l) => number(l.offChipBytes),
  },
];

function mostStalled(stalls: Stalls): string {
  const entries = Object.entries(stalls) as [string, number][];
  entries.sort((a, b) => b[1] - a[1]);
  return entries[0]?.[0] ?? '';
}

/** One row a stage; cells carry their sort keys. */
export function layerTable({ layers }: Summary): string {
  const head = COLUMNS.map(
    ({ title, hint, text }) =>
      `<th scope="col"${text ? ' class="text"' : ''}><button type="button" title="${hint}">${title}</button></th>`,
  ).join('');
  const short = nameShortener(layers.map((layer) => layer.name));
  const rows = layers.map((layer, index) => {
    const cells = COLUMNS.map(({ text, key, html }) => {
      const sort = escapeHtml(String(key(layer, index)));
      return `<td data-sort="${sort}"${text ? ' class="text"' : ''}>${html(layer, index, short)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table class="layers"><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

/** The base and what each idea saves. */
export function ablationTable(summary: Summary, ablations: readonly Ablation[]): string {
  const base = {
    cycles: summary.cycles,
    offChipBytes: summary.offChipBytes,
    onChipBytes: summary.onChipBytes.total,
  };
  const figures = ['cycles', 'offChipBytes', 'onChipBytes'] as const;
  const cell = (value: AblationFigures, name: (typeof figures)[number], compare: boolean): string => {
    const shown = name === 'cycles' ? whole(value.cycles) : prefixed(value[name], 'B');
    const sign = value[name] === base[name] ? 'same' : value[name] > base[name] ? 'worse' : 'better';
    const difference = compare ? ` <span class="change ${sign}">${change(value[name], base[name])}</span>` : '';
    return `<td>${shown}${difference}</td>`;
  };
  const row = ({ name, method, estimated, figures: values, problem }: Ablation, compare: boolean): string => {
    const tag = estimated ? ' <span class="tag">estimate</span>' : '';
    const cells = values
      ? figures.map((figure) => cell(values, figure, compare)).join('')
      : `<td colspan="3" class="text">does not run: ${escapeHtml(problem ?? '')}</td>`;
    return `<tr><td class="text"><b>${escapeHtml(name)}</b>${tag}<small>${escapeHtml(method)}</small></td>${cells}</tr>`;
  };
  const full = { name: 'As compiled', method: 'Fused, with hardware padding.', estimated: false, figures: base };
  const rows = [row(full, false), ...ablations.map((ablation) => row(ablation, true))];
  const head = ['Cycles', 'Off-chip bytes', 'On-chip bytes'].map((title) => `<th scope="col">${title}</th>`).join('');
  return `<table><thead><tr><th scope="col" class="text">Variant</th>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

/** What moves where, one row a kind of data and a memory. */
export function trafficTable({ traffic, onChipBytes, offChipBytes }: Summary): string {
  const line = (name: string, ...cells: string[]): string =>
    `<tr><td class="text">${name}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  const bus = Object.entries(traffic).map(([name, bytes]) => line(name, number(bytes), percent(bytes / offChipBytes)));
  const { total, ...memories } = onChipBytes;
  const ports = Object.entries(memories).map(([name, { read, write }]) => line(name, number(read), number(write)));
  return `<div class="pair"><table><thead><tr><th scope="col" class="text">Memory bus</th><th scope="col">Bytes a frame</th>
<th scope="col">Share</th></tr></thead><tbody>${bus.join('')}${line('<b>all</b>', `<b>${whole(offChipBytes)}</b>`, '')}</tbody></table>
<table><thead><tr><th scope="col" class="text">On-chip memory</th><th scope="col">Bytes read</th><th scope="col">Bytes written</th>
</tr></thead><tbody>${ports.join('')}</tbody></table></div>`;
}

/** Fused segments with the layers that they hold. */
export function segmentTable({ segments, layers }: Summary): string {
  const short = nameShortener(layers.map((layer) => layer.name));
  const rows = segments.map(({ first, end, strips, stripRows, restream, start, stop }, index) => {
    const members = layers.slice(first, end).map(({ name }) => escapeHtml(short(name)));
    const names = members.length > 2 ? `${members[0]} … ${members.at(-1)}` : members.join(', ');
    const weights = strips === 1 ? 'streamed' : restream ? 'again each strip' : 'kept';
    return `<tr><td>${index}</td><td class="text">${names}</td><td>${members.length}</td><td>${strips} × ${stripRows} rows</td>
<td class="text">${weights}</td><td>${whole(start)}</td><td>${whole(stop - start + 1)}</td></tr>`;
  });
  return `<table><thead><tr><th scope="col">Segment</th><th scope="col" class="text">Layers</th><th scope="col">Count</th><th scope="col">Strips</th>
<th scope="col" class="text">Weights</th><th scope="col">Start</th><th scope="col">Cycles</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}
