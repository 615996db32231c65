import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { dsCnn, mobileNetV1, mobileNetV2, mobileNetV3Large, mobileNetV3Small } from './mobilenet.ts';
import { efficientNetLite, mcuNet, mnasNet } from './searched.ts';

/** What the end of a builder's name says, as in `mobilenet_v2_0.75_160`. */
export interface Scale {
  /** Multiplier of the channels, 0.05 to 4. */
  readonly width: number;
  /** Height and width of the input in pixels, 16 to 2048. */
  readonly resolution: number;
}

type Family = (name: string, scale: Scale) => Graph;

/** Networks with a width and a resolution. */
const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['mobilenet_v1', mobileNetV1],
  ['mobilenet_v2', mobileNetV2],
  ['mobilenet_v3_small', mobileNetV3Small],
  ['mobilenet_v3_large', mobileNetV3Large],
  ...[0, 1, 2, 3, 4].map((variant): [string, Family] => [
    `efficientnet_lite${variant}`,
    (name, scale) => efficientNetLite(name, scale, variant),
  ]),
  ['mnasnet', (name, scale) => mnasNet(name, scale, 'b1')],
  ['mnasnet_a1', (name, scale) => mnasNet(name, scale, 'a1')],
  ['mcunet', mcuNet],
]);

/** Networks of one shape. */
const FIXED: ReadonlyMap<string, (name: string) => Graph> = new Map([['ds_cnn', dsCnn]]);

/** Names that `buildGraph` understands, with `<width>` and `<resolution>` where it wants numbers. */
export function listBuilders(): string[] {
  return [...[...FAMILIES.keys()].map((family) => `${family}_<width>_<resolution>`), ...FIXED.keys()];
}

/** Whether a name has the form of a builder's (so that a command can tell it from a file's). */
export function isBuilderName(name: string): boolean {
  return FIXED.has(name) || FAMILIES.has(parse(name)?.family ?? '');
}

/**
 * A float graph with seeded weights, for performance work: `mobilenet_v2_1.0_224`, `ds_cnn`...
 * The same name always gives the same weights.
 */
export function buildGraph(name: string): Graph {
  const fixed = FIXED.get(name);
  if (fixed) return fixed(name);
  const parsed = parse(name);
  const family = FAMILIES.get(parsed?.family ?? '');
  if (!parsed || !family) {
    throw new UserError(
      'bad-arguments',
      `no graph builder is called '${name}'`,
      {},
      `Builders are ${listBuilders().join(', ')}; mobilenet_v2_1.0_224 is an example.`,
    );
  }
  const { width, resolution } = parsed;
  if (!(width >= 0.05 && width <= 4) || !(resolution >= 16 && resolution <= 2048)) {
    throw new UserError(
      'bad-arguments',
      `builder '${name}' asks for width ${width} and resolution ${resolution}`,
      {},
      'Width is 0.05 to 4, resolution 16 to 2048.',
    );
  }
  return family(name, { width, resolution });
}

function parse(name: string): ({ family: string } & Scale) | undefined {
  const match = /^([a-z0-9_]+)_(\d{1,2}(?:\.\d{1,4})?)_(\d{1,5})$/.exec(name);
  return match ? { family: match[1]!, width: Number(match[2]), resolution: Number(match[3]) } : undefined;
}
