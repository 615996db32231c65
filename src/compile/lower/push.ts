/** Adds a stage to the graph, fused with the add or the table that alone consumes its output. */
import { UserError } from '../../errors.ts';
import type { MachineStage } from '../machine-graph.ts';
import { addCodes, type Context } from './context.ts';

/** Adds the stage, fused with the add or table that alone consumes its output. */
export function push(context: Context, index: number, done: Set<number>, stage: MachineStage): void {
  done.add(index);
  const { network } = context;
  let current = stage;
  for (;;) {
    const next = soleConsumer(context, current.output);
    if (next === undefined) break;
    const layer = network.layers[next]!;
    if (layer.op === 'add' && current.residual === undefined && !current.windowKernel && current.table === undefined) {
      const position = layer.inputs[0] === current.output ? 0 : 1;
      const other = layer.inputs[1 - position]!;
      if (other === current.output || !available(context, other, index)) break;
      current = {
        ...current,
        layers: [...current.layers, next],
        residual: other,
        output: layer.output,
        codes: { ...current.codes, ...addCodes(context, layer, position) },
      };
    } else if (layer.op === 'table' && current.table === undefined && context.config.tables) {
      current = {
        ...current,
        layers: [...current.layers, next],
        output: layer.output,
        table: layer.table,
      };
    } else break;
    done.add(next);
  }
  if (current.table !== undefined && !context.config.tables) {
    throw new UserError(
      'does-not-fit',
      `configuration '${context.config.name}' has no activation tables`,
      { layer: current.name },
      'Set tables to true in the configuration.',
    );
  }
  context.stages.push(current);
}

function soleConsumer(context: Context, tensor: number): number | undefined {
  const consumers = context.consumers[tensor]!;
  if (consumers.length !== 1 || context.network.outputs.some((output) => output.tensor === tensor)) return undefined;
  return consumers[0];
}

/** True where the tensor exists before layer `index` runs. */
function available(context: Context, tensor: number, index: number): boolean {
  const { network } = context;
  return network.inputs.includes(tensor) || network.layers.findIndex((layer) => layer.output === tensor) < index;
}
