/**
 * Fetches the npm package `@qvac/classification-ggml` into `out/qvac/package`: a trained MobileNetV3-Small (GGUF) and six
 * labelled photographs. It cannot be a dependency: it asks for native packages that not every registry has.
 * Run with: npx esbuild tools/fetch-mobilenet-v3.ts --bundle --platform=node --format=esm | node --input-type=module
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const PACKAGE = '@qvac/classification-ggml@0.26.3';
const folder = 'out/qvac';

mkdirSync(folder, { recursive: true });
const options = { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' } as const;
const listing = JSON.parse(execFileSync('npm', ['pack', PACKAGE, '--json'], options)) as { filename: string }[];
execFileSync('tar', ['-xzf', listing[0]!.filename], options);
console.log(`${PACKAGE} lies in ${folder}/package`);
