/**
 * What the RTL does in a frame, counted at its memory ports, operand registers and bus, and what the model of activity
 * (`countProgram`, `transferAccesses`, the cycle model) says of it. The two are equal, event by event.
 */
import type { Compiled } from '../compile/compile.ts';
import { enabledCycles, transferAccesses } from '../energy/accesses.ts';
import { countProgram } from '../energy/activity.ts';
import { simulateCycles } from '../simulate/cycles/cycles.ts';
import { type Config, ROW_SETS } from '../spec/config.ts';
import { bankPath } from './banks.ts';
import type { Probe, RtlBench } from './bench.ts';

/** Events of a frame; all are counts. */
export interface FrameActivity {
  readonly weightReads: number;
  readonly weightWrites: number;
  readonly parameterReads: number;
  readonly parameterWrites: number;
  readonly tableWrites: number;
  /** Words of N channels read from banks, by the compute unit and by STORE; the latter alone. */
  readonly bankReads: number;
  readonly storeReads: number;
  /** Bytes written to banks, by the compute unit and by LOAD; words of N channels written by LOAD. */
  readonly bankBytesWritten: number;
  readonly loadWrites: number;
  /** Beats of the bus, instructions included. */
  readonly readBeats: number;
  readonly writeBeats: number;
  /** Bits that change in the operand registers of the array. */
  readonly weightToggles: number;
  readonly activationToggles: number;
  /** Steps that are enabled, over all units and cycles: of requantisation, of the residual, of the tables. */
  readonly requantiseEnables: number;
  readonly residualEnables: number;
  readonly tableEnables: number;
}

/** Steps of a unit, each with an enable (rtl/engine/dw_post.sv). */
const STEPS = { requantise: 11, residual: 17, table: 2 } as const;

const COMPUTE = 'u_core.u_compute';

/** What a Verilated design must make visible for the probes of `activityProbes`. */
export const ACTIVITY_SIGNALS: Readonly<Record<string, readonly string[]>> = {
  dw_ram: ['read_i', 'write_i'],
  dw_activation_memory: ['load', 'store_request_i'],
  dw_compute: ['table_write_valid_i'],
  dw_requantise: ['enable_i'],
  dw_residual: ['enable_i'],
  dw_tables: ['enable_i'],
  dw_multiply: ['weight_q', 'x_q'],
  dw_multiply_pair: ['weight_q', 'x0_q', 'x1_q'],
};

/** Path of every multiplier, pair of multipliers where P > 1, and the names of its activation registers. */
export function multiplierPaths({ lanes, inputs, pixels }: Config): { path: string; activations: string[] }[] {
  const paths: { path: string; activations: string[] }[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    for (let input = 0; input < inputs; input++) {
      const place = `${COMPUTE}.u_array.gen_lane[${lane}].gen_input[${input}]`;
      if (pixels === 1) paths.push({ path: `${place}.gen_single.u_multiply`, activations: ['x_q'] });
      for (let pair = 0; pair + 1 < pixels; pair += 2) {
        const path = `${place}.gen_pairs.gen_pair[${pair}].u_multiply`;
        paths.push({ path, activations: ['x0_q', 'x1_q'] });
      }
    }
  }
  return paths;
}

export function activityProbes(config: Config): Probe[] {
  const probes: Probe[] = [];
  const ones = (sum: keyof FrameActivity, path: string): void => {
    probes.push({ path: `${COMPUTE}.${path}`, what: 'ones', sum });
  };
  ones('weightReads', 'u_weights.read_i');
  ones('weightWrites', 'u_weights.write_i');
  ones('parameterReads', 'u_parameters.read_i');
  ones('parameterWrites', 'u_parameters.write_i');
  ones('tableWrites', 'table_write_valid_i');
  for (let column = 0; column < config.pixels; column++) {
    ones('storeReads', 'u_activations.store_request_i');
    ones('loadWrites', 'u_activations.load');
    for (let set = 0; set < ROW_SETS; set++) {
      ones('bankReads', `${bankPath(set, column)}.read_i`);
      ones('bankBytesWritten', `${bankPath(set, column)}.write_i`);
    }
  }
  for (let lane = 0; lane < config.lanes; lane++) {
    for (let pixel = 0; pixel < config.requantisePixels; pixel++)
      ones('requantiseEnables', `u_post.gen_pixel[${pixel}].gen_lane[${lane}].u_requantise.enable_i`);
  }
  for (let unit = 0; unit < config.residualPixels * config.lanes; unit++)
    ones('residualEnables', `u_post.gen_residual[${unit}].u_residual.enable_i`);
  if (config.tables) ones('tableEnables', 'u_post.gen_tables.u_tables.enable_i');
  for (const { path, activations } of multiplierPaths(config)) {
    probes.push({ path: `${path}.weight_q`, what: 'toggles', sum: 'weightToggles' });
    for (const name of activations) probes.push({ path: `${path}.${name}`, what: 'toggles', sum: 'activationToggles' });
  }
  return probes;
}

/** Counts of a bench to which `activityProbes` were added, fresh from reset, after one frame. */
export async function rtlActivity(bench: RtlBench): Promise<FrameActivity> {
  const sums = await bench.probed();
  const { readBeats, writeBeats } = await bench.statistics();
  return { tableEnables: 0, ...Object.fromEntries(sums), readBeats, writeBeats } as unknown as FrameActivity;
}

/** What a frame does; `memory` is external memory at its start. */
export function expectedActivity(compiled: Compiled, memory: Uint8Array, level = 0): FrameActivity {
  const { config, program } = compiled;
  const stages = countProgram(compiled, memory, level);
  const total = (name: keyof (typeof stages)[number]): number =>
    stages.reduce((sum, stage) => sum + (stage[name] as number), 0);
  const { storeReads, loadWrites, ...writes } = transferAccesses(compiled);
  const cycles = simulateCycles(config, program.instructions, { level });
  const { codes, residual } = enabledCycles(config, {
    parameterReads: total('parameterReads'),
    residualGroups: total('residualGroups'),
  });
  const { lanes, requantisePixels, residualPixels, tables } = config;
  return {
    ...writes,
    weightReads: total('weightReads'),
    parameterReads: total('parameterReads'),
    bankReads: total('bankReads') + storeReads,
    storeReads,
    bankBytesWritten: total('bankWrites') * config.lanes + loadWrites * config.inputs,
    loadWrites,
    readBeats: cycles.readBytes / config.axiBytes,
    writeBeats: cycles.writeBytes / config.axiBytes,
    weightToggles: total('weightToggles'),
    activationToggles: total('activationToggles'),
    requantiseEnables: codes * STEPS.requantise * requantisePixels * lanes,
    residualEnables: residual * STEPS.residual * residualPixels * lanes,
    tableEnables: tables ? codes * STEPS.table : 0,
  };
}

export interface ActivityDifference {
  readonly event: keyof FrameActivity;
  readonly expected: number;
  readonly got: number;
}

/** Every event is compared; those that the RTL did not count differ. */
export function compareActivity(expected: FrameActivity, got: FrameActivity): ActivityDifference[] {
  const events = Object.keys(expected) as (keyof FrameActivity)[];
  return events
    .filter((event) => expected[event] !== got[event])
    .map((event) => ({ event, expected: expected[event], got: got[event] }));
}
