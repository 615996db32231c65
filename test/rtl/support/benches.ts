/** Benches of a design, with what they need built once. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTIVITY_SIGNALS } from '../../../src/cosim/activity.ts';
import type { BenchOptions, RtlBench } from '../../../src/cosim/bench.ts';
import { wasmBench } from '../../../src/cosim/wasm-bench.ts';
import type { RtlSimulator } from '../../../src/node/cosim.ts';
import { verilatorBench } from '../../../src/node/cosim-verilator.ts';
import { type RtlDesign, type RtlOptions, rtlDesign } from '../../../src/node/rtl-sources.ts';
import { buildVerilator, verilatorVersion } from '../../../src/node/verilator-build.ts';
import { elaborate } from '../../../src/node/yosys.ts';
import { compileNetlist, type Simulator } from '../../../src/rtlsim/simulator.ts';
import type { Config } from '../../../src/spec/config.ts';

export const hasVerilator: boolean = (await verilatorVersion()) !== undefined;

/** Set in CI: everything, on both simulators; a quick part on the WebAssembly simulator otherwise. */
export const thorough: boolean = process.env.DEPTHWRIGHT_THOROUGH !== undefined;

export const simulators: readonly RtlSimulator[] = thorough && hasVerilator ? ['wasm', 'verilator'] : ['wasm'];

/** Verilated designs of this run; a folder kept by CI makes them permanent. */
export const verilatorCache: string =
  process.env.DEPTHWRIGHT_CACHE ?? mkdtempSync(join(tmpdir(), 'depthwright-verilator-'));

const built = new Map<string, Promise<Simulator>>();

/** `counted`: signals of `activityProbes` can be counted; slower. */
export async function openBench(
  design: RtlDesign,
  simulator: RtlSimulator,
  options: BenchOptions,
  counted = false,
): Promise<RtlBench> {
  if (simulator === 'verilator') {
    const visible = counted ? { visible: ACTIVITY_SIGNALS } : {};
    const build = await buildVerilator({ ...design, ...visible, fast: false }, verilatorCache);
    return verilatorBench(build, design.top, options);
  }
  const key = JSON.stringify([design, counted]);
  let made = built.get(key);
  if (made === undefined) {
    made = elaborate({ sources: design.sources, top: design.top }).then((netlist) =>
      compileNetlist(netlist, design.top, { wires: counted }),
    );
    built.set(key, made);
  }
  return wasmBench(await made, options);
}

/** How a check gets at the design that it judges: the tree's, or one with a fault in it. */
export interface Rig {
  design(config: Config, options?: Omit<RtlOptions, 'trace' | 'replace'>): Promise<RtlDesign>;
  open(design: RtlDesign, options: BenchOptions): Promise<RtlBench>;
}

/** The tree's design. */
export function rigOf(simulator: RtlSimulator): Rig {
  return {
    design: (config, options) => rtlDesign(config, { ...options, trace: true }),
    open: (design, options) => openBench(design, simulator, options),
  };
}
