/**
 * The registered sums of an adder tree: N products of 16 bits, log2(N) levels.
 *
 * The first sums of the first half of the products lie `TREE_OFFSET` higher, those of the second half as much lower; the
 * last level adds the halves, where both cancel. Most sums are small and of either sign: about 0 all upper bits (the sign
 * extension) change with the sign, about +-1.5 * 2^12 few do.
 */
export const TREE_OFFSET = 1.5 * 2 ** 12;

/** Added to a first sum of the first half, taken from one of the second; a tree of one level has none. */
export function treeOffset(inputs: number): number {
  return inputs > 2 ? TREE_OFFSET : 0;
}

/** Bits of a sum in level 1..log2(inputs); the offset makes every level but the last a bit wider. */
export function treeSumBits(inputs: number, level: number): number {
  return 16 + level + (treeOffset(inputs) !== 0 && 2 ** level < inputs ? 1 : 0);
}
