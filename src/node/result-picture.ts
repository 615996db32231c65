/** Chooses how a network's answer is drawn: landmarks of a hand, the best classes, or the figures alone. */
import type { Preprocess } from '../import/preprocess.ts';
import type { Network } from '../network/network.ts';
import type { Summary } from '../report/summary.ts';
import type { HostResult } from './frame.ts';
import { drawPicture, type Overlay } from './picture.ts';

export interface ResultPicture {
  readonly image: string;
  readonly network: Network;
  readonly preprocess: Preprocess;
  readonly summary: Summary;
  readonly result: HostResult;
  /** Names of the classes by index. */
  readonly labels: readonly string[] | undefined;
}

/** PNG bytes. */
export function drawResult({
  image,
  network,
  preprocess,
  summary,
  result,
  labels,
}: ResultPicture): Promise<Uint8Array> {
  return drawPicture(image, summary, overlayOf(network, preprocess, result, labels));
}

function overlayOf(
  network: Network,
  preprocess: Preprocess,
  result: HostResult,
  labels: readonly string[] | undefined,
): Overlay {
  if (result.hand !== undefined) {
    const { height, width } = network.tensors[network.inputs[0]!]!;
    return { kind: 'hand', hand: result.hand, frame: [height, width], resize: preprocess.resize };
  }
  const output = result.outputs[0];
  if (output === undefined || output.values < 2) return { kind: 'none' };
  const probable = network.outputs[0]!.hostOperators.some(
    (operator) => operator === 'softmax' || operator === 'logistic',
  );
  const largest = Math.max(...output.top.map(({ value }) => Math.abs(value)), 1e-9);
  return {
    kind: 'classes',
    classes: output.top.map(({ index, value }) => ({
      label: labels?.[index] ?? `class ${index}`,
      share: Math.max(0, Math.min(1, probable ? value : value / largest)),
      ...(probable ? {} : { text: value.toFixed(2) }),
    })),
  };
}
