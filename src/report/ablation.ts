/** What two of the accelerator's ideas save: the same network without fusion, and without hardware padding. */
import { type Compiled, compile } from '../compile/compile.ts';
import { stageGeometry } from '../compile/geometry.ts';
import type { MachineStage } from '../compile/machine-graph.ts';
import { UserError } from '../errors.ts';
import { simulateCycles } from '../simulate/cycles/cycles.ts';
import type { Stage } from '../spec/isa.ts';
import { channelBlocks, groupBytes } from '../spec/layout.ts';
import { computeCycles } from '../spec/sequence.ts';
import { windowTables } from '../spec/window.ts';
import { type Summary, summarise } from './summary.ts';
import { computePorts } from './traffic.ts';

/** A frame without one of the accelerator's ideas. */
export interface Ablation {
  readonly name: string;
  /** How the figures come about, in a sentence. */
  readonly method: string;
  /** True where figures are an estimate and not the run of a program. */
  readonly estimated: boolean;
  /** Undefined where the network cannot run so; `problem` says why. */
  readonly figures: AblationFigures | undefined;
  readonly problem?: string;
}

export interface AblationFigures {
  readonly cycles: number;
  /** Bytes over the memory bus. */
  readonly offChipBytes: number;
  /** Bytes at the ports of all on-chip memories. */
  readonly onChipBytes: number;
}

/** All ablations; compiles the network once more, so it takes as long as compiling does. */
export function runAblations(compiled: Compiled, summary: Summary): Ablation[] {
  return [ablateFusion(compiled), ...ablatePadding(compiled, summary)];
}

/** Layers one after the other, with the whole map between them on chip or, where it does not fit, in external memory. */
export function ablateFusion({ network, config }: Compiled): Ablation {
  const head = {
    name: 'Fusion off',
    method: 'Compiled again with one layer a segment and run by the cycle model.',
    estimated: false,
  };
  try {
    const plain = compile(network, config, { fusion: false });
    const { cycles, offChipBytes, onChipBytes } = summarise(plain, simulateCycles(config, plain.program.instructions));
    return { ...head, figures: { cycles, offChipBytes, onChipBytes: onChipBytes.total } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...head, figures: undefined, problem: error.describe() };
  }
}

/**
 * Explicit padding, as an estimate in two strengths: only the border is written beside the map, or a padded copy of the
 * whole map is made in a pass of its own. In both the taps outside the map are computed, and padded maps that lie in
 * external memory are moved with their border.
 */
export function ablatePadding(compiled: Compiled, summary: Summary): Ablation[] {
  let cycles = 0;
  let offChip = 0;
  let onChip = 0;
  let copyCycles = 0;
  let copyBytes = 0;
  for (const [index, stage] of compiled.graph.stages.entries()) {
    const cost = paddingCost(compiled, stage, index);
    cycles += cost.cycles;
    offChip += cost.offChip;
    onChip += cost.onChip;
    copyCycles += cost.copyCycles;
    copyBytes += cost.copyBytes;
  }
  const figures = (extraCycles: number, extraBytes: number): AblationFigures => ({
    cycles: summary.cycles + cycles + extraCycles,
    offChipBytes: summary.offChipBytes + offChip,
    onChipBytes: summary.onChipBytes.total + onChip + extraBytes,
  });
  return [
    {
      name: 'Hardware padding off: borders written',
      method: 'Estimate: every padded map gets its border beside it, and taps outside the map take their cycles.',
      estimated: true,
      figures: figures(0, 0),
    },
    {
      name: 'Hardware padding off: padded copies',
      method: 'Estimate: the same, and each padded map is copied into its frame in a pass of its own.',
      estimated: true,
      figures: figures(copyCycles, copyBytes),
    },
  ];
}

interface PaddingCost {
  /** Cycles to write the border and for taps outside. */
  readonly cycles: number;
  readonly offChip: number;
  readonly onChip: number;
  /** Further cycles and bytes to copy the inside of the map. */
  readonly copyCycles: number;
  readonly copyBytes: number;
}

function paddingCost(compiled: Compiled, stage: MachineStage, index: number): PaddingCost {
  const { config, graph, network, plan } = compiled;
  const none = { cycles: 0, offChip: 0, onChip: 0, copyCycles: 0, copyBytes: 0 };
  const layer = network.layers[stage.layers[0]!]!;
  if (!('window' in layer)) return none;
  const input = graph.tensors[stage.input]!;
  const output = graph.tensors[stage.output]!;
  const { window } = layer;
  const stem = input.spaceToDepth === 2;
  const kernelHeight = stem ? stage.kernelHeight : (window.kernelHeight - 1) * window.dilationY + 1;
  const kernelWidth = stem ? stage.kernelWidth : (window.kernelWidth - 1) * window.dilationX + 1;
  const reach = (extent: number, stride: number, before: number, kernel: number) =>
    (extent - 1) * stride - before + kernel;
  const bottom = Math.max(0, reach(output.height, stage.strideY, stage.paddingTop, kernelHeight) - input.height);
  const right = Math.max(0, reach(output.width, stage.strideX, stage.paddingLeft, kernelWidth) - input.width);
  if (stage.paddingTop + stage.paddingLeft + bottom + right === 0) return none;
  const height = input.height + stage.paddingTop + bottom;
  const width = input.width + stage.paddingLeft + right;
  const groups = (columns: number) => Math.ceil(columns / config.pixels);
  const inside = input.height * groups(input.width);
  const border = height * groups(width) - inside;
  const bytes = (places: number) => places * channelBlocks(config, input.channels) * groupBytes(config);
  const writes = Math.ceil(input.channels / config.lanes);
  const halo = windowTables(config).haloGroups;
  const work = { row: 0, rows: output.height, blocks: stage.blocks };
  const run = (geometry: Stage) => {
    const ports = computePorts(config, geometry, work, halo);
    return {
      cycles: computeCycles(config, geometry, halo, 0, work.rows, work.blocks),
      bytes: ports.activationReads + ports.weightReads,
    };
  };
  const geometry = stageGeometry(config, graph, stage);
  const centre = stage.windowKernel?.centre ?? 0;
  const padded = run({
    ...geometry,
    inputHeight: height,
    paddingTop: 0,
    groups: stage.windowKernel ? Math.floor(((output.width - 1) * stage.strideX + centre) / config.pixels) + 1 : 0,
  });
  const plain = run(geometry);
  const onBus = graph.inputs.includes(stage.input)
    ? 1
    : plan.external.has(stage.input) && crosses(compiled, index)
      ? 2
      : 0;
  return {
    cycles: padded.cycles - plain.cycles + (onBus > 0 ? 0 : border * writes),
    offChip: onBus * bytes(border),
    onChip: padded.bytes - plain.bytes + bytes(border),
    copyCycles: inside * writes,
    copyBytes: 2 * bytes(inside),
  };
}

/** True where the stage's input comes from another segment. */
function crosses({ graph, plan }: Compiled, index: number): boolean {
  const { first } = plan.segments.find((segment) => segment.first <= index && index < segment.end)!;
  const { input } = graph.stages[index]!;
  return !graph.stages.slice(first, index).some((stage) => stage.output === input);
}
