import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { graphMacs } from '../../src/graph/macs.ts';
import { runFloat } from '../../src/quantise/float/execute.ts';
import { nearlyNormal } from '../../src/zoo/random.ts';
import { buildGraph, isBuilderName, listBuilders } from '../../src/zoo/zoo.ts';

function weightsOf(graph: Graph): Float32Array[] {
  return graph.nodes.flatMap((node) =>
    (node.op === 'conv' || node.op === 'depthwise') && node.weights.kind === 'real' ? [node.weights.values] : [],
  );
}

describe('the graph builders', () => {
  // Published multiply-accumulates of the papers and of TensorFlow's model pages, in millions.
  it.each([
    ['mobilenet_v1_1.0_224', 569, 1001],
    ['mobilenet_v1_0.25_128', 13.6, 1001],
    ['mobilenet_v2_1.0_224', 300.8, 1001],
    ['mobilenet_v2_0.35_96', 11, 1001],
    ['mobilenet_v3_small_1.0_224', 56, 1001],
    ['mobilenet_v3_large_1.0_224', 217, 1001],
    ['efficientnet_lite0_1.0_224', 385, 1000],
    ['mnasnet_1.0_224', 315, 1000],
    ['mnasnet_a1_1.0_224', 312, 1000],
    ['ds_cnn', 2.7, 12],
  ])('give %s its %d million multiply-accumulates and %d classes', (name, millions, classes) => {
    const graph = buildGraph(name);
    expect(Math.abs(graphMacs(graph) / 1e6 / millions - 1)).toBeLessThan(name.includes('0.35') ? 0.1 : 0.02);
    expect(graph.outputs).toHaveLength(1);
    expect(graph.tensors.get(graph.outputs[0]!.tensor)!.shape.channels).toBe(classes);
  });

  it('give MobileNetV2 1.0 224 exactly the work of the published network', () => {
    const graph = buildGraph('mobilenet_v2_1.0_224');
    expect(graphMacs(graph)).toBe(300_775_552);
    expect(graph.nodes.filter(({ op }) => op === 'add')).toHaveLength(10);
    expect(graph.nodes.filter(({ op }) => op === 'depthwise')).toHaveLength(17);
    const stem = graph.nodes[0]!;
    expect(stem).toMatchObject({ window: { padding: { top: 0, left: 0, bottom: 1, right: 1 } } });
  });

  it('give the families their marks', () => {
    const ops = (name: string): Set<string> =>
      new Set(buildGraph(name).nodes.map((node) => (node.op === 'activation' ? node.function : node.op)));
    expect(ops('mobilenet_v3_small_1.0_96')).toEqual(
      new Set(['conv', 'depthwise', 'add', 'mul', 'averagePool', 'hardSwish', 'hardSigmoid']),
    );
    expect(ops('mnasnet_a1_1.0_96')).toContain('sigmoid');
    const kernels = (name: string): Set<number> =>
      new Set(buildGraph(name).nodes.flatMap((n) => (n.op === 'depthwise' ? [n.window.kernelHeight] : [])));
    expect(kernels('mcunet_1.0_96')).toEqual(new Set([3, 5, 7]));
    expect(buildGraph('ds_cnn').nodes[0]).toMatchObject({ window: { kernelHeight: 10, kernelWidth: 4, strideY: 2 } });
  });

  it('are all listed, and all build at a small size', () => {
    const names = listBuilders().map((name) => name.replace('<width>', '0.25').replace('<resolution>', '32'));
    for (const name of names) {
      expect(isBuilderName(name)).toBe(true);
      expect(buildGraph(name).nodes.length).toBeGreaterThan(5);
    }
    expect(names.length).toBeGreaterThanOrEqual(12);
  });

  it('give the same weights for the same name, and others for another', () => {
    const bytes = (name: string): Buffer[] => weightsOf(buildGraph(name)).map(({ buffer }) => Buffer.from(buffer));
    const [a, b] = [bytes('mobilenet_v2_0.25_64'), bytes('mobilenet_v2_0.25_64')];
    expect(a.length).toBeGreaterThan(30);
    expect(a.every((layer, i) => layer.equals(b[i]!))).toBe(true);
    expect(bytes('mobilenet_v2_0.25_96')[0]!.equals(a[0]!)).toBe(false);
  });

  it('keep activations of every layer in a range that 8 bits can hold', () => {
    for (const name of ['mobilenet_v2_0.35_64', 'mobilenet_v3_small_0.5_64', 'mcunet_0.5_64', 'ds_cnn']) {
      const graph = buildGraph(name);
      const { height, width, channels } = graph.tensors.get(graph.inputs[0]!.tensor)!.shape;
      const values = runFloat(graph, [nearlyNormal(name, height * width * channels, 0.6)]);
      for (const activation of values.values()) {
        const most = activation.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        expect(most).toBeGreaterThan(0.01);
        expect(most).toBeLessThan(50);
      }
      expect(values.size).toBe(graph.tensors.size);
    }
  });

  it.each(['mobilenet_v2', 'mobilenet_v9_1.0_224', 'resnet50', ''])("refuse '%s' and list what there is", (name) => {
    expect(isBuilderName(name)).toBe(false);
    expect(() => buildGraph(name)).toThrow(UserError);
    expect(() => buildGraph(name)).toThrow(/no graph builder is called/);
    try {
      buildGraph(name);
    } catch (error) {
      expect((error as UserError).describe()).toContain('mobilenet_v3_small_<width>_<resolution>');
    }
  });

  it.each(['mobilenet_v2_0_224', 'mobilenet_v2_1.0_8', 'mobilenet_v2_9_224'])('refuse the size of %s', (name) => {
    expect(() => buildGraph(name)).toThrow(/asks for width/);
  });
});
