/** Where the taps of a sliding window fall. */
import type { Window } from '../../network/network.ts';

/** Calls `visit(inputY, inputX, ky, kx)` for every tap of the window of output (y, x) that lies inside the map. */
export function forEachTap(
  window: Window,
  map: { readonly height: number; readonly width: number },
  y: number,
  x: number,
  visit: (inputY: number, inputX: number, ky: number, kx: number) => void,
): void {
  for (let ky = 0; ky < window.kernelHeight; ky++) {
    const inputY = y * window.strideY - window.padding.top + ky * window.dilationY;
    if (inputY < 0 || inputY >= map.height) continue;
    for (let kx = 0; kx < window.kernelWidth; kx++) {
      const inputX = x * window.strideX - window.padding.left + kx * window.dilationX;
      if (inputX < 0 || inputX >= map.width) continue;
      visit(inputY, inputX, ky, kx);
    }
  }
}
