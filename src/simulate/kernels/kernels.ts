/**
 * The fast rung: the bits of `simulate/reference`, computed by WebAssembly SIMD that is written for the network at hand.
 *
 * Single core; runs in Node and in browsers. Every layer's shapes are constants of its code; activations are int8 in
 * memory and widened to int16 operands (x - z) where they are multiplied.
 */
import type { Layer, Network, TensorIndex } from '../../network/network.ts';
import { planConv } from './layers/conv.ts';
import { planAdd, planConcat, planMul, planResize, planTable } from './layers/elementwise.ts';
import { planAveragePool, planDepthwiseLayer, planMaxPool } from './layers/window.ts';
import { type Bind, KernelPlan } from './plan.ts';
import { createMemory, instantiate } from './wasm/engine.ts';

export interface KernelOptions {
  /** Keep every tensor, so that `runAll` works; otherwise memory is shared by tensors that do not live together. */
  readonly keepTensors?: boolean;
}

export interface KernelRunner {
  readonly network: Network;
  /** Codes of `network.outputs`, in order, for codes of `network.inputs` (HWC). The arrays are the caller's. */
  run(inputs: readonly Int8Array[]): Int8Array[];
  /** Codes of every tensor of `network.tensors`, as `runReference` gives them. Needs `keepTensors`. */
  runAll(inputs: readonly Int8Array[]): Int8Array[];
  /** Runs `layer` only, on what its inputs hold; for measurements. */
  runLayer(layer: number): void;
  /** Bytes of WebAssembly memory. */
  readonly memoryBytes: number;
}

/** Writes, compiles and binds the network's kernels. The accumulators must be proven (`checkAccumulators`). */
export async function createKernels(network: Network, options: KernelOptions = {}): Promise<KernelRunner> {
  const keepTensors = options.keepTensors ?? false;
  const plan = new KernelPlan(network, keepTensors);
  const binds = network.layers.map((layer) => planLayer(plan, layer));
  const memory = createMemory(plan.layout());
  const bytes = new Uint8Array(memory.buffer);
  plan.fill(bytes);
  const kernels = await instantiate(plan.functions, memory);
  const steps = binds.map((bind) => bind({ kernels, memory: bytes }));

  const read = (tensor: TensorIndex): Int8Array => {
    const { address, bytes: length } = plan.tensor(tensor);
    return new Int8Array(memory.buffer, address, length).slice();
  };
  const compute = (inputs: readonly Int8Array[]): void => {
    if (inputs.length !== network.inputs.length) {
      throw new Error(`network has ${network.inputs.length} inputs, ${inputs.length} given`);
    }
    network.inputs.forEach((tensor, index) => {
      const { address, bytes: length } = plan.tensor(tensor);
      const input = inputs[index]!;
      if (input.length !== length) {
        throw new Error(`input '${network.tensors[tensor]!.name}' holds ${input.length} codes, ${length} needed`);
      }
      bytes.set(new Uint8Array(input.buffer, input.byteOffset, length), address);
    });
    for (const step of steps) step();
  };
  return {
    network,
    memoryBytes: bytes.length,
    run(inputs) {
      compute(inputs);
      return network.outputs.map(({ tensor }) => read(tensor));
    },
    runAll(inputs) {
      if (!keepTensors) throw new Error('runAll needs kernels created with keepTensors');
      compute(inputs);
      return network.tensors.map((_, tensor) => read(tensor));
    },
    runLayer: (layer) => steps[layer]!(),
  };
}

function planLayer(plan: KernelPlan, layer: Layer): Bind {
  switch (layer.op) {
    case 'conv':
      return planConv(plan, layer);
    case 'depthwise':
      return planDepthwiseLayer(plan, layer);
    case 'add':
      return planAdd(plan, layer);
    case 'mul':
      return planMul(plan, layer);
    case 'averagePool':
      return planAveragePool(plan, layer);
    case 'maxPool':
      return planMaxPool(plan, layer);
    case 'table':
      return planTable(plan, layer);
    case 'concat':
      return planConcat(plan, layer);
    case 'resize':
      return planResize(plan, layer);
  }
}
