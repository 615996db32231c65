/** The compute unit alone in Verilator: programs of the compiler, memories by the back door, loads and stores done here. */
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Compiled } from '../../../src/compile/compile.ts';
import { bankPath, ramPieces } from '../../../src/cosim/banks.ts';
import { coreParameters } from '../../../src/generate/wrapper.ts';
import { moduleSources } from '../../../src/node/rtl-sources.ts';
import { type Variable, VerilatorModel } from '../../../src/node/verilator.ts';
import { buildVerilator } from '../../../src/node/verilator-build.ts';
import { Machine } from '../../../src/simulate/machine.ts';
import { loadMemory } from '../../../src/simulate/program-io.ts';
import { type Config, ROW_SETS } from '../../../src/spec/config.ts';
import { configIdentity } from '../../../src/spec/identity.ts';
import { encodeProgram, INSTRUCTION_BYTES, type Instruction, MAGIC } from '../../../src/spec/isa.ts';
import { ComputeModel } from './compute-model.ts';

const ENTRIES = 1024;

export interface BenchResult {
  /** Activation bytes compared, and cycles of instructions. */
  readonly compared: number;
  readonly cyclesCompared: number;
  readonly firstDifference: string | undefined;
}

export class ComputeBench {
  private readonly config: Config;
  private readonly model: VerilatorModel;
  private readonly variables = new Map<string, Variable>();

  private constructor(config: Config, model: VerilatorModel) {
    this.config = config;
    this.model = model;
  }

  static async open(config: Config, cache: string = join(tmpdir(), 'depthwright-engine')): Promise<ComputeBench> {
    await mkdir(cache, { recursive: true });
    const path = fileURLToPath(new URL('../dw_compute_bench.sv', import.meta.url));
    const bench = { name: 'dw_compute_bench.sv', text: await readFile(path, 'utf8') };
    const sources = [...(await moduleSources(['lib', 'memory', 'engine'])), bench];
    const parameters = Object.fromEntries(
      coreParameters(config)
        .filter(({ name }) => name !== 'Identity' && name !== 'WindowKernels')
        .map(({ name, value }) => [name, value]),
    );
    const build = await buildVerilator({ sources, top: 'dw_compute_bench', parameters, randomReset: 2 }, cache);
    return new ComputeBench(config, new VerilatorModel(build));
  }

  async close(): Promise<void> {
    await this.model.close();
  }

  private async variable(path: string): Promise<Variable> {
    let known = this.variables.get(path);
    if (known === undefined) {
      known = await this.model.variable(path, 'dw_compute_bench');
      this.variables.set(path, known);
    }
    return known;
  }

  /** Writes a whole memory of `depth` words; `parts`: see `ramPieces`. */
  private async fill(path: string, depth: number, content: Uint8Array, parts = false): Promise<void> {
    const wordBytes = content.length / depth;
    for (const piece of ramPieces(this.config, depth, wordBytes, parts, 0, depth)) {
      const rows = new Uint8Array(piece.count * piece.bytes);
      for (let row = 0; row < piece.count; row++) {
        const at = (piece.first + row) * wordBytes + piece.byte;
        rows.set(content.subarray(at, at + piece.bytes), row * piece.bytes);
      }
      this.model.writeRows(await this.variable(`${path}.${piece.path}`), piece.firstRow, rows);
    }
  }

  private async bank(set: number, column: number): Promise<Uint8Array> {
    const { activationDepth: depth, inputs } = this.config;
    const words = new Uint8Array(depth * inputs);
    for (const piece of ramPieces(this.config, depth, inputs, true, 0, depth)) {
      const array = await this.variable(`u_compute.${bankPath(set, column)}.${piece.path}`);
      words.set(await this.model.readRows(array, piece.firstRow, piece.count), piece.first * inputs);
    }
    return words;
  }

  /** Runs every SET and COMPUTE of the program; LOAD and STORE happen in between, in no time. */
  async run(compiled: Compiled, inputs: readonly Int8Array[], level = 0): Promise<BenchResult> {
    const { model } = this;
    const machine = new Machine(this.config, loadMemory(compiled, inputs));
    machine.level = level;
    const timing = new ComputeModel(this.config, level);
    model.poke('rst_ni', 0);
    model.poke('count_i', 0);
    model.poke('level_i', level);
    model.poke('table_write_i', 0);
    await model.step(80);
    model.poke('rst_ni', 1);
    let fed = 0;
    let computed = 0;
    let compared = 0;
    let cyclesCompared = 0;
    let firstDifference: string | undefined;
    const batches = cut(compiled.program.instructions);
    for (const { transfers, instructions, index } of batches) {
      runTransfers(machine, transfers);
      if (instructions.length === 0) continue;
      await this.writeMemories(machine);
      await this.writeInstructions(instructions, fed);
      model.poke('count_i', (fed + instructions.length) & 0xffff);
      await model.step(1);
      const { cycles } = await model.runUntil('done_o', 1, 2_000_000);
      if (cycles === 2_000_000) return { compared, cyclesCompared, firstDifference: `batch at ${index} hangs` };
      for (const instruction of instructions) runTransfers(machine, [instruction]);
      const difference = await this.compareActivations(machine);
      compared += machine.activations.length;
      if (difference !== undefined) firstDifference ??= `batch at instruction ${index}: ${difference}`;
      const computes = instructions.filter(({ opcode }) => opcode === 'COMPUTE').length;
      const taken = await this.cycles('taken_at', fed, instructions.length);
      const expected = timing.run(instructions, taken[0]!);
      const pairs = [
        ['taken', taken, expected.taken],
        ['first step', await this.cycles('first_at', computed, computes), expected.first],
        ['last step', await this.cycles('last_at', computed, computes), expected.last],
        ['retired', await this.cycles('retired_at', computed, computes), expected.retired],
      ] as const;
      for (const [what, got, wanted] of pairs) {
        wanted.forEach((cycle, k) => {
          cyclesCompared += 1;
          if (got[k] !== cycle)
            firstDifference ??= `batch at ${index}: ${what} of ${k}: cycle ${got[k]! - taken[0]!}, expected ${cycle - taken[0]!}`;
        });
      }
      fed += instructions.length;
      computed += computes;
      if (firstDifference !== undefined) break;
    }
    const failures = await model.failures();
    if (failures.length > 0) firstDifference ??= `assertion ${JSON.stringify(failures[0])}`;
    return { compared, cyclesCompared, firstDifference };
  }

  private async cycles(name: string, from: number, count: number): Promise<number[]> {
    const variable = await this.variable(name);
    const result: number[] = [];
    for (let k = 0; k < count; k++) {
      const row = await this.model.readRows(variable, (from + k) % ENTRIES, 1);
      result.push(row.readUInt32LE(0));
    }
    return result;
  }

  private async writeInstructions(instructions: readonly Instruction[], fed: number): Promise<void> {
    const variable = await this.variable('instructions');
    const bytes = encodeProgram(instructions);
    instructions.forEach((_, k) => {
      this.model.writeRows(
        variable,
        (fed + k) % ENTRIES,
        bytes.subarray(k * INSTRUCTION_BYTES, (k + 1) * INSTRUCTION_BYTES),
      );
    });
  }

  private async writeMemories(machine: Machine): Promise<void> {
    const { model, config } = this;
    const { activationDepth: depth, pixels, inputs, axiBytes } = config;
    const bytes = new Uint8Array(machine.activations.buffer);
    for (let set = 0; set < ROW_SETS; set++) {
      for (let column = 0; column < pixels; column++) {
        const bank = new Uint8Array(depth * inputs);
        for (let address = 0; address < depth; address++) {
          const at = ((set * depth + address) * pixels + column) * inputs;
          bank.set(bytes.subarray(at, at + inputs), address * inputs);
        }
        await this.fill(`u_compute.${bankPath(set, column)}`, depth, bank, true);
      }
    }
    await this.fill('u_compute.u_weights', config.weightDepth, new Uint8Array(machine.weights.buffer));
    await this.fill('u_compute.u_parameters', config.parameterDepth, machine.parameters);
    if (!config.tables) return;
    for (let at = 0; at < machine.tableBytes.length; at += axiBytes) {
      let beat = 0n;
      for (let k = axiBytes - 1; k >= 0; k--) beat = (beat << 8n) | BigInt(machine.tableBytes[at + k]! & 255);
      model.poke('table_address_i', at);
      model.poke('table_data_i', beat);
      model.poke('table_write_i', 1);
      await model.step(1);
    }
    model.poke('table_write_i', 0);
    await model.step(80);
  }

  private async compareActivations(machine: Machine): Promise<string | undefined> {
    const { activationDepth: depth, pixels, inputs } = this.config;
    for (let set = 0; set < ROW_SETS; set++) {
      for (let column = 0; column < pixels; column++) {
        const got = await this.bank(set, column);
        for (let address = 0; address < depth; address++) {
          for (let channel = 0; channel < inputs; channel++) {
            const wanted = machine.activations[((set * depth + address) * pixels + column) * inputs + channel]!;
            const value = (got[address * inputs + channel]! << 24) >> 24;
            if (value !== wanted)
              return `set ${set}, address ${address}, column ${column}, channel ${channel}: expected ${wanted}, got ${value}`;
          }
        }
      }
    }
    return undefined;
  }
}

interface Batch {
  readonly index: number;
  readonly transfers: readonly Instruction[];
  readonly instructions: readonly Instruction[];
}

/** Runs of SET and COMPUTE, each with the transfers before it. */
function cut(program: readonly Instruction[]): Batch[] {
  const batches: { index: number; transfers: Instruction[]; instructions: Instruction[] }[] = [];
  program.forEach((instruction, index) => {
    const { opcode } = instruction;
    if (opcode === 'HEADER' || opcode === 'END') return;
    const last = batches.at(-1);
    if (opcode === 'LOAD' || opcode === 'STORE') {
      if (last === undefined || last.instructions.length > 0)
        batches.push({ index, transfers: [instruction], instructions: [] });
      else last.transfers.push(instruction);
    } else if (last === undefined) batches.push({ index, transfers: [], instructions: [instruction] });
    else last.instructions.push(instruction);
  });
  return batches;
}

function runTransfers(machine: Machine, instructions: readonly Instruction[]): void {
  if (instructions.length === 0) return;
  const frame = (opcode: 'HEADER' | 'END'): Instruction => ({ opcode, fields: header(machine.config) });
  machine.run([frame('HEADER'), ...instructions, frame('END')]);
}

function header(config: Config): Instruction['fields'] {
  return { magic: MAGIC, identity: configIdentity(config), count: 0 };
}
