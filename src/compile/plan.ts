/**
 * Pass 2: cut the stages into fused segments and decide which tensors between segments stay on chip.
 *
 * Dynamic programming over the stage order. A state is "everything before stage i is done, and of the tensors still
 * needed these lie in external memory"; a transition is a segment with a strip height. Cost is cycles: compute steps,
 * the pipeline's latency where nothing hides it, and transfers of spilled tensors at the memory's bandwidth.
 */
import { UserError } from '../errors.ts';
import { type Config, ROW_SETS } from '../spec/config.ts';
import { type Stage, TABLES } from '../spec/isa.ts';
import { groupBytes, rowSlots, rowWords } from '../spec/layout.ts';
import { computeCycles } from '../spec/sequence.ts';
import { retireLatency } from '../spec/timing.ts';
import { windowTables } from '../spec/window.ts';
import { stageGeometry } from './geometry.ts';
import type { MachineGraph } from './machine-graph.ts';
import { type SegmentShape, segmentShape, stripCandidates } from './strips.ts';

export interface PlanOptions {
  /** Fuse stages through row rings. Off: one stage a segment; a tensor lies on chip as a whole or is spilled by rows. */
  readonly fusion: boolean;
  /** Activation addresses a set that the plan may use; less than the configuration's where placement needs slack. */
  readonly activationWords: number;
}

export interface Segment {
  readonly first: number;
  readonly end: number;
  readonly stripRows: number;
  readonly shape: SegmentShape;
  /** Weights are brought in anew for every strip because they do not fit together. */
  readonly restream: boolean;
  /** Tensors of the segment that lie on chip as a whole while it runs. */
  readonly whole: ReadonlySet<number>;
}

export interface Plan {
  readonly segments: readonly Segment[];
  /** Tensors that are in external memory between segments; network inputs and outputs are always among them. */
  readonly external: ReadonlySet<number>;
}

/** Longest segment: every stage keeps a descriptor slot, and one is left to prepare the next. */
const MAX_STAGES = 7;

interface State {
  readonly cost: number;
  /** Live tensors that are in external memory. */
  readonly external: ReadonlySet<number>;
  readonly previous: State | undefined;
  readonly segment: Segment | undefined;
}

interface Lifetimes {
  /** Stage that makes the tensor (the last of several), -1 for inputs. */
  readonly made: readonly number[];
  /** Last stage that reads it, stages.length for outputs. */
  readonly used: readonly number[];
}

export function tensorLifetimes(graph: MachineGraph): Lifetimes {
  const made = graph.tensors.map(() => -1);
  const used = graph.tensors.map(() => -1);
  graph.stages.forEach((stage, index) => {
    made[stage.output] = index;
    used[stage.input] = index;
    if (stage.residual !== undefined) used[stage.residual] = index;
  });
  for (const output of graph.outputs) used[output] = graph.stages.length;
  return { made, used };
}

export function planSegments(config: Config, graph: MachineGraph, options: PlanOptions): Plan {
  const planner = new Planner(config, graph, options);
  return planner.solve();
}

class Planner {
  private readonly lifetimes: Lifetimes;
  private readonly halo: number;
  private readonly outputs: ReadonlySet<number>;
  private readonly geometries: readonly Stage[];
  private readonly config: Config;
  private readonly graph: MachineGraph;
  private readonly options: PlanOptions;

  constructor(config: Config, graph: MachineGraph, options: PlanOptions) {
    this.config = config;
    this.graph = graph;
    this.options = options;
    this.lifetimes = tensorLifetimes(graph);
    this.halo = windowTables(config).haloGroups;
    this.outputs = new Set(graph.outputs);
    this.geometries = graph.stages.map((stage) => stageGeometry(config, graph, stage));
  }

  solve(): Plan {
    const { stages } = this.graph;
    const best: Map<string, State>[] = stages.map(() => new Map());
    best.push(new Map());
    best[0]!.set('', { cost: 0, external: new Set(this.graph.inputs), previous: undefined, segment: undefined });
    let furthest = 0;
    for (let first = 0; first < stages.length; first++) {
      for (const state of best[first]!.values()) {
        furthest = Math.max(furthest, first);
        const limit = this.options.fusion ? MAX_STAGES : 1;
        for (let end = first + 1; end <= Math.min(stages.length, first + limit); end++) {
          for (const next of this.transitions(state, first, end)) {
            const key = [...next.external].sort((a, b) => a - b).join();
            const known = best[end]!.get(key);
            if (known === undefined || next.cost < known.cost) best[end]!.set(key, next);
          }
        }
      }
    }
    const final = [...best[stages.length]!.values()].sort((a, b) => a.cost - b.cost)[0];
    if (final === undefined) throw this.doesNotFit(furthest);
    const segments: Segment[] = [];
    const external = new Set<number>();
    for (let state: State | undefined = final; state !== undefined; state = state.previous) {
      if (state.segment) segments.unshift(state.segment);
      for (const tensor of state.external) external.add(tensor);
    }
    return { segments, external };
  }

  private doesNotFit(stageIndex: number): UserError {
    const stage = this.graph.stages[stageIndex]!;
    const tensor = this.graph.tensors[stage.input]!;
    return new UserError(
      'does-not-fit',
      `configuration '${this.config.name}' cannot hold this layer: not even a strip of one row, or one block of its weights, fits on chip`,
      { layer: stage.name, tensor: tensor.name },
      'Use a configuration with a larger activationDepth, weightDepth or parameterDepth.',
    );
  }

  /** Tensors made before `end` and still needed at or after it. */
  private live(end: number): number[] {
    const { made, used } = this.lifetimes;
    return this.graph.tensors
      .map((_, tensor) => tensor)
      .filter((tensor) => {
        const isInput = this.graph.inputs.includes(tensor);
        return (isInput || made[tensor]! >= 0) && made[tensor]! < end && used[tensor]! >= end;
      });
  }

  private *transitions(state: State, first: number, end: number): Generator<State> {
    const before = this.live(first);
    const after = this.live(end);
    const fresh = after.filter((tensor) => !before.includes(tensor) && !this.outputs.has(tensor));
    for (let mask = 0; mask < 2 ** fresh.length; mask++) {
      const spilled = fresh.filter((_, bit) => (mask >> bit) & 1);
      const external = new Set([
        ...[...state.external].filter((tensor) => after.includes(tensor)),
        ...after.filter((tensor) => this.outputs.has(tensor)),
        ...spilled,
      ]);
      const candidate = this.bestSegment(state, first, end, external, before, after);
      if (candidate !== undefined) {
        yield { cost: state.cost + candidate.cost, external, previous: state, segment: candidate.segment };
      }
    }
  }

  private bestSegment(
    state: State,
    first: number,
    end: number,
    externalAfter: ReadonlySet<number>,
    before: readonly number[],
    after: readonly number[],
  ): { cost: number; segment: Segment } | undefined {
    const { graph, config } = this;
    const made = new Set<number>();
    const read = new Set<number>();
    for (let index = first; index < end; index++) {
      const stage = graph.stages[index]!;
      if (!made.has(stage.input)) read.add(stage.input);
      if (stage.residual !== undefined && !made.has(stage.residual)) read.add(stage.residual);
      made.add(stage.output);
    }
    const loads = [...read].filter((tensor) => state.external.has(tensor));
    const stores = [...made].filter((tensor) => externalAfter.has(tensor) && after.includes(tensor));
    const whole = new Set([
      ...[...before, ...after].filter(
        (tensor) =>
          !loads.includes(tensor) &&
          !stores.includes(tensor) &&
          !(state.external.has(tensor) && before.includes(tensor)),
      ),
      ...[...made, ...loads].filter((tensor) => !graph.tensors[tensor]!.ring),
    ]);
    const words = (tensor: number, slots: number) =>
      slots * rowWords(config, graph.tensors[tensor]!.width, graph.tensors[tensor]!.channels);
    let wholeWords = 0;
    for (const tensor of whole) wholeWords += words(tensor, rowSlots(graph.tensors[tensor]!.height));
    if (wholeWords > this.options.activationWords) return undefined;
    const height = graph.tensors[graph.stages[end - 1]!.output]!.height;
    let bestCost = Number.POSITIVE_INFINITY;
    let best: Segment | undefined;
    let feasible = 0;
    for (const stripRows of this.options.fusion || loads.length + stores.length > 0
      ? stripCandidates(height)
      : [height]) {
      if (wholeWords + this.leastRingWords(first, end, stripRows, whole) > this.options.activationWords) continue;
      const shape = segmentShape(graph, { first, end, stripRows, loads, stores, whole });
      let needed = wholeWords;
      for (const [tensor, slots] of shape.ringSlots) needed += words(tensor, slots);
      if (needed > this.options.activationWords) continue;
      const weights = this.weightCost(first, end, shape.strips);
      if (weights === undefined) continue;
      const cost = this.cost(first, end, shape, [...loads, ...stores]) + weights.cycles;
      feasible += 1;
      if (cost < bestCost) {
        bestCost = cost;
        best = { first, end, stripRows, shape, restream: weights.restream, whole };
      }
      // Ever smaller strips only add overhead; a segment that reads external memory may gain by starting earlier.
      if (feasible >= (loads.length > 0 ? 8 : 3)) break;
    }
    return best === undefined ? undefined : { cost: bestCost, segment: best };
  }

  /** Words that the rings of a segment need at least: one strip of every tensor between its stages. */
  private leastRingWords(first: number, end: number, stripRows: number, whole: ReadonlySet<number>): number {
    const { graph, config } = this;
    const { height: lastHeight } = graph.tensors[graph.stages[end - 1]!.output]!;
    let words = 0;
    for (let index = first; index < end - 1; index++) {
      const tensor = graph.stages[index]!.output;
      if (whole.has(tensor)) continue;
      const { height, width, channels } = graph.tensors[tensor]!;
      const rows = Math.floor((Math.min(stripRows, lastHeight) * height) / lastHeight);
      words += Math.floor(rows / ROW_SETS) * rowWords(config, width, channels);
    }
    return words;
  }

  /** Cycles that weights cost beyond a plain stream, or undefined where they do not fit. */
  private weightCost(first: number, end: number, strips: number): { cycles: number; restream: boolean } | undefined {
    const { config, graph } = this;
    let words = 0;
    let blocks = 0;
    let largest = 0;
    let mostBlocks = 0;
    let tables = 0;
    for (let index = first; index < end; index++) {
      const stage = graph.stages[index]!;
      if (stage.wordsPerBlock > config.weightDepth) return undefined;
      const stageWords = stage.wordsPerBlock * (stage.sharedWeights ? 1 : stage.blocks);
      words += stageWords;
      largest = Math.max(largest, stageWords);
      blocks += stage.blocks;
      mostBlocks = Math.max(mostBlocks, stage.blocks);
      if (stage.table !== undefined) tables += 1;
    }
    const cyclesPerWord = (config.lanes * config.inputs) / config.axiBytes;
    // Chunks lie in one piece, so the largest may have to skip to the start of the memory.
    const resident = words + largest <= config.weightDepth && blocks + mostBlocks <= config.parameterDepth;
    if (tables > TABLES) return undefined;
    if (strips === 1) return { cycles: 0, restream: false };
    if (!resident) return { cycles: words * cyclesPerWord * strips, restream: true };
    // Weights beyond half of the memory cannot be brought in behind the segment before.
    return { cycles: Math.max(0, words - config.weightDepth / 2) * cyclesPerWord, restream: false };
  }

  private cost(first: number, end: number, shape: SegmentShape, transfers: readonly number[]): number {
    const { config, graph, halo } = this;
    let cycles = 0;
    const latency = retireLatency(config);
    let sinceProducer = 0;
    for (const { step, strip, row, end: rowEnd } of shape.work) {
      const work = shape.steps[step]!;
      if (work.kind === 'load' && strip === 0) {
        // Nothing can be computed before the first strip is there.
        const { width, channels } = graph.tensors[work.tensor]!;
        cycles += ((rowEnd - row) * rowWords(config, width, channels) * groupBytes(config)) / config.axiBytes;
      }
      if (work.kind !== 'compute') continue;
      const stage = graph.stages[work.stage]!;
      const length = computeCycles(config, this.geometries[work.stage]!, halo, row, rowEnd - row, stage.blocks);
      // With one strip a stage waits for the one before it; with more, other work lies between.
      if (shape.strips === 1 || sinceProducer < latency) cycles += latency;
      sinceProducer = length;
      cycles += length;
    }
    for (const tensor of transfers) {
      const { height, width, channels } = graph.tensors[tensor]!;
      cycles += (height * rowWords(config, width, channels) * groupBytes(config)) / config.axiBytes;
    }
    return cycles + (end - first);
  }
}
