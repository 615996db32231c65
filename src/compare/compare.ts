/** Layer by layer against another runtime: which layer differs first, by how much, and whether its rounding explains it. */
import type { Graph } from '../graph/graph.ts';
import type { Layer, Network } from '../network/network.ts';
import { runReferenceLayer } from '../simulate/reference/reference.ts';
import { type RoundingRule, runLayerUnder } from './rounding.ts';

export type RuntimeName = 'tflite' | 'onnxruntime';

/** The rule under which our layers equal the runtime's, code for code (docs/rounding.md). */
export function runtimeRule(runtime: RuntimeName, op: Layer['op']): RoundingRule {
  if (op === 'add') return runtime === 'tflite' ? 'integer' : 'float32';
  return 'float32';
}

export interface LayerComparison {
  readonly layer: string;
  readonly op: Layer['op'];
  readonly compared: number;
  /** Codes of our own run, from the input on, that differ from the runtime's; `largest` is their largest difference. */
  readonly differing: number;
  readonly largest: number;
  /** The same where the layer alone is ours, its inputs being the runtime's. */
  readonly alone: number;
  /** As `alone`, rounded by the runtime's rule instead of ours: 0 where rounding explains every difference. */
  readonly underItsRule: number;
}

export interface Comparison {
  readonly layers: readonly LayerComparison[];
  /** First layer with a code that differs, in executable order. */
  readonly first: LayerComparison | undefined;
  /** Layers whose inputs or output the runtime does not show. */
  readonly hidden: readonly string[];
  readonly compared: number;
}

/**
 * Compares one frame. `network` is lowered from `graph`; `theirs` gives the runtime's codes, [height][width][channel], by
 * tensor name. `input` holds the codes of the only input.
 */
export function compareWithRuntime(
  graph: Graph,
  network: Network,
  input: Int8Array,
  theirs: ReadonlyMap<string, Int8Array>,
  runtime: RuntimeName,
): Comparison {
  const ours: Int8Array[] = [];
  ours[network.inputs[0]!] = input;
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const inputName = network.tensors[network.inputs[0]!]!.name;
  const shown = (index: number): Int8Array | undefined => {
    const { name } = network.tensors[index]!;
    return name === inputName ? input : theirs.get(name);
  };
  const layers: LayerComparison[] = [];
  const hidden: string[] = [];
  for (const layer of network.layers) {
    const own = runReferenceLayer(
      network,
      layer,
      layer.inputs.map((index) => ours[index]!),
    );
    ours[layer.output] = own;
    const expected = shown(layer.output);
    const inputs = layer.inputs.map(shown).filter((codes) => codes !== undefined);
    if (!expected || inputs.length < layer.inputs.length) {
      hidden.push(layer.name);
      continue;
    }
    const { differing, largest } = difference(own, expected);
    const node = nodes.get(layer.name);
    const alone = difference(runReferenceLayer(network, layer, inputs), expected).differing;
    const rule = runtimeRule(runtime, layer.op);
    // A layer that the lowering added has no node and no weights: its own rule is all there is.
    const ruled = node ? difference(runLayerUnder(rule, network, layer, node, inputs), expected).differing : alone;
    const { name, op } = layer;
    layers.push({ layer: name, op, compared: expected.length, differing, largest, alone, underItsRule: ruled });
  }
  const compared = layers.reduce((sum, layer) => sum + layer.compared, 0);
  return { layers, first: layers.find(({ differing }) => differing > 0), hidden, compared };
}

function difference(ours: Int8Array, theirs: Int8Array): { differing: number; largest: number } {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} codes cannot be compared with ${theirs.length}`);
  let [differing, largest] = [0, 0];
  for (let i = 0; i < ours.length; i++) {
    const distance = Math.abs(ours[i]! - theirs[i]!);
    if (distance > 0) differing++;
    largest = Math.max(largest, distance);
  }
  return { differing, largest };
}
