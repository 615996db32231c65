/** The whole way from a compiled network to a verdict on its RTL, with the tools of this machine. */
import { resolve } from 'node:path';
import type { Compiled } from '../compile/compile.ts';
import type { BenchOptions, RtlBench } from '../cosim/bench.ts';
import { type VerifyOptions, type VerifyResult, verifyFrame } from '../cosim/verify.ts';
import { wasmBench } from '../cosim/wasm-bench.ts';
import { compileNetlist } from '../rtlsim/simulator.ts';
import type { Config } from '../spec/config.ts';
import { verilatorBench } from './cosim-verilator.ts';
import { rtlDesign } from './rtl-sources.ts';
import { buildVerilator, verilatorVersion } from './verilator-build.ts';
import { elaborate } from './yosys.ts';

export type RtlSimulator = 'verilator' | 'wasm';

export interface CosimOptions extends Omit<VerifyOptions, 'timing'> {
  /** Default: Verilator where it is installed, else the WebAssembly simulator, which needs npm alone. */
  readonly simulator?: RtlSimulator;
  /** Folder that keeps built simulators. */
  readonly cache: string;
  /** Hold every bus channel back at random. */
  readonly stalls?: { readonly seed: number; readonly rate?: number };
  /** What is being built or run, for people who wait. */
  readonly onPhase?: (phase: string) => void;
}

export interface CosimResult extends VerifyResult {
  readonly simulator: RtlSimulator;
}

/** 256ths of the cycles in which a stalling channel is held back. */
const STALL_RATE = 64;

/** Verilator where it is installed. */
export async function defaultSimulator(): Promise<RtlSimulator> {
  return (await verilatorVersion()) === undefined ? 'wasm' : 'verilator';
}

/** Builds (or finds) the design of a configuration and puts it on a bench, out of reset. */
export async function openRtl(
  config: Config,
  simulator: RtlSimulator,
  cache: string,
  options: BenchOptions,
): Promise<RtlBench> {
  const design = await rtlDesign(config, { trace: true });
  if (simulator === 'verilator')
    return verilatorBench(await buildVerilator(design, resolve(cache)), design.top, options);
  return wasmBench(await compileNetlist(await elaborate(design), design.top), options);
}

/** Runs one frame of `compiled` on the RTL; `expected` holds the codes of every network tensor. */
export async function cosimulate(
  compiled: Compiled,
  inputs: readonly Int8Array[],
  expected: readonly Int8Array[],
  options: CosimOptions,
): Promise<CosimResult> {
  const { config, program } = compiled;
  const simulator = options.simulator ?? (await defaultSimulator());
  const memoryLatency = options.memoryLatency ?? config.memoryLatency;
  options.onPhase?.(`building the RTL of '${config.name}' for ${simulator}`);
  const bench = await openRtl(config, simulator, options.cache, {
    memoryBytes: program.memoryBytes,
    memoryLatency,
    ...(options.stalls && { stalls: { seed: options.stalls.seed, rate: options.stalls.rate ?? STALL_RATE } }),
  });
  try {
    options.onPhase?.('running the frame');
    const result = await verifyFrame(bench, compiled, inputs, expected, {
      ...options,
      timing: options.stalls === undefined,
    });
    return { ...result, simulator };
  } finally {
    await bench.close();
  }
}
