/**
 * In a clone of the repository, builds `dist` when it is missing or older than the sources (a package has no sources).
 * DEPTHWRIGHT_BUILD=keep takes the build as it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = join(root, 'dist', 'cli', 'main.js');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

export function ensureBuilt() {
  const source = join(root, 'src');
  if (!existsSync(source) || process.env.DEPTHWRIGHT_BUILD === 'keep') return;
  const built = existsSync(entry) ? statSync(entry).mtimeMs : 0;
  if (built >= newest(source)) return;
  if (!existsSync(compiler)) {
    if (built > 0) return;
    process.stderr.write('depthwright: it is not built yet. Run `npm ci` first.\n');
    process.exit(1);
  }
  process.stderr.write('building the command (sources are newer) ...\n');
  const start = new Date();
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (!existsSync(entry)) process.exit(status || 1);
  // A file changed during the build counts as newer than it.
  utimesSync(entry, start, start);
}

/** Time of the last change below a folder, milliseconds. */
function newest(folder) {
  let time = 0;
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    time = Math.max(time, item.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}
