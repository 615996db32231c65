import { Command } from 'commander';
import { compile } from '../../compile/compile.ts';
import { UserError } from '../../errors.ts';
import type { Graph, GraphNode, Shape } from '../../graph/graph.ts';
import { nodeMacs } from '../../graph/macs.ts';
import { isBuildFolder, readBuild } from '../../node/build-folder.ts';
import { loadModel } from '../../node/model-source.ts';
import { costNetwork } from '../../node/prepare.ts';
import { type Summary, summarise } from '../../report/summary.ts';
import { simulateCycles } from '../../simulate/cycles/cycles.ts';
import type { Config } from '../../spec/config.ts';
import { type ConfigOption, configOption, type JsonFlag, jsonOption, loadConfig } from '../options.ts';
import { bytes, percent, print, printJson, printSummary, table, thousands } from '../print.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('show the layers of a model and what the stages they are fused into cost and wait for')
    .argument('<model|build>', 'model file, graph builder or build folder')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
A stage is a run of the engine: a layer with the layers fused into it. Stages of one segment run strip by strip, and what
lies between them never leaves the chip. A build has its own configuration; --config is for models.
`,
    )
    .action((subject: string, flags: ConfigOption & JsonFlag) => {
      if (isBuildFolder(subject)) return inspectBuild(subject, flags);
      return inspectModel(subject, flags);
    });
}

function inspectBuild(folder: string, flags: JsonFlag): void {
  const { compiled, manifest } = readBuild(folder);
  const summary = summarise(compiled, simulateCycles(compiled.config, compiled.program.instructions));
  if (flags.json) return printJson({ ...summary, quantisation: manifest.quantisation });
  printSummary(summary);
  print(`quantisation: ${manifest.quantisation}`);
  print();
  printStages(summary);
}

function printStages(summary: Summary): void {
  print(
    table(
      ['stage', 'kind', 'with', 'output', 'segment', 'MACs', 'weights', 'cycles', 'utilisation', 'waits'],
      summary.layers.map((layer) => [
        layer.name.slice(-40),
        layer.kind,
        layer.layers
          .slice(1)
          .map((name) => name.slice(-30))
          .join(', '),
        layer.output.join('x'),
        layer.segment,
        thousands(layer.macs),
        bytes(layer.weightBytes),
        thousands(layer.cycles),
        percent(layer.utilisation),
        Object.entries(layer.stalls)
          .filter(([, cycles]) => cycles > 0)
          .map(([cause, cycles]) => `${cause} ${cycles}`)
          .join(', '),
      ]),
      3,
    ),
  );
}

function inspectModel(name: string, flags: ConfigOption & JsonFlag): void {
  const config = loadConfig(flags.config);
  const { graph, preprocess, source } = loadModel(name);
  const layers = graph.nodes.map((node) => describeNode(graph, node));
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const { outputs, notes } = graph;
  const cost = costOn(graph, config);
  if (flags.json) {
    const figures = cost instanceof UserError ? { model: graph.name, config: config.name, macs, layers: [] } : cost;
    return printJson({
      ...figures,
      ...(cost instanceof UserError ? { refused: cost.describe() } : {}),
      source,
      format: graph.format,
      weights,
      graph: layers,
      outputs,
      notes,
      preprocess,
    });
  }
  print(`${graph.name} (${graph.format}): ${thousands(macs)} multiply-accumulates, ${thousands(weights)} weights`);
  print(
    table(
      ['layer', 'operator', 'input', 'output', 'kernel', 'quantised', 'MACs', 'weights'],
      layers.map((layer) => [
        layer.name.slice(-50),
        layer.op,
        layer.input,
        layer.output,
        layer.kernel,
        layer.quantised,
        thousands(layer.macs),
        thousands(layer.weights),
      ]),
      2,
    ),
  );
  for (const output of outputs) {
    const host = output.hostOperators.length > 0 ? `, then on the host: ${output.hostOperators.join(', ')}` : '';
    print(`output '${output.name}'${host}`);
  }
  for (const note of notes) print(`note: ${note}`);
  print(
    preprocess ? `pre-processing: ${preprocess.origin}` : 'pre-processing: not stated, add --preprocess when compiling',
  );
  print();
  if (cost instanceof UserError) return print(`it does not run on ${config.name}: ${cost.describe()}`);
  printSummary(cost);
  print();
  printStages(cost);
}

/** What the network costs on a configuration, or why it cannot run there. */
function costOn(graph: Graph, config: Config): Summary | UserError {
  try {
    const compiled = compile(costNetwork(graph, config.multiplierBits), config);
    return summarise(compiled, simulateCycles(config, compiled.program.instructions));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function describeNode(graph: Graph, node: GraphNode) {
  const shapeOf = (tensor: string) => graph.tensors.get(tensor)!.shape;
  const text = ({ height, width, channels }: Shape) => `${height}x${width}x${channels}`;
  const output = graph.tensors.get(node.output)!;
  const window = 'window' in node ? node.window : undefined;
  const filters = node.op === 'conv' || node.op === 'depthwise' ? node.weights : undefined;
  const weights = filters === undefined ? 0 : filters.kind === 'real' ? filters.values.length : filters.codes.length;
  return {
    name: node.name,
    op: node.op,
    input: text(shapeOf(node.inputs[0]!)),
    output: text(output.shape),
    kernel: window ? `${window.kernelHeight}x${window.kernelWidth}/${window.strideY}` : '',
    quantised: output.quantisation
      ? `${output.quantisation.scale.toPrecision(4)} @ ${output.quantisation.zeroPoint}`
      : 'float',
    macs: nodeMacs(graph, node),
    weights,
  };
}
