/** Pass: the order of hidden channels. Exact: the tensors between other layers keep their values. */
import type { ConvLayer, Layer, Network, Requantise } from '../network/network.ts';
import { hiddenChannels } from './hidden.ts';

/** Orders of hidden channels: of a producer (layer index) the old channel at every new place. */
export type ChannelOrders = ReadonlyMap<number, ArrayLike<number>>;

/** The network with hidden channels in other places. */
export function orderChannels(network: Network, orders: ChannelOrders): Network {
  const layers: Layer[] = [...network.layers];
  for (const { producer, between, consumer, channels } of hiddenChannels(network)) {
    const order = orders.get(producer);
    if (order === undefined) continue;
    checkOrder(order, channels, layers[producer]!.name);
    layers[producer] = orderOutputs(layers[producer]!, order);
    for (const index of between) layers[index] = orderOutputs(layers[index]!, order);
    layers[consumer] = orderInputs(layers[consumer] as ConvLayer, order);
  }
  return { ...network, layers };
}

/** Channels by falling importance, equal ones as they were. */
export function orderByImportance(importance: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: importance.length }, (_, c) => c).sort(
    (a, b) => importance[b]! - importance[a]! || a - b,
  );
}

function checkOrder(order: ArrayLike<number>, channels: number, name: string): void {
  if (order.length !== channels || new Set(Array.from(order)).size !== channels) {
    throw new Error(`layer '${name}': not an order of its ${channels} channels`);
  }
}

function orderOutputs(layer: Layer, order: ArrayLike<number>): Layer {
  const channels = order.length;
  switch (layer.op) {
    case 'conv':
      return {
        ...layer,
        weights: orderRows(layer.weights, order, layer.weights.length / channels),
        bias: orderRows(layer.bias, order, 1),
        requantise: orderRequantise(layer.requantise, order),
      };
    case 'depthwise':
      return {
        ...layer,
        weights: orderColumns(layer.weights, order),
        bias: orderRows(layer.bias, order, 1),
        requantise: orderRequantise(layer.requantise, order),
      };
    case 'averagePool':
      return { ...layer, requantise: orderRequantise(layer.requantise, order) };
    default:
      return layer;
  }
}

function orderInputs(layer: ConvLayer, order: ArrayLike<number>): ConvLayer {
  return { ...layer, weights: orderColumns(layer.weights, order) };
}

function orderRequantise(requantise: Requantise, order: ArrayLike<number>): Requantise {
  const { multiplier, shift } = requantise;
  return {
    ...requantise,
    multiplier: multiplier.length === 1 ? multiplier : orderRows(multiplier, order, 1),
    shift: shift.length === 1 ? shift : orderRows(shift, order, 1),
  };
}

type Values = Int16Array | Int32Array | Uint32Array | Uint8Array;

function orderRows<T extends Values>(values: T, order: ArrayLike<number>, length: number): T {
  const result = values.slice() as T;
  for (let to = 0; to < order.length; to++) {
    const from = order[to]! * length;
    result.set(values.subarray(from, from + length), to * length);
  }
  return result;
}

/** [row][channel], channels moved. */
function orderColumns(values: Int16Array, order: ArrayLike<number>): Int16Array {
  const channels = order.length;
  return values.map((_, index) => values[index - (index % channels) + order[index % channels]!]!);
}
