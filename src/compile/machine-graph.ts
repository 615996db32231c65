/** The network as stages of the engine: what each COMPUTE will do, before anything has a place or an order in time. */
import type { Stage } from '../spec/isa.ts';
import type { WindowKernel } from '../spec/window.ts';

export interface MachineTensor {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Tensor of the network whose codes it holds. */
  readonly networkTensor: number;
  /** 2: the host stores the image space-to-depth (byte = (subRow * 2 + subColumn) * channels + channel). */
  readonly spaceToDepth: 1 | 2;
  /** May live as a ring of rows; false where several stages write it. */
  readonly ring: boolean;
}

/** Parts of the stage descriptor that do not depend on where tensors are placed. */
export type StageCodes = Partial<Stage>;

export interface MachineStage {
  /** Name of the layer that gives the stage its name, and all network layers that it computes. */
  readonly name: string;
  readonly layers: readonly number[];
  /** What the field calls it, for reports. */
  readonly kind: 'standard' | 'pointwise' | 'depthwise' | 'fullyConnected' | 'pool' | 'add' | 'mul' | 'table' | 'copy';
  readonly input: number;
  readonly residual: number | undefined;
  readonly output: number;
  /** First channel block (of N) that is written in the output: a concatenation's seam. */
  readonly outputBlock: number;
  /** Set on the window path. */
  readonly windowKernel: WindowKernel | undefined;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: 1 | 2;
  readonly strideX: 1 | 2;
  readonly paddingTop: number;
  readonly paddingLeft: number;
  readonly upsample: number;
  /** Output channel blocks of M lanes. */
  readonly blocks: number;
  /** Weight words of one block, or of all where they are shared. */
  readonly wordsPerBlock: number;
  readonly sharedWeights: boolean;
  /** [word][lane][input], blocks * wordsPerBlock words (wordsPerBlock where shared). */
  readonly weights: Int8Array;
  /** Packed parameter words, one a block. */
  readonly parameters: Uint8Array;
  /** Activation table that the output codes go through, by code + 128. */
  readonly table: Int8Array | undefined;
  readonly codes: StageCodes;
  /** Multiply-accumulates as the field counts them. */
  readonly macs: number;
}

export interface MachineGraph {
  readonly tensors: readonly MachineTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly stages: readonly MachineStage[];
}
