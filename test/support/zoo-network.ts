/** Integer networks of the graph builders, quantised on seeded noise, for tests of whole networks. */
import type { Network } from '../../src/network/network.ts';
import { loadModel } from '../../src/node/model-source.ts';
import { prepareNetwork } from '../../src/node/prepare.ts';

export async function zooNetwork(name: string, multiplierBits: 16 | 31 = 16): Promise<Network> {
  return (await prepareNetwork(loadModel(name), { multiplierBits })).network;
}
