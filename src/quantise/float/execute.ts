/**
 * Executes a graph in float32: what a quantised network is measured against, and where calibration looks at activations.
 *
 * A graph that is already quantised runs on its dequantised weights and biases, every tensor clamped to the range that
 * its codes can express (in such files that range often is the activation function) but not rounded.
 */
import type { ActivationQuantisation, Graph, GraphNode, RealClamp, Shape } from '../../graph/graph.ts';
import { activationFunction } from '../activations.ts';
import { averagePool, maxPool } from './depthwise.ts';
import { convolutionKernel, createFloatMemory, depthwiseKernel, type FloatMemory } from './kernels.ts';
import { type FilterNode, realBias, realWeights, tensorOf } from './weights.ts';

/** One call a frame: inputs in the graph's order, each [height][width][channel]; every activation by name comes back. */
export type FloatExecutor = (inputs: readonly Float32Array[]) => Map<string, Float32Array>;

/** Computes one node from its inputs. */
type Step = (inputs: readonly Float32Array[]) => Float32Array;

/** Every activation of one frame, by tensor name. For many frames keep a `createFloatExecutor`. */
export function runFloat(graph: Graph, inputs: readonly Float32Array[]): Map<string, Float32Array> {
  return createFloatExecutor(graph)(inputs);
}

export interface FloatOptions {
  /**
   * Rounds every quantised tensor to its codes, so that the result differs from the integer network's only by the
   * width of its multipliers and the order of float sums ("fake quantisation").
   */
  readonly rounded?: boolean;
}

/** Prepares the weights once. */
export function createFloatExecutor(graph: Graph, options: FloatOptions = {}): FloatExecutor {
  const round = (values: Float32Array, name: string): Float32Array => {
    const { quantisation } = tensorOf(graph, name);
    return options.rounded && quantisation ? roundToCodes(values, quantisation) : values;
  };
  const memory = createFloatMemory();
  const steps = graph.nodes.map((node) => ({ node, step: prepare(graph, node, memory) }));
  return (inputs) => {
    const values = new Map<string, Float32Array>();
    if (inputs.length !== graph.inputs.length) {
      throw new Error(`graph '${graph.name}' takes ${graph.inputs.length} inputs, not ${inputs.length}`);
    }
    graph.inputs.forEach(({ tensor }, index) => {
      const expected = elements(tensorOf(graph, tensor).shape);
      const given = inputs[index]!;
      if (given.length !== expected) throw new Error(`input '${tensor}' holds ${expected} values, not ${given.length}`);
      values.set(tensor, round(given, tensor));
    });
    for (const { node, step } of steps) {
      values.set(node.output, round(step(node.inputs.map((name) => values.get(name)!)), node.output));
    }
    return values;
  };
}

function prepare(graph: Graph, node: GraphNode, memory: FloatMemory): Step {
  const clamp = clampOf(graph, node);
  if (node.op === 'conv' || node.op === 'depthwise') return prepareFilter(graph, node, clamp, memory);
  const step = prepareOther(graph, node);
  return (inputs) => clampInPlace(step(inputs), clamp);
}

function prepareFilter(graph: Graph, node: FilterNode, clamp: RealClamp, memory: FloatMemory): Step {
  const input = tensorOf(graph, node.inputs[0]!).shape;
  const output = tensorOf(graph, node.output).shape;
  const kernel = node.op === 'conv' ? convolutionKernel : depthwiseKernel;
  const shapes = { input, output, window: node.window };
  const run = kernel(memory, realWeights(graph, node), realBias(graph, node), shapes, clamp);
  return ([x]) => run(x!);
}

function prepareOther(graph: Graph, node: Exclude<GraphNode, FilterNode>): Step {
  const input = tensorOf(graph, node.inputs[0]!).shape;
  const output = tensorOf(graph, node.output).shape;
  switch (node.op) {
    case 'averagePool':
    case 'maxPool': {
      const shapes = { input, output, window: node.window };
      const pool = node.op === 'maxPool' ? maxPool : averagePool;
      return ([x]) => pool(x!, shapes);
    }
    case 'add':
      return ([a, b]) => a!.map((value, i) => value + b![i]!);
    case 'mul': {
      const period = elements(tensorOf(graph, node.inputs[1]!).shape);
      return ([a, b]) => a!.map((value, i) => value * b![i % period]!);
    }
    case 'activation': {
      const f = activationFunction(node);
      return ([x]) => x!.map(f);
    }
    case 'rescale':
      return ([x]) => x!.slice();
    case 'concat': {
      const widths = node.inputs.map((name) => tensorOf(graph, name).shape.channels);
      return (inputs) => concatenate(inputs, widths, output);
    }
    case 'resize':
      return ([x]) => resizeNearest(x!, input, output, node.factorY, node.factorX);
  }
}

/** The real value of the code nearest to each value. */
function roundToCodes(values: Float32Array, { scale, zeroPoint }: ActivationQuantisation): Float32Array {
  const low = -128 - zeroPoint;
  const high = 127 - zeroPoint;
  const rounded = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    rounded[i] = scale * Math.min(high, Math.max(low, Math.floor(values[i]! / scale + 0.5)));
  }
  return rounded;
}

/** A node's own clamp, narrowed to what the codes of its output express where the file fixes them. */
function clampOf(graph: Graph, node: GraphNode): RealClamp {
  let low = 'clamp' in node ? node.clamp.low : Number.NEGATIVE_INFINITY;
  let high = 'clamp' in node ? node.clamp.high : Number.POSITIVE_INFINITY;
  const { quantisation } = tensorOf(graph, node.output);
  if (quantisation !== undefined) {
    low = Math.max(low, quantisation.scale * (-128 - quantisation.zeroPoint));
    high = Math.min(high, quantisation.scale * (127 - quantisation.zeroPoint));
  }
  return { low, high };
}

function clampInPlace(values: Float32Array, { low, high }: RealClamp): Float32Array {
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return values;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) values[i] = low;
    else if (value > high) values[i] = high;
  }
  return values;
}

function concatenate(inputs: readonly Float32Array[], widths: readonly number[], output: Shape): Float32Array {
  const out = new Float32Array(elements(output));
  let at = 0;
  for (let pixel = 0; pixel < output.height * output.width; pixel++) {
    inputs.forEach((values, index) => {
      const width = widths[index]!;
      out.set(values.subarray(pixel * width, (pixel + 1) * width), at);
      at += width;
    });
  }
  return out;
}

function resizeNearest(x: Float32Array, input: Shape, output: Shape, factorY: number, factorX: number): Float32Array {
  const { channels } = output;
  const out = new Float32Array(elements(output));
  for (let y = 0; y < output.height; y++) {
    for (let column = 0; column < output.width; column++) {
      const from = (Math.floor(y / factorY) * input.width + Math.floor(column / factorX)) * channels;
      out.set(x.subarray(from, from + channels), (y * output.width + column) * channels);
    }
  }
  return out;
}

export function elements(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}
