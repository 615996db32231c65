import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundle } from '../support/bundle.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import type { PageResult } from './kernels-page.ts';

if (chromiumPath === undefined) console.warn('skipped: no Chromium (set DEPTHWRIGHT_CHROMIUM), kernels in a browser');

describe.skipIf(chromiumPath === undefined)('the kernels in a browser', () => {
  it('give the bits of the reference', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depthwright-browser-'));
    const browser = await launchChromium();
    try {
      const script = join(folder, 'page.js');
      await bundle(fileURLToPath(new URL('./kernels-page.ts', import.meta.url)), script, 'browser');
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.addScriptTag({ path: script });
      const result: PageResult = await page.evaluate('compareInPage()');
      expect(errors).toEqual([]);
      expect(result.networks).toBe(61);
      expect(result.compared).toBeGreaterThan(100_000);
      expect(result.different).toBe(0);
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true });
    }
  });
});
