/** Builds the command once before any test: files that run side by side must not write the same build. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../bin/depthwright.js', import.meta.url));

export default function setup(): void {
  const { status, stderr } = spawnSync(process.execPath, [command, '--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the command cannot be built: ${stderr}`);
}
