/** Pointwise functions in float64, as the float executor computes them and the 256-entry tables hold them. */
import type { ActivationNode } from '../graph/graph.ts';

/** The real function of an activation node. */
export function activationFunction(node: ActivationNode): (x: number) => number {
  const alpha = node.alpha ?? 1 / 6;
  const beta = node.beta ?? 1 / 2;
  const hardSigmoid = (x: number): number => Math.min(1, Math.max(0, alpha * x + beta));
  switch (node.function) {
    case 'sigmoid':
      return sigmoid;
    case 'hardSigmoid':
      return hardSigmoid;
    case 'hardSwish':
      return (x) => x * hardSigmoid(x);
    case 'relu':
      return (x) => Math.max(0, x);
    case 'tanh':
      return Math.tanh;
    case 'swish':
      return (x) => x * sigmoid(x);
  }
}

/**
 * Inputs outside [low, high] give the same output as the nearer bound, so codes need not reach them.
 * Sigmoid and tanh are taken to be flat where they are within half a code of their limits.
 */
export function usefulInputRange(node: ActivationNode): { low: number; high: number } {
  const alpha = node.alpha ?? 1 / 6;
  const beta = node.beta ?? 1 / 2;
  const everything = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  switch (node.function) {
    case 'hardSigmoid':
      return alpha > 0 ? { low: -beta / alpha, high: (1 - beta) / alpha } : everything;
    case 'hardSwish':
      return alpha > 0 ? { low: -beta / alpha, high: Number.POSITIVE_INFINITY } : everything;
    case 'relu':
      return { low: 0, high: Number.POSITIVE_INFINITY };
    case 'sigmoid':
      return { low: -7, high: 7 };
    case 'tanh':
      return { low: -3.5, high: 3.5 };
    case 'swish':
      return everything;
  }
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
