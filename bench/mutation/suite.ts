/**
 * Judges a design with the checks of the ordinary tests (test/rtl), the quick ones that look closest at the changed file
 * first; the first complaint ends it. Slower designs follow only while nothing is found.
 */
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { wasmBench } from '../../src/cosim/wasm-bench.ts';
import type { RtlSimulator } from '../../src/node/cosim.ts';
import { verilatorBench } from '../../src/node/cosim-verilator.ts';
import { type RtlReplacements, rtlDesign } from '../../src/node/rtl-sources.ts';
import { buildVerilator, type VerilatorBuild } from '../../src/node/verilator-build.ts';
import { elaborate, runYosysScript } from '../../src/node/yosys.ts';
import { compileNetlist, type Simulator } from '../../src/rtlsim/simulator.ts';
import { type Config, parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import type { Rig } from '../../test/rtl/support/benches.ts';
import { FaultBench, faultyComputes, faultyPrograms } from '../../test/rtl/support/faults.ts';
import { verifyLevels } from '../../test/rtl/support/levels.ts';
import { withRowsOutside, withStoreWaits, withTies } from '../../test/rtl/support/odd-programs.ts';
import { PROOFS, proveCase } from '../../test/rtl/support/proofs.ts';
import { residualPair, verifyPairs } from '../../test/rtl/support/random-pairs.ts';
import { verifyRegisters } from '../../test/rtl/support/registers.ts';
import { verifySets, verifyTransfers } from '../../test/rtl/support/transfers.ts';
import { TURNS } from '../../test/rtl/support/turns.ts';

export interface SuiteOptions {
  readonly simulator: RtlSimulator;
  /** Folder for built simulators; builds of a judged design are removed again. */
  readonly cache: string;
}

/** What a check found first, or undefined. */
type Check = (rig: Rig, replace: RtlReplacements) => Promise<string | undefined>;

interface Stage {
  readonly name: string;
  readonly check: Check;
  /** Files (below `rtl/`) that this stage can judge; default all. */
  readonly judges?: (file: string) => boolean;
}

/** The machine's yosys elaborates in half the time of npm's. */
const nativeYosys = runYosysScript('', [], [], 'native').then(
  () => true,
  () => false,
);

const SEED = 20_250_301;
const tiny = namedConfig('tiny');
/** One pixel, wide multipliers, a bus of one byte. */
const narrow = parseConfig({
  ...tiny,
  name: 'narrow',
  pixels: 1,
  lanes: 2,
  inputs: 8,
  multiplierBits: 31,
  requantisePixels: 1,
  axiBytes: 1,
  windowKernels: ['depthwise3'],
});
/** As pynq-z2, with half the lanes and a bus wide enough for the queue of the tables: all kernels of the window path. */
const stems = parseConfig({ ...namedConfig('pynq-z2'), name: 'stems', lanes: 4, axiBytes: 32 });
/** Beats of two instructions. */
const wideBus = parseConfig({ ...namedConfig('virtex7'), name: 'wide', windowKernels: ['depthwise3'] });

/** Behaves in a way of its own where there are turns or segments. */
const onTurns = (file: string): boolean =>
  /^(memory\/dw_ram|memory\/dw_activation_memory|engine\/dw_(post|residual|sequencer))\.sv$/.test(file);
/** Reached without a compute unit. */
const onBus = (file: string): boolean => /^(control\/|top\/|lib\/dw_(fifo|slice)\.sv$)/.test(file);

const transfers =
  (config: Config, stalls?: { seed: number; rate: number }): Check =>
  async (rig) =>
    (await verifyTransfers(rig, config, SEED, stalls)).complaints[0];

const sets =
  (config: Config): Check =>
  async (rig) =>
    (await verifySets(rig, config)).complaints[0];

const layers =
  (config: Config, firstSeed: number, count: number): Check =>
  async (rig) => {
    const result = await verifyPairs(rig, config, { firstSeed, pairs: count, bail: true });
    if (result.complaints.length === 0 && result.compared === 0) throw new Error('no layer was compared');
    return result.complaints[0];
  };

const residuals =
  (config: Config, firstSeed: number, count: number): Check =>
  async (rig) => {
    const result = await verifyPairs(rig, config, { firstSeed, pairs: count, pairAt: residualPair, bail: true });
    if (result.complaints.length === 0 && result.compared === 0) throw new Error('no residual was compared');
    return result.complaints[0];
  };

const levels =
  (config: Config, firstSeed: number, count: number): Check =>
  async (rig) => {
    const result = await verifyLevels(rig, config, { firstSeed, layers: count, bail: true });
    if (result.complaints.length === 0 && result.counted === 0) throw new Error('no activity was compared');
    return result.complaints[0];
  };

/** Layers with something changed that the compiler does otherwise. */
const changed =
  (change: typeof withRowsOutside): Check =>
  async (rig) => {
    const result = await verifyLevels(rig, tiny, { firstSeed: SEED + 700, layers: 6, change, bail: true });
    if (result.complaints.length === 0 && result.done === 0) throw new Error('no program was changed');
    return result.complaints[0];
  };

const faults =
  (whole: boolean): Check =>
  async (rig) => {
    const bench = await FaultBench.open(rig, SEED, whole);
    try {
      const steps = [
        () => bench.identity(),
        () => bench.correctFrame(),
        ...(whole ? [() => bench.frameOfSets()] : []),
        ...(whole ? faultyComputes : faultyPrograms).map((program) => () => bench.faulty(program)),
        () => bench.startedTwice(),
        () => bench.stoppedAtRandom(SEED, whole ? 2 : 6),
        () => bench.interrupts(),
      ];
      for (const step of steps) {
        const [complaint] = await step();
        if (complaint !== undefined) return complaint;
      }
      return undefined;
    } finally {
      await bench.close();
    }
  };

const proofs: Check = async (_, replace) => {
  for (const proof of PROOFS.filter(({ top }) => replace.size === 0 || replace.has(`${top}.sv`))) {
    const { status } = await proveCase(proof, replace);
    if (status !== 'proved') return `${proof.top} is ${status}`;
  }
  return undefined;
};

const STAGES: readonly Stage[] = [
  {
    name: 'registers',
    judges: (file) => file === 'control/dw_registers.sv',
    check: async (_, replace) => (await verifyRegisters(SEED, replace)).complaints[0],
  },
  { name: 'transfers', judges: onBus, check: transfers(tiny) },
  { name: 'transfers, stalls', judges: onBus, check: transfers(tiny, { seed: 77, rate: 120 }) },
  { name: 'faults', judges: onBus, check: faults(false) },
  { name: 'proofs', judges: (file) => PROOFS.some(({ top }) => file.endsWith(`/${top}.sv`)), check: proofs },
  { name: 'SETs alone, wide bus', judges: onBus, check: sets(wideBus) },
  { name: 'transfers, wide bus', judges: onBus, check: transfers(wideBus) },
  { name: 'residuals, turns', judges: onTurns, check: residuals(TURNS, SEED + 4000, 10) },
  { name: 'layers, turns', judges: onTurns, check: layers(TURNS, SEED + 4500, 25) },
  { name: 'layers', check: layers(tiny, SEED, 25) },
  { name: 'levels', check: levels(tiny, SEED + 500, 12) },
  { name: 'rows outside the map', judges: (file) => file.startsWith('engine/'), check: changed(withRowsOutside) },
  {
    name: 'ties of products',
    judges: (file) => /^engine\/dw_(array|stage_context)\.sv$/.test(file),
    check: changed(withTies),
  },
  { name: 'waits for stores', judges: (file) => file === 'engine/dw_front.sv', check: changed(withStoreWaits) },
  { name: 'faults of the compute unit', check: faults(true) },
  { name: 'layers, narrow', check: layers(narrow, SEED + 2000, 25) },
  { name: 'levels, narrow', check: levels(narrow, SEED + 2500, 8) },
  { name: 'layers, stems', check: layers(stems, SEED + 3000, 30) },
  { name: 'levels, stems', check: levels(stems, SEED + 3500, 10) },
];

/** Names of the stages that look at a file, in their order. */
export function stagesOf(file: string): string[] {
  return STAGES.filter(({ judges }) => judges?.(file) ?? true).map(({ name }) => name);
}

export type Verdict =
  | { readonly status: 'caught'; readonly stage: string; readonly complaint: string }
  | { readonly status: 'survived' }
  /** It does not build. */
  | { readonly status: 'invalid'; readonly complaint: string };

/** Judges the design with `replace` in it by the stages that `wants` names. */
export async function judge(
  replace: RtlReplacements,
  options: SuiteOptions,
  wants: (stage: string) => boolean,
): Promise<Verdict> {
  const rig = new MutantRig(replace, options);
  try {
    for (const { name, check } of STAGES) {
      if (!wants(name)) continue;
      let complaint: string | undefined;
      try {
        complaint = await check(rig, replace);
      } catch (error) {
        if ((error as { code?: string }).code === 'bad-build')
          return { status: 'invalid', complaint: (error as Error).message };
        // A design that does not answer, or breaks its simulator, is caught like one that answers wrongly.
        complaint = `stopped: ${(error as Error).message}`;
      }
      if (complaint !== undefined) return { status: 'caught', stage: name, complaint };
    }
    return { status: 'survived' };
  } finally {
    await rig.clean();
  }
}

/** Designs with replacements, each built once and forgotten with the rig. */
class MutantRig implements Rig {
  private readonly replace: RtlReplacements;
  private readonly options: SuiteOptions;
  private readonly verilated = new Map<string, Promise<VerilatorBuild>>();
  private readonly compiled = new Map<string, Promise<Simulator>>();

  constructor(replace: RtlReplacements, options: SuiteOptions) {
    this.replace = replace;
    this.options = options;
  }

  design: Rig['design'] = (config, options) => rtlDesign(config, { ...options, trace: true, replace: this.replace });

  open: Rig['open'] = async (design, options) => {
    const key = JSON.stringify([design.top, design.sources.map(({ name }) => name)]);
    const { simulator, cache } = this.options;
    if (simulator === 'verilator') {
      let build = this.verilated.get(key);
      if (build === undefined) {
        build = buildVerilator({ ...design, fast: false }, cache);
        this.verilated.set(key, build);
      }
      return verilatorBench(await build, design.top, options);
    }
    let netlist = this.compiled.get(key);
    if (netlist === undefined) {
      netlist = elaborate({ sources: design.sources, top: design.top }, (await nativeYosys) ? 'native' : 'npm').then(
        (made) => compileNetlist(made, design.top),
      );
      this.compiled.set(key, netlist);
    }
    return wasmBench(await netlist, options);
  };

  async clean(): Promise<void> {
    if (this.replace.size === 0) return;
    for (const build of this.verilated.values()) {
      const made = await build.catch(() => undefined);
      if (made !== undefined && basename(made.executable) === 'design')
        await rm(dirname(made.executable), { recursive: true, force: true });
    }
  }
}
