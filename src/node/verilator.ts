/** A Verilated design in a process of its own, driven through pipes. Commands are queued; only answers are waited for. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { UserError } from '../errors.ts';
import type { LiteResult } from '../rtlsim/axi-bench.ts';
import { liteLimit } from '../rtlsim/axi-bench.ts';
import {
  type AxiMemoryOptions,
  type AxiStatistics,
  axiMemoryDefaults,
  checkAxiOptions,
  type ErrorRange,
} from '../rtlsim/axi-memory.ts';
import { axiSignals, findBus, liteSignals } from '../rtlsim/axi-ports.ts';
import type { VerilatedPort, VerilatorBuild } from './verilator-build.ts';

/** Little-endian command bytes. */
class Command {
  private readonly parts: Buffer[] = [];
  constructor(code: string) {
    this.parts.push(Buffer.from(code, 'latin1'));
  }
  u8(value: number): this {
    this.parts.push(Buffer.from([value]));
    return this;
  }
  i16(value: number): this {
    const part = Buffer.alloc(2);
    part.writeInt16LE(value);
    this.parts.push(part);
    return this;
  }
  u32(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value >>> 0);
    this.parts.push(part);
    return this;
  }
  u64(value: number): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    this.parts.push(part);
    return this;
  }
  text(value: string): this {
    return this.u32(Buffer.byteLength(value)).bytes(Buffer.from(value, 'utf8'));
  }
  bytes(value: Uint8Array): this {
    this.parts.push(Buffer.from(value));
    return this;
  }
  build(): Buffer {
    return Buffer.concat(this.parts);
  }
}

const storageBytes = (width: number): number =>
  width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : width <= 64 ? 8 : 4 * Math.ceil(width / 32);

function toBigInt(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

/** A variable inside the design: a register or a memory. */
export interface Variable {
  readonly index: number;
  readonly width: number;
  readonly rows: number;
}

export interface RunResult {
  readonly cycles: number;
  /** Failed assertions since the start. */
  readonly failures: number;
}

export class VerilatorModel {
  readonly ports: readonly VerilatedPort[];
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: { bytes: number; resolve: (data: Buffer) => void; reject: (error: Error) => void }[] = [];
  private pieces: Buffer[] = [];
  private available = 0;
  private ended: Error | undefined;
  private messages = '';
  private memories = 0;
  private readonly watched: number[][] = [];

  constructor(build: VerilatorBuild) {
    this.ports = build.ports;
    this.child = spawn(build.executable, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout.on('data', (data: Buffer) => {
      this.pieces.push(data);
      this.available += data.length;
      this.deliver();
    });
    this.child.stderr.on('data', (data: Buffer) => {
      this.messages = (this.messages + data.toString('utf8')).slice(-20000);
    });
    const end = (error: Error): void => {
      this.ended ??= error;
      for (const { reject } of this.waiting.splice(0)) reject(this.ended);
    };
    this.child.stdin.on('error', end);
    this.child.on('error', end);
    this.child.on('close', (code) =>
      end(new Error(`the Verilated design ended (${code}): ${this.messages.slice(-500)}`)),
    );
  }

  /** What the design printed, the last 20 kB of it. */
  get output(): string {
    return this.messages;
  }

  poke(port: string, value: number | bigint): void {
    const { width } = this.port(port);
    const bytes = Buffer.alloc(storageBytes(width));
    let rest = BigInt.asUintN(width, BigInt(value));
    for (let i = 0; rest > 0n; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    this.send(new Command('p').i16(this.portIndex(port)).bytes(bytes));
  }

  async peek(port: string): Promise<bigint> {
    this.send(new Command('g').i16(this.portIndex(port)));
    return toBigInt(await this.receive(storageBytes(this.port(port).width)));
  }

  async step(cycles = 1): Promise<RunResult> {
    this.send(new Command('s').u64(cycles));
    return runResult(await this.receive(12));
  }

  /** Runs until a port of at most 32 bits has `value` (looked at before each cycle), or `limit` cycles. */
  async runUntil(port: string, value: number, limit: number): Promise<RunResult> {
    this.send(new Command('u').i16(this.portIndex(port)).u32(value).u64(limit));
    return runResult(await this.receive(12));
  }

  /** Runs until some bit of `mask` is set in a port of at most 32 bits (looked at before each cycle), or `limit` cycles. */
  async runUntilMask(port: string, mask: number, limit: number): Promise<RunResult> {
    this.send(new Command('m').i16(this.portIndex(port)).u32(mask).u64(limit));
    return runResult(await this.receive(12));
  }

  /** Records the values of ports in every cycle in which `strobe` is not zero; returns the watch's number. */
  watch(strobe: string, ports: readonly string[]): number {
    const command = new Command('t').i16(this.portIndex(strobe)).i16(ports.length);
    for (const port of ports) command.i16(this.portIndex(port));
    this.send(command);
    this.watched.push(ports.map((port) => this.port(port).width));
    return this.watched.length - 1;
  }

  /** What a watch recorded since it was last read: one array of values a cycle. */
  async readWatch(watch: number): Promise<bigint[][]> {
    this.send(new Command('T').i16(watch));
    const head = await this.receive(8);
    const count = head.readUInt32LE(0);
    const bytes = await this.receive(head.readUInt32LE(4));
    const sizes = this.watched[watch]!.map(storageBytes);
    let at = 0;
    return Array.from({ length: count }, () =>
      sizes.map((size) => {
        at += size;
        return toBigInt(bytes.subarray(at - size, at));
      }),
    );
  }

  /** Finds a variable by path from the top module, such as 'core.lane.acc_q'; it must be public in the build. */
  async variable(path: string, top: string): Promise<Variable> {
    const parts = path.split('.');
    // A generate block may be part of the scope or of the name.
    for (let cut = parts.length - 1; cut >= 0; cut--) {
      const scope = ['TOP', top, ...parts.slice(0, cut)].map(mangle).join('.');
      const name = parts.slice(cut).map(mangle).join('__DOT__');
      this.send(new Command('v').text(scope).text(name));
      const answer = await this.receive(12);
      const index = answer.readInt32LE(0);
      if (index >= 0) return { index, width: answer.readUInt32LE(4), rows: answer.readUInt32LE(8) };
    }
    throw new UserError('bad-arguments', `no public variable '${path}' in the Verilated design`);
  }

  /** Adds to `sum` in every cycle the ones of a variable, or the bits in which it differs from the cycle before. */
  addProbe(variable: Variable, what: 'ones' | 'toggles', sum: number): void {
    this.send(
      new Command('k')
        .u32(variable.index)
        .u8(what === 'toggles' ? 1 : 0)
        .u32(sum),
    );
  }

  /** The sums of all probes so far. */
  async readProbes(): Promise<number[]> {
    this.send(new Command('K'));
    const count = (await this.receive(4)).readUInt32LE(0);
    const bytes = await this.receive(8 * count);
    return Array.from({ length: count }, (_, sum) => Number(bytes.readBigUInt64LE(8 * sum)));
  }

  async read(variable: Variable, row = 0): Promise<bigint> {
    return toBigInt(await this.readRows(variable, row, 1));
  }

  /** Rows as they lie in Verilator's memory: 1, 2, 4, 8 or a multiple of 4 bytes each. */
  async readRows(variable: Variable, first: number, count: number): Promise<Buffer> {
    this.send(new Command('r').u32(variable.index).u32(first).u32(count));
    return this.receive(storageBytes(variable.width) * count);
  }

  writeRows(variable: Variable, first: number, rows: Uint8Array): void {
    const count = rows.length / storageBytes(variable.width);
    this.send(new Command('w').u32(variable.index).u32(first).u32(count).bytes(rows));
  }

  /** Attaches a memory to AXI4 ports; returns its number. */
  addMemory(options: AxiMemoryOptions): number {
    checkAxiOptions(options);
    const bus = findBus(
      this.ports.map(({ name }) => name),
      options.prefix,
      axiSignals,
    );
    const command = new Command('a')
      .u32(options.latency)
      .u32(options.outstanding ?? axiMemoryDefaults.outstanding)
      .u32(options.stalls?.seed ?? 0)
      .u32(options.stalls?.rate ?? 0)
      .u64(options.base ?? 0)
      .u64(options.size);
    for (const signal of axiSignals) command.i16(bus.has(signal) ? this.portIndex(bus.get(signal)!) : -1);
    this.send(command);
    return this.memories++;
  }

  addError(memory: number, { first, end, response }: ErrorRange): void {
    this.send(new Command('E').i16(memory).u64(first).u64(end).u32(response));
  }

  /** Makes all addresses of a memory answer again. */
  clearErrors(memory: number): void {
    this.send(new Command('e').i16(memory));
  }

  async readMemory(memory: number, at: number, count: number): Promise<Buffer> {
    this.send(new Command('R').i16(memory).u64(at).u32(count));
    return this.receive(count);
  }

  writeMemory(memory: number, at: number, bytes: Uint8Array): void {
    this.send(new Command('W').i16(memory).u64(at).u32(bytes.length).bytes(bytes));
  }

  async statistics(memory: number): Promise<AxiStatistics> {
    this.send(new Command('S').i16(memory));
    const head = await this.receive(36);
    const counter = (i: number): number => Number(head.readBigUInt64LE(8 * i));
    const text = (await this.receive(head.readUInt32LE(32))).toString('utf8');
    return {
      readBeats: counter(0),
      writeBeats: counter(1),
      readBursts: counter(2),
      writeBursts: counter(3),
      violations: text.split('\n').filter((line) => line !== ''),
    };
  }

  async writeRegister(
    address: number,
    data: number,
    prefix = 's_axi_',
    limit: number = liteLimit,
  ): Promise<LiteResult> {
    return this.access(1, address, data, prefix, limit);
  }

  async readRegister(address: number, prefix = 's_axi_', limit: number = liteLimit): Promise<LiteResult> {
    return this.access(0, address, 0, prefix, limit);
  }

  /** Failed assertions: cycle, and file:line. `stop` says whether a later one stops a run. */
  async failures(stop = true): Promise<{ cycle: number; source: string }[]> {
    this.send(new Command('f').u8(stop ? 1 : 0));
    const length = (await this.receive(4)).readUInt32LE(0);
    const text = (await this.receive(length)).toString('utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [cycle, source] = line.split('\t');
        return { cycle: Number(cycle), source: source ?? '' };
      });
  }

  /** Writes every signal of every cycle from here on to a VCD file; the build must have been made with `wave`. */
  async openWave(path: string): Promise<void> {
    this.send(new Command('V').text(path));
    if ((await this.receive(1))[0] !== 1)
      throw new UserError(
        'output-not-writable',
        'the wave cannot be written',
        { file: path },
        'Name a file in a folder that exists.',
      );
  }

  async close(): Promise<void> {
    if (this.ended !== undefined) return;
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.send(new Command('q'));
    await closed;
  }

  private async access(
    write: 0 | 1,
    address: number,
    data: number,
    prefix: string,
    limit: number,
  ): Promise<LiteResult> {
    const bus = findBus(
      this.ports.map(({ name }) => name),
      prefix,
      liteSignals,
    );
    const command = new Command('L').u8(write).u32(address).u32(data).u32(limit);
    for (const signal of liteSignals) command.i16(this.portIndex(bus.get(signal) ?? ''));
    this.send(command);
    const answer = await this.receive(16);
    const response = answer.readUInt32LE(0);
    return {
      response: response === 0xffffffff ? undefined : response,
      data: answer.readUInt32LE(4),
      cycles: Number(answer.readBigUInt64LE(8)),
    };
  }

  private port(name: string): VerilatedPort {
    return this.ports[this.portIndex(name)]!;
  }

  private portIndex(name: string): number {
    const index = this.ports.findIndex((port) => port.name === name);
    if (index < 0)
      throw new UserError(
        'bad-arguments',
        `the design has no port '${name}'`,
        {},
        `It has: ${this.ports.map((port) => port.name).join(', ')}.`,
      );
    return index;
  }

  private send(command: Command): void {
    if (this.ended !== undefined) throw this.ended;
    this.child.stdin.write(command.build());
  }

  private receive(bytes: number): Promise<Buffer> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiting.push({ bytes, resolve, reject });
      this.deliver();
    });
  }

  private deliver(): void {
    for (let next = this.waiting[0]; next !== undefined && this.available >= next.bytes; next = this.waiting[0]) {
      const all = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces);
      next.resolve(all.subarray(0, next.bytes));
      this.available -= next.bytes;
      this.pieces = [all.subarray(next.bytes)];
      this.waiting.shift();
    }
  }
}

const runResult = (answer: Buffer): RunResult => ({
  cycles: Number(answer.readBigUInt64LE(0)),
  failures: answer.readUInt32LE(8),
});

/** Verilator's spelling of a name with characters that C++ does not have. */
const mangle = (name: string): string => name.replace(/\[/g, '__BRA__').replace(/\]/g, '__KET__');
