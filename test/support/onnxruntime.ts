/** onnxruntime as the outside program that our numbers are compared with. */
import { InferenceSession, Tensor } from 'onnxruntime-node';

export type OnnxRun = (input: Float32Array) => Promise<ReadonlyMap<string, Float32Array>>;

/**
 * Runs a model of one float32 input of shape `dims` (values in the model's own order). One thread; kernels that do not
 * saturate int8 sums on processors without VNNI.
 */
export async function createOnnxRun(model: Uint8Array, dims: readonly number[]): Promise<OnnxRun> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { x64quantprecision: '1' } },
  });
  const [input] = session.inputNames as readonly [string];
  return async (values) => {
    const results = await session.run({ [input]: new Tensor('float32', values, dims as number[]) });
    return new Map(
      Object.entries(results).map(([name, tensor]) => [name, Float32Array.from(tensor.data as Float32Array)]),
    );
  };
}

/** [height][width][channel] to [channel][height][width]. */
export function channelsFirst(values: Float32Array, height: number, width: number, channels: number): Float32Array {
  const turned = new Float32Array(values.length);
  const pixels = height * width;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) turned[c * pixels + pixel] = values[pixel * channels + c]!;
  }
  return turned;
}
