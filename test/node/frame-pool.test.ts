import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFramePool } from '../../src/node/frame-pool.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { bundle } from '../support/bundle.ts';
import { mobileNetV2Network } from '../support/mobilenet-v2.ts';
import { randomInputs } from '../support/random-network.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the frame pool', () => {
  // Inside the tree, so that the worker finds its packages.
  const folder = mkdtempSync(join(root, 'node_modules', '.frame-pool-'));
  const worker = join(folder, 'frame-worker.mjs');
  beforeAll(() => bundle(join(root, 'src/node/frame-worker.ts'), worker, 'node', ['tinypool']));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives the bits of the reference for frames that run at the same time', async () => {
    const network = mobileNetV2Network({ resolution: 32 });
    const frames = [1, 2, 3, 4, 5].map((seed) => randomInputs(network, seed));
    const pool = createFramePool(network, { threads: 2, worker: pathToFileURL(worker) });
    try {
      const results = await Promise.all(frames.map((inputs) => pool.run(inputs)));
      let compared = 0;
      results.forEach((outputs, frame) => {
        const expected = runReference(network, frames[frame]!);
        network.outputs.forEach(({ tensor }, index) => {
          expect(outputs[index]).toEqual(expected[tensor]);
          compared += outputs[index]!.length;
        });
      });
      expect(compared).toBe(5 * 1000);
      await expect(pool.run([])).rejects.toThrow(/inputs/);
    } finally {
      await pool.close();
    }
  });
});
