/** The hand-landmark network's outputs: 21 points, presence and handedness. */

export interface Landmark {
  /** Pixels of the 224 x 224 frame, x to the right, y down; z is depth relative to the wrist in the same unit. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Hand {
  readonly landmarks: readonly Landmark[];
  /** Probability that a hand is in the picture. */
  readonly presence: number;
  /** Probability that it is a right hand (of a mirrored picture). */
  readonly handedness: number;
}

export const HAND_LANDMARKS = 21;

/** Pairs of landmarks that a drawn skeleton joins: wrist to fingers, and along each finger. */
export const HAND_BONES: readonly (readonly [number, number])[] = [
  ...[1, 5, 9, 13, 17].flatMap((finger) => [
    ...(finger === 9 || finger === 13 ? [] : [[0, finger] as const]),
    ...[0, 1, 2].map((joint) => [finger + joint, finger + joint + 1] as const),
  ]),
  [5, 9],
  [9, 13],
  [13, 17],
];

/** True where the outputs look like the hand-landmark network's: 63 values, then presence and handedness. */
export function isHandNetwork(outputSizes: readonly number[]): boolean {
  return (
    outputSizes.length >= 3 && outputSizes[0] === HAND_LANDMARKS * 3 && outputSizes[1] === 1 && outputSizes[2] === 1
  );
}

/** Reads the real outputs, after the host's logistic functions. */
export function readHand(outputs: readonly Float32Array[]): Hand {
  const [points, presence, handedness] = outputs as [Float32Array, Float32Array, Float32Array];
  return {
    landmarks: Array.from({ length: HAND_LANDMARKS }, (_, index) => ({
      x: points[index * 3]!,
      y: points[index * 3 + 1]!,
      z: points[index * 3 + 2]!,
    })),
    presence: presence[0]!,
    handedness: handedness[0]!,
  };
}

/** Mean distance in pixels between the landmarks of two readings. */
export function landmarkDistance(a: Hand, b: Hand): number {
  let sum = 0;
  a.landmarks.forEach((point, index) => {
    sum += Math.hypot(point.x - b.landmarks[index]!.x, point.y - b.landmarks[index]!.y);
  });
  return sum / a.landmarks.length;
}
