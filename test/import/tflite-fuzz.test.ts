import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { shapeSize } from '../../src/graph/shapes.ts';
import { importModel } from '../../src/import/index.ts';
import { Random } from '../support/random.ts';
import { TestNet } from './tflite-net.ts';

const SEED = 20_261;

/** A network that goes through most operators, float or int8; small, so that damage mostly hits structure. */
function sample(quantised: boolean): Uint8Array {
  const net = new TestNet(3);
  const q = quantised ? ({ type: 'int8', scales: [0.5], zeroPoints: [3] } as const) : {};
  const dims = [1, 6, 6, 4];
  const weights = (shape: readonly number[]): number =>
    quantised
      ? net.tensor({
          name: 'weights',
          dims: shape,
          type: 'int8',
          data: new Int8Array(shape.reduce((a, b) => a * b)).fill(3),
          scales: [0.25],
        })
      : net.constant(shape);
  const bias = quantised
    ? net.tensor({ name: 'bias', dims: [4], type: 'int32', data: new Int32Array(4), scales: [0.125] })
    : net.constant([4]);
  const input = net.input([1, 6, 6, 3], q);
  const conv = net.op('CONV_2D', [input, weights([4, 3, 3, 3]), bias], { dims, ...q }, [
    [0, 'int8', 0],
    [1, 'int32', 1],
    [2, 'int32', 1],
    [3, 'int8', 1],
  ]);
  const padded = net.op('PAD', [conv, net.ints([0, 0, 1, 1, 1, 1, 0, 0], [4, 2])], { dims: [1, 8, 8, 4], ...q });
  const depthwise = net.op('DEPTHWISE_CONV_2D', [padded, weights([1, 3, 3, 4]), bias], { dims, ...q }, [
    [0, 'int8', 1],
    [1, 'int32', 1],
    [2, 'int32', 1],
    [3, 'int32', 1],
  ]);
  const sum = net.op('ADD', [depthwise, conv], { dims, ...q }, [[0, 'int8', 0]]);
  const joined = net.op('CONCATENATION', [sum, depthwise], { dims: [1, 6, 6, 8], ...q }, [[0, 'int32', 3]]);
  const mean = net.op('MEAN', [joined, net.ints([1, 2])], { dims: [1, 8], ...q }, [[0, 'int8', 0]]);
  const logits = net.op('FULLY_CONNECTED', [mean, weights([4, 8]), bias], { dims: [1, 4], ...q }, [[0, 'int8', 0]]);
  net.outputs.push(net.op('SOFTMAX', [logits], { dims: [1, 4], ...q }, [[0, 'float32', 1]]));
  return net.bytes();
}

/** What came of an import: 'graph', or the code of the `UserError`. Anything else is thrown. */
function outcome(bytes: Uint8Array): string {
  let graph: Graph;
  try {
    graph = importModel(bytes, 'fuzz.tflite');
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
  // What is let through is of bounded size.
  const held = graph.nodes.reduce((total, node) => {
    if (node.op !== 'conv' && node.op !== 'depthwise') return total;
    return total + (node.weights.kind === 'real' ? node.weights.values.length : node.weights.codes.length);
  }, 0);
  expect(held).toBeLessThan(64 * bytes.length + (1 << 23));
  for (const { shape } of graph.tensors.values()) expect(shapeSize(shape)).toBeLessThanOrEqual(2 ** 28);
  return 'graph';
}

function damage(bytes: Uint8Array, random: Random, from: number, to: number): Uint8Array {
  const copy = bytes.slice();
  const edits = random.int(1, 4);
  for (let i = 0; i < edits; i++) {
    const at = random.int(from, to - 1);
    const kind = random.int(0, 3);
    if (kind === 0) copy[at] = random.int(0, 255);
    else if (kind === 1) copy[at] = copy[at]! ^ (1 << random.int(0, 7));
    else if (kind === 2) copy.set([0xff, 0xff, 0xff, random.pick([0x7f, 0xff])], Math.min(at, to - 4));
    else copy.copyWithin(at, random.int(from, to - 1), Math.min(to, at + random.int(1, 16)));
  }
  return copy;
}

/** Number of each outcome over many damaged copies. */
function tally(bytes: Uint8Array, runs: number, seed: number, from: number, to: number): Record<string, number> {
  const random = new Random(seed);
  const counts: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    const result = outcome(damage(bytes, random, from, to));
    counts[result] = (counts[result] ?? 0) + 1;
  }
  return counts;
}

describe('a damaged TFLite file', () => {
  for (const quantised of [false, true]) {
    const bytes = sample(quantised);

    it(`imports while it is whole (${quantised ? 'int8' : 'float'})`, () => {
      expect(outcome(bytes)).toBe('graph');
    });

    it(`gives a UserError or a sound graph for 3000 damaged copies (${quantised ? 'int8' : 'float'})`, () => {
      const counts = tally(bytes, 3000, SEED, 8, bytes.length);
      console.log(`seed ${SEED}, outcomes ${JSON.stringify(counts)}`);
      expect(counts['bad-model']).toBeGreaterThan(1000);
      expect(counts.unsupported).toBeGreaterThan(20);
      expect(counts.graph).toBeGreaterThan(50);
    });

    it(`gives a UserError for every length it is cut to (${quantised ? 'int8' : 'float'})`, () => {
      const counts: Record<string, number> = {};
      for (let length = 0; length < bytes.length; length++) {
        const result = outcome(bytes.slice(0, length));
        counts[result] = (counts[result] ?? 0) + 1;
      }
      // The reader needs every byte but the padding at the end.
      expect(counts['bad-model']).toBeGreaterThan(bytes.length - 64);
    });
  }

  it('gives a UserError for bytes of chance behind the mark', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 400 }), (tail) => {
        expect(outcome(Uint8Array.of(16, 0, 0, 0, 84, 70, 76, 51, ...tail))).not.toBe('graph');
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('of real size keeps to the same', () => {
    const path = fileURLToPath(
      new URL('../../node_modules/@mediapipe/hands/hand_landmark_lite.tflite', import.meta.url),
    );
    const bytes = new Uint8Array(readFileSync(path));
    // The structure lies at the end of this file, after the weights.
    const counts = tally(bytes, 60, SEED, bytes.length - 60_000, bytes.length);
    console.log(`seed ${SEED}, outcomes ${JSON.stringify(counts)}`);
    expect(Object.values(counts).reduce((a, b) => a + b)).toBe(60);
    expect(counts['bad-model']).toBeGreaterThan(5);
  });

  it('cannot make the reader unfold shared parts without bound', () => {
    const net = new TestNet();
    const input = net.input([1, 1, 1, 4096]);
    // Each operator unfolds 4 kB of weights to 4096 x 4096 of them.
    const weights = net.tensor({ name: 'w', dims: [1, 1, 1, 8192], data: new Float32Array(8192) });
    const outputs = Array.from({ length: 64 }, () =>
      net.depthwise([input, weights], [1, 1, 1, 8192], { multiplier: 2 }),
    );
    net.outputs.push(...outputs);
    expect(() => importModel(net.bytes(), 'bomb.tflite')).toThrow(/unfold/);
  });
});
