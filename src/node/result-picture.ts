/** The picture of a frame's result: what is drawn follows from what the network gives. */
import type { Preprocess } from '../import/preprocess.ts';
import type { Network } from '../network/network.ts';
import type { Summary } from '../report/summary.ts';
import type { HostResult } from './frame.ts';
import { drawPicture, type Overlay } from './picture.ts';

export interface ResultPicture {
  /** File of the photograph. */
  readonly image: string;
  readonly network: Network;
  /** How the photograph became the network's input. */
  readonly preprocess: Preprocess;
  readonly summary: Summary;
  readonly result: HostResult;
  /** Names of the classes. */
  readonly labels?: readonly string[] | undefined;
}

/** PNG: a hand's skeleton, else the best five classes of the first output. */
export function drawResult(picture: ResultPicture): Promise<Uint8Array> {
  return drawPicture(picture.image, picture.summary, overlayOf(picture));
}

function overlayOf({ network, preprocess, result, labels }: ResultPicture): Overlay {
  if (result.hand !== undefined) {
    const { height, width } = network.tensors[network.inputs[0]!]!;
    return { kind: 'hand', hand: result.hand, frame: [height, width], resize: preprocess.resize };
  }
  const [first] = result.outputs;
  if (first === undefined || first.values < 2) return { kind: 'none' };
  const probabilities = network.outputs[0]!.hostOperators.includes('softmax');
  const largest = Math.max(...first.top.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  return {
    kind: 'classes',
    classes: first.top.map(({ index, value }) => ({
      label: labels?.[index]?.trim() || `class ${index}`,
      share: probabilities ? value : Math.max(0, value / largest),
      ...(probabilities ? {} : { text: value.toFixed(2) }),
    })),
  };
}
