/** External memory of fixed latency, one beat a cycle, answers in order: the memory that cycle counts refer to. */

export interface Burst {
  readonly owner: 'fetch' | 'load';
  readonly beats: number;
}

export class ReadChannel {
  private readonly queue: { readonly burst: Burst; readonly ready: number; sent: number }[] = [];
  private readonly latency: number;
  private lastBeat = -1;

  constructor(latency: number) {
    this.latency = latency;
  }

  /** Bursts whose last beat has not been taken. */
  get outstanding(): number {
    return this.queue.length;
  }

  /** A read address is handed over in cycle `t`. */
  request(t: number, burst: Burst): void {
    this.queue.push({ burst, ready: t + this.latency, sent: 0 });
  }

  /** The burst whose beat is offered in cycle `t`. */
  offered(t: number): Burst | undefined {
    const head = this.queue[0];
    if (head === undefined || t < head.ready + head.sent || t <= this.lastBeat) return undefined;
    return head.burst;
  }

  /** Takes the offered beat; true where it was the burst's last. */
  take(t: number): boolean {
    const head = this.queue[0]!;
    head.sent += 1;
    this.lastBeat = t;
    if (head.sent < head.burst.beats) return false;
    this.queue.shift();
    return true;
  }

  /** First cycle from `t` on in which a beat can be offered. */
  nextOffer(t: number): number {
    const head = this.queue[0];
    return head === undefined ? Number.POSITIVE_INFINITY : Math.max(t, head.ready + head.sent, this.lastBeat + 1);
  }
}

/** Bytes of the burst that starts at `address` with `remaining` bytes to go. */
export function burstBytes(
  address: number,
  remaining: number,
  axiBytes: number,
  beats: number,
  boundary: number,
): number {
  return Math.min(remaining, beats * axiBytes, boundary - (address % boundary));
}
