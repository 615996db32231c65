/** Runs a mapped module beside its RTL on the same random inputs. */
import { randomBits } from '../rtlsim/initialise.ts';
import type { Simulator } from '../rtlsim/simulator.ts';

export interface Equivalence {
  /** Output words compared. */
  readonly compared: number;
  readonly firstDifference:
    | { readonly cycle: number; readonly port: string; readonly rtl: bigint; readonly mapped: bigint }
    | undefined;
}

export interface VectorOptions {
  readonly cycles: number;
  readonly seed: number;
  /** Input held at 0 in the first cycles. Default 'rst_ni'. */
  readonly reset?: string;
}

/** Cycles of reset before random inputs. */
const resetCycles = 4;
/** One cycle in so many is a reset again. */
const resetRate = 64;

/**
 * Compares every output before every clock edge. Both start from their initial state. `other` is the RTL with other
 * answers where it says nothing (see undefined.ts): bits in which it differs are not compared.
 */
export function compareMapped(
  rtl: Simulator,
  mapped: Simulator,
  options: VectorOptions,
  other?: Simulator,
): Equivalence {
  const random = randomBits(options.seed);
  const reset = options.reset ?? 'rst_ni';
  const ports = rtl.ports();
  const inputs = ports.filter(({ direction }) => direction === 'input');
  const outputs = ports.filter(({ direction }) => direction === 'output');
  const there = new Set(mapped.ports().map(({ name }) => name));
  let compared = 0;
  for (let cycle = 0; cycle < options.cycles; cycle++) {
    for (const { name, width } of inputs) {
      let value = 0n;
      for (let bits = 0; bits < width; bits += 32) value = (value << 32n) | BigInt(random());
      const kind = random() % 8;
      if (kind === 0) value = 0n;
      if (kind === 1) value = (1n << BigInt(width)) - 1n;
      if (name === reset) value = BigInt(cycle >= resetCycles && random() % resetRate !== 0);
      rtl.poke(name, value);
      other?.poke(name, value);
      if (there.has(name)) mapped.poke(name, value);
    }
    for (const { name } of outputs) {
      const [ours, theirs] = [rtl.peek(name), mapped.peek(name)];
      const open = other === undefined ? 0n : ours ^ other.peek(name);
      compared++;
      if (((ours ^ theirs) & ~open) !== 0n)
        return { compared, firstDifference: { cycle, port: name, rtl: ours, mapped: theirs } };
    }
    rtl.step(1);
    other?.step(1);
    mapped.step(1);
  }
  return { compared, firstDifference: undefined };
}
