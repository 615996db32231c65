/** Reads a yosys `$mem_v2` cell: clocked writes with bit enables, clocked or unclocked reads. */
import { UserError } from '../errors.ts';
import type { Builder } from './analyse.ts';
import type { Memory, WritePort } from './model.ts';
import type { Bit, Cell } from './netlist.ts';
import { bitsOf, numberOf, textBit } from './netlist.ts';

const strideOf = (width: number): number =>
  width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : 8 * Math.ceil(width / 64);

export function readMemory(builder: Builder, cell: Cell): void {
  const { model } = builder;
  const width = numberOf(cell, 'WIDTH');
  const size = numberOf(cell, 'SIZE');
  const addressBits = numberOf(cell, 'ABITS');
  const readPorts = numberOf(cell, 'RD_PORTS');
  const writePorts = numberOf(cell, 'WR_PORTS');
  const refuse = (what: string): never => {
    throw new UserError('unsupported', `memory '${cell.name}' of '${model.unit.name}' has ${what}`);
  };
  const flag = (parameter: string, i: number): boolean => textBit(cell.parameters[parameter] ?? '', i) === 1;
  const part = (port: string, i: number, bits: number): readonly Bit[] =>
    bitsOf(cell, port).slice(i * bits, (i + 1) * bits);

  const writes: WritePort[] = [];
  const used: number[] = [];
  for (let i = 0; i < writePorts; i++) {
    const enable = part('WR_EN', i, width);
    if (enable.every((bit) => bit === 0)) continue;
    if (!flag('WR_CLK_ENABLE', i)) refuse('a write port without a clock');
    builder.clock(bitsOf(cell, 'WR_CLK')[i]!, flag('WR_CLK_POLARITY', i), `memory '${cell.name}'`);
    if (flag('WR_WIDE_CONTINUATION', i)) refuse('a write port wider than its rows');
    used.push(i);
    writes.push({ address: part('WR_ADDR', i, addressBits), data: part('WR_DATA', i, width), enable });
  }
  const memory: Memory = {
    name: cell.parameters.MEMID?.replace(/^\\/, '') ?? cell.name,
    width,
    size,
    start: numberOf(cell, 'OFFSET'),
    stride: strideOf(width),
    writes,
    init: cell.parameters.INIT ?? '',
    slot: -1,
  };
  model.memories.push(memory);

  for (let i = 0; i < readPorts; i++) {
    const address = part('RD_ADDR', i, addressBits);
    const data = part('RD_DATA', i, width);
    if (flag('RD_WIDE_CONTINUATION', i)) refuse('a read port wider than its rows');
    if (!flag('RD_CLK_ENABLE', i)) {
      const signal = builder.signal(`${memory.name}.read${i}`, data, 'comb');
      builder.node({ kind: 'memory-read', memory, port: i, address }, [address], [signal]);
      continue;
    }
    builder.clock(bitsOf(cell, 'RD_CLK')[i]!, flag('RD_CLK_POLARITY', i), `memory '${cell.name}'`);
    const arst = bitsOf(cell, 'RD_ARST')[i]!;
    if (arst !== 0) refuse('a read port with an asynchronous reset');
    const seen = used.map((w) => flag('RD_TRANSPARENCY_MASK', i * writePorts + w));
    const transparent = seen.length > 0 && seen.every((yes) => yes);
    if (!transparent && seen.some((yes) => yes)) refuse('a read port transparent to some writes only');
    const value = (parameter: string): string => {
      const text = cell.parameters[parameter] ?? '';
      return text.slice(text.length - (i + 1) * width, text.length - i * width || undefined);
    };
    const q = builder.signal(`${memory.name}.read${i}`, data, 'register');
    let d: readonly Bit[] = [];
    if (!transparent) {
      // The row as it was before this cycle's writes: a hidden word, on bits of its own.
      const hidden = hiddenBits(builder, width);
      const signal = builder.signal(`${memory.name}.row${i}`, hidden, 'comb');
      builder.node({ kind: 'memory-read', memory, port: i, address }, [address], [signal]);
      d = hidden;
    }
    const enable = bitsOf(cell, 'RD_EN')[i]!;
    const reset = bitsOf(cell, 'RD_SRST')[i]!;
    model.registers.push({
      cell,
      q,
      d,
      enable: enable === 1 ? undefined : { bit: enable, active: 1 },
      reset: reset === 0 ? undefined : { bit: reset, active: 1, value: value('RD_SRST_VALUE') },
      enableOverReset: flag('RD_CE_OVER_SRST', i),
      transparent: transparent ? { memory, address } : undefined,
      init: value('RD_INIT_VALUE'),
    });
  }
}

/** Fresh bit numbers for a word that has no wire in the netlist. */
export function hiddenBits(builder: Builder, width: number): Bit[] {
  const { model } = builder;
  const first = model.driver.length;
  const driver = new Int32Array(first + width).fill(-1);
  driver.set(model.driver);
  const offsets = new Int32Array(first + width);
  offsets.set(model.driverOffset);
  Object.assign(model, { driver, driverOffset: offsets });
  return Array.from({ length: width }, (_, i) => first + i);
}
