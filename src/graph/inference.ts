import type { GraphNode, Shape, Window } from './graph.ts';
import { sameShape, shapeText, windowShape } from './shapes.ts';

const INPUTS: Readonly<Record<GraphNode['op'], number>> = {
  conv: 1,
  depthwise: 1,
  add: 2,
  mul: 2,
  averagePool: 1,
  maxPool: 1,
  activation: 1,
  rescale: 1,
  concat: 0,
  resize: 1,
};

/** Shape of a layer's output, or a sentence saying why there is none. Convolutions are sized by their weights. */
export function nodeOutputShape(node: GraphNode, inputs: readonly Shape[]): Shape | string {
  const wanted = INPUTS[node.op];
  if (wanted === 0 ? inputs.length === 0 : inputs.length !== wanted) return `it has ${inputs.length} inputs`;
  const [first, second] = inputs as readonly [Shape, Shape | undefined];
  switch (node.op) {
    case 'conv':
    case 'depthwise': {
      const map = slide(first, node.window);
      if (typeof map === 'string') return map;
      if (node.op === 'depthwise') return { ...map, channels: first.channels };
      const count = node.weights.kind === 'real' ? node.weights.values.length : node.weights.codes.length;
      const channels = count / (node.window.kernelHeight * node.window.kernelWidth * first.channels);
      if (!Number.isInteger(channels)) return `${count} weights do not fit ${first.channels} input channels`;
      return { ...map, channels };
    }
    case 'averagePool':
    case 'maxPool': {
      const map = slide(first, node.window);
      return typeof map === 'string' ? map : { ...map, channels: first.channels };
    }
    case 'mul':
      if (second!.height === 1 && second!.width === 1 && second!.channels === first.channels) return first;
      return sameShape(first, second!) ? first : `it multiplies ${shapeText(first)} by ${shapeText(second!)}`;
    case 'add':
      return sameShape(first, second!) ? first : `it adds ${shapeText(first)} and ${shapeText(second!)}`;
    case 'activation':
    case 'rescale':
      return first;
    case 'concat': {
      if (inputs.some((shape) => shape.height !== first.height || shape.width !== first.width)) {
        return `it joins maps of different size: ${inputs.map(shapeText).join(', ')}`;
      }
      return { ...first, channels: inputs.reduce((sum, shape) => sum + shape.channels, 0) };
    }
    case 'resize': {
      const { factorY, factorX } = node;
      if (!wholePositive(factorY) || !wholePositive(factorX)) return `it resizes by ${factorY} and ${factorX}`;
      return { height: first.height * factorY, width: first.width * factorX, channels: first.channels };
    }
  }
}

function wholePositive(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}

function slide(input: Shape, window: Window): { height: number; width: number } | string {
  const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padding } = window;
  const steps = [kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX];
  const pads = [padding.top, padding.left, padding.bottom, padding.right];
  if (!steps.every(wholePositive) || !pads.every((pad) => Number.isInteger(pad) && pad >= 0)) {
    return `its window is not whole and positive (${[...steps, ...pads].join(', ')})`;
  }
  const map = windowShape(input, window);
  if (map.height < 1 || map.width < 1) return `its window does not fit a map of ${shapeText(input)}`;
  return map;
}
