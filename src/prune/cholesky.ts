/** Dense symmetric positive definite matrices, row-major Float64Array [n][n]. */

/** Lower triangular L with L L^T = matrix; undefined where the matrix is not positive definite. */
export function cholesky(matrix: Float64Array, n: number): Float64Array | undefined {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const rowI = i * n;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * n;
      let sum = matrix[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= lower[rowI + k]! * lower[rowJ + k]!;
      if (i !== j) lower[rowI + j] = sum / lower[rowJ + j]!;
      else if (sum > 0) lower[rowI + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return lower;
}

/** Inverse of the matrix whose lower Cholesky factor is given. */
export function inverseFromCholesky(lower: Float64Array, n: number): Float64Array {
  // Row i of L^-1, kept transposed ([column][row]) so that both loops below run along memory.
  const inverse = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    const at = column * n;
    inverse[at + column] = 1 / lower[column * n + column]!;
    for (let row = column + 1; row < n; row++) {
      let sum = 0;
      const rowAt = row * n;
      for (let k = column; k < row; k++) sum -= lower[rowAt + k]! * inverse[at + k]!;
      inverse[at + row] = sum / lower[rowAt + row]!;
    }
  }
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += inverse[i * n + k]! * inverse[j * n + k]!;
      result[i * n + j] = sum;
      result[j * n + i] = sum;
    }
  }
  return result;
}
