/**
 * Coefficients from the rows of evidence: picojoules an event, with median and band.
 *
 * What a report's vectorless activity means for an event is stated where it is used; everything else is division.
 */
import { type EvidenceFamily, HIERARCHY, MEMORY_INTERFACES, type PowerReport, REPORTS } from './evidence.ts';

export interface Spread {
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}

export type Quantity = 'clock' | 'dsp' | 'blockRam' | 'net';
export const QUANTITIES: readonly Quantity[] = ['clock', 'dsp', 'blockRam', 'net'];

/** Supply that a family's coefficients are stated at; power goes with its square. */
export const NOMINAL_VOLTS: { readonly [family in EvidenceFamily]: number } = { xc7: 1, xcup: 0.85 };

/** Watts below this say too little: reports round to 0.001. */
export const LEAST_WATTS = 0.004;

/** Clocked cells below which the trunk of the clock tree outweighs its leaves. */
export const LEAST_SINKS = 2000;

/** Cells of a report that a quantity is counted by, and their power. */
export function measured(report: PowerReport, quantity: Quantity): { readonly units: number; readonly watts: number } {
  const { flipFlops, clockedLuts, dsp, blockRam, nets, watts } = report;
  switch (quantity) {
    case 'clock':
      return { units: flipFlops + clockedLuts + dsp + blockRam, watts: watts.clocks };
    case 'dsp':
      return { units: dsp, watts: watts.dsp };
    case 'blockRam':
      return { units: blockRam, watts: watts.blockRam };
    case 'net':
      return { units: nets, watts: watts.logic + watts.signals };
  }
}

/** Whether a report says enough of a quantity to count. */
export function usable(report: PowerReport, quantity: Quantity): boolean {
  const { units, watts } = measured(report, quantity);
  if (units === 0 || watts < LEAST_WATTS) return false;
  // Clock trees and routing exist only once they are routed.
  if (!report.routed && quantity !== 'dsp') return false;
  return quantity !== 'clock' || units >= LEAST_SINKS;
}

/** Picojoules a cell and cycle at the family's nominal supply. */
export function picojoules(report: PowerReport, quantity: Quantity): number {
  const { units, watts } = measured(report, quantity);
  const volts = NOMINAL_VOLTS[report.family] / report.vccint;
  return ((watts * 1e6) / (units * report.mhz)) * volts * volts;
}

/** Median and quartiles of what the family's reports say, no narrower than 0.7 to 1.4 times the median. */
export function spread(
  family: EvidenceFamily,
  quantity: Quantity,
  reports: readonly PowerReport[] = REPORTS,
): Spread & { readonly count: number } {
  const values = reports
    .filter((report) => report.family === family && usable(report, quantity))
    .map((report) => picojoules(report, quantity))
    .sort((a, b) => a - b);
  if (values.length === 0) throw new Error(`no report says anything of ${quantity} on ${family}`);
  const mid = quantile(values, 0.5);
  return {
    low: Math.min(quantile(values, 0.25), 0.7 * mid),
    mid,
    high: Math.max(quantile(values, 0.75), 1.4 * mid),
    count: values.length,
  };
}

/** Linear between the neighbours, of sorted values. */
export function quantile(values: readonly number[], share: number): number {
  const at = (values.length - 1) * share;
  const below = Math.floor(at);
  const next = values[Math.min(below + 1, values.length - 1)]!;
  return values[below]! + (next - values[below]!) * (at - below);
}

/** Cost of the same event on 28 nm (1.0 V) over 16 nm (0.85 V): the ratios of the medians of the four quantities. */
export function processRatio(): Spread {
  const ratios = QUANTITIES.map((quantity) => spread('xc7', quantity).mid / spread('xcup', quantity).mid);
  ratios.sort((a, b) => a - b);
  return { low: ratios[0]!, mid: quantile(ratios, 0.5), high: ratios.at(-1)! };
}

/**
 * Operand bits that toggle in a DSP a cycle under vectorless activity: 16 bits (8 x 8) to 43 (25 x 18) in use, at
 * 12.5 % (the tool's default at inputs, UG835 set_switching_activity) to 25 % a bit; the middle is geometric.
 */
export const VECTORLESS_TOGGLES: Spread = {
  low: 16 * 0.125,
  mid: Math.sqrt(16 * 43) * Math.sqrt(0.125 * 0.25),
  high: 43 * 0.25,
};

/** A toggled operand bit of a DSP with the multiplier behind it. */
export function operandToggle(family: EvidenceFamily): Spread {
  const dsp = spread(family, 'dsp');
  return {
    low: dsp.low / VECTORLESS_TOGGLES.high,
    mid: dsp.mid / VECTORLESS_TOGGLES.mid,
    high: dsp.high / VECTORLESS_TOGGLES.low,
  };
}

/** Picojoules a DSP and cycle below which DSPs with still operands lie, by the reports that print 0.000 W for many. */
export function idleDspBound(): number {
  const idle = REPORTS.filter(({ dsp, watts }) => dsp >= 100 && watts.dsp === 0);
  return Math.min(...idle.map(({ dsp, mhz }) => (0.0005 * 1e6) / (dsp * mhz)));
}

/** Least that a report's RAMB36 takes a cycle: an idle one takes no more. */
export function idleBlockRamBound(family: EvidenceFamily): number {
  const reports = REPORTS.filter((report) => report.family === family && usable(report, 'blockRam'));
  return Math.min(...reports.map((report) => picojoules(report, 'blockRam')));
}

/** Picojoules a unit of the parts that reports list by hierarchy (xcup). */
export function hierarchyPicojoules(part: 'adder tree' | 'requantiser'): number[] {
  return HIERARCHY.filter((row) => row.part === part)
    .map(({ report, watts, units }) => {
      const { mhz } = REPORTS.find(({ name }) => name === report)!;
      return (watts * 1e6) / (units * mhz);
    })
    .sort((a, b) => a - b);
}

/** Logic and signals of a whole design a DSP and cycle: everything that serves a product. */
export function fabricPerDsp(name: string): number {
  const report = REPORTS.find((candidate) => candidate.name === name)!;
  return ((report.watts.logic + report.watts.signals) * 1e6) / (report.dsp * report.mhz);
}

/**
 * Adder tree, accumulator and routing of an active product. 16 nm: middle, the adder trees of two convolution layers
 * (their clocks included, their activity vectorless); low, half of the cheaper tree, since few bits of a small product
 * change (assumed); high, all logic and signals of the dearer layer. 28 nm: the same times the process ratio, up to all
 * logic and signals of an int8 tensor unit.
 */
export function product(family: EvidenceFamily): Spread {
  const trees = hierarchyPicojoules('adder tree');
  const mid = trees.reduce((sum, value) => sum + value, 0) / trees.length;
  const low = trees[0]! * 0.5;
  const high = fabricPerDsp('FSRCNN shrinking layer');
  if (family === 'xcup') return { low, mid, high };
  const ratio = processRatio();
  return {
    low: low * ratio.low,
    mid: mid * ratio.mid,
    high: Math.max(fabricPerDsp('int8 tensor unit'), high * ratio.mid),
  };
}

/** Bits of the registered sums of a tree of 16 products, a product. */
const TREE_BITS = (8 * 17 + 4 * 18 + 2 * 19 + 20) / 16;

/**
 * Of these, bits that toggle a cycle under vectorless activity: from 12.5 % a bit (the default at inputs) to 50 % (random
 * words), since rates add up behind multipliers and adders; the middle is geometric.
 */
export const VECTORLESS_TREE: Spread = { low: TREE_BITS * 0.125, mid: TREE_BITS * 0.25, high: TREE_BITS * 0.5 };

/**
 * A toggled bit of a sum in the adder tree, with the adder, accumulator and routing that it stands for: what a product
 * takes in the reports over the bits that toggle there. Low leaves out the half that `product` assumes for small products,
 * since toggles are counted.
 */
export function treeToggle(family: EvidenceFamily): Spread {
  const { low, mid, high } = product(family);
  return { low: (2 * low) / VECTORLESS_TREE.high, mid: mid / VECTORLESS_TREE.mid, high: high / VECTORLESS_TREE.low };
}

/**
 * A RAMB36 enabled for a cycle through one port. The reports' vectorless enables are not printed: one port a block and
 * cycle is assumed on average, and the band holds half of one (an enable that logic drives) to two (both ports tied on).
 */
export function ramAccess(family: EvidenceFamily): Spread {
  const { low, mid, high } = spread(family, 'blockRam');
  return { low: Math.min(low, mid / 2), mid, high: Math.max(high, mid * 2) };
}

/** A code requantised: the scaling units of two convolution layers. */
export function requantise(family: EvidenceFamily): Spread {
  const units = hierarchyPicojoules('requantiser');
  const [low, high] = [units[0]!, units.at(-1)!];
  const mid = (low + high) / 2;
  const ratio = family === 'xcup' ? { low: 1, mid: 1, high: 1 } : processRatio();
  return { low: low * ratio.low, mid: mid * ratio.mid, high: high * ratio.high };
}

/** Picojoules a bit of the FPGA's side of a memory interface at full rate. */
export function interfaceBit(memory: keyof typeof MEMORY_INTERFACES): number {
  const { watts, bitsPerSecond } = MEMORY_INTERFACES[memory];
  return (watts * 1e12) / bitsPerSecond;
}
