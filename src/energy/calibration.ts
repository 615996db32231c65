/** What the coefficient table predicts for the measured anchor, and what is left over. */
import { ANCHOR, COEFFICIENTS } from './coefficients.ts';
import { type Band, CORNERS, clockPower } from './model.ts';

export interface Residual {
  readonly quantity: string;
  readonly unit: string;
  readonly measured: number;
  readonly predicted: Band;
  /** (predicted mid - measured) / measured */
  readonly residual: number;
}

/** Operand bits that toggle a multiplication of the anchor, and bytes that it reads a cycle: assumed, not measured. */
const ASSUMED = { toggles: 16 * 0.36, bytes: 16 } as const;

export function anchorResiduals(): Residual[] {
  const table = COEFFICIENTS.xcup;
  const idle = clockPower(table, ANCHOR.resources);
  const [low, mid, high] = CORNERS.map(
    (corner) =>
      ANCHOR.multipliers * (table.operandToggle[corner] * ASSUMED.toggles + table.product[corner]) +
      table.memoryByte[corner] * ASSUMED.bytes,
  ) as [number, number, number];
  const row = (quantity: string, measured: number, predicted: Band): Residual => ({
    quantity,
    unit: 'pJ a cycle',
    measured,
    predicted,
    residual: (predicted.mid - measured) / measured,
  });
  const slope = (ANCHOR.running.milliwattsPerMHz - ANCHOR.idle.milliwattsPerMHz) * 1000;
  return [
    row('idle slope (clock)', ANCHOR.idle.milliwattsPerMHz * 1000, idle),
    row('running over idle (activity)', slope, { low, mid, high }),
  ];
}
