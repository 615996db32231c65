/** One picture through a compiled network. */
import type { Compiled } from '../compile/compile.ts';
import type { Preprocess } from '../import/preprocess.ts';
import { hostOutputs } from '../network/host.ts';
import type { Network } from '../network/network.ts';
import { atLevel } from '../prune/levels.ts';
import { topClasses } from '../quantise/metrics.ts';
import { inputCodes } from '../quantise/preprocess.ts';
import { createKernels } from '../simulate/kernels/kernels.ts';
import { Machine } from '../simulate/machine.ts';
import { loadMemory, readTensor } from '../simulate/program-io.ts';
import { type Hand, isHandNetwork, readHand } from '../tasks/hand.ts';
import { framePicture } from './pictures.ts';

export interface Frame {
  /** Codes of the network's outputs. */
  readonly outputs: readonly Int8Array[];
  /** Codes of every tensor, where asked for. */
  readonly tensors: readonly Int8Array[] | undefined;
  /** Output codes compared between kernels and machine, where asked for; a difference throws. */
  readonly compared: number | undefined;
}

export interface FrameOptions {
  readonly keepTensors?: boolean;
  /** Execute the program as well and compare its outputs. */
  readonly machine?: boolean;
  /** Pruning level, 0 by default. */
  readonly level?: number;
}

/** Input codes of a picture. */
export async function pictureCodes(network: Network, file: string, preprocess: Preprocess): Promise<Int8Array> {
  const tensor = network.tensors[network.inputs[0]!]!;
  const picture = await framePicture(file, tensor.height, tensor.width, preprocess);
  return inputCodes(picture, preprocess.normalisation, tensor);
}

export async function simulateFrame(
  compiled: Compiled,
  file: string,
  preprocess: Preprocess,
  options: FrameOptions = {},
): Promise<Frame> {
  const { network } = compiled;
  const codes = await pictureCodes(network, file, preprocess);
  const keepTensors = options.keepTensors === true;
  const level = options.level ?? 0;
  const kernels = await createKernels(atLevel(network, compiled.pruning, level), { keepTensors });
  const tensors = keepTensors ? kernels.runAll([codes]) : undefined;
  const outputs = tensors ? network.outputs.map(({ tensor }) => tensors[tensor]!) : kernels.run([codes]);
  const compared = options.machine === true ? compareMachine(compiled, codes, outputs, level) : undefined;
  return { outputs, tensors, compared };
}

/** Executes the program; outputs that are not the kernels' are a bug of ours. */
export function compareMachine(compiled: Compiled, codes: Int8Array, outputs: readonly Int8Array[], level = 0): number {
  const memory = loadMemory(compiled, [codes]);
  const machine = new Machine(compiled.config, memory);
  machine.level = level;
  machine.run(compiled.program.instructions);
  let compared = 0;
  compiled.graph.outputs.forEach((tensor, output) => {
    readTensor(compiled, memory, tensor).forEach((code, index) => {
      compared += 1;
      if (code !== outputs[output]![index]) {
        throw new Error(
          `output ${output}, value ${index}: the program gives ${code}, the kernels ${outputs[output]![index]}`,
        );
      }
    });
  });
  if (compared === 0) throw new Error('the network has no outputs to compare');
  return compared;
}

export interface HostResult {
  readonly outputs: readonly {
    readonly name: string;
    readonly values: number;
    readonly top: readonly { readonly index: number; readonly value: number }[];
  }[];
  /** Present for the hand-landmark network. */
  readonly hand: Hand | undefined;
}

/** Real outputs after the host's operators, the five largest of each, and the hand where it is one. */
export function hostResult(network: Network, codes: readonly Int8Array[]): HostResult {
  const real = hostOutputs(network, codes);
  return {
    outputs: network.outputs.map(({ name }, index) => ({
      name,
      values: real[index]!.length,
      top: topClasses(real[index]!, 5).map((at) => ({ index: at, value: real[index]![at]! })),
    })),
    hand: isHandNetwork(real.map((values) => values.length)) ? readHand(real) : undefined,
  };
}
