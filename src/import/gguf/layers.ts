import { UserError } from '../../errors.ts';
import type { ActivationFunction, ConvNode, GraphNode, GraphTensor, RealClamp, Shape } from '../../graph/graph.ts';
import { NO_CLAMP } from '../../graph/graph.ts';
import { nodeOutputShape } from '../../graph/inference.ts';
import { unitWindow } from '../../graph/shapes.ts';
import { type GgufFile, ggufValues } from './file.ts';

/** Builds a graph layer by layer from the tensors of a GGUF file that keeps PyTorch's names and layouts. */
export class GgufBuilder {
  readonly tensors = new Map<string, GraphTensor>();
  readonly nodes: GraphNode[] = [];
  readonly #file: GgufFile;
  /** Added to a batch normalisation's variance. */
  readonly #epsilon: number;

  constructor(file: GgufFile, epsilon: number) {
    this.#file = file;
    this.#epsilon = epsilon;
  }

  input(name: string, shape: Shape): string {
    this.tensors.set(name, { name, shape });
    return name;
  }
  shape(tensor: string): Shape {
    return this.tensors.get(tensor)!.shape;
  }

  /** Convolution `<name>.0` and batch normalisation `<name>.1`, folded; padding (kernel - 1) / 2 on every side. */
  normalisedConv(
    name: string,
    input: string,
    options: { op?: 'conv' | 'depthwise'; channels: number; kernel?: number; stride?: number; clamp?: RealClamp },
  ): string {
    const { op = 'conv', channels, kernel = 1, stride = 1, clamp = NO_CLAMP } = options;
    const depth = op === 'conv' ? this.shape(input).channels : 1;
    const values = ggufValues(this.#file, `${name}.0.weight`, [channels, depth, kernel, kernel]);
    const statistic = (part: string): Float32Array => ggufValues(this.#file, `${name}.1.${part}`, [channels]);
    const [gamma, beta, mean, variance] = [
      statistic('weight'),
      statistic('bias'),
      statistic('running_mean'),
      statistic('running_var'),
    ];
    const factor = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + this.#epsilon));
    const bias = Float32Array.from(beta, (value, c) => value - mean[c]! * factor[c]!);
    const weights = reorder(values, op, channels, depth, kernel * kernel, factor);
    const half = (kernel - 1) / 2;
    const padding = { top: half, left: half, bottom: half, right: half };
    const window = { ...unitWindow(kernel, kernel), strideY: stride, strideX: stride, padding };
    return this.#filter(op, name, input, window, weights, bias, clamp);
  }

  /** A pointwise or fully connected layer `<name>.weight`, `<name>.bias`, on whatever map; `dims` as stored. */
  linear(name: string, input: string, channels: number, square: boolean, clamp: RealClamp = NO_CLAMP): string {
    const depth = this.shape(input).channels;
    const weights = ggufValues(this.#file, `${name}.weight`, square ? [channels, depth, 1, 1] : [channels, depth]);
    const bias = ggufValues(this.#file, `${name}.bias`, [channels]);
    return this.#filter('conv', name, input, unitWindow(), weights, bias, clamp);
  }

  activation(name: string, input: string, kind: ActivationFunction): string {
    return this.#emit({ op: 'activation', name, inputs: [input], output: name, function: kind });
  }
  mean(name: string, input: string): string {
    const { height, width } = this.shape(input);
    const window = unitWindow(height, width);
    return this.#emit({ op: 'averagePool', name, inputs: [input], output: name, window, clamp: NO_CLAMP });
  }
  pair(op: 'add' | 'mul', name: string, a: string, b: string): string {
    return this.#emit({ op, name, inputs: [a, b], output: name, clamp: NO_CLAMP });
  }

  #filter(
    op: 'conv' | 'depthwise',
    name: string,
    input: string,
    window: ConvNode['window'],
    values: Float32Array,
    bias: Float32Array,
    clamp: RealClamp,
  ): string {
    return this.#emit({
      op,
      name,
      inputs: [input],
      output: name,
      window,
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
    if (typeof shape === 'string') throw new UserError('bad-model', shape, { layer: node.name });
    this.tensors.set(node.output, { name: node.output, shape });
    this.nodes.push(node);
    return node.output;
  }
}

/** PyTorch's [out][in][tap], times a factor an output channel, to conv [out][tap][in] or depthwise [tap][out]. */
function reorder(
  values: Float32Array,
  op: 'conv' | 'depthwise',
  channels: number,
  depth: number,
  taps: number,
  factor: Float64Array,
): Float32Array {
  const turned = new Float32Array(values.length);
  for (let out = 0; out < channels; out++) {
    for (let i = 0; i < depth; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const at = op === 'conv' ? (out * taps + tap) * depth + i : tap * channels + out;
        turned[at] = values[(out * depth + i) * taps + tap]! * factor[out]!;
      }
    }
  }
  return turned;
}
