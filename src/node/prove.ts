/** Proves immediate assertions of a small design with yosys' SAT solver, by induction over time. */
import { UserError } from '../errors.ts';
import { elaborateScript, runYosysScript, type TopModule, type YosysFlavour } from './yosys.ts';

export interface ProofOptions extends TopModule {
  /** Longest induction, cycles. */
  readonly depth: number;
  /** Input that is 0 in the first cycle. Default 'rst_ni'. */
  readonly reset?: string;
  readonly flavour?: YosysFlavour;
}

export type ProofResult =
  /** The assertions hold in every reachable state after reset. */
  | { readonly status: 'proved'; readonly depth: number; readonly assertions: number }
  /** A run from reset breaks an assertion; `cycle` counts from the reset cycle, which is 0. */
  | { readonly status: 'refuted'; readonly cycle: number; readonly trace: readonly string[] }
  /** No counterexample up to `depth`, but the induction did not close. */
  | { readonly status: 'unknown'; readonly depth: number };

/**
 * Tries to prove every assertion of `top` and the modules below. State is free before the reset, and every input is
 * free after it; what must be assumed of the inputs is written as `assume` in the design.
 */
export async function prove(options: ProofOptions): Promise<ProofResult> {
  const { top, sources, depth } = options;
  const reset = options.reset ?? 'rst_ni';
  const script = `${elaborateScript(options, '-formal')}rename -top ${top}
proc
flatten
opt -fast
memory_dff -no-rw-check
memory_collect
memory_map -formal
opt -fast
async2sync
chformal -lower
dffunmap
opt -fast
select -count t:$assert
sat -prove-asserts -set-assumes -tempinduct -seq 2 -maxsteps ${depth} -set-at 1 ${reset} 0 -show-inputs -show-regs ${top}
`;
  const { log } = await runYosysScript(script, sources, [], options.flavour ?? 'npm');
  const assertions = Number(/^(\d+) objects/m.exec(log)?.[1] ?? 0);
  if (assertions === 0)
    throw new UserError('bad-build', `'${top}' has no assertions to prove`, {}, 'Write them as immediate assertions.');
  if (/Induction step proven: SUCCESS!/.test(log)) {
    const steps = [...log.matchAll(/Trying induction with length (\d+)/g)];
    return { status: 'proved', depth: Number(steps[steps.length - 1]?.[1] ?? depth), assertions };
  }
  const failure = /SAT temporal induction proof finished - model found(?: for base case)?: FAIL!/.exec(log);
  if (failure !== null) {
    const table = log
      .slice(failure.index)
      .split('\n')
      .filter((line) => /^\s+(\d+|init)\s+\\\S/.test(line));
    const cycle = Math.max(0, ...table.map((line) => Number(/^\s+(\d+)/.exec(line)?.[1] ?? 0))) - 2;
    return { status: 'refuted', cycle, trace: table };
  }
  if (/Reached maximum number of time steps/.test(log)) return { status: 'unknown', depth };
  throw new Error(`yosys' proof ended in a way not known: ${log.slice(-400)}`);
}
