import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { UserError } from '../../src/errors.ts';
import { simulateCycles } from '../../src/simulate/cycles/cycles.ts';
import { createKernels } from '../../src/simulate/kernels/kernels.ts';
import { type Config, parseConfig } from '../../src/spec/config.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { randomInputs } from '../support/random-network.ts';
import { runMachine } from '../support/run-machine.ts';
import { zooNetwork } from '../support/zoo-network.ts';

const vary = (name: string, changes: Partial<Config>): Config => parseConfig({ ...namedConfig(name), ...changes });

/** Every family, and memories from ample to so small that tensors spill and weights come again for every strip. */
const CASES: readonly (readonly [network: string, configs: readonly Config[]])[] = [
  [
    'mobilenet_v1_0.25_96',
    [
      namedConfig('tiny'),
      vary('tiny', { activationDepth: 400, weightDepth: 600, parameterDepth: 40 }),
      vary('pynq-z2', { activationDepth: 300, weightDepth: 200 }),
      namedConfig('virtex7'),
    ],
  ],
  ['mobilenet_v2_0.35_64', [namedConfig('tiny'), vary('pynq-z2', { activationDepth: 200, weightDepth: 200 })]],
  ['mobilenet_v3_small_0.5_64', [namedConfig('virtex7'), vary('pynq-z2', { activationDepth: 300 })]],
  ['ds_cnn', [vary('tiny', { activationDepth: 400, weightDepth: 600, parameterDepth: 40 }), namedConfig('pynq-z2')]],
  ['mcunet_0.5_64', [namedConfig('pynq-z2')]],
  ['mnasnet_0.35_64', [namedConfig('pynq-z2')]],
];

describe('a whole network', () => {
  for (const [name, configs] of CASES) {
    it(`${name} gives the kernels' bits in every row of every stage, fused and not`, async () => {
      const network = await zooNetwork(name);
      const inputs = randomInputs(network, 5);
      const expected = (await createKernels(network, { keepTensors: true })).runAll(inputs);
      for (const config of configs) {
        for (const fusion of config === configs[0] ? [true, false] : [true]) {
          const compiled = compile(network, config, { fusion });
          const run = runMachine(compiled, inputs, expected);
          expect(run.firstDifference).toBeUndefined();
          expect(run.compared).toBeGreaterThan(10_000);
          const { cycles } = simulateCycles(config, compiled.program.instructions);
          expect(cycles).toBeGreaterThan(0);
        }
      }
    });
  }

  it('moves nothing but program, weights, input and output where all else fits on chip', async () => {
    const network = await zooNetwork('mobilenet_v2_1.0_224');
    const config = namedConfig('virtex7');
    const { program, graph } = compile(network, config);
    const { cycles, readBytes, writeBytes } = simulateCycles(config, program.instructions);
    const input = program.tensors.get(graph.inputs[0]!)!;
    const output = program.tensors.get(graph.outputs[0]!)!;
    // The last beat of the program may be fetched in part only.
    const fetched = Math.ceil(program.program.bytes / config.axiBytes) * config.axiBytes;
    expect(readBytes).toBeLessThanOrEqual(fetched + program.weights.bytes + input.bytes);
    expect(writeBytes).toBe(output.bytes);
    expect(program.tensors.size).toBe(2);
    expect(cycles).toBeLessThanOrEqual(400_000);
  });

  it('gives the same program each time', async () => {
    const network = await zooNetwork('mobilenet_v1_0.25_96');
    const image = () => compile(network, namedConfig('pynq-z2')).program.image;
    expect(Buffer.from(image()).equals(Buffer.from(image()))).toBe(true);
  });

  it('is refused with the layer by name where a configuration cannot hold it', async () => {
    const network = await zooNetwork('mobilenet_v2_0.35_64');
    const config = vary('tiny', { activationDepth: 32 });
    expect(() => compile(network, config)).toThrow(UserError);
    try {
      compile(network, config);
    } catch (error) {
      expect((error as UserError).code).toBe('does-not-fit');
      expect((error as UserError).describe()).toMatch(/layer '.+': tensor '.+': configuration 'tiny' cannot hold/);
    }
  });
});
