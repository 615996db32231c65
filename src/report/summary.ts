/** The figures of one compiled network on one configuration: what `--json` prints and the report shows. */
import type { Compiled } from '../compile/compile.ts';
import type { MachineStage } from '../compile/machine-graph.ts';
import type { HostOperator } from '../graph/graph.ts';
import type { CycleResult, StallCause } from '../simulate/cycles/cycles.ts';
import { memoryBytes, multipliers } from '../spec/config.ts';
import { countTraffic, type OnChipTraffic, type Traffic, totalTraffic } from './traffic.ts';

/** Height, width, channels of a map as the network has it. */
export type MapShape = readonly [height: number, width: number, channels: number];

/** Cycles that the engine stood still, by what it waited for; only causes that occur. */
export type Stalls = { readonly [cause in Exclude<StallCause, 'none'>]?: number };

/** One stage of the engine: a layer with the layers fused into it. Cycles count from the start command. */
export interface LayerSummary {
  readonly name: string;
  readonly kind: MachineStage['kind'];
  /** Names of all network layers that the stage computes, its own first. */
  readonly layers: readonly string[];
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [vertical: number, horizontal: number];
  readonly input: MapShape;
  readonly output: MapShape;
  readonly macs: number;
  /** Bytes of weights as stored for the engine, padding of words included. */
  readonly weightBytes: number;
  /** Cycles in which the engine issues the stage's steps. */
  readonly cycles: number;
  /**
   * macs / (multipliers x cycles), 0..1; more only where most taps lie in the padding, which count as macs by
   * custom but take no cycle.
   */
  readonly utilisation: number;
  /** Cycles waited before the stage's instructions. */
  readonly stalls: Stalls;
  readonly stallCycles: number;
  /** Index into `segments`. */
  readonly segment: number;
  /** Output rows of the segment's last stage in a strip. */
  readonly stripRows: number;
  readonly offChipBytes: number;
  /** First and last issue cycle. */
  readonly start: number;
  readonly end: number;
}

/** A run of layers that is fused: tensors between them live in row rings only. */
export interface SegmentSummary {
  /** Indices into `layers`, [first, end). */
  readonly first: number;
  readonly end: number;
  readonly strips: number;
  readonly stripRows: number;
  /** True where weights are brought in anew for every strip. */
  readonly restream: boolean;
  /** From the first start to the last end of its instructions. */
  readonly start: number;
  readonly stop: number;
}

export interface HostSummary {
  readonly output: string;
  readonly operators: readonly HostOperator[];
}

export interface MemorySummary {
  readonly usedBytes: number;
  readonly capacityBytes: number;
}

export interface Summary {
  readonly model: string;
  /** Name of the configuration. */
  readonly config: string;
  readonly device: string;
  readonly clockMHz: number;
  readonly multipliers: number;
  /** Cycles of one frame, from the start command to the end. */
  readonly cycles: number;
  readonly milliseconds: number;
  readonly framesPerSecond: number;
  /** 1e9 operations a second, 2 a multiply-accumulate. */
  readonly gops: number;
  readonly peakGops: number;
  /** 0..1: macs / (multipliers x cycles). */
  readonly utilisation: number;
  readonly macs: number;
  readonly weightBytes: number;
  /** Bytes over the memory bus in one frame. */
  readonly offChipBytes: number;
  readonly traffic: Traffic;
  readonly onChipBytes: OnChipTraffic;
  /** Where the cycles went: the sum of all parts is `cycles`. */
  readonly breakdown: { readonly compute: number; readonly stalls: Stalls; readonly tail: number };
  /** Highest use of the activation memory. */
  readonly activationMemory: MemorySummary;
  /** Bytes of external memory that a frame needs in all. */
  readonly externalMemoryBytes: number;
  readonly instructions: number;
  readonly layers: readonly LayerSummary[];
  readonly segments: readonly SegmentSummary[];
  /** Tensors between layers that are kept in external memory. */
  readonly spilled: readonly string[];
  /** What the host does after the accelerator, by network output; outputs taken as they are are not listed. */
  readonly host: readonly HostSummary[];
  readonly notes: readonly string[];
}

export function summarise(compiled: Compiled, cycles: CycleResult): Summary {
  const { config, network, graph, plan, placements, program } = compiled;
  const traffic = countTraffic(compiled);
  const segments = summariseSegments(compiled, cycles);
  const layers = graph.stages.map((_, index) =>
    summariseLayer(compiled, cycles, index, traffic.offChipOfStage[index]!),
  );
  const macs = sum(layers.map((layer) => layer.macs));
  const seconds = cycles.cycles / (config.clockMHz * 1e6);
  const stalls = addStalls(layers.map((layer) => layer.stalls));
  const compute = sum(layers.map((layer) => layer.cycles));
  const external = [...plan.external].filter((t) => !graph.inputs.includes(t) && !graph.outputs.includes(t));
  const memory = memoryBytes(config);
  return {
    model: network.name,
    config: config.name,
    device: config.device,
    clockMHz: config.clockMHz,
    multipliers: multipliers(config),
    cycles: cycles.cycles,
    milliseconds: seconds * 1e3,
    framesPerSecond: 1 / seconds,
    gops: (2 * macs) / seconds / 1e9,
    peakGops: (2 * multipliers(config) * config.clockMHz) / 1e3,
    utilisation: macs / (multipliers(config) * cycles.cycles),
    macs,
    weightBytes: sum(layers.map((layer) => layer.weightBytes)),
    offChipBytes: totalTraffic(traffic.offChip),
    traffic: traffic.offChip,
    onChipBytes: traffic.onChip,
    breakdown: { compute, stalls, tail: cycles.cycles - compute - sum(Object.values(stalls)) },
    activationMemory: {
      usedBytes: placements.words * (memory.activation / config.activationDepth),
      capacityBytes: memory.activation,
    },
    externalMemoryBytes: program.memoryBytes,
    instructions: program.instructions.length,
    layers,
    segments,
    spilled: external.map((tensor) => graph.tensors[tensor]!.name),
    host: network.outputs
      .filter(({ hostOperators }) => hostOperators.length > 0)
      .map(({ name, hostOperators }) => ({ output: name, operators: hostOperators })),
    notes: network.notes,
  };
}

function summariseLayer(compiled: Compiled, result: CycleResult, index: number, offChipBytes: number): LayerSummary {
  const { config, network, graph, plan, program } = compiled;
  const stage = graph.stages[index]!;
  const segment = plan.segments.findIndex(({ first, end }) => first <= index && index < end);
  const layer = network.layers[stage.layers[0]!]!;
  const shape = (tensor: number): MapShape => {
    const { height, width, channels } = network.tensors[graph.tensors[tensor]!.networkTensor]!;
    return [height, width, channels];
  };
  let cycles = 0;
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  const waits: Stalls[] = [];
  program.origins.forEach((origin, instruction) => {
    const timing = result.timings[instruction];
    if (origin.purpose !== 'compute' || origin.stage !== index || timing === undefined) return;
    cycles += timing.end - timing.start + 1;
    start = Math.min(start, timing.start);
    end = Math.max(end, timing.end);
    if (timing.cause !== 'none') waits.push({ [timing.cause]: timing.stall });
  });
  const stalls = addStalls(waits);
  const window = 'window' in layer ? layer.window : undefined;
  return {
    name: stage.name,
    kind: stage.kind,
    layers: stage.layers.map((member) => network.layers[member]!.name),
    kernel: [window?.kernelHeight ?? 1, window?.kernelWidth ?? 1],
    stride: [window?.strideY ?? 1, window?.strideX ?? 1],
    input: shape(stage.input),
    output: shape(stage.output),
    macs: stage.macs,
    weightBytes: stage.weights.length,
    cycles,
    utilisation: stage.macs / (multipliers(config) * cycles),
    stalls,
    stallCycles: sum(Object.values(stalls)),
    segment,
    stripRows: plan.segments[segment]!.stripRows,
    offChipBytes,
    start,
    end,
  };
}

function summariseSegments({ plan, program }: Compiled, result: CycleResult): SegmentSummary[] {
  const spans = plan.segments.map(() => ({ start: Number.POSITIVE_INFINITY, stop: 0 }));
  program.origins.forEach((origin, index) => {
    const timing = result.timings[index];
    const span = origin.segment === undefined ? undefined : spans[origin.segment];
    if (span === undefined || timing === undefined) return;
    span.start = Math.min(span.start, timing.start);
    span.stop = Math.max(span.stop, timing.end);
  });
  return plan.segments.map(({ first, end, stripRows, restream, shape }, index) => ({
    first,
    end,
    strips: shape.strips,
    stripRows,
    restream,
    ...spans[index]!,
  }));
}

function addStalls(all: readonly Stalls[]): Stalls {
  const total: { [cause in Exclude<StallCause, 'none'>]?: number } = {};
  for (const stalls of all) {
    for (const [cause, cycles] of Object.entries(stalls) as [keyof Stalls, number][]) {
      total[cause] = (total[cause] ?? 0) + cycles;
    }
  }
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
