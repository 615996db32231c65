/**
 * onnxruntime-node, every activation made visible. A development dependency: without it the comparison says so.
 */
import { UserError } from '../../errors.ts';
import type { Graph, GraphTensor, Shape } from '../../graph/graph.ts';
import { DATA_TYPE, decodeModel, type ModelProto, onnxModelType } from '../../import/onnx/proto.ts';
import type { OutsideRuntime, OutsideValues } from './outside.ts';

type Module = typeof import('onnxruntime-node');
type Tensor = InstanceType<Module['Tensor']>;

/** The runtime on the bytes of an .onnx file whose imported graph is `graph`. */
export async function openOnnxruntime(model: Uint8Array, graph: Graph): Promise<OutsideRuntime> {
  const runtime = await loadModule();
  const file = decodeModel(model);
  const [input] = graph.inputs as readonly [Graph['inputs'][0]];
  const { shape, quantisation } = graph.tensors.get(input.tensor)!;
  const stated = file.graph!.input.find(({ name }) => name === input.tensor)?.type?.tensorType?.shape?.dim.length ?? 4;
  const last = readsChannelsLast(file, input.tensor);
  const dims = stated === 2 ? [1, shape.channels] : last ? nhwc(shape) : nchw(shape);
  const shownAs = shownNames(file, graph);
  const session = await runtime.InferenceSession.create(withOutputs(model, shownAs.values()), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Without it the int8 kernels of processors without VNNI saturate their 16-bit sums.
    extra: { session: { qdqisint8allowed: '1' } },
  });
  return {
    name: `onnxruntime-node ${runtime.env.versions.node ?? ''}`.trim(),
    async run(values) {
      const real = values.kind === 'real' ? values.values : realOf(values.codes, quantisation!);
      const given = stated === 4 && !last ? channelsFirst(real, shape) : real;
      const feed =
        input.fileType === 'uint8' && values.kind === 'codes'
          ? new runtime.Tensor(
              'uint8',
              Uint8Array.from(channelsFirstOr(values.codes, shape, !last), (c) => c + 128),
              dims,
            )
          : new runtime.Tensor('float32', given, dims);
      const results = await session.run({ [input.tensor]: feed });
      const shown = new Map<string, OutsideValues>();
      for (const [name, value] of shownAs) {
        const result = results[value];
        if (result) shown.set(name, readResult(result, graph.tensors.get(name)!));
      }
      return shown;
    },
  };
}

async function loadModule(): Promise<Module> {
  try {
    return await import('onnxruntime-node');
  } catch {
    throw new UserError('tool-missing', 'onnxruntime-node is not installed', {}, 'Run npm i -D onnxruntime-node.');
  }
}

/**
 * The float value of the file that carries each tensor of the graph. For codes it is the output of their
 * DequantizeLinear: the runtime changes int8 codes to uint8 ones where it may, so showing the codes themselves would
 * keep it from fusing the layer and change what it computes.
 */
function shownNames(file: ModelProto, graph: Graph): Map<string, string> {
  const names = new Map<string, string>();
  const nodes = file.graph!.node;
  for (const node of nodes) {
    for (const output of node.output) {
      if (!graph.tensors.has(output)) continue;
      const dequantised = nodes.find(({ opType, input }) => opType === 'DequantizeLinear' && input[0] === output);
      if (node.opType !== 'QuantizeLinear') names.set(output, output);
      else if (dequantised) names.set(output, dequantised.output[0]!);
    }
  }
  return names;
}

/** Appending a message to a message merges both, so further graph outputs need no rewriting of the file. */
function withOutputs(model: Uint8Array, names: Iterable<string>): Uint8Array {
  const present = new Set(decodeModel(model).graph!.output.map(({ name }) => name));
  const output = [...new Set(names)]
    .filter((name) => !present.has(name))
    .map((name) => ({ name, type: { tensorType: { elemType: DATA_TYPE.float32 } } }));
  const type = onnxModelType();
  const more = type.encode(type.fromObject({ graph: { output } })).finish();
  const joined = new Uint8Array(model.length + more.length);
  joined.set(model);
  joined.set(more, model.length);
  return joined;
}

function readsChannelsLast(file: ModelProto, input: string): boolean {
  const readers = file.graph!.node.filter((node) => node.input.includes(input));
  return readers.length > 0 && readers.every(({ opType }) => opType === 'Transpose');
}

function readResult(result: Tensor, { shape, quantisation }: GraphTensor): OutsideValues {
  const given = result.data as Float32Array;
  const first = result.dims.length >= 3 && result.dims[1] === shape.channels;
  const values = first ? channelsLast(given, shape) : given;
  if (!quantisation) return { kind: 'real', values };
  const { scale, zeroPoint } = quantisation;
  return { kind: 'codes', codes: Int8Array.from(values, (real) => Math.round(real / scale) + zeroPoint) };
}

function realOf(codes: Int8Array, { scale, zeroPoint }: { scale: number; zeroPoint: number }): Float32Array {
  return Float32Array.from(codes, (code) => scale * (code - zeroPoint));
}

function nhwc({ height, width, channels }: Shape): number[] {
  return [1, height, width, channels];
}

function nchw({ height, width, channels }: Shape): number[] {
  return [1, channels, height, width];
}

/** [height][width][channel] to [channel][height][width]. */
function channelsFirst<T extends Float32Array | Int8Array>(values: T, { height, width, channels }: Shape): T {
  const turned = values.slice() as T;
  const pixels = height * width;
  for (let i = 0; i < values.length; i++) turned[(i % channels) * pixels + Math.floor(i / channels)] = values[i]!;
  return turned;
}

function channelsFirstOr(values: Int8Array, shape: Shape, first: boolean): Int8Array {
  return first ? channelsFirst(values, shape) : values;
}

/** [channel][height][width] to [height][width][channel]. */
function channelsLast(values: Float32Array, { height, width, channels }: Shape): Float32Array {
  const turned = values.slice();
  const pixels = height * width;
  for (let i = 0; i < values.length; i++) turned[i] = values[(i % channels) * pixels + Math.floor(i / channels)]!;
  return turned;
}
