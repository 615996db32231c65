/** MobileNetV3 in GGUF, with the tensor names of torchvision (as npm's `@qvac/classification-ggml` ships one). */
import { UserError } from '../../errors.ts';
import type { Graph } from '../../graph/graph.ts';
import { validateGraph } from '../../graph/validate.ts';
import { RELU } from '../../zoo/builder.ts';
import { V3_LARGE, V3_SMALL, type V3Row } from '../../zoo/mobilenet.ts';
import { type Preprocess, readPreprocess } from '../preprocess.ts';
import { type GgufFile, readGguf } from './file.ts';
import { GgufBuilder } from './layers.ts';

const ARCHITECTURES: ReadonlyMap<unknown, readonly V3Row[]> = new Map([
  ['mobilenetv3-small', V3_SMALL],
  ['mobilenetv3-large', V3_LARGE],
]);

/** A GGUF file as a graph: batch normalisation folded, softmax left to the host. */
export function importGguf(bytes: Uint8Array, name: string): Graph {
  const file = readGguf(bytes);
  const architecture = file.metadata.get('general.architecture');
  const rows = ARCHITECTURES.get(architecture);
  if (!rows) {
    const known = [...ARCHITECTURES.keys()].join(' and ');
    throw new UserError('unsupported', `GGUF architecture '${String(architecture)}'`, {}, `Known are ${known}.`);
  }
  const size = positive(file, 'mobilenet.image_size', 4096);
  const builder = new GgufBuilder(file, number(file, 'mobilenet.bn_eps'));
  let from = builder.input('image', { height: size, width: size, channels: 3 });
  from = activate(builder, builder.normalisedConv('features.0', from, { channels: 16, kernel: 3, stride: 2 }), true);
  rows.forEach((row, i) => {
    from = block(builder, `features.${i + 1}.block`, from, row);
  });
  const head = `features.${rows.length + 1}`;
  from = activate(builder, builder.normalisedConv(head, from, { channels: rows.at(-1)![1] }), true);
  const hidden = builder.linear('classifier.0', builder.mean('mean', from), extent(file, 'classifier.0.weight'), false);
  const classes = positive(file, 'mobilenet.num_classes', 65536);
  const logits = builder.linear('classifier.3', activate(builder, hidden, true), classes, false);
  return validateGraph({
    name,
    format: 'gguf',
    inputs: [{ tensor: 'image', fileType: 'float32' }],
    outputs: [{ name: 'probabilities', tensor: logits, hostOperators: ['softmax'] }],
    tensors: builder.tensors,
    nodes: builder.nodes,
    notes: [],
  });
}

/** Expand, depthwise, squeeze-and-excite, project: the parts that a row has are numbered through. */
function block(builder: GgufBuilder, name: string, input: string, row: V3Row): string {
  const [kernel, expanded, channels, excite, hardSwish, stride] = row;
  const from = builder.shape(input).channels;
  const clamp = hardSwish ? {} : { clamp: RELU };
  let part = 0;
  let x = input;
  if (expanded !== from) {
    x = activate(builder, builder.normalisedConv(`${name}.${part++}`, x, { channels: expanded, ...clamp }), hardSwish);
  }
  const depthwise = { op: 'depthwise', channels: expanded, kernel, stride, ...clamp } as const;
  x = activate(builder, builder.normalisedConv(`${name}.${part++}`, x, depthwise), hardSwish);
  if (excite) {
    const unit = `${name}.${part++}`;
    // A quarter of the channels, to the nearest multiple of 8.
    const squeezed = Math.max(8, Math.floor((expanded / 4 + 4) / 8) * 8);
    const reduced = builder.linear(`${unit}.fc1`, builder.mean(`${unit}.mean`, x), squeezed, true, RELU);
    const restored = builder.linear(`${unit}.fc2`, reduced, expanded, true);
    const gate = builder.activation(`${unit}.gate`, restored, 'hardSigmoid');
    x = builder.pair('mul', `${unit}.scale`, x, gate);
  }
  x = builder.normalisedConv(`${name}.${part}`, x, { channels });
  return stride === 1 && channels === from ? builder.pair('add', `${name}.add`, input, x) : x;
}

function activate(builder: GgufBuilder, tensor: string, hardSwish: boolean): string {
  return hardSwish ? builder.activation(`${tensor}.hswish`, tensor, 'hardSwish') : tensor;
}

/** The pre-processing that the file states: size, and mean and deviation of each colour. */
export function ggufPreprocess(bytes: Uint8Array, origin: string): Preprocess {
  const file = readGguf(bytes);
  const size = positive(file, 'mobilenet.image_size', 4096);
  const colours = (part: string): number[] => ['r', 'g', 'b'].map((c) => 255 * number(file, `mobilenet.${part}_${c}`));
  return readPreprocess({ mean: colours('mean'), deviation: colours('std'), size: [size, size] }, origin);
}

/** Names of the classes, in order. */
export function ggufLabels(bytes: Uint8Array): string[] {
  const file = readGguf(bytes);
  const count = positive(file, 'mobilenet.num_classes', 65536);
  return Array.from({ length: count }, (_, i) => String(file.metadata.get(`mobilenet.class_${i}`) ?? i));
}

function number(file: GgufFile, field: string): number {
  const value = file.metadata.get(field);
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new UserError('bad-model', `it is ${String(value)}, not a number`, { field });
  }
  return value;
}

function positive(file: GgufFile, field: string, most: number): number {
  const value = number(file, field);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new UserError('bad-model', `it is ${value}, not a whole number of 1 to ${most}`, { field });
  }
  return value;
}

/** Outermost extent of a tensor. */
function extent(file: GgufFile, tensor: string): number {
  return file.tensors.get(tensor)?.dims[0] ?? 1;
}
