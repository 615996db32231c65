import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { checkAccumulators } from '../../src/network/accumulator.ts';
import { runFloat } from '../../src/quantise/float/execute.ts';
import { dequantiseValues, quantiseValues } from '../../src/quantise/lower/codes.ts';
import { addNoise, decibels } from '../../src/quantise/metrics.ts';
import { type QuantiseOptions, quantise, quantiseWithReference } from '../../src/quantise/quantise.ts';
import type { CalibrationSource } from '../../src/quantise/statistics.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { GraphMaker, randomNumbers, randomReals, size, smallMobileNet, windowOf } from './support.ts';

/** Signal-to-noise ratio in dB of every tensor of the integer network over some frames that it was not calibrated on. */
function measureNoise(graph: Graph, options: QuantiseOptions = {}): Map<string, number> {
  const random = randomNumbers(7);
  const shape = graph.tensors.get('input')!.shape;
  const frames = Array.from({ length: 12 }, () => [randomReals(size(shape), random)]);
  const calibration: CalibrationSource = { count: 8, frame: (index) => frames[index]! };
  const { network, reference } = quantiseWithReference(graph, calibration, options);
  checkAccumulators(network);
  const powers = new Map(network.tensors.map(({ name }) => [name, { signal: 0, noise: 0 }]));
  for (const frame of frames.slice(8)) {
    const expected = runFloat(reference, frame);
    const codes = runReference(network, [quantiseValues(frame[0]!, network.tensors[network.inputs[0]!]!)]);
    network.tensors.forEach((tensor, index) => {
      addNoise(powers.get(tensor.name)!, expected.get(tensor.name)!, dequantiseValues(codes[index]!, tensor));
    });
  }
  return new Map([...powers].map(([name, power]) => [name, decibels(power)]));
}

describe('the quantiser', () => {
  for (const observer of [{ kind: 'minMax' }, { kind: 'percentile', covered: 99.99 }, { kind: 'mse' }] as const) {
    it(`keeps every activation of a bottleneck network close to the float network's, ranges by ${observer.kind}`, () => {
      const noise = measureNoise(smallMobileNet(3), { observer });
      expect(noise.size).toBe(9);
      for (const [name, ratio] of noise) expect(ratio, name).toBeGreaterThan(28);
    });
  }

  it('is as good with 31-bit multipliers as with 16-bit ones', () => {
    for (const [name, ratio] of measureNoise(smallMobileNet(4), { multiplierBits: 31 })) {
      expect(ratio, name).toBeGreaterThan(28);
    }
  });

  it('equalises channels that depthwise layers read without changing what the float network computes', () => {
    const maker = new GraphMaker({ height: 8, width: 8, channels: 4 }, 31);
    const made = maker.conv('input', 12, windowOf(1), { low: 0, high: 6 });
    const filtered = maker.depthwise(made, windowOf(3, 1, 1), { low: 0, high: 6 });
    const output = maker.conv(filtered, 8, windowOf(1));
    const graph = maker.graph(output);
    // Channels of very different reach, which the depthwise filters bring back.
    const [first, second] = maker.nodes;
    if (first?.op !== 'conv' || second?.op !== 'depthwise') throw new Error('a conv and a depthwise were made');
    for (let c = 0; c < 12; c++) {
      const factor = 2 ** -(c % 5);
      const scale = (node: typeof first | typeof second, at: (i: number) => boolean, by: number): void => {
        if (node.weights.kind !== 'real' || node.bias?.kind !== 'real') throw new Error('a float layer was made');
        const { values } = node.weights;
        for (let i = 0; i < values.length; i++) if (at(i)) values[i]! *= by;
      };
      scale(first, (i) => Math.floor(i / 4) === c, factor);
      if (first.bias?.kind === 'real') first.bias.values[c]! *= factor;
      scale(second, (i) => i % 12 === c, 1 / factor);
    }
    const random = randomNumbers(6);
    const frames = Array.from({ length: 8 }, () => [randomReals(256, random)]);
    const calibration: CalibrationSource = { count: 8, frame: (index) => frames[index]! };
    const { reference } = quantiseWithReference(graph, calibration);
    let compared = 0;
    for (const frame of frames) {
      const [plain, equalised] = [runFloat(graph, frame), runFloat(reference, frame)];
      for (const name of [filtered, output]) {
        plain.get(name)!.forEach((value, i) => {
          expect(Math.abs(equalised.get(name)![i]! - value)).toBeLessThan(1e-4);
          compared++;
        });
      }
    }
    expect(compared).toBe(8 * 64 * 20);
    const noise = measureNoise(graph).get(output)!;
    expect(noise).toBeGreaterThan(measureNoise(graph, { equalisation: false }).get(output)! + 4);
  });

  it('splits a swish whose channels are far apart, and only such a one', () => {
    const build = (spread: number): Graph => {
      const maker = new GraphMaker({ height: 8, width: 8, channels: 4 }, 41);
      const stem = maker.conv('input', 16, windowOf(1));
      const node = maker.nodes[0]!;
      if (node.op !== 'conv' || node.weights.kind !== 'real' || node.bias?.kind !== 'real') throw new Error('a conv');
      // Every fourth channel is large; the depthwise filters bring the others back to its size.
      for (let i = 0; i < 64; i++) if (Math.floor(i / 4) % 4 === 0) node.weights.values[i]! *= spread;
      const base = { name: 'swish', inputs: [stem], output: 'swish' } as const;
      const swish = maker.push({ ...base, op: 'activation', function: 'hardSwish' }, maker.shape(stem));
      const filtered = maker.depthwise(swish, windowOf(3, 1, 1));
      const filter = maker.nodes[2]!;
      if (filter.op !== 'depthwise' || filter.weights.kind !== 'real') throw new Error('a depthwise');
      for (let i = 0; i < 144; i++) if (i % 4 === 0) filter.weights.values[i]! /= spread;
      return maker.graph(maker.conv(filtered, 8, windowOf(1)));
    };
    const random = randomNumbers(12);
    const frames = Array.from({ length: 4 }, () => [randomReals(256, random)]);
    const calibration: CalibrationSource = { count: 4, frame: (index) => frames[index]! };
    const operators = (graph: Graph): string =>
      quantise(graph, calibration)
        .layers.map(({ op }) => op)
        .join(' ');
    expect(operators(build(1))).toBe('conv table depthwise conv');
    const far = build(100);
    expect(operators(far)).toBe('conv depthwise table mul depthwise conv');
    const output = far.outputs[0]!.tensor;
    const [plain, split] = [far, quantiseWithReference(far, calibration).reference].map(
      (graph) => runFloat(graph, frames[0]!).get(output)!,
    );
    plain!.forEach((value, i) => {
      expect(Math.abs(split![i]! - value)).toBeLessThan(1e-3 * (1 + Math.abs(value)));
    });
    const gain = measureNoise(far).get(output)! - measureNoise(far, { equalisation: false }).get(output)!;
    expect(gain).toBeGreaterThan(10);
  });

  it('gives outputs that all but vanish a scale that a multiplier reaches', () => {
    const maker = new GraphMaker({ height: 2, width: 2, channels: 4 }, 51);
    const hidden = maker.conv('input', 4, windowOf(1), { low: 0, high: Number.POSITIVE_INFINITY });
    const node = maker.nodes[0]!;
    if (node.op !== 'conv' || node.bias?.kind !== 'real') throw new Error('a conv');
    node.bias.values.fill(-100);
    node.bias.values[2] = 1e-9;
    if (node.weights.kind === 'real') node.weights.values.fill(0, 8, 12);
    const graph = maker.graph(maker.conv(hidden, 2, windowOf(1)));
    const noise = measureNoise(graph);
    expect(noise.get(graph.outputs[0]!.tensor)).toBeGreaterThan(30);
  });

  it('gives the same bytes for the same frames', () => {
    const graph = smallMobileNet(5);
    const random = randomNumbers(1);
    const frame = [randomReals(size(graph.tensors.get('input')!.shape), random)];
    const make = (): string => JSON.stringify(quantise(graph, { count: 1, frame: () => frame }));
    expect(make()).toBe(make());
  });

  it('keeps the bias of a channel whose weights are all zero or nearly so', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1e-30, 1e-12),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (weight, biasValue) => {
          const maker = new GraphMaker({ height: 2, width: 2, channels: 4 }, 1);
          maker.conv('input', 2, windowOf(1));
          const node = maker.nodes[0]!;
          if (node.op !== 'conv') throw new Error('a conv was made');
          const values = Float32Array.of(0.5, -0.5, 0.25, 1, weight, -weight, weight, 0);
          const dead = {
            ...node,
            weights: { kind: 'real', values },
            bias: { kind: 'real', values: Float32Array.of(0, biasValue) },
          } as const;
          const graph = { ...maker.graph('t0'), nodes: [dead] };
          const frame = [randomReals(16, randomNumbers(2))];
          const network = quantise(graph, { count: 1, frame: () => frame });
          checkAccumulators(network);
          const output = network.tensors[1]!;
          const codes = runReference(network, [quantiseValues(frame[0]!, network.tensors[0]!)])[1]!;
          const real = dequantiseValues(codes, output);
          for (let pixel = 0; pixel < 4; pixel++) {
            expect(Math.abs(real[pixel * 2 + 1]! - biasValue)).toBeLessThanOrEqual(output.scale * 0.51);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('quantises pools, products, tables, concatenations and resizes', () => {
    const maker = new GraphMaker({ height: 8, width: 8, channels: 6 }, 11);
    const stem = maker.conv('input', 12, windowOf(3, 1, 1));
    const swish = maker.push(
      { op: 'activation', name: 'swish', inputs: [stem], output: 'swish', function: 'hardSwish' },
      maker.shape(stem),
    );
    const largest = maker.pool('maxPool', swish, windowOf(2, 2));
    const doubled = maker.push(
      { op: 'resize', name: 'resize', inputs: [largest], output: 'doubled', factorY: 2, factorX: 2 },
      maker.shape(stem),
    );
    const both = maker.push(
      { op: 'concat', name: 'concat', inputs: [doubled, stem], output: 'both' },
      { height: 8, width: 8, channels: 24 },
    );
    const mean = maker.pool('averagePool', both, windowOf(8));
    const gate = maker.push(
      {
        op: 'activation',
        name: 'gate',
        inputs: [maker.conv(mean, 24, windowOf(1))],
        output: 'gate',
        function: 'sigmoid',
      },
      maker.shape(mean),
    );
    const graph = maker.graph(maker.pair('mul', both, gate));
    const noise = measureNoise(graph);
    expect(noise.size).toBe(10);
    for (const [name, ratio] of noise) expect(ratio, name).toBeGreaterThan(name === mean ? 20 : 28);
  });

  it('refuses a padded average pool, naming the layer', () => {
    const maker = new GraphMaker({ height: 4, width: 4, channels: 2 }, 1);
    const graph = maker.graph(maker.pool('averagePool', 'input', windowOf(3, 1, 1)));
    const frame = [randomReals(32, randomNumbers(1))];
    expect(() => quantise(graph, { count: 1, frame: () => frame })).toThrow(
      expect.objectContaining({ code: 'unsupported', location: { layer: 'averagePool0' } }),
    );
  });

  it('refuses to calibrate on nothing and on values that are not finite', () => {
    const graph = smallMobileNet(1);
    expect(() => quantise(graph, { count: 0, frame: () => [] })).toThrow('no images to calibrate on');
    const frame = [new Float32Array(360).fill(Number.NaN)];
    expect(() => quantise(graph, { count: 1, frame: () => frame })).toThrow('not finite');
  });
});
