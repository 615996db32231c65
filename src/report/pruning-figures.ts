/** Figures of calibrated pruning levels: what `figures.json` holds, and what tables and pictures show. */
import { z } from 'zod';
import { COMPONENTS } from '../energy/coefficients.ts';
import { UserError } from '../errors.ts';

export const FIGURES_FORMAT = 'depthwright-pruning-figures/2';

const band = z.object({ low: z.number(), mid: z.number(), high: z.number() }).readonly();
const components = z.record(z.enum(COMPONENTS), band).readonly();
const nullable = z.number().nullable();

const level = z
  .object({
    level: z.int().min(0),
    /** Percent of the pictures; agreement with level 0 where they have no labels. */
    top1Calibration: z.number(),
    /** On pictures that calibration did not see; null where none were kept back. */
    top1Holdout: nullable,
    agreementHoldout: nullable,
    /** Shares of level 0's energy a frame: of the chip's dynamic energy, and with static power and DRAM. */
    dynamicSaved: band,
    totalSaved: band,
    cycles: z.number(),
    framesPerSecond: z.number(),
    dynamicMillijoules: band,
    millijoules: band,
    /** Watts while frames follow each other without a pause. */
    watts: band,
    /** At level 0's frame rate: static power and the clock go on while the accelerator waits for the next frame. */
    fixedRate: z.object({ watts: band, dynamicWatts: band, dynamicSaved: band, totalSaved: band }).readonly(),
    gopsPerWatt: band,
    /** Millijoules a frame. */
    components,
  })
  .readonly();

const figures = z
  .object({
    format: z.literal(FIGURES_FORMAT),
    model: z.string(),
    config: z.string(),
    objective: z.enum(['energy', 'latency']),
    /** Points of top-1 that the highest level may cost. */
    budget: z.number(),
    /** False where agreement with level 0 stands for accuracy. */
    labelled: z.boolean(),
    /** Pictures that calibrated, that only judged, and that activity and causes were counted on. */
    pictures: z.object({ calibration: z.int(), holdout: z.int(), activity: z.int(), causes: z.int() }).readonly(),
    levels: z.array(level).min(1).readonly(),
    /** Shares of level 0's dynamic energy that the causes save at the highest level; they add up to its saving. */
    causes: z
      .object({ zeroActivations: band, weights: band, activations: band, products: band, skippedSteps: band })
      .readonly(),
    /** Layers as the engine runs them, at level 0 and at the highest level; microjoules a frame. */
    layers: z.array(z.object({ name: z.string(), before: components, after: components }).readonly()).readonly(),
    search: z.array(z.object({ price: z.number(), divergence: z.number() }).readonly()).readonly(),
  })
  .readonly();

export type PruningFigures = z.infer<typeof figures>;
export type LevelFigures = z.infer<typeof level>;
export type LayerFigures = PruningFigures['layers'][number];
export type Cause = keyof PruningFigures['causes'];

/** Reads `figures.json`; throws where it is not what `prune` writes. */
export function parseFigures(text: string): PruningFigures {
  const fail = (what: string) =>
    new UserError('bad-arguments', `the figures of the pruning levels cannot be read: ${what}`, {}, 'Calibrate again.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail((error as Error).message);
  }
  const parsed = figures.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw fail(`${path.join('.')}: ${message}`);
}
