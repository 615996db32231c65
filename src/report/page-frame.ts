/** What the reports' pages have in common: one HTML file with style, data, chart library and script inside. */
import { escapeHtml, scriptJson } from './format.ts';
import { PAGE_SCRIPT } from './generated/page.ts';
import type { PageContent } from './page-data.ts';
import { STYLE } from './style.ts';

export interface Page {
  readonly title: string;
  /** Heading, and the line below it as HTML. */
  readonly heading: string;
  readonly about: string;
  /** HTML of the page's sections. */
  readonly main: string;
  readonly footer: string;
  readonly data: PageContent;
  /** Text of the minified ECharts library, inlined. */
  readonly echarts: string;
}

export function renderPage({ title, heading, about, main, footer, data, echarts }: Page): string {
  // A library text that closed its script element early would break the page.
  const library = echarts.replace(/<\/script/gi, '<\\/script');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)} – Depthwright</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header><div><p class="brand">Depthwright</p><h1>${escapeHtml(heading)}</h1>
<p>${about}</p></div>
<button type="button" id="theme" aria-label="Switch between light and dark"><svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/></svg></button></header>
<main>
${main}
</main>
<footer>${footer}</footer>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${library}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** A figure among the first that the reader sees; `more` is HTML. */
export const tile = (label: string, value: string, more: string): string =>
  `<div class="tile"><span>${label}</span><strong>${value}</strong><small>${more}</small></div>`;

export function chartSection(id: string, title: string, lead: string, height: number, more = ''): string {
  return `<section><h2>${title}</h2><p class="lead">${lead}</p>
<div class="chart" id="${id}" style="height:${height}px" role="img" aria-label="${title}"></div>${more}</section>`;
}
