/** Pass 3: addresses of whole tensors and row rings in the activation memory. */
import type { Config } from '../spec/config.ts';
import { rowSlots, rowWords } from '../spec/layout.ts';
import type { MachineGraph } from './machine-graph.ts';
import { type Plan, tensorLifetimes } from './plan.ts';

/** Where a tensor's rows lie during one segment. */
export interface Placement {
  readonly base: number;
  readonly end: number;
  readonly pitch: number;
}

export interface Placements {
  /** Placement of a tensor while a segment runs. */
  of(segment: number, tensor: number): Placement;
  /** Highest address used, plus one. */
  readonly words: number;
  /** For reports: every reservation with its first and last segment. */
  readonly reservations: readonly Reservation[];
}

export interface Reservation {
  readonly tensor: number;
  readonly firstSegment: number;
  readonly lastSegment: number;
  readonly slots: number;
  readonly pitch: number;
  readonly base: number;
  readonly whole: boolean;
}

/** First fit, largest first within several orders; undefined where no order fits the memory. */
export function placeTensors(config: Config, graph: MachineGraph, plan: Plan): Placements | undefined {
  const requests = reservationRequests(config, graph, plan);
  const area = (r: Request) => r.slots * r.pitch;
  const span = (r: Request) => r.lastSegment - r.firstSegment;
  const orders: ((a: Request, b: Request) => number)[] = [
    (a, b) => area(b) - area(a),
    (a, b) => span(b) - span(a) || area(b) - area(a),
    (a, b) => a.firstSegment - b.firstSegment || area(b) - area(a),
    (a, b) => b.lastSegment - a.lastSegment || area(b) - area(a),
  ];
  let best: Reservation[] | undefined;
  for (const order of orders) {
    const placed = firstFit([...requests].sort(order));
    if (best === undefined || top(placed) < top(best)) best = placed;
  }
  if (best === undefined || top(best) > config.activationDepth) return undefined;
  const reservations = best;
  return {
    words: top(best),
    reservations,
    of(segment, tensor) {
      const found = reservations.find(
        (r) => r.tensor === tensor && r.firstSegment <= segment && segment <= r.lastSegment,
      );
      if (found === undefined) throw new Error(`tensor ${tensor} has no place in segment ${segment}`);
      return { base: found.base, end: found.base + found.slots * found.pitch, pitch: found.pitch };
    },
  };
}

type Request = Omit<Reservation, 'base'>;

function top(reservations: readonly Reservation[]): number {
  return Math.max(0, ...reservations.map((r) => r.base + r.slots * r.pitch));
}

function reservationRequests(config: Config, graph: MachineGraph, plan: Plan): Request[] {
  const { used } = tensorLifetimes(graph);
  const segmentOf = (stage: number) => plan.segments.findIndex(({ first, end }) => first <= stage && stage < end);
  const requests: Request[] = [];
  const seen = new Set<number>();
  plan.segments.forEach((segment, index) => {
    const pitch = (tensor: number) => rowWords(config, graph.tensors[tensor]!.width, graph.tensors[tensor]!.channels);
    for (const [tensor, slots] of segment.shape.ringSlots) {
      requests.push({ tensor, firstSegment: index, lastSegment: index, slots, pitch: pitch(tensor), whole: false });
    }
    for (const tensor of segment.whole) {
      if (plan.external.has(tensor)) {
        // Whole for this segment only, then in external memory.
        requests.push({
          tensor,
          firstSegment: index,
          lastSegment: index,
          slots: rowSlots(graph.tensors[tensor]!.height),
          pitch: pitch(tensor),
          whole: true,
        });
        continue;
      }
      if (seen.has(tensor)) continue;
      seen.add(tensor);
      const last = used[tensor]! >= graph.stages.length ? plan.segments.length - 1 : segmentOf(used[tensor]!);
      requests.push({
        tensor,
        firstSegment: index,
        lastSegment: Math.max(index, last),
        slots: rowSlots(graph.tensors[tensor]!.height),
        pitch: pitch(tensor),
        whole: true,
      });
    }
  });
  return requests;
}

function firstFit(requests: readonly Request[]): Reservation[] {
  const placed: Reservation[] = [];
  for (const request of requests) {
    const words = request.slots * request.pitch;
    const clashing = placed
      .filter((r) => r.firstSegment <= request.lastSegment && request.firstSegment <= r.lastSegment)
      .sort((a, b) => a.base - b.base);
    let base = 0;
    for (const other of clashing) {
      if (base + words <= other.base) break;
      base = Math.max(base, other.base + other.slots * other.pitch);
    }
    placed.push({ ...request, base });
  }
  return placed;
}
