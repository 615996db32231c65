/** A frame as a driver runs it, over the registers. */

import { TRACE_EVENTS, type TraceEvent } from '../generate/wrapper.ts';
import type { Config } from '../spec/config.ts';
import { configIdentity } from '../spec/identity.ts';
import { ERROR_CODES, ERROR_UNITS, registerOffset } from '../spec/registers.ts';
import type { RtlBench } from './bench.ts';

export const eventMask = (event: TraceEvent): number => 1 << TRACE_EVENTS.indexOf(event);

export interface FrameSetup {
  /** Instructions of the program. */
  readonly count: number;
  /** Byte of the image at which the program starts. Default 0. */
  readonly offset?: number;
  /** Address of the image in external memory. Default 0. */
  readonly base?: number;
  /** Pruning level. Default 0. */
  readonly level?: number;
}

export interface FrameResult {
  readonly done: boolean;
  /** Name of the error code, and of the unit that saw it; undefined where there is none. */
  readonly error: { readonly code: string; readonly unit: string; readonly index: number } | undefined;
  readonly busy: boolean;
  readonly counters: FrameCounters;
}

export interface FrameCounters {
  readonly cycles: number;
  readonly retiredLoad: number;
  readonly retiredCompute: number;
  readonly retiredStore: number;
  readonly activeMultiplies: number;
  readonly prunedMultiplies: number;
  readonly readBytes: number;
  readonly writeBytes: number;
}

const CONTROL_START = 1;

/** Writes the registers of a frame and starts it. */
export async function startFrame(bench: RtlBench, setup: FrameSetup): Promise<void> {
  const base = setup.base ?? 0;
  await bench.writeRegister(registerOffset('baseLow'), base % 2 ** 32);
  await bench.writeRegister(registerOffset('baseHigh'), Math.floor(base / 2 ** 32));
  await bench.writeRegister(registerOffset('programOffset'), setup.offset ?? 0);
  await bench.writeRegister(registerOffset('programCount'), setup.count);
  await bench.writeRegister(registerOffset('level'), setup.level ?? 0);
  await bench.writeRegister(registerOffset('control'), CONTROL_START);
}

/** Status, error and counters after a frame. */
export async function readFrame(bench: RtlBench): Promise<FrameResult> {
  const read = (name: string): Promise<number> => bench.readRegister(registerOffset(name));
  const counter = async (name: string): Promise<number> =>
    (await read(`${name}High`)) * 2 ** 32 + (await read(`${name}Low`));
  const status = await read('status');
  const code = await read('errorCode');
  const error =
    (status & 4) === 0
      ? undefined
      : {
          code: ERROR_CODES.find((entry) => entry.code === (code & 0xff))?.name ?? `code ${code & 0xff}`,
          unit: ERROR_UNITS.find((entry) => entry.code === code >> 8)?.name ?? `unit ${code >> 8}`,
          index: await read('errorIndex'),
        };
  return {
    done: (status & 2) !== 0,
    busy: (status & 1) !== 0,
    error,
    counters: {
      cycles: await counter('cycles'),
      retiredLoad: await read('retiredLoad'),
      retiredCompute: await read('retiredCompute'),
      retiredStore: await read('retiredStore'),
      activeMultiplies: await counter('activeMultiplies'),
      prunedMultiplies: await counter('prunedMultiplies'),
      readBytes: await counter('readBytes'),
      writeBytes: await counter('writeBytes'),
    },
  };
}

/** Waits until a stopped machine is idle again: its bus transfers end within `limit` cycles, or this throws. */
export async function waitIdle(bench: RtlBench, limit: number): Promise<void> {
  for (let waited = 0; waited < limit; waited += WAIT_STEP) {
    if (((await bench.readRegister(registerOffset('status'))) & 1) === 0) return;
    await bench.step(WAIT_STEP);
  }
  throw new Error(`the machine is still busy after ${limit} cycles`);
}

const WAIT_STEP = 64;

/** The identity register against a configuration; the first thing that a driver checks. */
export async function checkIdentity(bench: RtlBench, config: Config): Promise<boolean> {
  return (await bench.readRegister(registerOffset('identity'))) === configIdentity(config);
}
