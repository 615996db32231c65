import { type Graph, type GraphNode, NO_CLAMP, type Padding, type Shape, type Window } from '../../src/graph/graph.ts';
import { windowOutput } from '../../src/network/network.ts';

/** Seeded uniform numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `length` reals in [-range, range). */
export function randomReals(length: number, random: () => number, range = 1): Float32Array {
  return Float32Array.from({ length }, () => (random() * 2 - 1) * range);
}

export function size({ height, width, channels }: Shape): number {
  return height * width * channels;
}

export function windowOf(kernel: number, stride = 1, pad = 0, dilation = 1): Window {
  const padding: Padding = { top: pad, left: pad, bottom: pad, right: pad };
  return {
    kernelHeight: kernel,
    kernelWidth: kernel,
    strideY: stride,
    strideX: stride,
    dilationY: dilation,
    dilationX: dilation,
    padding,
  };
}

export function outputShape(input: Shape, window: Window, channels: number): Shape {
  const { padding } = window;
  return {
    height: windowOutput(
      input.height,
      window.kernelHeight,
      window.strideY,
      window.dilationY,
      padding.top,
      padding.bottom,
    ),
    width: windowOutput(input.width, window.kernelWidth, window.strideX, window.dilationX, padding.left, padding.right),
    channels,
  };
}

/** Collects nodes into a float graph; each method returns the name of the tensor it makes. */
export class GraphMaker {
  readonly tensors = new Map<string, { name: string; shape: Shape }>();
  readonly nodes: GraphNode[] = [];
  readonly random: () => number;

  constructor(input: Shape, seed: number) {
    this.random = randomNumbers(seed);
    this.tensors.set('input', { name: 'input', shape: input });
  }

  shape(name: string): Shape {
    return this.tensors.get(name)!.shape;
  }

  push(node: GraphNode, shape: Shape): string {
    this.tensors.set(node.output, { name: node.output, shape });
    this.nodes.push(node);
    return node.output;
  }

  conv(x: string, channels: number, window: Window, clamp = NO_CLAMP): string {
    const input = this.shape(x);
    const depth = window.kernelHeight * window.kernelWidth * input.channels;
    return this.push(
      {
        op: 'conv',
        name: `conv${this.nodes.length}`,
        inputs: [x],
        output: `t${this.nodes.length}`,
        window,
        weights: { kind: 'real', values: randomReals(channels * depth, this.random, 2 / Math.sqrt(depth)) },
        bias: { kind: 'real', values: randomReals(channels, this.random, 0.5) },
        clamp,
      },
      outputShape(input, window, channels),
    );
  }

  depthwise(x: string, window: Window, clamp = NO_CLAMP): string {
    const input = this.shape(x);
    const taps = window.kernelHeight * window.kernelWidth;
    return this.push(
      {
        op: 'depthwise',
        name: `depthwise${this.nodes.length}`,
        inputs: [x],
        output: `t${this.nodes.length}`,
        window,
        weights: { kind: 'real', values: randomReals(taps * input.channels, this.random, 2 / Math.sqrt(taps)) },
        bias: { kind: 'real', values: randomReals(input.channels, this.random, 0.5) },
        clamp,
      },
      outputShape(input, window, input.channels),
    );
  }

  pool(op: 'averagePool' | 'maxPool', x: string, window: Window): string {
    const input = this.shape(x);
    const output = `t${this.nodes.length}`;
    const node = { op, name: `${op}${this.nodes.length}`, inputs: [x], output, window, clamp: NO_CLAMP };
    return this.push(node, outputShape(input, window, input.channels));
  }

  pair(op: 'add' | 'mul', a: string, b: string, clamp = NO_CLAMP): string {
    const output = `t${this.nodes.length}`;
    return this.push({ op, name: `${op}${this.nodes.length}`, inputs: [a, b], output, clamp }, this.shape(a));
  }

  graph(...outputs: string[]): Graph {
    return {
      name: 'made',
      format: 'test',
      inputs: [{ tensor: 'input', fileType: 'float32' }],
      outputs: outputs.map((tensor) => ({ name: tensor, tensor, hostOperators: [] })),
      tensors: this.tensors,
      nodes: this.nodes,
      notes: [],
    };
  }
}

/** One inverted bottleneck with a residual, between a stem and a pooled classifier; every common layer kind. */
export function smallMobileNet(seed: number, input: Shape = { height: 12, width: 10, channels: 3 }): Graph {
  const relu6 = { low: 0, high: 6 };
  const maker = new GraphMaker(input, seed);
  const stem = maker.conv('input', 8, windowOf(3, 2, 1), relu6);
  const expanded = maker.conv(stem, 20, windowOf(1), relu6);
  const filtered = maker.depthwise(expanded, windowOf(3, 1, 1), relu6);
  const projected = maker.conv(filtered, 8, windowOf(1));
  const sum = maker.pair('add', stem, projected);
  const last = maker.conv(sum, 24, windowOf(1), relu6);
  const { height, width } = maker.shape(last);
  const pooled = maker.pool('averagePool', last, { ...windowOf(1), kernelHeight: height, kernelWidth: width });
  return maker.graph(maker.conv(pooled, 10, windowOf(1)));
}
