import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../report-page/main.ts', import.meta.url));
const generated = new URL('../../src/report/generated/page.ts', import.meta.url);

describe("the script of the report's page", () => {
  it('is what its source compiles to (UPDATE_GENERATED=1 rewrites it)', async () => {
    const result = await build({
      entryPoints: [source],
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      charset: 'utf8',
      legalComments: 'none',
      write: false,
    });
    const code = result.outputFiles[0]!.text.trim();
    expect(code).not.toMatch(/<\/script/i);
    const text = `/** Bundled from report-page/main.ts; a test builds it again and compares. */\nexport const PAGE_SCRIPT: string = ${JSON.stringify(code)};\n`;
    if (process.env.UPDATE_GENERATED) writeFileSync(generated, text);
    expect(readFileSync(generated, 'utf8')).toBe(text);
  });
});
