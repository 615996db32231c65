/** The window kernels of a configuration as packed vectors: parameters of `dw_compute` and what it contains. */
import type { Config } from '../spec/config.ts';
import { type Tap, type WindowStep, windowTables } from '../spec/window.ts';

/** Bits of one entry of the packed vectors; `rtl/engine/dw_operand_router.sv` takes them apart. */
export const STEP_ROW_BITS = 4;
export const STEP_MAP_BITS = 8;
export const TAP_BITS = 16;
/** Columns are packed relative to the centre, plus this. */
export const TAP_COLUMN_BIAS = 8;

const packed = (bits: number, entries: readonly number[]): string => {
  let vector = 0n;
  entries.forEach((entry, index) => {
    vector |= BigInt(entry) << BigInt(index * bits);
  });
  return `${bits * entries.length}'h${vector.toString(16)}`;
};

/** Bit 15: there is a tap, 14: channel of the lane, 13..12: row, 11..8: column - centre + bias, 7..0: byte. */
function tapEntry(tap: Tap | undefined, centre: number): number {
  if (tap === undefined) return 0;
  const lane = tap.byte === 'lane';
  const byte = lane ? 0 : (tap.byte as number);
  return (1 << 15) | (lane ? 1 << 14 : 0) | (tap.row << 12) | ((tap.column - centre + TAP_COLUMN_BIAS) << 8) | byte;
}

const usesLane = (step: WindowStep): boolean => step.taps[0]?.byte === 'lane';

/** SystemVerilog parameters by name; vectors hold entry 0 in the lowest bits. */
export function packWindowTables(config: Config): { name: string; value: string }[] {
  const tables = windowTables(config);
  const centres = new Map<number, number>();
  for (const kernel of tables.kernels.values()) {
    for (const step of kernel.steps) centres.set(step.tapMap, kernel.centre);
  }
  const taps = tables.tapMaps.flatMap((map, index) => map.map((tap) => tapEntry(tap, centres.get(index)!)));
  return [
    { name: 'HaloGroups', value: String(tables.haloGroups) },
    { name: 'WindowSteps', value: String(tables.steps.length) },
    { name: 'KernelSteps', value: String(tables.maxSteps) },
    { name: 'TapMaps', value: String(tables.tapMaps.length) },
    {
      name: 'StepRows',
      value: packed(
        STEP_ROW_BITS,
        tables.steps.map((step) => step.firstRow),
      ),
    },
    {
      name: 'StepMaps',
      value: packed(
        STEP_MAP_BITS,
        tables.steps.map((step) => step.tapMap),
      ),
    },
    {
      name: 'StepOwnBlocks',
      value: packed(
        1,
        tables.steps.map((step) => (usesLane(step) ? 1 : 0)),
      ),
    },
    { name: 'Taps', value: packed(TAP_BITS, taps) },
  ];
}
