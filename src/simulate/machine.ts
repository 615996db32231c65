/**
 * The machine as a programmer sees it: executes a program on its memories, one whole instruction after the other.
 *
 * This is what a program means; `cycles.ts` says when it happens. It checks what hardware would trip over: addresses
 * outside a memory, a wrong identity, an unknown opcode.
 */
import { UserError } from '../errors.ts';
import { type Config, parameterBytes, ROW_SETS } from '../spec/config.ts';
import { configIdentity } from '../spec/identity.ts';
import { type Instruction, MAGIC, type Stage, TABLES } from '../spec/isa.ts';
import { type WindowTables, windowTables } from '../spec/window.ts';
import { type ComputeFields, executeCompute } from './compute.ts';
import { DescriptorFile } from './descriptors.ts';

export class Machine {
  readonly config: Config;
  /** Bytes by [set][address][column][channel]. */
  readonly activations: Int8Array;
  /** Bytes by [word][lane][input]. */
  readonly weights: Int8Array;
  readonly parameters: Uint8Array;
  readonly tableBytes: Int8Array = new Int8Array(256 * TABLES);
  readonly memory: Uint8Array;
  /** Pruning level of the frame. */
  level = 0;
  private readonly windows: WindowTables;
  private readonly descriptors: DescriptorFile = new DescriptorFile();

  /** `memory` is the external memory; STORE writes to it. */
  constructor(config: Config, memory: Uint8Array) {
    this.config = config;
    this.memory = memory;
    this.activations = new Int8Array(ROW_SETS * config.activationDepth * config.pixels * config.inputs);
    this.weights = new Int8Array(config.weightDepth * config.lanes * config.inputs);
    this.parameters = new Uint8Array(config.parameterDepth * config.lanes * parameterBytes(config));
    this.windows = windowTables(config);
  }

  /** Runs instructions up to END; `after` sees each one when it is done. */
  run(program: readonly Instruction[], after?: (instruction: Instruction, index: number) => void): void {
    if (program[0]?.opcode !== 'HEADER') this.fail(0, 'a program starts with HEADER');
    for (const [index, instruction] of program.entries()) {
      if (instruction.opcode === 'END') return;
      this.execute(instruction, index);
      after?.(instruction, index);
    }
    this.fail(program.length, 'the program has no END');
  }

  private fail(index: number, message: string): never {
    throw new UserError('program-error', `instruction ${index}: ${message}`);
  }

  private execute({ opcode, fields }: Instruction, index: number): void {
    switch (opcode) {
      case 'HEADER':
        if (fields.magic !== MAGIC) this.fail(index, 'the program has no magic number');
        if (fields.identity !== configIdentity(this.config)) {
          this.fail(index, `the program was compiled for another configuration than '${this.config.name}'`);
        }
        return;
      case 'LOAD':
        return this.load(fields as { [name: string]: number }, index);
      case 'STORE':
        return this.moveRows(fields as { [name: string]: number }, index, true);
      case 'SET':
        return this.descriptors.write(fields);
      case 'COMPUTE':
        return executeCompute(
          this.config,
          this.windows,
          {
            activations: this.activations,
            weights: this.weights,
            parameters: this.parameters,
            tables: this.tableBytes,
          },
          this.stage(fields.slot as number),
          fields as unknown as ComputeFields,
          this.level,
          (message) => this.fail(index, message),
        );
      case 'END':
        return;
    }
  }

  private load(fields: { readonly [name: string]: number }, index: number): void {
    const { target, count, address } = fields;
    const from = fields.memoryAddress! + this.level * (fields.levelStride ?? 0);
    if (target === 2) return this.moveRows(fields, index, false);
    const [memory, wordBytes] =
      target === 0
        ? [this.weights, this.config.lanes * this.config.inputs]
        : target === 1
          ? [this.parameters, this.config.lanes * parameterBytes(this.config)]
          : [this.tableBytes, 256];
    const bytes = count! * wordBytes;
    if (from + bytes > this.memory.length) this.fail(index, 'LOAD reads beyond external memory');
    if (address! * wordBytes + bytes > memory.length) this.fail(index, 'LOAD writes beyond the on-chip memory');
    new Uint8Array(memory.buffer).set(this.memory.subarray(from, from + bytes), address! * wordBytes);
  }

  private moveRows(fields: { readonly [name: string]: number }, index: number, store: boolean): void {
    const { config } = this;
    const { pitch, base, end, count } = fields as { pitch: number; base: number; end: number; count: number };
    const group = config.pixels * config.inputs;
    let memoryAddress = fields.memoryAddress!;
    let address = fields.address!;
    let set = fields.rowSet!;
    for (let row = 0; row < count; row++) {
      const bytes = pitch * group;
      if (memoryAddress + bytes > this.memory.length) this.fail(index, 'a row lies beyond external memory');
      if (address + pitch > config.activationDepth) this.fail(index, 'a row lies beyond the activation memory');
      const at = (set * config.activationDepth + address) * group;
      const rowBytes = new Uint8Array(this.activations.buffer, at, bytes);
      if (store) this.memory.set(rowBytes, memoryAddress);
      else rowBytes.set(this.memory.subarray(memoryAddress, memoryAddress + bytes));
      memoryAddress += bytes;
      set += 1;
      if (set === ROW_SETS) {
        set = 0;
        address = address + pitch === end ? base : address + pitch;
      }
    }
  }

  /** The stage descriptor in a slot. */
  stage(slot: number): Stage {
    return this.descriptors.read(slot);
  }
}
