/**
 * What an event costs, one table for each device family: value, band, unit, source and date. Every watt that the
 * project prints is a count times one of these.
 *
 * Values of Xilinx families are derived (`derive.ts`) from public power reports (`evidence.ts`); what no source gives is
 * marked as an assumption in its source text. `calibration.ts` shows what the tables leave over.
 */
import type { Config } from '../spec/config.ts';
import {
  idleBlockRamBound,
  idleDspBound,
  interfaceBit,
  operandToggle,
  processRatio,
  product,
  ramAccess,
  requantise,
  type Spread,
  spread,
  treeToggle,
  VECTORLESS_TOGGLES,
  VECTORLESS_TREE,
} from './derive.ts';
import { type EvidenceFamily, MEMORY_INTERFACES, PROCESSING_SYSTEM, REPORTS } from './evidence.ts';

export interface Coefficient extends Spread {
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
  /** Clocked cell with its share of the clock tree, a cycle. */
  readonly flipFlopClock: Coefficient;
  /** What a flip-flop takes of it in a cycle in which its clock enable is low, over one in which it is high. */
  readonly heldClock: Coefficient;
  /** Clock leaf of a DSP, of a RAMB36, a cycle. */
  readonly dspClock: Coefficient;
  readonly ramClock: Coefficient;
  /** A bit that changes in an operand register, the multiplier behind it included. */
  readonly operandToggle: Coefficient;
  /** A product's share of adder tree, accumulator and routing, at the activity of the reports. */
  readonly product: Coefficient;
  /** A bit that changes in a sum of an adder tree, with what a product moves beside it. */
  readonly treeToggle: Coefficient;
  /** A code requantised and written. */
  readonly requantise: Coefficient;
  /** A RAMB36 enabled for a cycle to read or write: at 36 to 72 bits, at 18 or fewer. */
  readonly ramAccess: Coefficient;
  readonly ramAccessNarrow: Coefficient;
  readonly dramBit: Coefficient;
}

/** Measured board rails of a KV260 (XCK26, 16 nm) with an 8 x 8 int8 array, 100 to 250 MHz. */
export const ANCHOR = {
  resources: { dsp: 80, blockRam: 50, lut: 16_500, flipFlops: 23_000 },
  multipliers: 64,
  /** As the reports of the same part (XCK26-2LV) print it. */
  vccint: 0.72,
  idle: { watts: 3.224, milliwattsPerMHz: 0.872 },
  running: { watts: 3.424, milliwattsPerMHz: 1.095 },
  source: 'board rails of a KV260, measured at 100 to 250 MHz',
} as const;

const DATE = '2026-11-25';

const value = ({ low, mid, high }: Spread, unit: string, source: string): Coefficient => ({
  low,
  mid,
  high,
  unit,
  source,
  date: DATE,
});
const band = (low: number, mid: number, high: number): Spread => ({ low, mid, high });

/**
 * Share of the cycles in which the flip-flops of the reports are enabled: assumed, as a power estimator takes it as usual
 * (os-fpga/rapid_power_estimator).
 */
export const REPORTS_ENABLED = 0.5;

function xilinx(family: EvidenceFamily, own: Pick<Coefficients, 'staticPower' | 'dramBit'>): Coefficients {
  const reports = (quantity: 'clock' | 'dsp' | 'blockRam') =>
    `median and quartiles of ${spread(family, quantity).count} power reports`;
  const clock = spread(family, 'clock');
  const ram = ramAccess(family);
  const { low, mid, high } = VECTORLESS_TOGGLES;
  const ratio = processRatio();
  const scaled =
    family === 'xc7' ? `; 16 nm times ${ratio.mid.toFixed(2)}, the median ratio of the families' reports` : '';
  return {
    ...own,
    flipFlopClock: value(clock, 'pJ a cycle', `${reports('clock')}: Clocks over clocked cells and clock`),
    heldClock: value(
      band(0.4, 0.7, 1),
      'share',
      "assumption: the enable gates the clock inside the slice (XAPP790; UG1556, Slice Clock Enable), while the tree up to it, much the larger part in another maker's devices (article 000085316), goes on; no source gives the share. High, nothing is spared, as in Agilex 5 (guide 813671, LAB Clock Gate)",
    ),
    dspClock: value(
      band(0, clock.mid, Math.max(idleDspBound(), clock.high)),
      'pJ a cycle',
      'a leaf as a flip-flop; at most what 148 still DSPs that print as 0.000 W can take',
    ),
    ramClock: value(
      band(0, clock.mid, idleBlockRamBound(family)),
      'pJ a cycle',
      'a leaf as a flip-flop, for block RAM power goes with the time enabled (UG907, Use Device Resources More Efficiently); high, the least of any report',
    ),
    operandToggle: value(
      operandToggle(family),
      'pJ',
      `${reports('dsp')}, over ${low} to ${high} (middle ${mid.toFixed(2)}) operand bits that toggle a cycle under vectorless activity (assumed; power goes with toggle rate times clock enable, UG440, DSP sheet)`,
    ),
    product: value(
      product(family),
      'pJ',
      `adder trees of two int8 convolution layers in power reports by hierarchy, a product${scaled}; low, half of the cheaper; high, all logic and signals of a report a DSP`,
    ),
    treeToggle: value(
      treeToggle(family),
      'pJ',
      `a product over ${VECTORLESS_TREE.low.toFixed(1)} to ${VECTORLESS_TREE.high.toFixed(1)} (middle ${VECTORLESS_TREE.mid.toFixed(2)}) bits of its tree's sums that toggle a cycle under vectorless activity (assumed: 12.5 to 50 % of 16.6 bits, for rates add up behind multipliers and adders)`,
    ),
    requantise: value(
      requantise(family),
      'pJ',
      `scaling units of two convolution layers in power reports by hierarchy, a code${scaled}`,
    ),
    ramAccess: value(
      ram,
      'pJ a RAMB36',
      `${reports('blockRam')}, at one enabled port a block and cycle (assumed; the band holds 0.5 to 2)`,
    ),
    ramAccessNarrow: value(
      band(ram.low * 0.5, ram.mid * 0.75, ram.high),
      'pJ a RAMB36',
      'assumption: 0.5 to 1 times the access at full width; the reports do not tell widths apart',
    ),
  };
}

const staticOf = (device: string): number[] =>
  REPORTS.filter((report) => report.device.startsWith(device))
    .map(({ watts }) => watts.static)
    .sort((a, b) => a - b);

/** Look-up tables of the XC7VX690T over the XC7VX485T's (DS180), by which leakage is taken to grow. */
const VIRTEX_SIZE = 433_200 / 303_600;
/** 28 nm leakage at 85 C over 26 C: what the XC7Z020 reports grow by between 27 and 51 C, carried on. */
const zynq = staticOf('xc7z020');
const HOT = (zynq.at(-1)! / zynq[0]!) ** ((85 - 26) / (50.8 - 27.1));
const virtexStatic = staticOf('xc7vx485t')[0]!;
const ultrascaleStatic = staticOf('xczu7ev')[0]!;
const { zynq7, zynqmp } = PROCESSING_SYSTEM;

/** Static power of the devices of named configurations, W. */
export const STATIC_POWER: { readonly [device: string]: Coefficient } = {
  XC7VX690T: value(
    band(virtexStatic, virtexStatic * VIRTEX_SIZE, virtexStatic * VIRTEX_SIZE * HOT),
    'W',
    `device static of an XC7VX485T report at 25.5 C times 1.43 for its LUTs (assumed); low, that device; high, at 85 C (times ${HOT.toFixed(1)}, from the XC7Z020 reports)`,
  ),
  XC7Z020: value(
    band(zynq[0]!, zynq[zynq.length >> 1]! + zynq7[1], zynq.at(-1)! + zynq7[2]),
    'W',
    `device static of ${zynq.length} XC7Z020 reports; middle and high with the processing system that holds the external memory`,
  ),
  XCZU7EV: value(
    band(ultrascaleStatic, ultrascaleStatic + zynqmp[1], ANCHOR.idle.watts + ultrascaleStatic),
    'W',
    'device static of an XCZU7EV report; middle with the processing system of an XCK26 report; high, the idle KV260 at 0 MHz besides',
  ),
};

const ultrascale = xilinx('xcup', {
  staticPower: STATIC_POWER.XCZU7EV!,
  dramBit: value(
    band(4.5, 4.5 + interfaceBit('ddr4'), 40),
    'pJ',
    `device 4.5 pJ (DDR4, IDD7RW, Vogelsang, MICRO 2010) and at the middle the FPGA's interface at full rate (${MEMORY_INTERFACES.ddr4.source}); high, assumed for low use`,
  ),
});

const virtex = xilinx('xc7', {
  staticPower: STATIC_POWER.XC7VX690T!,
  dramBit: value(
    band(9, 9 + interfaceBit('ddr3'), 70),
    'pJ',
    `device 9 pJ (DDR3, IDD7RW, Vogelsang, MICRO 2010) and at the middle the FPGA's interface at full rate (${MEMORY_INTERFACES.ddr3.source}); high, 70 pJ of a DDR3 server (Malladi et al., ISCA 2012)`,
  ),
});

/** 40 nm parts: no reports; 16 nm times an assumed factor. */
const SMALL = band(2.5, 4, 6);
function assumed(table: Coefficients, own: Pick<Coefficients, 'staticPower' | 'dramBit'>): Coefficients {
  const entries = Object.entries(table).map(([name, coefficient]) => {
    const { low, mid, high, unit } = coefficient as Coefficient;
    return [
      name,
      value(
        band(low * SMALL.low, mid * SMALL.mid, high * SMALL.high),
        unit,
        'assumption: 2.5 to 6 times 16 nm, for 40 nm at 1.1 to 1.2 V; no report was found',
      ),
    ];
  });
  // A share is no energy.
  const { heldClock } = table;
  return { ...(Object.fromEntries(entries) as unknown as Coefficients), heldClock, ...own };
}

const lattice = assumed(ultrascale, {
  staticPower: value(band(0.0001, 0.1, 0.3), 'W', 'assumption; the iCE40UP5K data sheet states 75 uA standby'),
  dramBit: virtex.dramBit,
});

export const COEFFICIENTS: { readonly [family in Config['family']]: Coefficients } = {
  xcup: ultrascale,
  xc7: virtex,
  ecp5: lattice,
  ice40: lattice,
};

/** The table of a configuration: its family's, with its device's own static power where that is known. */
export function coefficientsOf({ family, device }: Pick<Config, 'family' | 'device'>): Coefficients {
  const table = COEFFICIENTS[family];
  const own = Object.hasOwn(STATIC_POWER, device) ? STATIC_POWER[device]! : table.staticPower;
  return { ...table, staticPower: own };
}
