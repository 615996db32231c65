import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rtlDesign } from '../../src/node/rtl-sources.ts';
import { elaborate } from '../../src/node/yosys.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { bundle } from '../support/bundle.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import type { RtlPageResult } from './rtl-page.ts';

if (chromiumPath === undefined) console.warn('skipped: no Chromium (set DEPTHWRIGHT_CHROMIUM), the RTL in a browser');

describe.skipIf(chromiumPath === undefined)('the register-transfer simulator in a browser', () => {
  it('runs a frame of the accelerator bit by bit in the cycles of the model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depthwright-browser-'));
    const browser = await launchChromium();
    try {
      const script = join(folder, 'page.js');
      await bundle(fileURLToPath(new URL('./rtl-page.ts', import.meta.url)), script, 'browser', ['node:*'], 'esm');
      const design = await rtlDesign(namedConfig('tiny'), { trace: true });
      const netlist = JSON.stringify(await elaborate(design));
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.addScriptTag({ path: script, type: 'module' });
      await page.waitForFunction('globalThis.verifyInPage !== undefined');
      const call = `verifyInPage(${JSON.stringify(netlist)}, ${JSON.stringify(design.top)})`;
      const result: RtlPageResult = await page.evaluate(call);
      expect(errors).toEqual([]);
      expect(result).toMatchObject({ equal: true, cyclesEqual: true, problems: [] });
      expect(result.compared).toBeGreaterThan(10);
      expect(result.cycles).toBeGreaterThan(200);
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true });
    }
  });
});
