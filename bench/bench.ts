/**
 * The figures of the project in one table: simulation speed beside onnxruntime on the same network in the same run,
 * cycles of the accelerator, compile time. `npm run bench`.
 */
import { cpus } from 'node:os';
import Table from 'cli-table3';
import { compile } from '../src/compile/compile.ts';
import type { Network } from '../src/network/network.ts';
import { loadModel } from '../src/node/model-source.ts';
import { prepareNetwork } from '../src/node/prepare.ts';
import { summarise } from '../src/report/summary.ts';
import { simulateCycles } from '../src/simulate/cycles/cycles.ts';
import { createKernels } from '../src/simulate/kernels/kernels.ts';
import { namedConfig } from '../src/spec/configs.ts';
import { dataFile } from './data.ts';
import { onnxruntimeMilliseconds } from './onnxruntime.ts';

/** Median of the milliseconds that `runs` calls take, after one to warm up. */
async function median(runs: number, call: () => unknown): Promise<number> {
  await call();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[runs >> 1]!;
}

const table = new Table({ head: ['figure', 'value', 'bar', 'aim'] });
const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;

async function prepared(model: string | undefined): Promise<Network> {
  return (await prepareNetwork(loadModel(model), { multiplierBits: 16 })).network;
}

function accelerator(name: string, network: Network, config: string, bar: string, aim: string): void {
  const compiled = compile(network, namedConfig(config));
  const summary = summarise(compiled, simulateCycles(compiled.config, compiled.program.instructions));
  const { cycles, framesPerSecond, gops, utilisation, offChipBytes, traffic } = summary;
  table.push([`${name} on ${config}: cycles a frame`, cycles.toLocaleString('en-US'), bar, aim]);
  table.push(['  frames a second, GOPS', `${framesPerSecond.toFixed(1)}, ${gops.toFixed(1)}`, '', '']);
  table.push(['  utilisation', `${(utilisation * 100).toFixed(1)} %`, '', '']);
  table.push(['  off-chip bytes', offChipBytes.toLocaleString('en-US'), '', '']);
  const parts = Object.entries(traffic).filter(([, bytes]) => bytes > 0);
  table.push(['', parts.map(([part, bytes]) => `${part} ${bytes.toLocaleString('en-US')}`).join('\n'), '', '']);
  const unfused = compile(network, namedConfig(config), { fusion: false });
  const without = summarise(unfused, simulateCycles(unfused.config, unfused.program.instructions));
  table.push([
    '  the same without fusion: cycles, off-chip bytes',
    `${without.cycles.toLocaleString('en-US')}, ${without.offChipBytes.toLocaleString('en-US')}`,
    'worse on both',
    '',
  ]);
}

async function speed(network: Network): Promise<void> {
  const kernels = await createKernels(network);
  const inputs = network.inputs.map((tensor) => {
    const { height, width, channels } = network.tensors[tensor]!;
    return Int8Array.from({ length: height * width * channels }, (_, index) => ((index * 37) % 251) - 125);
  });
  const config = namedConfig('virtex7');
  const compiled = compile(network, config);
  table.push([
    'bit-exact simulation of a frame, one core',
    milliseconds(await median(15, () => kernels.run(inputs))),
    '30 ms',
    '14 ms',
  ]);
  const onnx = await onnxruntimeMilliseconds(median);
  for (const { name, time } of onnx) table.push([`  onnxruntime-node, one thread: ${name}`, time, '', '']);
  table.push(['compile', milliseconds(await median(5, () => compile(network, config))), '3 s', '1 s']);
  table.push([
    'cycle model of a frame',
    milliseconds(await median(5, () => simulateCycles(config, compiled.program.instructions))),
    '1 s',
    '50 ms',
  ]);
}

console.log(`Node ${process.version}, ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}`);
const builder = await prepared('mobilenet_v2_1.0_224');
accelerator('MobileNetV2 1.0 224 (builder)', builder, 'virtex7', '400 k', '342 k');
const real = dataFile('models/tf2_mobilenet_v2_1.0_224_ptq.tflite');
if (real !== undefined)
  accelerator('MobileNetV2 1.0 224 (real, int8)', await prepared(real), 'virtex7', '400 k', '342 k');
else table.push(['MobileNetV2 1.0 224 (real)', 'skipped: no data folder', '', '']);
accelerator('hand landmarks', await prepared(undefined), 'pynq-z2', '75 % utilisation', '85 %');
await speed(builder);
console.log(table.toString());
