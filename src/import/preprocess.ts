/**
 * The pre-processing statement: how a picture becomes the real input of a network. It is a small JSON file beside the
 * model (`model.preprocess.json`) or arguments of the command line; where neither is given, it is derived only where
 * the model itself states it.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { type Normalisation, normalise, type Picture, SIGNED_RANGE } from '../quantise/preprocess.ts';

export type Resize = 'stretch' | 'letterbox' | 'crop';

export interface Preprocess {
  readonly normalisation: Normalisation;
  /** Height and width in pixels that the statement names; where absent, the network's own. */
  readonly size?: readonly [number, number];
  /** Stretch ignores the aspect ratio, letterbox fills with `background`, crop takes the picture's middle. */
  readonly resize: Resize;
  /** Red, green, blue, 0 to 255. */
  readonly background: readonly [number, number, number];
  /** Where the statement comes from, for reports. */
  readonly origin: string;
}

const perColour = z.union([z.number(), z.tuple([z.number(), z.number(), z.number()])]);

const STATEMENT = z
  .strictObject({
    /** Pixel value (0 to 255) that becomes 0: one number, or red, green, blue. */
    mean: perColour.optional(),
    /** real = (pixel - mean) / deviation. */
    deviation: perColour.optional(),
    /** Instead of both: what pixel 0 and pixel 255 become. */
    range: z.tuple([z.number(), z.number()]).optional(),
    size: z.tuple([z.int().min(1).max(8192), z.int().min(1).max(8192)]).optional(),
    colour: z.enum(['rgb', 'bgr', 'grey']).default('rgb'),
    resize: z.enum(['stretch', 'letterbox', 'crop']).default('stretch'),
    background: z.tuple([byte(), byte(), byte()]).default([255, 255, 255]),
  })
  .refine((s) => (s.range === undefined) !== (s.mean === undefined && s.deviation === undefined), {
    message: "either 'range', or 'mean' and 'deviation'",
  })
  .refine((s) => s.range !== undefined || (s.mean !== undefined && s.deviation !== undefined), {
    message: "'mean' needs 'deviation'",
  })
  .refine((s) => s.range === undefined || s.range[0] < s.range[1], { path: ['range'], message: 'low end first' })
  .refine((s) => triple(s.deviation ?? 1).every((value) => value > 0), {
    path: ['deviation'],
    message: 'deviations are positive',
  });

/** What a statement may hold, as JSON. */
export type PreprocessStatement = z.input<typeof STATEMENT>;

/** Name of the statement file that belongs to a model file. */
export function preprocessFileName(modelFile: string): string {
  return `${modelFile.replace(/\.[^./\\]*$/, '')}.preprocess.json`;
}

/** Reads the text of a statement file. */
export function parsePreprocess(text: string, file: string): Preprocess {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError('bad-arguments', 'the pre-processing statement is not JSON', { file }, EXAMPLE);
  }
  return readPreprocess(value, file);
}

const EXAMPLE = 'A statement looks like {"range": [-1, 1], "colour": "rgb", "resize": "stretch"}.';

/** Checks a statement; `origin` says where it is from (a file, or the command line). */
export function readPreprocess(value: unknown, origin: string): Preprocess {
  const result = STATEMENT.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const field = issue.path.join('.');
    throw new UserError(
      'bad-arguments',
      `the pre-processing statement is wrong: ${issue.message}`,
      { file: origin, ...(field ? { field } : {}) },
      EXAMPLE,
    );
  }
  const { mean, deviation, range, size, colour, resize, background } = result.data;
  const steps = range ? 255 / (range[1] - range[0]) : undefined;
  const normalisation: Normalisation = {
    mean: triple(range ? -range[0] * steps! : mean!),
    deviation: triple(range ? steps! : deviation!),
    order: colour,
  };
  return { normalisation, ...(size ? { size } : {}), resize, background, origin };
}

/**
 * The pre-processing that a model itself states, or undefined where it states none and the user must:
 * builders take pixel / 127.5 - 1; a quantised input of three channels holds pixels as its codes,
 * so that scale * (pixel - zero point) is its real value (int8 codes are pixel - 128).
 */
export function defaultPreprocess(graph: Graph): Preprocess | undefined {
  const input = graph.inputs[0];
  const tensor = input && graph.tensors.get(input.tensor);
  if (!tensor || graph.inputs.length !== 1 || tensor.shape.channels !== 3) return undefined;
  const common = { resize: 'stretch', background: [255, 255, 255] } as const;
  if (graph.format === 'builder') return { ...common, normalisation: SIGNED_RANGE, origin: 'graph builder' };
  const { quantisation } = tensor;
  if (!quantisation || (input.fileType !== 'uint8' && input.fileType !== 'int8')) return undefined;
  const normalisation: Normalisation = {
    mean: triple(quantisation.zeroPoint + 128),
    deviation: triple(1 / quantisation.scale),
    order: 'rgb',
  };
  const origin = `${input.fileType} input of the model: its codes taken as pixels${input.fileType === 'int8' ? ' less 128' : ''}`;
  return { ...common, normalisation, origin };
}

/** Real input of the network, [height][width][channel], from a picture that already has its size. */
export function inputReal(picture: Picture, preprocess: Preprocess): Float32Array {
  return normalise(picture, preprocess.normalisation);
}

function byte(): z.ZodInt {
  return z.int().min(0).max(255);
}

function triple(value: number | readonly [number, number, number]): readonly [number, number, number] {
  return typeof value === 'number' ? [value, value, value] : value;
}
