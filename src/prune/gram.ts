/** Products of sample matrices, A^T B, in WebAssembly: the second moments that pruned layers are refitted with. */
import { createFloatMemory, type FloatMemory } from '../quantise/float/kernels.ts';
import { reserve } from '../webassembly.ts';

/** Samples multiplied at once; sums of so many products of 9-bit numbers are near exact in float32. */
const CHUNK = 256;

/** Running sum of a b^T over samples (a, b), [a][b]. */
export class Gram {
  readonly sum: Float64Array;
  private readonly rows: number;
  private readonly columns: number;
  private readonly at: FloatMemory;

  constructor(rows: number, columns: number, at: FloatMemory = createFloatMemory()) {
    this.rows = rows;
    this.columns = columns;
    this.at = at;
    this.sum = new Float64Array(rows * columns);
  }

  /** `a` holds count x rows values, `b` count x columns: one sample after the other. */
  add(a: Int16Array, b: Int16Array, count: number): void {
    for (let first = 0; first < count; first += CHUNK) {
      const samples = Math.min(CHUNK, count - first);
      this.chunk(
        a.subarray(first * this.rows, (first + samples) * this.rows),
        b.subarray(first * this.columns, (first + samples) * this.columns),
        samples,
      );
    }
  }

  private chunk(a: Int16Array, b: Int16Array, samples: number): void {
    const { rows, columns, at, sum } = this;
    const padded = Math.ceil(columns / 8) * 8;
    const left = at.weightsEnd;
    const right = left + rows * samples * 4;
    const bias = right + padded * samples * 4;
    const out = bias + padded * 4;
    reserve(at.memory, out + rows * padded * 4);
    const transposed = new Float32Array(at.memory.buffer, left, rows * samples);
    for (let sample = 0; sample < samples; sample++) {
      for (let row = 0; row < rows; row++) transposed[row * samples + sample] = a[sample * rows + row]!;
    }
    // Blocks of 8 columns, sample by sample.
    const packed = new Float32Array(at.memory.buffer, right, padded * samples);
    packed.fill(0);
    for (let sample = 0; sample < samples; sample++) {
      for (let column = 0; column < columns; column++) {
        packed[(column >> 3) * samples * 8 + sample * 8 + (column & 7)] = b[sample * columns + column]!;
      }
    }
    new Float32Array(at.memory.buffer, bias, padded).fill(0);
    at.exports.multiply(left, right, bias, out, rows, samples, padded / 8, -Infinity, Infinity);
    const product = new Float32Array(at.memory.buffer, out, rows * padded);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        sum[row * columns + column] = sum[row * columns + column]! + product[row * padded + column]!;
      }
    }
  }
}
