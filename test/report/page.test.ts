import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapeHtml } from '../../src/report/format.ts';
import { renderReport } from '../../src/report/html.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { HOSTILE, hostileNetwork, reportData } from './support.ts';

const data = reportData(hostileNetwork(), 'pynq-z2');
const html = renderReport(data);
const CHARTS = ['breakdown', 'traffic', 'layers', 'timeline', 'occupancy', 'map', 'roofline', 'ablation'];

describe('the report', () => {
  it('is the same bytes for the same data, with a row for every layer', () => {
    expect(renderReport(data) === html).toBe(true);
    expect(html.match(/<span class="kind"/g)).toHaveLength(data.summary.layers.length);
    for (const id of CHARTS) expect(html.includes(`id="${id}"`), id).toBe(true);
  });

  it('escapes every name that comes from the model', () => {
    expect(html.match(/window\.broken/g)!.length).toBeGreaterThan(20);
    for (const text of ['<script>window.broken', '<img src=x']) expect(html.includes(text), text).toBe(false);
    expect(html.match(/<script/g)).toHaveLength(3);
  });

  it('refers to nothing outside itself', () => {
    const own = html
      .replace(data.echarts, '')
      .replaceAll(escapeHtml(HOSTILE), '')
      .replace(/<script type="application\/json"[\s\S]*?<\/script>/, '');
    expect(own.match(/(?:src|href)=["']?(?!data:)[a-z/]/i)?.[0]).toBeUndefined();
    expect(own.match(/url\(|@import|https?:/)?.[0]).toBeUndefined();
  });
});

if (chromiumPath === undefined)
  console.warn('skipped: no Chromium (set DEPTHWRIGHT_CHROMIUM), the report in a browser');

describe.skipIf(chromiumPath === undefined)('the report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'depthwright-report-'));
  const file = join(folder, 'report.html');
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(file, html);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(width: number, scheme: 'light' | 'dark'): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && request.url() !== pathToFileURL(file).href)
        problems.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html[data-drawn]', { state: 'attached' });
    return { page, problems };
  }

  /** Distinct colours in the canvas of each chart; an empty canvas has one. */
  const coloursOfCharts = (page: Page): Promise<Record<string, number>> =>
    page.evaluate(`Object.fromEntries([...document.querySelectorAll('.chart')].map((element) => {
      const canvas = element.querySelector('canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      for (let i = 0; i < data.length; i += 4) colours.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
      return [element.id, colours.size];
    }))`);

  it.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)(
    'draws every chart, %i pixels wide and %s, without errors, requests or sideways scrolling',
    async (width, scheme) => {
      const { page, problems } = await open(width, scheme);
      const colours = await coloursOfCharts(page);
      expect(Object.keys(colours).sort()).toEqual([...CHARTS].sort());
      for (const [id, count] of Object.entries(colours)) expect(count, id).toBeGreaterThan(20);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate('window.broken')).toBeUndefined();
      expect(await page.evaluate('document.querySelector("figure img").naturalWidth')).toBe(1);
      expect(problems).toEqual([]);
      await page.close();
    },
  );

  it('sorts its table, switches its theme, zooms its charts over time together and shows what the pointer is on', async () => {
    const { page, problems } = await open(1280, 'light');
    const cycles = (): Promise<number[]> =>
      page.evaluate(
        `[...document.querySelectorAll('table.layers tbody tr')].map((row) => Number(row.cells[7].dataset.sort))`,
      );
    const order = data.summary.layers.map((layer) => layer.cycles);
    expect(await cycles()).toEqual(order);
    const heading = page.locator('table.layers th button', { hasText: 'Cycles' });
    await heading.click();
    expect(await cycles()).toEqual([...order].sort((a, b) => b - a));
    await heading.click();
    expect(await cycles()).toEqual([...order].sort((a, b) => a - b));

    const background = 'getComputedStyle(document.body).backgroundColor';
    const light = await page.evaluate(background);
    await page.click('#theme');
    expect(await page.evaluate(background)).not.toBe(light);

    const picture = (id: string): Promise<string> =>
      page.evaluate(`document.querySelector('#${id} canvas').toDataURL()`);
    const before = await Promise.all(['timeline', 'occupancy', 'map'].map(picture));
    const box = (await page.locator('#timeline').boundingBox())!;
    await page.locator('#timeline').scrollIntoViewIfNeeded();
    await page.locator('#timeline').hover();
    for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, -300);
    await page.waitForTimeout(300);
    const after = await Promise.all(['timeline', 'occupancy', 'map'].map(picture));
    expect(box.width).toBeGreaterThan(800);
    for (const [index, image] of after.entries()) expect(image === before[index], `chart ${index}`).toBe(false);
    expect(problems).toEqual([]);
    expect(await page.evaluate('window.broken')).toBeUndefined();
    await page.close();
  });
});
