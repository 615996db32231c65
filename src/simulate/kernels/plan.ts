/** What a network needs before it can run: functions, constants, scratch and a place for every tensor. */
import type { Layer, Network, Tensor, TensorIndex } from '../../network/network.ts';
import { FIRST_ADDRESS } from './wasm/code.ts';
import { type Kernel, PAGE_BYTES } from './wasm/engine.ts';
import type { WasmFunction } from './wasm/module.ts';

/** A stretch of the memory; its address is known once the plan is laid out. */
export interface Region {
  readonly bytes: number;
  address: number;
}

/** What a bound step works with. */
export interface Machine {
  readonly kernels: readonly Kernel[];
  readonly memory: Uint8Array;
}
/** Runs one layer on the tensors in memory. */
export type Step = () => void;
/** Made while planning, called when addresses and functions are known. */
export type Bind = (machine: Machine) => Step;

/** Vectors are read and written up to this many bytes beyond what they are for. */
const SLACK = 64;

export class KernelPlan {
  readonly network: Network;
  readonly #keepTensors: boolean;
  readonly #functions: WasmFunction[] = [];
  readonly #indices = new Map<string, number>();
  readonly #constants: { region: Region; content: Uint8Array }[] = [];
  readonly #scratch = new Map<string, { -readonly [K in keyof Region]: Region[K] }>();
  readonly #tensors: Region[];

  constructor(network: Network, keepTensors: boolean) {
    this.network = network;
    this.#keepTensors = keepTensors;
    this.#tensors = network.tensors.map((t) => ({ bytes: t.height * t.width * t.channels, address: -1 }));
  }

  get functions(): readonly WasmFunction[] {
    return this.#functions;
  }

  /** Index of the function of that key, made on first use. */
  function(key: string, make: () => WasmFunction): number {
    const known = this.#indices.get(key) ?? this.#functions.push(make()) - 1;
    this.#indices.set(key, known);
    return known;
  }

  constant(content: Uint8Array): Region {
    const region = { bytes: content.length, address: -1 };
    this.#constants.push({ region, content });
    return region;
  }

  /** A region that layers share, as large as the largest of their wishes; its content does not outlive a step. */
  scratch(name: string, bytes: number): Region {
    const region = this.#scratch.get(name) ?? { bytes: 0, address: -1 };
    region.bytes = Math.max(region.bytes, bytes);
    this.#scratch.set(name, region);
    return region;
  }

  tensor(index: TensorIndex): Region {
    return this.#tensors[index]!;
  }

  input(layer: Layer, index = 0): Tensor {
    return this.network.tensors[layer.inputs[index]!]!;
  }

  output(layer: Layer): Tensor {
    return this.network.tensors[layer.output]!;
  }

  /** Gives every region its address; the result is the memory's size in pages. */
  layout(): number {
    let end = FIRST_ADDRESS;
    const place = (region: Region): void => {
      region.address = end;
      end = align(end + region.bytes + SLACK);
    };
    for (const region of this.#scratch.values()) place(region);
    if (this.#keepTensors) for (const region of this.#tensors) place(region);
    else end += placeByLifetime(this.network, this.#tensors, end);
    for (const { region } of this.#constants) place(region);
    return Math.ceil(end / PAGE_BYTES);
  }

  /** Writes the constants. */
  fill(memory: Uint8Array): void {
    for (const { region, content } of this.#constants) memory.set(content, region.address);
  }
}

const align = (address: number): number => Math.ceil(address / SLACK) * SLACK;

/**
 * Places each tensor, in order of birth, at the lowest address from `base` on where nothing alive at the same time
 * lies. Network inputs are alive from the start, outputs to the end. Gives the bytes used.
 */
function placeByLifetime(network: Network, regions: readonly Region[], base: number): number {
  const birth = regions.map(() => -1);
  const death = regions.map(() => -1);
  network.layers.forEach((layer, step) => {
    birth[layer.output] = step;
    death[layer.output] = Math.max(death[layer.output]!, step);
    for (const input of layer.inputs) death[input] = step;
  });
  for (const { tensor } of network.outputs) death[tensor] = network.layers.length;
  const order = regions.map((_, index) => index).sort((a, b) => birth[a]! - birth[b]! || a - b);
  const placed: number[] = [];
  let end = base;
  for (const index of order) {
    const region = regions[index]!;
    const size = align(region.bytes + SLACK);
    const alive = placed
      .filter((other) => death[other]! >= birth[index]!)
      .map((other) => ({
        from: regions[other]!.address,
        to: align(regions[other]!.address + regions[other]!.bytes + SLACK),
      }))
      .sort((a, b) => a.from - b.from);
    let address = base;
    for (const { from, to } of alive) {
      if (address + size <= from) break;
      address = Math.max(address, to);
    }
    region.address = address;
    placed.push(index);
    end = Math.max(end, address + size);
  }
  return end - base;
}
