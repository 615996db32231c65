/**
 * The timing contract: every number of cycles that the cycle model and the RTL must agree on.
 *
 * Cycle t below is the cycle in which a unit's registers hold the thing named; what it causes is visible at t + the
 * latency given. `simulate/cycles` executes this contract, `docs/timing.md` tells it in words.
 */
import type { Config } from './config.ts';

/** Pipeline of the compute unit, from the cycle in which the sequencer holds a step. */
export const PIPELINE = {
  /** Step issued -> activation banks read (addresses of the slots are computed in between). */
  read: 6,
  /** Banks read -> operands in the multipliers' input registers (rotate, subtract zero point, route). */
  operand: 7,
  /** Operands -> products, the DSP's three registers. */
  multiply: 3,
  /** Accumulator, after log2(N) registered tree levels. */
  accumulate: 1,
  /** Accumulator -> requantised code. */
  requantise: 11,
  /** Requantised code -> residual and table -> write port. */
  residual: 16,
} as const;

/** Cycles from the issue of a group's last step to its write to the activation memory. */
export function writeLatency(config: Config): number {
  const { read, operand, multiply, accumulate, requantise, residual } = PIPELINE;
  const fixed = read + operand + multiply + accumulate + requantise + residual;
  return fixed + Math.log2(config.inputs) + residualTurns(config) - 1;
}

/** Turns in which the residual units see the pixels that are requantised in one cycle; all outputs wait for the last. */
export function residualTurns({ requantisePixels, residualPixels }: Config): number {
  return requantisePixels / residualPixels;
}

/**
 * Cycles from the issue of an instruction's last step to the first cycle in which another instruction that waits for it
 * may issue: all writes done (requantisation may spread a group over several cycles), the count registered.
 */
export function retireLatency(config: Config): number {
  return writeLatency(config) + config.pixels / config.requantisePixels + 1;
}

/** Front end of the compute unit: cycles from taking an instruction off the queue to its earliest start. */
export const SETUP_CYCLES = 24;

/** Instructions that a unit's queue holds. */
export const QUEUE_DEPTH = 16;
/** Instructions that the fetch buffer holds, and the number in one fetch burst. */
export const FETCH_DEPTH = 16;
export const FETCH_BURST = 8;
/** Read bursts in flight, of fetch and load together. */
export const OUTSTANDING_READS = 8;
/** Bytes of the longest burst; no burst crosses a multiple of it (AXI4's 4 kB rule). */
export const BURST_BYTES = 4096;
/** Beats of the longest burst (AXI4 allows 256). */
export const BURST_BEATS = 64;
/** Cycles from the grant of a read address to its handshake: the address channel's output register. */
export const ADDRESS_REGISTER = 1;
/** Words of P x N bytes that the store unit holds or has asked for. */
export const STORE_BUFFER = 8;
/** Cycles from a granted read of the store unit to the word in its buffer. */
export const STORE_READ_LATENCY = 3;
/** Cycles from taking a LOAD or STORE off its queue to its first burst: sizes are multiplied, the burst cut. */
export const TRANSFER_SETUP = 6;
/** Cycles from one burst of a transfer to the next that it can offer. */
export const BURST_INTERVAL = 2;
