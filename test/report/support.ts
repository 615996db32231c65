/** Reports of small networks, for the tests. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Compiled, compile } from '../../src/compile/compile.ts';
import type { Network } from '../../src/network/network.ts';
import { runAblations } from '../../src/report/ablation.ts';
import type { ReportData } from '../../src/report/html.ts';
import { summarise } from '../../src/report/summary.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { makeWindow, NetworkBuilder } from '../support/network-builder.ts';
import { Random } from '../support/random.ts';

export const HOSTILE = '</script><script>window.broken=1</script><img src=x onerror=broken=1>"\'&';

/** Stem, three bottlenecks with a residual, max-pool, mean and a fully connected layer. */
export function smallNetwork(): Network {
  const builder = new NetworkBuilder(new Random(3));
  const relu6 = { zeroPoint: -128, low: -128, high: 127 };
  const padded = (stride: number) =>
    makeWindow(3, {
      strideY: stride,
      strideX: stride,
      padding: { top: stride % 2, left: stride % 2, bottom: 1, right: 1 },
    });
  const image = builder.input(48, 48, 3, -1);
  let from = builder.mac('conv', image, 16, padded(2), relu6);
  for (const stride of [1, 2, 1]) {
    const expand = builder.mac('conv', from, 64, makeWindow(1), relu6);
    const depthwise = builder.mac('depthwise', expand, 64, padded(stride), relu6);
    const project = builder.mac('conv', depthwise, 16, makeWindow(1), { zeroPoint: 3 });
    from = stride === 1 ? builder.add(from, project, { zeroPoint: -2 }) : project;
  }
  const mean = builder.averagePool(from, makeWindow([12, 12]), builder.rescale(1, 1 / 144), -128);
  return builder.build('small', [builder.mac('conv', mean, 10, makeWindow(1), {})]);
}

/** The small network with names that try to break out of the page. */
export function hostileNetwork(): Network {
  const network = smallNetwork();
  return {
    ...network,
    name: `model ${HOSTILE}`,
    tensors: network.tensors.map((tensor) => ({ ...tensor, name: `${tensor.name}${HOSTILE}` })),
    layers: network.layers.map((layer) => ({ ...layer, name: `folder/${layer.name}${HOSTILE}` })),
    outputs: network.outputs.map((output) => ({ ...output, name: HOSTILE, hostOperators: ['softmax'] })),
    notes: [`note ${HOSTILE}`],
  };
}

/** What the report shows of a network on a named configuration. */
export function reportData(network: Network, config: string): ReportData {
  const compiled: Compiled = compile(network, namedConfig(config));
  const cycles = simulateCycles(compiled.config, compiled.program.instructions);
  const summary = summarise(compiled, cycles);
  const echarts = readFileSync(createRequire(import.meta.url).resolve('echarts/dist/echarts.min.js'), 'utf8');
  return {
    compiled,
    cycles,
    summary,
    ablations: runAblations(compiled, summary),
    quantisation: `ranges ${HOSTILE}`,
    picture: {
      caption: `caption ${HOSTILE}`,
      pngBase64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    },
    echarts,
  };
}
