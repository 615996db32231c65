/** The flip-flops of the multiplier array and of what feeds it, by class. */
import { ACTIVITY_SIGNALS, activityProbes, multiplierPaths } from '../../src/cosim/activity.ts';
import type { Probe } from '../../src/cosim/bench.ts';
import type { Config } from '../../src/spec/config.ts';

export interface RegisterClass {
  readonly name: string;
  /** Component of the energy model that it belongs to; `outside` the array: what carries words to it. */
  readonly group: 'dsp' | 'logic' | 'outside';
  paths(config: Config): string[];
}

const COMPUTE = 'u_core.u_compute';
const multipliers =
  (single: string, pair: string[]) =>
  (config: Config): string[] =>
    multiplierPaths(config).flatMap(({ path }) =>
      (config.pixels === 1 ? [single] : pair).map((name) => `${path}.${name}`),
    );
const trees =
  (level: number) =>
  ({ lanes, pixels, inputs }: Config): string[] =>
    2 ** level > inputs
      ? []
      : Array.from({ length: lanes * pixels }, (_, at) => {
          const [lane, pixel] = [Math.floor(at / pixels), at % pixels];
          return `${COMPUTE}.u_array.gen_lane[${lane}].gen_tree[${pixel}].u_tree.gen_tree.gen_level[${level}].sums`;
        });
const named =
  (...names: string[]) =>
  (): string[] =>
    names.map((name) => `${COMPUTE}.${name}`);

export const CLASSES: readonly RegisterClass[] = [
  { name: 'weight operand', group: 'dsp', paths: multipliers('weight_q', ['weight_q']) },
  { name: 'activation operand', group: 'dsp', paths: multipliers('x_q', ['x0_q', 'x1_q']) },
  { name: 'pair and second weight', group: 'dsp', paths: multipliers('x_qq', ['pair_q', 'weight_qq']) },
  { name: 'product', group: 'dsp', paths: multipliers('product_q', ['product_q']) },
  { name: 'product and bias', group: 'dsp', paths: multipliers('product_qq', ['biased_q']) },
  { name: 'keep bits', group: 'logic', paths: multipliers('keep_q', ['keep0_q', 'keep1_q']) },
  ...[1, 2, 3, 4, 5].map(
    (level): RegisterClass => ({ name: `adder tree, level ${level}`, group: 'logic', paths: trees(level) }),
  ),
  {
    name: 'accumulators',
    group: 'logic',
    paths: ({ lanes, pixels }) =>
      Array.from({ length: lanes * pixels }, (_, at) => {
        const place = `gen_pixel[${Math.floor(at / lanes)}].gen_lane[${at % lanes}]`;
        return `${COMPUTE}.u_accumulators.${place}.acc_q`;
      }),
  },
  { name: 'weight word', group: 'outside', paths: named('u_weights.read_data_o') },
  {
    name: 'activation words',
    group: 'outside',
    paths: named('u_activations.read_data_o', 'u_operand_words.rows_1q', 'u_operand_words.direct_2q'),
  },
  {
    name: 'operands on their way',
    group: 'outside',
    paths: named('u_operand_words.direct_3q', 'u_operand_words.direct_o', 'u_operand_words.columns_o'),
  },
];

/** What a Verilated design must make visible. */
export const REGISTER_SIGNALS: Readonly<Record<string, readonly string[]>> = {
  ...ACTIVITY_SIGNALS,
  dw_ram: [...ACTIVITY_SIGNALS.dw_ram!, 'read_data_o'],
  dw_activation_memory: [...ACTIVITY_SIGNALS.dw_activation_memory!, 'read_data_o'],
  dw_multiply: ['weight_q', 'x_q', 'x_qq', 'product_q', 'product_qq', 'keep_q'],
  dw_multiply_pair: ['weight_q', 'x0_q', 'x1_q', 'weight_qq', 'pair_q', 'product_q', 'biased_q', 'keep0_q', 'keep1_q'],
  dw_adder_tree: ['sums'],
  dw_accumulators: ['acc_q'],
  dw_operand_words: ['rows_1q', 'direct_2q', 'direct_3q', 'direct_o', 'columns_o'],
};

/** Probes of `activityProbes` and of all classes. */
export function registerProbes(config: Config): Probe[] {
  return [
    ...activityProbes(config),
    ...CLASSES.flatMap(({ name, paths }) => paths(config).map((path): Probe => ({ path, what: 'toggles', sum: name }))),
  ];
}
