/** Counts what random pairs of layer and configuration have covered. */
import type { Layer, Window } from '../../../src/network/network.ts';
import { roundingOffset } from '../../../src/network/numerics.ts';
import type { Pair } from './random-pairs.ts';

/** Groups of counts that must all be above 0 for a run to have tested what it says. */
const NAMED: Readonly<Record<string, readonly (string | number)[]>> = {
  layer: ['SC', 'DW', 'PW', 'FC', 'add', 'mul', 'averagePool', 'maxPool', 'table', 'concat', 'resize'],
  kernel: [1, 2, 3, 4, 5, 6, 7],
  stride: [1, 2],
  P: [1, 2, 4, 8],
  M: [1, 2, 4, 8],
  N: [1, 2, 4, 8],
  case: [
    'ragged channels',
    'map smaller than kernel',
    'layer in strips',
    'pruning level',
    'pruned multiplications',
    'rounded to nearest',
    'rounded down',
    'rounded up',
    'rounded products',
    'skipped words',
    'weights of the level',
  ],
};

export class Coverage {
  private readonly counts = new Map<string, Map<string | number, number>>();

  constructor() {
    for (const [group, names] of Object.entries(NAMED))
      this.counts.set(group, new Map(names.map((name): [string | number, number] => [name, 0])));
  }

  add({ compiled, level }: Pair): void {
    const { config, network, program, pruning } = compiled;
    this.count('P', config.pixels);
    this.count('M', config.lanes);
    this.count('N', config.inputs);
    for (const layer of network.layers) {
      const { height, width, channels } = network.tensors[layer.inputs[0]!]!;
      this.count('layer', kindOf(layer, height * width));
      if (channels % config.inputs !== 0) this.count('case', 'ragged channels');
      if (!('window' in layer)) continue;
      const { kernelHeight, kernelWidth, strideY, strideX } = layer.window as Window;
      for (const extent of new Set([kernelHeight, kernelWidth])) this.count('kernel', extent);
      for (const stride of new Set([strideY, strideX])) this.count('stride', stride);
      if (height < kernelHeight || width < kernelWidth) this.count('case', 'map smaller than kernel');
    }
    const computes = new Map<number, number>();
    program.instructions.forEach(({ opcode, fields }, index) => {
      if (opcode !== 'COMPUTE' || fields.block !== 0) return;
      const { stage } = program.origins[index]!;
      computes.set(stage!, (computes.get(stage!) ?? 0) + 1);
    });
    if ([...computes.values()].some((count) => count > 1)) this.count('case', 'layer in strips');
    if (level === 0 || pruning === undefined) return;
    this.count('case', 'pruning level');
    const { layers, skipped } = pruning.levels[level - 1]!;
    if (layers.some(({ weightThreshold, activationThreshold }) => weightThreshold + activationThreshold > 0))
      this.count('case', 'pruned multiplications');
    for (const { layer, activationShift = 0 } of layers) {
      if (activationShift < 2) continue;
      const { zeroPoint } = network.tensors[network.layers[layer]!.inputs[0]!]!;
      const offset = roundingOffset(zeroPoint, activationShift);
      const way = offset === 0 ? 'down' : offset === 2 ** (activationShift - 1) ? 'to nearest' : 'up';
      this.count('case', `rounded ${way}`);
    }
    if (layers.some(({ productShift = 0 }) => productShift > 0)) this.count('case', 'rounded products');
    if (layers.some(({ weights }) => weights !== undefined)) this.count('case', 'weights of the level');
    if (skipped.length > 0) this.count('case', 'skipped words');
  }

  /** Named things that no pair had. */
  missing(): string[] {
    return Object.entries(NAMED).flatMap(([group, names]) =>
      names.filter((name) => this.counts.get(group)!.get(name) === 0).map((name) => `${group} ${name}`),
    );
  }

  text(): string {
    return [...this.counts]
      .map(([group, counts]) => {
        const sorted = [...counts].sort(([a], [b]) => (typeof a === 'number' && typeof b === 'number' ? a - b : 0));
        return `  ${group}: ${sorted.map(([name, count]) => `${name} ${count}`).join(', ')}`;
      })
      .join('\n');
  }

  private count(group: string, name: string | number): void {
    const counts = this.counts.get(group)!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

function kindOf(layer: Layer, pixels: number): string {
  if (layer.op === 'depthwise') return 'DW';
  if (layer.op !== 'conv') return layer.op;
  if (layer.window.kernelHeight * layer.window.kernelWidth > 1) return 'SC';
  return pixels === 1 ? 'FC' : 'PW';
}
