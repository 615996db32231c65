/** Runs in the page: a frame of an accelerator on the WebAssembly simulator, its netlist made elsewhere. */
import { compile } from '../../src/compile/compile.ts';
import { verifyFrame } from '../../src/cosim/verify.ts';
import { wasmBench } from '../../src/cosim/wasm-bench.ts';
import type { JsonNetlist } from '../../src/rtlsim/netlist.ts';
import { compileNetlist } from '../../src/rtlsim/simulator.ts';
import { runReference } from '../../src/simulate/reference/reference.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { randomInputs, randomLayerNetwork } from '../support/random-network.ts';

export interface RtlPageResult {
  readonly equal: boolean;
  readonly cyclesEqual: boolean | undefined;
  readonly compared: number;
  readonly cycles: number;
  readonly problems: readonly string[];
}

async function verifyInPage(netlist: string, top: string): Promise<RtlPageResult> {
  const config = namedConfig('tiny');
  const network = randomLayerNetwork(1, { op: 'depthwise', multiplierBits: config.multiplierBits, pruning: false });
  const compiled = compile(network, config);
  const inputs = randomInputs(network, 1);
  const simulator = await compileNetlist(JSON.parse(netlist) as JsonNetlist, top);
  const { memoryBytes } = compiled.program;
  const bench = wasmBench(simulator, { memoryBytes, memoryLatency: config.memoryLatency });
  const { equal, cyclesEqual, compared, cycles, problems } = await verifyFrame(
    bench,
    compiled,
    inputs,
    runReference(network, inputs),
  );
  return { equal, cyclesEqual, compared, cycles, problems };
}

Object.assign(globalThis, { verifyInPage });
