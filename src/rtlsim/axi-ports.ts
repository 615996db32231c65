/** Names of AXI ports, and how they are found among the ports of a design. */
import { UserError } from '../errors.ts';

/** Signals of an AXI4 bus, in the order that `cosim/axi_memory.h` uses. */
export const axiSignals = [
  'arvalid',
  'arready',
  'araddr',
  'arlen',
  'arsize',
  'arburst',
  'arid',
  'rvalid',
  'rready',
  'rdata',
  'rresp',
  'rlast',
  'rid',
  'awvalid',
  'awready',
  'awaddr',
  'awlen',
  'awsize',
  'awburst',
  'awid',
  'wvalid',
  'wready',
  'wdata',
  'wstrb',
  'wlast',
  'bvalid',
  'bready',
  'bresp',
  'bid',
] as const;

/** Signals of an AXI4-Lite bus, in the order that `cosim/harness.cpp` uses. */
export const liteSignals = [
  'awvalid',
  'awready',
  'awaddr',
  'wvalid',
  'wready',
  'wdata',
  'wstrb',
  'bvalid',
  'bready',
  'bresp',
  'arvalid',
  'arready',
  'araddr',
  'rvalid',
  'rready',
  'rdata',
  'rresp',
] as const;

export type AxiSignal = (typeof axiSignals)[number];
export type LiteSignal = (typeof liteSignals)[number];

/** Signals that a bus may lack. */
const optional: readonly string[] = [
  'arsize',
  'arburst',
  'arid',
  'rid',
  'rresp',
  'awsize',
  'awburst',
  'awid',
  'wstrb',
  'bid',
  'bresp',
];

/** Port names of the bus whose ports are called `prefix` + signal, with or without `_i` or `_o` at the end. */
export function findBus<S extends string>(
  ports: Iterable<string>,
  prefix: string,
  signals: readonly S[],
): Map<S, string> {
  const names = new Set(ports);
  const found = new Map<S, string>();
  for (const signal of signals) {
    const name = [`${prefix}${signal}`, `${prefix}${signal}_i`, `${prefix}${signal}_o`].find((item) => names.has(item));
    if (name !== undefined) found.set(signal, name);
    else if (!optional.includes(signal))
      throw new UserError(
        'bad-build',
        `the design has no port '${prefix}${signal}'`,
        {},
        'Give the prefix of its AXI ports.',
      );
  }
  return found;
}
