/** Writes what a simulator does as a value change dump (IEEE 1364): clock, ports and named registers, cycle by cycle. */
import type { Simulator } from './simulator.ts';

/** Where the text of the file goes. */
export interface WaveSink {
  write(text: string): void;
  close(): void;
}

/** Registers of more bits are left out; ports never are. */
const WIDEST = 512;
/** Units of time in a cycle; the clock rises half-way. */
const PERIOD = 10;

interface Watched {
  readonly id: string;
  readonly width: number;
  readonly change: () => bigint | undefined;
}

export class VcdWriter {
  private readonly sink: WaveSink;
  private readonly signals: Watched[] = [];
  private time = 0;

  constructor(simulator: Simulator, sink: WaveSink, clock = 'clk_i') {
    this.sink = sink;
    const ports = simulator.ports();
    const own = new Set(ports.map(({ name }) => name));
    const registers = simulator
      .state()
      .registers.filter((path) => !own.has(path))
      .map((path) => ({ path, width: simulator.width(path) }))
      .filter(({ width }) => width <= WIDEST);
    const tree: Scope = { wires: [`$var wire 1 ${idOf(0)} ${clock} $end`], scopes: new Map() };
    for (const { path, width } of [...ports.map(({ name, width }) => ({ path: name, width })), ...registers]) {
      const id = idOf(this.signals.length + 1);
      this.signals.push({ id, width, change: simulator.watcher(path) });
      const parts = path.split('.');
      const name = parts.pop()!;
      let scope = tree;
      for (const part of parts) {
        let inner = scope.scopes.get(part);
        if (inner === undefined) {
          inner = { wires: [], scopes: new Map() };
          scope.scopes.set(part, inner);
        }
        scope = inner;
      }
      scope.wires.push(
        `$var wire ${width} ${id} ${name.replace(/\s/g, '')}${width > 1 ? ` [${width - 1}:0]` : ''} $end`,
      );
    }
    sink.write(`$timescale 1ns $end\n${declare('top', tree)}$enddefinitions $end\n`);
  }

  /** The signals as they are just before the clock edge that ends the cycle, then the edge. */
  cycle(): void {
    const lines = [`#${this.time}`, `0${idOf(0)}`];
    for (const { id, width, change } of this.signals) {
      const value = change();
      if (value === undefined) continue;
      lines.push(width === 1 ? `${value}${id}` : `b${value.toString(2)} ${id}`);
    }
    lines.push(`#${this.time + PERIOD / 2}`, `1${idOf(0)}\n`);
    this.sink.write(lines.join('\n'));
    this.time += PERIOD;
  }

  close(): void {
    this.sink.write(`#${this.time}\n`);
    this.sink.close();
  }
}

interface Scope {
  readonly wires: string[];
  readonly scopes: Map<string, Scope>;
}

function declare(name: string, { wires, scopes }: Scope): string {
  const inner = [...scopes].map(([part, scope]) => declare(part, scope)).join('');
  return `$scope module ${name} $end\n${wires.map((wire) => `${wire}\n`).join('')}${inner}$upscope $end\n`;
}

/** Short names of printable characters. */
function idOf(index: number): string {
  let rest = index;
  let id = '';
  do {
    id += String.fromCharCode(33 + (rest % 94));
    rest = Math.floor(rest / 94);
  } while (rest > 0);
  return id;
}
