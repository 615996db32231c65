/** Human-readable output of summaries. */
import Table from 'cli-table3';
import type { Summary } from '../report/summary.ts';

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');
export const bytes = (value: number): string =>
  value < 10_000
    ? `${value} B`
    : value < 10_000_000
      ? `${(value / 1000).toFixed(1)} kB`
      : `${(value / 1e6).toFixed(2)} MB`;

/** One JSON object and nothing else on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[], rightFrom = 1): string {
  const plain = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, index) => (index < rightFrom ? 'left' : 'right')),
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: ' ',
    },
  });
  plain.push(...rows.map((row) => [...row]));
  return plain.toString();
}

/** The figures of a frame. */
export function printSummary(summary: Summary): void {
  print(`${summary.model} on ${summary.config}`);
  print(
    table(
      ['', ''],
      [
        ['cycles a frame', thousands(summary.cycles)],
        ['frames a second', summary.framesPerSecond.toFixed(1)],
        ['GOPS', summary.gops.toFixed(1)],
        ['multiplier utilisation', percent(summary.utilisation)],
        ['multiply-accumulates', thousands(summary.macs)],
        ['off-chip traffic', bytes(summary.offChipBytes)],
      ],
    ),
  );
}
