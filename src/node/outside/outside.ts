/** Runtimes that are not ours, as far as a comparison needs them. */

/** One tensor as the runtime holds it. Quantised tensors are int8 codes (uint8 ones less 128), others real. */
export type OutsideValues =
  | { readonly kind: 'codes'; readonly codes: Int8Array }
  | { readonly kind: 'real'; readonly values: Float32Array };

export interface OutsideRuntime {
  /** e.g. 'onnxruntime 1.30.0'. */
  readonly name: string;
  /**
   * Runs one frame. `input` is the only input as the graph holds it, [height][width][channel]: codes where it is
   * quantised, else real. Gives the graph's tensors by name, laid out the same way; tensors that the runtime does not
   * show are missing.
   */
  run(input: OutsideValues): Promise<ReadonlyMap<string, OutsideValues>>;
}
