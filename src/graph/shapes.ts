import type { Padding, Shape, Window } from './graph.ts';

export const NO_PADDING: Padding = { top: 0, left: 0, bottom: 0, right: 0 };

export function sameShape(a: Shape, b: Shape): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}

export function shapeText(shape: Shape): string {
  return `${shape.height}x${shape.width}x${shape.channels}`;
}

export function shapeSize(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}

/** Window of one position: a kernel as large as the map, or 1 x 1. */
export function unitWindow(kernelHeight = 1, kernelWidth = 1): Window {
  return { kernelHeight, kernelWidth, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, padding: NO_PADDING };
}

/** Height and width that a window leaves of a map (see `Window`). */
export function windowShape(input: Shape, window: Window): { height: number; width: number } {
  const { padding } = window;
  const reachY = window.dilationY * (window.kernelHeight - 1) + 1;
  const reachX = window.dilationX * (window.kernelWidth - 1) + 1;
  return {
    height: Math.floor((input.height + padding.top + padding.bottom - reachY) / window.strideY) + 1,
    width: Math.floor((input.width + padding.left + padding.right - reachX) / window.strideX) + 1,
  };
}
