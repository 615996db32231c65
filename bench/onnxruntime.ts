/** onnxruntime-node on the same network, one thread, where the data folder has it. */
import { dataFile } from './data.ts';

export interface PeerTime {
  readonly name: string;
  readonly time: string;
}

type Median = (runs: number, call: () => unknown) => Promise<number>;

export async function onnxruntimeMilliseconds(median: Median): Promise<PeerTime[]> {
  let runtime: typeof import('onnxruntime-node');
  try {
    runtime = await import('onnxruntime-node');
  } catch {
    return [{ name: 'MobileNetV2', time: 'skipped: onnxruntime-node is not installed' }];
  }
  const peers: PeerTime[] = [];
  const models = [
    { name: 'MobileNetV2 float', file: 'models/mobilenet_v2_1.0_224_float.onnx', extra: {} },
    {
      name: 'MobileNetV2 int8 QDQ (exact)',
      file: 'models/mobilenet_v2_1.0_224_qdq.onnx',
      extra: { session: { x64quantprecision: '1' } },
    },
  ];
  for (const { name, file, extra } of models) {
    const path = dataFile(file);
    if (path === undefined) {
      peers.push({ name, time: 'skipped: no data folder' });
      continue;
    }
    const session = await runtime.InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1, extra });
    const input = new runtime.Tensor('float32', new Float32Array(3 * 224 * 224).fill(0.5), [1, 3, 224, 224]);
    const feeds = { [session.inputNames[0]!]: input };
    peers.push({ name, time: `${(await median(15, () => session.run(feeds))).toFixed(1)} ms` });
    await session.release();
  }
  return peers;
}
