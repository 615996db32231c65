import { Command } from 'commander';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { isBuildFolder, readBuild } from '../../node/build-folder.ts';
import { loadModel } from '../../node/model-source.ts';
import { summarise } from '../../report/summary.ts';
import { simulateCycles } from '../../simulate/cycles/cycles.ts';
import { type JsonFlag, jsonOption } from '../options.ts';
import { bytes, percent, print, printJson, printSummary, table, thousands } from '../print.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('show the layers of a model, or what every stage of a build costs and waits for')
    .argument('<model|build>', 'model file, graph builder or build folder')
    .addOption(jsonOption())
    .action((subject: string, flags: JsonFlag) => {
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
  print(
    table(
      ['stage', 'kind', 'computes', 'output', 'segment', 'MACs', 'weights', 'cycles', 'utilisation', 'waits'],
      summary.layers.map((layer) => [
        layer.name.slice(-40),
        layer.kind,
        layer.layers.length > 1 ? `${layer.layers.length} layers` : '1 layer',
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

function inspectModel(name: string, flags: JsonFlag): void {
  const { graph, preprocess, source } = loadModel(name);
  const layers = graph.nodes.map((node) => describeNode(graph, node));
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const { outputs, notes } = graph;
  if (flags.json) {
    return printJson({
      model: graph.name,
      source,
      format: graph.format,
      macs,
      weights,
      layers,
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
}

function describeNode(graph: Graph, node: GraphNode) {
  const shapeOf = (tensor: string) => graph.tensors.get(tensor)!.shape;
  const text = ({ height, width, channels }: { height: number; width: number; channels: number }) =>
    `${height}x${width}x${channels}`;
  const output = graph.tensors.get(node.output)!;
  const window = 'window' in node ? node.window : undefined;
  let macs = 0;
  let weights = 0;
  if (node.op === 'conv' || node.op === 'depthwise') {
    weights = node.weights.kind === 'real' ? node.weights.values.length : node.weights.codes.length;
    macs = (weights / (node.op === 'depthwise' ? output.shape.channels : 1)) * output.shape.height * output.shape.width;
    if (node.op === 'depthwise') macs *= output.shape.channels;
  }
  return {
    name: node.name,
    op: node.op,
    input: text(shapeOf(node.inputs[0]!)),
    output: text(output.shape),
    kernel: window ? `${window.kernelHeight}x${window.kernelWidth}/${window.strideY}` : '',
    quantised: output.quantisation
      ? `${output.quantisation.scale.toPrecision(4)} @ ${output.quantisation.zeroPoint}`
      : 'float',
    macs,
    weights,
  };
}
