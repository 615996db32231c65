/** Small TFLite networks for tests, tensor by tensor, with the options of the common operators spelt out. */
import type { Graph } from '../../src/graph/graph.ts';
import { importModel } from '../../src/import/index.ts';
import {
  CONCATENATION_OPTIONS,
  CONV_2D_OPTIONS,
  DEPTHWISE_OPTIONS,
  FULLY_CONNECTED_OPTIONS,
  POOL_2D_OPTIONS,
  REDUCER_OPTIONS,
} from '../../src/import/tflite/schema.ts';
import { Random } from '../support/random.ts';
import { type OptionField, type TestOperator, type TestTensor, writeTflite } from '../support/tflite-writer.ts';

export const SAME = 0;
export const VALID = 1;

export interface WindowOptions {
  readonly padding?: number;
  readonly stride?: number;
  readonly dilation?: number;
  /** Number of the fused activation: 0 none, 1 ReLU, 3 ReLU6. */
  readonly activation?: number;
}

export class TestNet {
  readonly tensors: TestTensor[] = [];
  readonly operators: TestOperator[] = [];
  readonly inputs: number[] = [];
  readonly outputs: number[] = [];
  readonly #random: Random;

  constructor(seed = 1) {
    this.#random = new Random(seed);
  }

  tensor(tensor: TestTensor): number {
    return this.tensors.push(tensor) - 1;
  }
  input(dims: readonly number[], more: Partial<TestTensor> = {}): number {
    const index = this.tensor({ name: `input_${this.inputs.length}`, dims, ...more });
    this.inputs.push(index);
    return index;
  }
  reals(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.#random.int(-64, 64) / 32);
  }
  constant(dims: readonly number[], values?: Float32Array): number {
    const data = values ?? this.reals(dims.reduce((a, b) => a * b, 1));
    return this.tensor({ name: `constant_${this.tensors.length}`, dims, data });
  }
  ints(values: readonly number[], dims: readonly number[] = [values.length]): number {
    return this.tensor({ name: `ints_${this.tensors.length}`, dims, type: 'int32', data: Int32Array.from(values) });
  }
  /** Any operator with one output. Returns the output's index. */
  op(
    name: string,
    inputs: readonly number[],
    output: Partial<TestTensor> & { dims: readonly number[] },
    options?: readonly OptionField[],
  ): number {
    const index = this.tensor({ name: `${name.toLowerCase()}_${this.operators.length}`, ...output });
    this.operators.push({ name, inputs, outputs: [index], ...(options ? { options } : {}) });
    return index;
  }
  conv(inputs: readonly number[], dims: readonly number[], options: WindowOptions = {}): number {
    const slots = CONV_2D_OPTIONS;
    return this.op('CONV_2D', inputs, { dims }, [...windowFields(slots, options)]);
  }
  depthwise(inputs: readonly number[], dims: readonly number[], options: WindowOptions & { multiplier?: number } = {}) {
    const fields = windowFields(DEPTHWISE_OPTIONS, options);
    const multiplier: OptionField = [DEPTHWISE_OPTIONS.depthMultiplier, 'int32', options.multiplier ?? 1];
    return this.op('DEPTHWISE_CONV_2D', inputs, { dims }, [...fields, multiplier]);
  }
  pool(name: string, input: number, dims: readonly number[], kernel: number, options: WindowOptions = {}): number {
    const slots = POOL_2D_OPTIONS;
    const fields = windowFields({ ...slots, dilationW: 6, dilationH: 7 }, options).slice(0, 4);
    const size: OptionField[] = [
      [slots.filterHeight, 'int32', kernel],
      [slots.filterWidth, 'int32', kernel],
    ];
    return this.op(name, [input], { dims }, [...fields, ...size]);
  }
  fullyConnected(inputs: readonly number[], dims: readonly number[], activation = 0, keep = 0): number {
    const slots = FULLY_CONNECTED_OPTIONS;
    const fields: OptionField[] = [
      [slots.activation, 'int8', activation],
      [slots.weightsFormat, 'int8', 0],
      [slots.keepNumDims, 'int8', keep],
    ];
    return this.op('FULLY_CONNECTED', inputs, { dims }, fields);
  }
  mean(input: number, axes: readonly number[], dims: readonly number[], keep = 1): number {
    return this.op('MEAN', [input, this.ints(axes)], { dims }, [[REDUCER_OPTIONS.keepDims, 'int8', keep]]);
  }
  binary(name: 'ADD' | 'MUL', a: number, b: number, dims: readonly number[], activation = 0): number {
    return this.op(name, [a, b], { dims }, [[0, 'int8', activation]]);
  }
  concat(inputs: readonly number[], dims: readonly number[], axis = 3, activation = 0): number {
    const slots = CONCATENATION_OPTIONS;
    return this.op('CONCATENATION', inputs, { dims }, [
      [slots.axis, 'int32', axis],
      [slots.activation, 'int8', activation],
    ]);
  }
  bytes(): Uint8Array {
    return writeTflite(this);
  }
  import(...outputs: number[]): Graph {
    this.outputs.push(...outputs);
    return importModel(this.bytes(), 'net.tflite');
  }
}

function windowFields(
  slots: {
    padding: number;
    strideW: number;
    strideH: number;
    activation: number;
    dilationW: number;
    dilationH: number;
  },
  { padding = SAME, stride = 1, dilation = 1, activation = 0 }: WindowOptions,
): OptionField[] {
  return [
    [slots.padding, 'int8', padding],
    [slots.strideW, 'int32', stride],
    [slots.strideH, 'int32', stride],
    [slots.activation, 'int8', activation],
    [slots.dilationW, 'int32', dilation],
    [slots.dilationH, 'int32', dilation],
  ];
}
