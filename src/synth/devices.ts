/** What the devices of the named configurations have, to say before synthesis that a design is too large for its device. */
import type { ResourceEstimate } from './estimate.ts';

/** Counts of a device in the units of `ResourceEstimate`. */
export interface Device {
  readonly luts: number;
  readonly flipFlops: number;
  readonly dsp: number;
  /** In the family's block: 36 kbit on Xilinx, 4 kbit on iCE40. */
  readonly memoryBlocks: number;
}

/** By the name in `Config.device`, from the makers' tables. */
export const DEVICES: Readonly<Record<string, Device>> = {
  // Zynq-7000 overview, DS190
  XC7Z020: { luts: 53_200, flipFlops: 106_400, dsp: 220, memoryBlocks: 140 },
  // 7 series overview, DS180: slices of four look-up tables and eight flip-flops
  XC7VX690T: { luts: 433_200, flipFlops: 866_400, dsp: 3600, memoryBlocks: 1470 },
  // Zynq UltraScale+ overview, DS891; its 96 UltraRAM are not counted, yosys maps none of the memories to them
  XCZU7EV: { luts: 230_400, flipFlops: 460_800, dsp: 1728, memoryBlocks: 312 },
  // iCE40 UltraPlus data sheet, FPGA-DS-02008; its four memories of one port are not counted
  iCE40UP5K: { luts: 5280, flipFlops: 5280, dsp: 8, memoryBlocks: 30 },
};

const KINDS = ['luts', 'flipFlops', 'dsp', 'memoryBlocks'] as const satisfies readonly (keyof Device)[];

/** Kinds of which `needed` has more than the device; none for a device that is not known. */
export function beyond(device: string, needed: Pick<ResourceEstimate, keyof Device>): readonly (keyof Device)[] {
  const known = Object.hasOwn(DEVICES, device) ? DEVICES[device] : undefined;
  return known === undefined ? [] : KINDS.filter((kind) => needed[kind] > known[kind]);
}
