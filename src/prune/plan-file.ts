/** Pruning levels as a JSON text and a block of bytes, and back. */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Network } from '../network/network.ts';
import { packArrays, type SerialisedNetwork, unpackArrays } from '../network/serialise.ts';
import { networkIdentity, type PruningPlan } from './levels.ts';
import { orderChannels } from './order.ts';

export const PLAN_FORMAT = 'depthwright-pruning/1';

export interface PlanFile {
  /** Identity of the network before its hidden channels were put in order. */
  readonly source: string;
  readonly orders: readonly (readonly [number, Int32Array])[];
  readonly plan: PruningPlan;
}

export function serialisePlan(file: PlanFile): SerialisedNetwork {
  return packArrays({ format: PLAN_FORMAT, ...file });
}

const integers = (kind: typeof Int32Array | typeof Int16Array) => z.instanceof(kind);
const schema = z.object({
  format: z.literal(PLAN_FORMAT),
  source: z.string(),
  orders: z.array(z.tuple([z.int().min(0), integers(Int32Array)])),
  plan: z.object({
    network: z.string(),
    channelsPerWord: z.int().min(1),
    levels: z.array(
      z.object({
        layers: z.array(
          z.object({
            layer: z.int().min(0),
            weightThreshold: z.int().min(0).max(127),
            activationThreshold: z.int().min(0).max(255),
            activationShift: z.int().min(0).max(3).optional(),
            productShift: z.int().min(0).max(8).optional(),
            bias: integers(Int32Array).optional(),
            weights: integers(Int16Array).optional(),
          }),
        ),
        skipped: z.array(z.object({ producer: z.int().min(0), words: z.int().min(1) })),
      }),
    ),
  }),
});

export function deserialisePlan(serialised: SerialisedNetwork): PlanFile {
  let value: unknown;
  try {
    value = unpackArrays(serialised);
  } catch (error) {
    throw broken((error as Error).message);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw broken(parsed.error.issues[0]!.message);
  return parsed.data as PlanFile;
}

const broken = (what: string): UserError =>
  new UserError('bad-arguments', `the pruning levels cannot be read: ${what}`, {}, 'Calibrate again.');

/** The network as the plan wants it, and the plan; throws where they do not belong together. */
export function applyPlanFile(network: Network, file: PlanFile): { network: Network; plan: PruningPlan } {
  if (networkIdentity(network) !== file.source) {
    throw new UserError(
      'bad-arguments',
      'the pruning levels were calibrated for another network',
      { file: network.name },
      'Calibrate this one with `depthwright prune`.',
    );
  }
  return { network: orderChannels(network, new Map(file.orders)), plan: file.plan };
}
