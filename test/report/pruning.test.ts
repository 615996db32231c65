/** Report and pictures of pruning levels: what they show, and that a browser draws it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Band } from '../../src/energy/model.ts';
import { renderReport } from '../../src/report/html.ts';
import { bandText, shareText } from '../../src/report/pruning-chart-parts.ts';
import { PRUNING_CHARTS } from '../../src/report/pruning-charts.ts';
import { FIGURES_FORMAT, type PruningFigures, parseFigures } from '../../src/report/pruning-figures.ts';
import { renderPruningReport } from '../../src/report/pruning-html.ts';
import { SHOWN_CAUSES, SHOWN_COMPONENTS } from '../../src/report/pruning-names.ts';
import { pruningSvgs } from '../../src/report/pruning-svg.ts';
import { lightColour } from '../../src/report/style.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { HOSTILE, reportData, smallNetwork } from './support.ts';

const echarts = readFileSync(createRequire(import.meta.url).resolve('echarts/dist/echarts.min.js'), 'utf8');
const around = (mid: number): Band => ({ low: mid / 2, mid, high: mid * 3 });
const components = (scale: number) =>
  Object.fromEntries(SHOWN_COMPONENTS.map((name, index) => [name, around(scale * (index + 1))])) as {
    [name in (typeof SHOWN_COMPONENTS)[number]]: Band;
  };

/** Eight levels; two of them at the same accuracy, all names hostile. */
const figures: PruningFigures = {
  format: FIGURES_FORMAT,
  model: `model ${HOSTILE}`,
  config: 'virtex7',
  objective: 'energy',
  budget: 5,
  labelled: true,
  pictures: { calibration: 100, holdout: 400, activity: 100, causes: 20 },
  levels: Array.from({ length: 8 }, (_, level) => ({
    level,
    top1Calibration: 82 - level / 2,
    top1Holdout: 80.5 - (level >> 1),
    agreementHoldout: 100 - level,
    dynamicSaved: around(level / 30),
    totalSaved: around(level / 50),
    cycles: 348_033 - 4000 * level,
    framesPerSecond: 574.6 + 7 * level,
    dynamicMillijoules: around(5 - level / 10),
    millijoules: around(7 - level / 10),
    watts: around(4 - level / 30),
    fixedRate: {
      watts: around(4 - level / 15),
      dynamicWatts: around(3 - level / 15),
      dynamicSaved: around(level / 40),
      totalSaved: around(level / 60),
    },
    gopsPerWatt: around(90 + level),
    components: components(0.3 - level / 100),
  })),
  causes: {
    zeroActivations: around(0.05),
    weights: around(0.1),
    activations: { low: -0.01, mid: -0.002, high: 0.01 },
    products: around(0.06),
    skippedSteps: around(0.08),
  },
  layers: Array.from({ length: 20 }, (_, index) => ({
    name: `folder/layer_${index}${HOSTILE}`,
    before: components(index + 2),
    after: components(index + 1),
  })),
  search: [],
};
const html = renderPruningReport(figures, echarts);
const ids = PRUNING_CHARTS.map(({ id }) => id);

describe('the report of pruning levels', () => {
  it('shows every level with low, middle and high of energy, power and efficiency', () => {
    for (const { millijoules, watts, fixedRate, gopsPerWatt } of figures.levels) {
      for (const { low, mid, high } of [millijoules, watts, fixedRate.watts, gopsPerWatt]) {
        const [a, b, c] = [low, mid, high].map((value) =>
          value < 100 ? Number(value.toPrecision(3)) : value.toFixed(0),
        );
        expect(html).toContain(`<td>${b}<small>${a} to ${c}</small></td>`);
      }
    }
    expect(html).toContain('on 400 pictures that calibration did not see');
    expect(html).toContain('W at 575/s');
  });

  it('says when nothing was kept back, and when there are no labels', () => {
    const bare = { ...figures, labelled: false, pictures: { ...figures.pictures, holdout: 0 } };
    const levels = figures.levels.map((level) => ({ ...level, top1Holdout: null, agreementHoldout: null }));
    const page = renderPruningReport({ ...bare, levels }, echarts);
    for (const says of ['No pictures were kept back', 'have no labels', 'on the 100 pictures of the calibration']) {
      expect(page).toContain(says);
      expect(html).not.toContain(says);
    }
  });

  it('escapes every name, and refers to nothing outside itself', () => {
    for (const text of ['<script>window.broken', '<img src=x']) expect(html.includes(text), text).toBe(false);
    expect(html.match(/<script/g)).toHaveLength(3);
    const own = html.replace(echarts, '').replace(/<script type="application\/json"[\s\S]*?<\/script>/, '');
    expect(own.match(/url\(|@import|https?:/)?.[0]).toBeUndefined();
  });

  it('is joined to the report of a build, with a word where that is for another configuration', () => {
    const data = reportData(smallNetwork(), 'pynq-z2');
    expect(renderReport(data)).not.toContain('id="accuracy-power"');
    const page = renderReport({ ...data, pruning: figures });
    for (const id of ['layers', ...ids]) expect(page.match(new RegExp(`id="${id}"`, 'g')), id).toHaveLength(1);
    expect(page).toContain('This build is for pynq-z2: its figures differ.');
    expect(renderReport({ ...data, pruning: { ...figures, config: 'pynq-z2' } })).not.toContain('This build is for');
  });

  it('reads the figures that it is made of, and nothing else', () => {
    expect(parseFigures(JSON.stringify(figures))).toEqual(figures);
    expect(() => parseFigures('{')).toThrow(/figures of the pruning levels cannot be read/);
    expect(() => parseFigures(JSON.stringify({ ...figures, levels: [] }))).toThrow(/levels/);
    expect(() => parseFigures(JSON.stringify({ ...figures, format: 'other/1' }))).toThrow(/format/);
  });
});

describe('the pictures', () => {
  it('never state a figure of the model without its band', () => {
    expect(bandText({ low: 1.4249, mid: 3.8475, high: 9.7 }, ' W')).toBe('3.85 W (1.42 to 9.7)');
    expect(shareText({ low: 0.091, mid: 0.1274, high: 0.2 })).toBe('12.7 % (9.1 to 20.0)');
  });

  it('are SVG files of their own, with every level, layer and component, and the bands as bars', () => {
    const svgs = pruningSvgs({ ...figures, model: 'model' });
    expect([...svgs.keys()]).toEqual(ids.map((id) => `${id}.svg`));
    for (const [name, svg] of svgs) {
      expect(svg.startsWith('<svg'), name).toBe(true);
      expect(svg.match(/https?:\/\/(?!www\.w3\.org)|<script|NaN|undefined/)?.[0], name).toBeUndefined();
    }
    const strokes = (name: string, colour: string) =>
      svgs.get(name)!.match(new RegExp(`<path[^>]*stroke="${lightColour(colour)}" stroke-width="1.5"`, 'g'))?.length;
    // A bar and two end marks each.
    expect(strokes('accuracy-power.svg', 'accent')).toBe(3 * figures.levels.length);
    expect(strokes('accuracy-power.svg', 'dsp')).toBe(3 * figures.levels.length);
    expect(strokes('energy-levels.svg', 'ink')).toBe(3 * figures.levels.length);
    expect(strokes('energy-components.svg', 'ink')).toBe(3 * 2 * SHOWN_COMPONENTS.length);
    expect(strokes('saving-causes.svg', 'ink')).toBe(3 * (SHOWN_CAUSES.length + 1));
    const bars = svgs.get('energy-layers.svg')!.match(/<path[^>]*fill-opacity="0.42"/g);
    // Static power and DRAM are hidden at first.
    expect(bars).toHaveLength(figures.layers.length * (SHOWN_COMPONENTS.length - 2));
    for (const label of ['0, 1', '2, 3']) expect(svgs.get('accuracy-rate.svg')).not.toContain(`>${label}<`);
    const still = figures.levels.map((level) => ({ ...level, framesPerSecond: 500 }));
    const same = pruningSvgs({ ...figures, levels: still }).get('accuracy-rate.svg')!;
    for (const label of ['0, 1', '2, 3', '4, 5', '6, 7']) expect(same).toContain(`>${label}<`);
  });
});

if (chromiumPath === undefined)
  console.warn('skipped: no Chromium (set DEPTHWRIGHT_CHROMIUM), the report of pruning levels in a browser');

describe.skipIf(chromiumPath === undefined)('the report of pruning levels in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'depthwright-pruning-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('draws every chart in both themes and widths, alone and in the report of a build, without errors or sideways scrolling', async () => {
    const browser = await launchChromium();
    try {
      const build = renderReport({ ...reportData(smallNetwork(), 'pynq-z2'), pruning: figures });
      let drawn = 0;
      for (const [name, page, charts] of [
        ['levels', html, ids.length],
        ['build', build, ids.length + 8],
      ] as const) {
        const file = join(folder, `${name}.html`);
        writeFileSync(file, page);
        for (const [width, colorScheme] of [
          [1280, 'light'],
          [390, 'dark'],
        ] as const) {
          const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
          const problems: string[] = [];
          tab.on('console', (message) => problems.push(message.text()));
          tab.on('pageerror', (error) => problems.push(error.message));
          await tab.goto(pathToFileURL(file).href);
          await tab.waitForSelector(`html[data-drawn="${charts}"]`, { state: 'attached' });
          const colours = (await tab.evaluate(`[...document.querySelectorAll('.chart canvas')].map((canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const colours = new Set();
            for (let i = 0; i < data.length; i += 4) colours.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
            return colours.size;
          })`)) as number[];
          expect(colours.length).toBe(charts);
          expect(Math.min(...colours)).toBeGreaterThan(20);
          expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
          expect(await tab.evaluate('window.broken')).toBeUndefined();
          await tab.click('#theme');
          expect(problems).toEqual([]);
          drawn += colours.length;
          await tab.close();
        }
      }
      expect(drawn).toBe(2 * (2 * ids.length + 8));
    } finally {
      await browser.close();
    }
  });
});
