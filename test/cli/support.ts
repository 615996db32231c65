/** The command line in this process, what it printed caught; and small inputs for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `depthwright` with these arguments. */
export async function depthwright(...args: string[]): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  try {
    return { status: await main(['node', 'depthwright', ...args]), stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

/** The same, read as the one JSON object that it must have printed; fails where the command failed. */
export async function depthwrightJson(...args: string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await depthwright(...args, '--json');
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** A folder for one test file; `remove` deletes it. */
export function scratchFolder(): { readonly path: (...names: string[]) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'depthwright-cli-'));
  return { path: (...names) => join(folder, ...names), remove: () => rmSync(folder, { recursive: true }) };
}

/** Writes a small colourful PNG. */
export async function writePicture(file: string, height = 20, width = 24): Promise<void> {
  const pixels = Uint8Array.from({ length: height * width * 3 }, (_, index) => (index * 37 + (index >> 4) * 11) & 255);
  writeFileSync(
    file,
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

/** A network that compiles in a moment. */
export const SMALL_MODEL = 'mobilenet_v1_0.05_32';
