/** Source files of the RTL stay short enough to be read in one go. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const LONGEST = 500;
const MEDIAN = 200;
const folder = fileURLToPath(new URL('../../rtl/', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\.svh?$/.test(name) && !name.startsWith('generated/'));
const lines = files.map(
  (name) =>
    readFileSync(folder + name, 'utf8')
      .trimEnd()
      .split('\n').length,
);

describe('hand-written RTL', () => {
  it(`has no file of more than ${LONGEST} lines, and half of them have at most ${MEDIAN}`, () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter((_, at) => lines[at]! > LONGEST)).toEqual([]);
    const sorted = [...lines].sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(MEDIAN);
  });
});
