/** Progress on standard error: steps as lines, long loops as a bar; silent where nobody watches. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** A named step begins. */
  step(text: string): void;
  /** A loop of `total` rounds; the returned function counts one. */
  loop(text: string, total: number): () => void;
  done(): void;
}

export function createProgress(quiet = false): Progress {
  const watched = process.stderr.isTTY === true && !quiet;
  let bar: SingleBar | undefined;
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    step(text) {
      stop();
      if (!quiet) process.stderr.write(`${text} ...\n`);
    },
    loop(text, total) {
      stop();
      if (!watched) {
        if (!quiet) process.stderr.write(`${text} (${total}) ...\n`);
        return () => undefined;
      }
      bar = new SingleBar({
        format: `${text} [{bar}] {value}/{total} {eta_formatted}`,
        stream: process.stderr,
        clearOnComplete: true,
      });
      bar.start(total, 0);
      return () => bar?.increment();
    },
    done: stop,
  };
}
