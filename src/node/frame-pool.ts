/** Many frames through a network on several cores, bit for bit as one core computes them. */
import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import type { Network } from '../network/network.ts';

export interface FramePoolOptions {
  /** Worker threads; default one a core. */
  readonly threads?: number;
  /** The worker's module; default the built one beside this file. */
  readonly worker?: URL;
}

export interface FramePool {
  /** Codes of `network.outputs` for codes of `network.inputs` (HWC), as `KernelRunner.run`. Queued if all are busy. */
  run(inputs: readonly Int8Array[]): Promise<Int8Array[]>;
  close(): Promise<void>;
}

export function createFramePool(network: Network, options: FramePoolOptions = {}): FramePool {
  const threads = options.threads ?? availableParallelism();
  const worker = options.worker ?? new URL('./frame-worker.js', import.meta.url);
  const pool = new Tinypool({
    filename: worker.href,
    runtime: 'worker_threads',
    minThreads: threads,
    maxThreads: threads,
    workerData: network,
  });
  return {
    run: (inputs) => pool.run(inputs, { name: 'runFrame' }),
    close: () => pool.destroy(),
  };
}
