/** Worker of `frame-pool.ts`: one set of kernels a thread, made once from the network it was started with. */
import Tinypool from 'tinypool';
import type { Network } from '../network/network.ts';
import { createKernels } from '../simulate/kernels/kernels.ts';

const network = Tinypool.workerData as Network;
const kernels = createKernels(network);

/** Codes of the network's outputs for one frame. */
export async function runFrame(inputs: readonly Int8Array[]): Promise<Int8Array[]> {
  return (await kernels).run(inputs);
}
