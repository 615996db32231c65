import type {
  ActivationFunction,
  Graph,
  GraphNode,
  GraphTensor,
  HostOperator,
  RealClamp,
  Shape,
  Window,
} from '../graph/graph.ts';
import { NO_CLAMP } from '../graph/graph.ts';
import { nodeOutputShape } from '../graph/inference.ts';
import { unitWindow } from '../graph/shapes.ts';
import { validateGraph } from '../graph/validate.ts';
import { samePadding } from '../network/network.ts';
import { nearlyNormal } from './random.ts';

export const RELU: RealClamp = { low: 0, high: Number.POSITIVE_INFINITY };
export const RELU6: RealClamp = { low: 0, high: 6 };

export interface ConvOptions {
  /** Height and width, or one number for both. Default 1. */
  readonly kernel?: number | readonly [number, number];
  /** Default 1. */
  readonly stride?: number;
  /** Default none. */
  readonly clamp?: RealClamp;
  /** Mean square of the output for an input of mean square 1/2 (a ReLU of unit variance). Default 1. */
  readonly gain?: number;
}

/** Standard deviation of biases. */
const BIAS_DEVIATION = 0.1;

/**
 * Builds a float graph layer by layer with TensorFlow's SAME padding; tensors bear the names of their layers.
 * Weights follow from the network's and the layer's name alone, and keep activations of every layer near unit variance
 * (He et al. 2015: variance 2 / fan-in after a ReLU).
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #tensors = new Map<string, GraphTensor>();
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: string[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, shape: Shape): string {
    this.#tensors.set(name, { name, shape });
    this.#inputs.push(name);
    return name;
  }

  shape(tensor: string): Shape {
    return this.#tensors.get(tensor)!.shape;
  }

  conv(name: string, input: string, channels: number, options: ConvOptions = {}): string {
    return this.#filter('conv', name, input, channels, options);
  }

  depthwise(name: string, input: string, options: ConvOptions = {}): string {
    return this.#filter('depthwise', name, input, this.shape(input).channels, options);
  }

  add(name: string, a: string, b: string): string {
    return this.#emit({ op: 'add', name, inputs: [a, b], output: name, clamp: NO_CLAMP });
  }

  mul(name: string, a: string, b: string): string {
    return this.#emit({ op: 'mul', name, inputs: [a, b], output: name, clamp: NO_CLAMP });
  }

  /** Mean over the whole map. */
  mean(name: string, input: string): string {
    const { height, width } = this.shape(input);
    const window = unitWindow(height, width);
    return this.#emit({ op: 'averagePool', name, inputs: [input], output: name, window, clamp: NO_CLAMP });
  }

  activation(name: string, input: string, kind: ActivationFunction): string {
    return this.#emit({ op: 'activation', name, inputs: [input], output: name, function: kind });
  }

  build(outputs: readonly { name: string; tensor: string; hostOperators?: readonly HostOperator[] }[]): Graph {
    return validateGraph({
      name: this.#name,
      format: 'builder',
      inputs: this.#inputs.map((tensor) => ({ tensor, fileType: 'float32' })),
      outputs: outputs.map(({ name, tensor, hostOperators = [] }) => ({ name, tensor, hostOperators })),
      tensors: this.#tensors,
      nodes: this.#nodes,
      notes: ['the weights are seeded random numbers: for performance work, not for answers'],
    });
  }

  #filter(op: 'conv' | 'depthwise', name: string, input: string, channels: number, options: ConvOptions): string {
    const { kernel = 1, stride = 1, clamp = NO_CLAMP, gain = 1 } = options;
    const [kernelHeight, kernelWidth] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const from = this.shape(input);
    const fanIn = kernelHeight * kernelWidth * (op === 'conv' ? from.channels : 1);
    const deviation = Math.sqrt((2 * gain) / fanIn);
    const values = nearlyNormal(`${this.#name}/${name}/weights`, fanIn * channels, deviation);
    const bias = nearlyNormal(`${this.#name}/${name}/bias`, channels, BIAS_DEVIATION);
    return this.#emit({
      op,
      name,
      inputs: [input],
      output: name,
      window: sameWindow(from, kernelHeight, kernelWidth, stride),
      weights: { kind: 'real', values },
      bias: { kind: 'real', values: bias },
      clamp,
    });
  }

  #emit(node: GraphNode): string {
    const shape = nodeOutputShape(
      node,
      node.inputs.map((input) => this.shape(input)),
    );
    if (typeof shape === 'string') throw new Error(`layer '${node.name}': ${shape}`);
    if (this.#tensors.has(node.output)) throw new Error(`two layers are called '${node.name}'`);
    this.#tensors.set(node.output, { name: node.output, shape });
    this.#nodes.push(node);
    return node.output;
  }
}

function sameWindow(input: Shape, kernelHeight: number, kernelWidth: number, stride: number): Window {
  const [top, bottom] = samePadding(input.height, kernelHeight, stride);
  const [left, right] = samePadding(input.width, kernelWidth, stride);
  const padding = { top, left, bottom, right };
  return { kernelHeight, kernelWidth, strideY: stride, strideX: stride, dilationY: 1, dilationX: 1, padding };
}

/** Nearest multiple of 8, at least 8, and not more than a tenth below (the MobileNets' rule for scaled widths). */
export function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
