/**
 * The machine as a programmer sees it: executes a program on its memories, one whole instruction after the other.
 *
 * This is what a program means; `cycles.ts` says when it happens. It checks what hardware would trip over: addresses
 * outside a memory, a wrong identity, an unknown opcode.
 */
import { UserError } from '../errors.ts';
import { requantise, roundShift } from '../network/numerics.ts';
import { type Config, parameterBytes, ROW_SETS } from '../spec/config.ts';
import { configIdentity } from '../spec/identity.ts';
import { type Instruction, MAGIC, type Stage, TABLES } from '../spec/isa.ts';
import { unpackParameters } from '../spec/layout.ts';
import { type WindowTables, windowTables } from '../spec/window.ts';
import { DescriptorFile } from './descriptors.ts';

export interface ComputeFields {
  readonly slot: number;
  readonly row: number;
  readonly rows: number;
  readonly block: number;
  readonly blocks: number;
  readonly inputRow: number;
  readonly outputRow: number;
  readonly residualRow: number;
  readonly weights: number;
  readonly parameters: number;
}

/** Row slots of one tensor: where a row of the map lies, counted from a known row. */
export interface RowRing {
  readonly base: number;
  readonly end: number;
  readonly pitch: number;
}

/** Address of the slot that holds `row`, given that `firstRow` lies in the slot at `firstAddress`. */
export function slotAddress(ring: RowRing, firstAddress: number, firstRow: number, row: number): number {
  const slots = (ring.end - ring.base) / ring.pitch;
  const first = (firstAddress - ring.base) / ring.pitch;
  const ahead = (row >> 2) - (firstRow >> 2);
  return ring.base + ((((first + ahead) % slots) + slots) % slots) * ring.pitch;
}

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
  private readonly tables: WindowTables;
  private readonly descriptors: DescriptorFile = new DescriptorFile();

  /** `memory` is the external memory; STORE writes to it. */
  constructor(config: Config, memory: Uint8Array) {
    this.config = config;
    this.memory = memory;
    this.activations = new Int8Array(ROW_SETS * config.activationDepth * config.pixels * config.inputs);
    this.weights = new Int8Array(config.weightDepth * config.lanes * config.inputs);
    this.parameters = new Uint8Array(config.parameterDepth * config.lanes * parameterBytes(config));
    this.tables = windowTables(config);
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
        return this.compute(fields as unknown as ComputeFields, index);
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

  private compute(fields: ComputeFields, index: number): void {
    const { config } = this;
    const { lanes, inputs, pixels, activationDepth } = config;
    const stage = this.stage(fields.slot);
    const strideY = 1 + stage.strideY;
    const strideX = 1 + stage.strideX;
    const inputRing = ringOf(stage, 'input');
    const outputRing = ringOf(stage, 'output');
    const residualRing = ringOf(stage, 'residual');
    const limit = ROW_SETS * activationDepth;
    const wordsPerSet = stage.window ? stage.steps : stage.sharedWeights ? 0 : this.directWords(stage);
    const rounds = 1 + stage.repeat;
    const minusPadding = stage.window ? stage.paddingLeft - this.centre(stage) : -stage.paddingLeft;
    const [weightThreshold, activationThreshold] = thresholds(stage, this.level);
    const firstInputRow = strideY * fields.row - stage.paddingTop;
    const acc = new Int32Array(lanes);

    /** Address of word (row, column, block) of the input, or -1 where it lies in the padding. */
    const inputWord = (row: number, column: number, block: number): number => {
      const y = row >> stage.upsample;
      const x = column >> stage.upsample;
      if (row < 0 || column < 0 || y >= stage.inputHeight || x >= stage.inputWidth) return -1;
      const slot = slotAddress(inputRing, fields.inputRow, firstInputRow >> stage.upsample, y);
      const address = slot + Math.floor(x / pixels) * stage.inputBlocks + block;
      const word = (((y & 3) * activationDepth + address) * pixels + (x % pixels)) * inputs;
      if (address >= activationDepth || word >= limit * pixels * inputs) this.fail(index, 'an input word lies outside');
      return word;
    };
    /** Adds products of one weight word; `tapWord(n)` is the byte that multiplier n of lane m sees, or -1. */
    const accumulate = (weightWord: number, byteOf: (lane: number, input: number) => number): void => {
      const weightBase = weightWord * lanes * inputs;
      if (weightBase + lanes * inputs > this.weights.length) this.fail(index, 'a weight word lies outside');
      for (let lane = 0; lane < lanes; lane++) {
        let sum = acc[lane]!;
        for (let input = 0; input < inputs; input++) {
          const weight = this.weights[weightBase + lane * inputs + input]!;
          const byte = byteOf(lane, input);
          if (byte < 0) continue;
          const x = this.activations[byte]! - stage.inputZero;
          if (stage.maximum) {
            if (weight !== 0) sum = Math.max(sum, x);
            continue;
          }
          if (Math.abs(weight) < weightThreshold || Math.abs(x) < activationThreshold) continue;
          sum = (sum + x * weight) | 0;
        }
        acc[lane] = sum;
      }
    };

    for (let blockIndex = 0; blockIndex < fields.blocks; blockIndex++) {
      const block = fields.block + blockIndex;
      const firstChannel = block * lanes;
      const ownBlock = Math.floor(firstChannel / inputs);
      const ownOffset = firstChannel % inputs;
      const parameterWord = fields.parameters + blockIndex;
      for (let row = fields.row; row < fields.row + fields.rows; row++) {
        for (let x = 0; x < stage.outputWidth; x++) {
          acc.fill(stage.maximum ? -256 : 0);
          const y0 = strideY * row - stage.paddingTop;
          const x0 = strideX * x + minusPadding;
          for (let round = 0; round < rounds; round++) {
            if (stage.window) {
              for (let s = 0; s < stage.steps; s++) {
                const step = this.tables.steps[stage.firstStep + s]!;
                const words = new Map<number, number>();
                const wordAt = (tapRow: number, column: number): number => {
                  const key = tapRow * 16 + column;
                  let word = words.get(key);
                  if (word === undefined) {
                    word = inputWord(y0 + step.firstRow + tapRow, x0 + column, ownBlockOf(step.taps, ownBlock));
                    words.set(key, word);
                  }
                  return word;
                };
                const weightWord =
                  fields.weights + ((stage.sharedWeights ? 0 : blockIndex) * rounds + round) * wordsPerSet + s;
                accumulate(weightWord, (lane, input) => {
                  const tap = step.taps[input];
                  if (tap === undefined) return -1;
                  const word = wordAt(tap.row, tap.column);
                  return word < 0 ? -1 : word + (tap.byte === 'lane' ? ownOffset + lane : tap.byte);
                });
              }
              continue;
            }
            let word = fields.weights + (blockIndex * rounds + round) * wordsPerSet;
            if (stage.sharedWeights) word = fields.weights + (block % (inputs / lanes));
            for (let ky = 0; ky < stage.kernelHeight; ky++) {
              for (let kx = 0; kx < stage.kernelWidth; kx++) {
                const depth = stage.diagonal ? 1 : stage.inputBlocks;
                for (let inputBlock = 0; inputBlock < depth; inputBlock++) {
                  const at = inputWord(y0 + ky, x0 + kx, stage.diagonal ? ownBlock : inputBlock);
                  if (at >= 0) accumulate(word, (_lane, input) => at + input);
                  if (!stage.sharedWeights) word += 1;
                }
              }
            }
          }
          this.finish(
            stage,
            fields,
            { row, x, ownBlock, ownOffset, parameterWord, acc, outputRing, residualRing },
            index,
          );
        }
      }
    }
  }

  private centre(stage: Stage): number {
    for (const kernel of this.tables.kernels.values()) if (kernel.firstStep === stage.firstStep) return kernel.centre;
    throw new UserError('program-error', `no window kernel starts at step ${stage.firstStep}`);
  }

  private directWords(stage: Stage): number {
    return stage.kernelHeight * stage.kernelWidth * (stage.diagonal ? 1 : stage.inputBlocks);
  }

  /** Requantise, residual, table, write: one pixel, M channels. */
  private finish(
    stage: Stage,
    fields: ComputeFields,
    at: {
      row: number;
      x: number;
      ownBlock: number;
      ownOffset: number;
      parameterWord: number;
      acc: Int32Array;
      outputRing: RowRing;
      residualRing: RowRing;
    },
    index: number,
  ): void {
    const { config } = this;
    const { row, x, ownBlock, ownOffset } = at;
    const pixelWord = (ring: RowRing, first: number, firstRow: number, y: number, column: number, blocks: number) => {
      const slot = slotAddress(ring, first, firstRow, y);
      const address = slot + Math.floor(column / config.pixels) * blocks + ownBlock;
      if (address >= config.activationDepth) this.fail(index, 'a word lies outside the activation memory');
      const set = y & 3;
      return (
        ((set * config.activationDepth + address) * config.pixels + (column % config.pixels)) * config.inputs +
        ownOffset
      );
    };
    const output = pixelWord(at.outputRing, fields.outputRow, fields.row, row, x, stage.outputBlocks);
    const residual = stage.residual
      ? stage.broadcast
        ? pixelWord(at.residualRing, fields.residualRow, 0, 0, 0, stage.residualBlocks)
        : pixelWord(at.residualRing, fields.residualRow, fields.row, row, x, stage.residualBlocks)
      : -1;
    for (let lane = 0; lane < config.lanes; lane++) {
      const { bias, multiplier, shift } = unpackParameters(
        config,
        this.parameters,
        at.parameterWord * config.lanes + lane,
      );
      const acc = (at.acc[lane]! + bias) | 0;
      // Lanes beyond the last channel have no parameters: shift 0 stands for a code of the zero point.
      let code = requantise(acc, multiplier, Math.max(1, shift), stage.middleZero, stage.middleLow, stage.middleHigh);
      if (residual >= 0) {
        const middle = code - stage.middleZero;
        const addend = this.activations[residual + lane]! - stage.residualZero;
        const sum =
          stage.residual === 1
            ? middle * stage.middleMultiplier + addend * stage.residualMultiplier
            : middle * addend * stage.middleMultiplier;
        const rounded = roundShift(sum, stage.residualShift) + stage.outputZero;
        code = Math.min(stage.outputHigh, Math.max(stage.outputLow, rounded));
      }
      if (stage.table > 0) code = this.tableBytes[(stage.table - 1) * 256 + code + 128]!;
      this.activations[output + lane] = code;
    }
  }
}

function ownBlockOf(taps: readonly ({ readonly byte: number | 'lane' } | undefined)[], ownBlock: number): number {
  return taps[0]?.byte === 'lane' ? ownBlock : 0;
}

export function ringOf(stage: Stage, tensor: 'input' | 'output' | 'residual'): RowRing {
  return {
    base: stage[`${tensor}Base`],
    end: stage[`${tensor}End`],
    pitch: stage[`${tensor}Pitch`],
  };
}

/** Weight and activation threshold of a level; level 0 prunes nothing. */
export function thresholds(stage: Stage, level: number): [number, number] {
  if (level === 0) return [0, 0];
  return [
    Number((stage.weightThresholds >> BigInt(7 * (level - 1))) & 127n),
    Number((stage.activationThresholds >> BigInt(8 * (level - 1))) & 255n),
  ];
}
