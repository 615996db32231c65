/** The whole way from a compiled network to a verdict on its RTL, with the tools of this machine. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Compiled } from '../compile/compile.ts';
import type { BenchOptions, RtlBench } from '../cosim/bench.ts';
import { FAULTS, type FaultName, type FaultResult, runFault } from '../cosim/faults.ts';
import { type VerifyOptions, type VerifyResult, verifyFrame } from '../cosim/verify.ts';
import { wasmBench } from '../cosim/wasm-bench.ts';
import { UserError } from '../errors.ts';
import { compileNetlist } from '../rtlsim/simulator.ts';
import type { WaveSink } from '../rtlsim/vcd.ts';
import type { Config } from '../spec/config.ts';
import { verilatorBench } from './cosim-verilator.ts';
import { elaborateCached } from './netlist-cache.ts';
import { rtlDesign } from './rtl-sources.ts';
import { buildVerilator, verilatorVersion } from './verilator-build.ts';

export type RtlSimulator = 'verilator' | 'wasm';

export interface CosimOptions extends Omit<VerifyOptions, 'timing'> {
  /** Default: Verilator where it is installed, else the WebAssembly simulator, which needs npm alone. */
  readonly simulator?: RtlSimulator;
  /** Folder that keeps built simulators. */
  readonly cache: string;
  /** VCD file to write. */
  readonly wave?: string;
  /** A frame that must fail, run before the one that is compared. */
  readonly fault?: FaultName;
  /** Hold every bus channel back at random. */
  readonly stalls?: { readonly seed: number; readonly rate?: number };
  /** What is being built or run, for people who wait. */
  readonly onPhase?: (phase: string) => void;
}

export interface CosimResult extends VerifyResult {
  readonly simulator: RtlSimulator;
  /** What became of the frame that must fail. */
  readonly fault?: FaultResult;
}

/** Characters of a wave that are held back before they are written. */
const WAVE_BUFFER = 1 << 20;

/** 256ths of the cycles in which a stalling channel is held back. */
const STALL_RATE = 64;

/** Verilator where it is installed. */
export async function defaultSimulator(): Promise<RtlSimulator> {
  return (await verilatorVersion()) === undefined ? 'wasm' : 'verilator';
}

/** Builds (or finds) the design of a configuration and puts it on a bench, out of reset. `wave`: VCD file to write. */
export async function openRtl(
  config: Config,
  simulator: RtlSimulator,
  cache: string,
  options: BenchOptions,
  wave?: string,
): Promise<RtlBench> {
  const design = await rtlDesign(config, { trace: true });
  const sink = wave === undefined ? undefined : fileSink(wave);
  if (simulator === 'wasm')
    return wasmBench(await compileNetlist(await elaborateCached(design, cache), design.top), options, sink);
  sink?.close();
  const build = await buildVerilator({ ...design, ...(wave !== undefined && { wave: true }) }, cache);
  return verilatorBench(build, design.top, options, wave);
}

/** A text file that is written in pieces; refused at once where that is impossible. */
function fileSink(path: string): WaveSink {
  const fail = (error: unknown): never => {
    const reason = (error as NodeJS.ErrnoException).code;
    const fix = 'Name a file in a folder that exists and is writable.';
    throw new UserError('output-not-writable', `the wave cannot be written (${reason})`, { file: path }, fix);
  };
  let file: number;
  try {
    file = openSync(path, 'w');
  } catch (error) {
    return fail(error);
  }
  let held: string[] = [];
  let size = 0;
  const flush = (): void => {
    try {
      writeSync(file, held.join(''));
    } catch (error) {
      fail(error);
    }
    held = [];
    size = 0;
  };
  return {
    write(text) {
      held.push(text);
      size += text.length;
      if (size > WAVE_BUFFER) flush();
    },
    close() {
      flush();
      closeSync(file);
    },
  };
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
  const stalls = options.stalls && { seed: options.stalls.seed, rate: options.stalls.rate ?? STALL_RATE };
  const setup = { memoryBytes: program.memoryBytes, memoryLatency, ...(stalls && { stalls }) };
  const bench = await openRtl(config, simulator, options.cache, setup, options.wave);
  try {
    let fault: FaultResult | undefined;
    if (options.fault !== undefined) {
      options.onPhase?.(`running a frame with ${FAULTS[options.fault].description}`);
      fault = await runFault(bench, compiled, inputs, options.fault);
    }
    options.onPhase?.('running the frame');
    const result = await verifyFrame(bench, compiled, inputs, expected, {
      ...options,
      timing: options.stalls === undefined,
    });
    return { ...result, simulator, ...(fault && { fault }) };
  } finally {
    await bench.close();
  }
}
