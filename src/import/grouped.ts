/**
 * Grouped weights as those of an ordinary convolution, zeros where a group does not look.
 * `values` is [outChannel][tap][inChannels / groups], the result [outChannel][tap][inChannels].
 */
export function expandGroups<T extends Float32Array | Int16Array>(
  values: T,
  outChannels: number,
  taps: number,
  inChannels: number,
  groups: number,
): T {
  const depth = inChannels / groups;
  const perGroup = outChannels / groups;
  const full = new (values.constructor as new (length: number) => T)(outChannels * taps * inChannels);
  for (let out = 0; out < outChannels; out++) {
    const first = Math.floor(out / perGroup) * depth;
    for (let tap = 0; tap < taps; tap++) {
      const from = (out * taps + tap) * depth;
      full.set(values.subarray(from, from + depth) as never, (out * taps + tap) * inChannels + first);
    }
  }
  return full;
}

/** [tap][channel] to [channel][tap], and back with the counts swapped. */
export function transpose<T extends Float32Array | Int16Array>(values: T, rows: number, columns: number): T {
  const turned = new (values.constructor as new (length: number) => T)(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  }
  return turned;
}
