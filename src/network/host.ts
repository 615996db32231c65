/** What the host does with the accelerator's output codes: dequantise, and the operators at the end of a network. */
import type { HostOperator } from '../graph/graph.ts';
import type { Network } from './network.ts';

/** Real values of every network output (codes given in the order of `network.outputs`). */
export function hostOutputs(network: Network, codes: readonly Int8Array[]): Float32Array[] {
  return network.outputs.map(({ tensor, hostOperators }, index) => {
    const { scale, zeroPoint } = network.tensors[tensor]!;
    const real = Float32Array.from(codes[index]!, (code) => scale * (code - zeroPoint));
    return applyHostOperators(real, hostOperators);
  });
}

/** Operators in their order; softmax is over all values. */
export function applyHostOperators(values: Float32Array, operators: readonly HostOperator[]): Float32Array {
  let result = values;
  for (const operator of operators) {
    switch (operator) {
      case 'reshape':
        break;
      case 'logistic':
        result = result.map((value) => 1 / (1 + Math.exp(-value)));
        break;
      case 'softmax': {
        const largest = result.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        const powers = result.map((value) => Math.exp(value - largest));
        const sum = powers.reduce((a, b) => a + b, 0);
        result = powers.map((value) => value / sum);
        break;
      }
    }
  }
  return result;
}
