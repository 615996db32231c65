/** Which inputs and weights a depthwise window multiplies, two taps at a time. */
import type { Window } from '../../../network/network.ts';

/** A value of the window: rows from its top and columns from the left of its first output, in input pixels. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Two weights ([ky, kx] or none) that stand side by side in an operand of dot_i16x8. */
export type WeightPair = readonly [Tap, Tap];
export type Tap = readonly [number, number] | undefined;

export interface DepthwiseOperand {
  /** The two interleaved input vectors. */
  readonly places: readonly [Place, Place];
  readonly terms: readonly { readonly output: number; readonly weights: number }[];
}

export interface DepthwisePlan {
  readonly operands: readonly DepthwiseOperand[];
  readonly weights: readonly WeightPair[];
}

/**
 * Products for `outputs` neighbouring outputs of a row. Kernel rows are taken two at a time, so that one interleaved
 * column serves every output that it touches; an odd last row pairs its columns instead, a weight of an output that
 * does not reach one of the two being 0.
 */
export function planDepthwise(window: Window, outputs: number): DepthwisePlan {
  const operands: DepthwiseOperand[] = [];
  const weights: WeightPair[] = [];
  const keys = new Map<string, number>();
  const weightIndex = (pair: WeightPair): number => {
    const key = JSON.stringify(pair);
    const known = keys.get(key) ?? weights.push(pair) - 1;
    keys.set(key, known);
    return known;
  };
  const { kernelHeight, kernelWidth, strideX, dilationX, dilationY } = window;
  /** The kernel column by which `output` sees an input column. */
  const tapColumn = (output: number, column: number): number | undefined => {
    const kx = (column - output * strideX) / dilationX;
    return Number.isInteger(kx) && kx >= 0 && kx < kernelWidth ? kx : undefined;
  };
  const span = (outputs - 1) * strideX + (kernelWidth - 1) * dilationX + 1;
  const indices = Array.from({ length: outputs }, (_, output) => output);
  const columns = Array.from({ length: span }, (_, column) => column).filter((column) =>
    indices.some((output) => tapColumn(output, column) !== undefined),
  );
  const push = (places: readonly [Place, Place], pairOf: (output: number) => WeightPair): void => {
    const terms = indices
      .map((output) => ({ output, pair: pairOf(output) }))
      .filter(({ pair }) => pair[0] !== undefined || pair[1] !== undefined)
      .map(({ output, pair }) => ({ output, weights: weightIndex(pair) }));
    operands.push({ places, terms });
  };
  for (let ky = 0; ky < kernelHeight; ky += 2) {
    const row = ky * dilationY;
    if (ky + 1 < kernelHeight) {
      for (const column of columns) {
        const places = [
          { row, column },
          { row: row + dilationY, column },
        ] as const;
        push(places, (output) => {
          const kx = tapColumn(output, column);
          return kx === undefined
            ? [undefined, undefined]
            : [
                [ky, kx],
                [ky + 1, kx],
              ];
        });
      }
      continue;
    }
    for (let index = 0; index < columns.length; index += 2) {
      const first = columns[index]!;
      const second = columns[index + 1];
      const places = [
        { row, column: first },
        { row, column: second ?? first },
      ] as const;
      push(places, (output) => {
        const tap = (column: number | undefined): Tap => {
          const kx = column === undefined ? undefined : tapColumn(output, column);
          return kx === undefined ? undefined : [ky, kx];
        };
        return [tap(first), tap(second)];
      });
    }
  }
  return { operands, weights };
}
