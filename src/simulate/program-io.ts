/** Between network tensors and the external memory of a program: what a driver does before and after a frame. */
import type { Compiled } from '../compile/compile.ts';
import type { MachineTensor } from '../compile/machine-graph.ts';
import type { Config } from '../spec/config.ts';
import { packMap, unpackMap } from '../spec/layout.ts';

/** Image rearranged so that pixel (y, x) holds its 2 x 2 neighbours: [y/2][x/2][(y%2 * 2 + x%2) * channels + c]. */
export function spaceToDepth(codes: Int8Array, height: number, width: number, channels: number): Int8Array {
  const out = new Int8Array(codes.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (((y >> 1) * (width >> 1) + (x >> 1)) * 4 + (y & 1) * 2 + (x & 1)) * channels;
      out.set(codes.subarray((y * width + x) * channels, (y * width + x + 1) * channels), to);
    }
  }
  return out;
}

/** Bytes of an input tensor (network codes, HWC) as the program expects them. */
export function packInput(config: Config, tensor: MachineTensor, codes: Int8Array): Int8Array {
  const { height, width, channels } = tensor;
  const map = tensor.spaceToDepth === 2 ? spaceToDepth(codes, height * 2, width * 2, channels / 4) : codes;
  return packMap(config, map, height, width, channels);
}

/** External memory with program, weights and inputs in place. */
export function loadMemory(compiled: Compiled, inputs: readonly Int8Array[]): Uint8Array {
  const { program, graph, config } = compiled;
  const memory = new Uint8Array(program.memoryBytes);
  memory.set(program.image);
  graph.inputs.forEach((tensor, index) => {
    const packed = packInput(config, graph.tensors[tensor]!, inputs[index]!);
    memory.set(new Uint8Array(packed.buffer), program.tensors.get(tensor)!.address);
  });
  return memory;
}

/** Codes (HWC) of a tensor that the program left in external memory. */
export function readTensor(compiled: Compiled, memory: Uint8Array, tensor: number): Int8Array {
  const { program, graph, config } = compiled;
  const { address, bytes } = program.tensors.get(tensor)!;
  const { height, width, channels } = graph.tensors[tensor]!;
  const packed = new Int8Array(memory.buffer, memory.byteOffset + address, bytes);
  return unpackMap(config, packed, height, width, channels);
}
