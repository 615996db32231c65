/**
 * What an event costs, one table for each device family: value, band, unit, source and date. Every watt that the
 * project prints is a count times one of these.
 *
 * Vendors publish no energies of single events, so the values are a split of one measured anchor (see ANCHOR), and the
 * bands are wide on purpose: `calibration.ts` shows what the table predicts for the anchor and what is left over.
 */
import type { Config } from '../spec/config.ts';

export interface Coefficient {
  readonly low: number;
  readonly mid: number;
  readonly high: number;
  readonly unit: string;
  readonly source: string;
  /** When it was looked up or derived. */
  readonly date: string;
}

export const COMPONENTS = ['static', 'clock', 'dsp', 'logic', 'memory', 'dram'] as const;
export type Component = (typeof COMPONENTS)[number];

export interface Coefficients {
  /** Leakage and everything that runs while nothing is computed. */
  readonly staticPower: Coefficient;
  /** Clock tree and clocked cell, a cycle. */
  readonly flipFlopClock: Coefficient;
  readonly dspClock: Coefficient;
  readonly blockRamClock: Coefficient;
  /** A bit that changes in an operand register, the multiplier behind it included. */
  readonly operandToggle: Coefficient;
  /** An active multiplication's share of adder tree, accumulator and routing. */
  readonly product: Coefficient;
  /** A code requantised and written. */
  readonly requantise: Coefficient;
  /** A byte read from or written to block RAM, beyond its clock. */
  readonly memoryByte: Coefficient;
  readonly dramBit: Coefficient;
}

/** Measured board rails of a KV260 (XCK26, 16 nm) with an 8 x 8 int8 array, 100 to 250 MHz. */
export const ANCHOR = {
  resources: { dsp: 80, blockRam: 50, lut: 16_500, flipFlops: 23_000 },
  multipliers: 64,
  idle: { watts: 3.224, milliwattsPerMHz: 0.872 },
  running: { watts: 3.424, milliwattsPerMHz: 1.095 },
  source: 'measured KV260 anchor of the design brief, section 5',
} as const;

const DATE = '2026-11-23';
const IDLE = 'slope of the idle KV260 anchor (872 pJ a cycle), split over its cells by assumption';
const RUNNING = 'slope of the running over the idle KV260 anchor (223 pJ a cycle), split by assumption';

const value = (low: number, mid: number, high: number, unit: string, source: string): Coefficient => ({
  low,
  mid,
  high,
  unit,
  source,
  date: DATE,
});

/** 16 nm, 0.85 V: the anchor's own process. */
const ultrascale: Coefficients = {
  staticPower: value(2.5, 3.2, 4, 'W', 'idle KV260 anchor at 0 MHz: 3.224 W, processing system and DRAM included'),
  flipFlopClock: value(0.014, 0.023, 0.03, 'pJ a cycle', IDLE),
  dspClock: value(0.7, 1.4, 2.2, 'pJ a cycle', IDLE),
  blockRamClock: value(2.5, 4.6, 7, 'pJ a cycle', IDLE),
  operandToggle: value(0.16, 0.27, 0.4, 'pJ', `${RUNNING}: 45 %, 16 operand bits at 0.36 toggles each`),
  product: value(0.7, 1.2, 1.8, 'pJ', `${RUNNING}: 35 %`),
  requantise: value(4, 8, 14, 'pJ', 'estimate: a 32 x 16 multiplication is about four products with their adders'),
  memoryByte: value(1.2, 2.8, 4.5, 'pJ', `${RUNNING}: 20 %, 16 bytes a cycle`),
  dramBit: value(10, 20, 40, 'pJ', 'estimate for DDR4: below the 70 pJ a bit of DDR3 in Malladi et al., ISCA 2012'),
};

/** Energy of the same event on 28 nm: (1.0 V / 0.85 V)^2 = 1.38 times the capacitance, about 1.45. */
const NODE_28 = value(1.5, 2, 2.8, 'times 16 nm', 'supply voltages squared, times an assumed ratio of capacitances');

function scaled(table: Coefficients, factor: Coefficient, own: Partial<Coefficients>): Coefficients {
  const entries = Object.entries(table).map(([name, { low, mid, high, unit, source, date }]) => [
    name,
    {
      // The factor's own band is one-sided on each end, so that the result's holds both.
      low: low * factor.low,
      mid: mid * factor.mid,
      high: high * factor.high,
      unit,
      source: `${source}; times ${factor.low} to ${factor.high} for the process (${factor.source})`,
      date,
    },
  ]);
  return { ...(Object.fromEntries(entries) as unknown as Coefficients), ...own };
}

const virtex: Coefficients = scaled(ultrascale, NODE_28, {
  staticPower: value(0.4, 0.9, 2, 'W', 'estimate for a large 28 nm device between cold and hot, no processor'),
  dramBit: value(40, 70, 100, 'pJ', 'DDR3, 70 pJ a bit: Malladi et al., ISCA 2012'),
});

const lattice: Coefficients = scaled(
  ultrascale,
  value(2.5, 4, 6, 'times 16 nm', 'assumption for 40 nm at 1.1 to 1.2 V'),
  {
    staticPower: value(0.0001, 0.1, 0.3, 'W', 'estimate; the iCE40UP5K data sheet states 75 uA standby'),
    dramBit: value(40, 70, 100, 'pJ', 'as DDR3'),
  },
);

export const COEFFICIENTS: { readonly [family in Config['family']]: Coefficients } = {
  xcup: ultrascale,
  xc7: virtex,
  ecp5: lattice,
  ice40: lattice,
};
