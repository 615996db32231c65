/** What the coefficient tables predict for the measured anchor and for each power report, and what is left over. */
import { ANCHOR, COEFFICIENTS } from './coefficients.ts';
import { measured, NOMINAL_VOLTS, QUANTITIES, type Quantity, spread, usable } from './derive.ts';
import { type PowerReport, REPORTS } from './evidence.ts';
import { type Band, type Corner, clockPower } from './model.ts';

export interface Residual {
  readonly quantity: string;
  readonly unit: string;
  readonly measured: number;
  readonly predicted: Band;
  /** (predicted mid - measured) / measured */
  readonly residual: number;
  readonly within: boolean;
}

/** What the anchor does a cycle beyond its clock: assumed, its figures do not say. */
const ASSUMED = {
  /** Operand bits that toggle a multiplication (16, at 0.36 toggles each). */
  toggles: 16 * 0.36,
  /** RAMB36 enabled: 64 bits of activations and 64 of weights, two wide blocks, and as many for results. */
  blocks: 4,
} as const;

function residual(quantity: string, unit: string, found: number, predicted: Band): Residual {
  return {
    quantity,
    unit,
    measured: found,
    predicted,
    residual: (predicted.mid - found) / found,
    within: predicted.low <= found && found <= predicted.high,
  };
}

/** The anchor's slopes over the clock frequency, and what the table gives at the anchor's voltage. */
export function anchorResiduals(): Residual[] {
  const table = COEFFICIENTS.xcup;
  const scale = (ANCHOR.vccint / NOMINAL_VOLTS.xcup) ** 2;
  const band = (at: (corner: Corner) => number): Band => ({
    low: at('low') * scale,
    mid: at('mid') * scale,
    high: at('high') * scale,
  });
  const clock = clockPower(table, ANCHOR.resources);
  const activity = (corner: Corner) =>
    ANCHOR.multipliers * (table.operandToggle[corner] * ASSUMED.toggles + table.product[corner]) +
    table.ramAccess[corner] * ASSUMED.blocks;
  const idle = ANCHOR.idle.milliwattsPerMHz * 1000;
  const slope = ANCHOR.running.milliwattsPerMHz * 1000 - idle;
  return [
    residual(
      'idle slope (clock)',
      'pJ a cycle',
      idle,
      band((corner) => clock[corner]),
    ),
    residual('running over idle (activity)', 'pJ a cycle', slope, band(activity)),
    residual(
      'running slope (both)',
      'pJ a cycle',
      idle + slope,
      band((corner) => clock[corner] + activity(corner)),
    ),
  ];
}

export interface ReportResidual {
  readonly report: PowerReport;
  readonly quantity: Quantity;
  readonly residual: Residual;
}

/** Each report's power by quantity, W, beside what the family's other reports predict for its cells (leave one out). */
export function reportResiduals(reports: readonly PowerReport[] = REPORTS): ReportResidual[] {
  return QUANTITIES.flatMap((quantity) =>
    reports
      .filter((report) => usable(report, quantity))
      .map((report) => {
        const { units, watts } = measured(report, quantity);
        const others = reports.filter((other) => other !== report);
        const { low, mid, high } = spread(report.family, quantity, others);
        const volts = report.vccint / NOMINAL_VOLTS[report.family];
        const scale = units * report.mhz * volts * volts * 1e-6;
        const predicted = { low: low * scale, mid: mid * scale, high: high * scale };
        return { report, quantity, residual: residual(quantity, 'W', watts, predicted) };
      }),
  );
}

/** How far the median of the other reports is from a report, as a factor, of the families together. */
export function typicalFactor(quantity: Quantity): number {
  const factors = reportResiduals()
    .filter((entry) => entry.quantity === quantity)
    .map(({ residual: { measured: found, predicted } }) => Math.max(predicted.mid / found, found / predicted.mid))
    .sort((a, b) => a - b);
  return factors[factors.length >> 1]!;
}
