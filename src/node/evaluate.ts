/** Accuracy of an integer network over labelled pictures, on all cores. */
import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import { UserError } from '../errors.ts';
import { type Evaluation, type FrameVerdict, summarise } from '../quantise/evaluate.ts';
import { checkLabels, type LabelledFile } from './dataset.ts';
import type { EvaluateSetting, WorkerAnswer } from './evaluate-worker.ts';

export interface EvaluateOptions extends EvaluateSetting {
  readonly files: readonly LabelledFile[];
  /** Pictures on which each layer's noise is measured, from the first on: 16 by default. */
  readonly noiseImages?: number;
  /** Worker threads; default one a core. */
  readonly threads?: number;
  /** The worker's module; default the built one beside this file. */
  readonly worker?: URL;
  /** Called after each picture. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The figures do not depend on the number of threads. A picture that cannot be read ends the evaluation. */
export async function evaluateImages(options: EvaluateOptions): Promise<Evaluation> {
  const { network, reference, layerReference, preprocess, files, onProgress } = options;
  const scores = network.tensors[network.outputs[0]!.tensor]!;
  checkLabels(files, scores.height * scores.width * scores.channels);
  const threads = options.threads ?? availableParallelism();
  const setting: EvaluateSetting = { network, reference, layerReference, preprocess };
  const pool = new Tinypool({
    filename: (options.worker ?? new URL('./evaluate-worker.js', import.meta.url)).href,
    runtime: 'worker_threads',
    minThreads: threads,
    maxThreads: threads,
    workerData: setting,
  });
  let done = 0;
  try {
    const verdicts = await Promise.all(
      files.map(async ({ file }, index): Promise<FrameVerdict> => {
        const noise = index < (options.noiseImages ?? 16);
        const answer: WorkerAnswer = await pool.run({ file, noise }, { name: 'evaluateFile' });
        if (answer.kind === 'mistake') {
          const { code, message, location, fix } = answer.mistake;
          throw new UserError(code, message, location, fix);
        }
        onProgress?.(++done, files.length);
        return answer.verdict;
      }),
    );
    return summarise(
      network,
      verdicts,
      files.map(({ label }) => label),
    );
  } finally {
    await pool.destroy();
  }
}
