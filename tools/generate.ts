/** `npm run generate`: writes the generated files; with `--check` only says which of them differ, exit code 1. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generateFiles } from '../src/generate/generate.ts';

const check = process.argv.includes('--check');
const files = generateFiles();
let different = 0;
for (const { path, text } of files) {
  const old = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (old === text) continue;
  different += 1;
  if (check) console.error(`${path} differs from its definition`);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
console.log(`${files.length} files, ${different} ${check ? 'differ' : 'written'}`);
if (check && different > 0) {
  console.error('Run `npm run generate` and commit the result.');
  process.exitCode = 1;
}
