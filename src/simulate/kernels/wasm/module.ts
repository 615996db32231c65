/** Functions and the module around them: i32 parameters, no results, one imported memory. */
import { type Code, type Local, unsigned } from './code.ts';

const I32 = 0x7f;
const V128 = 0x7b;

export interface WasmFunction {
  readonly parameters: number;
  readonly bytes: Code;
}

/** So many locals. */
type Tuple<N extends number, T extends Local[] = []> = T['length'] extends N ? T : Tuple<N, [...T, Local]>;

/** Hands out locals while a function is written. */
export class Locals {
  readonly #types: number[] = [];
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  i32(): Local {
    return this.#parameters + this.#types.push(I32) - 1;
  }

  v128(): Local {
    return this.#parameters + this.#types.push(V128) - 1;
  }

  integers<const N extends number>(count: N): Tuple<N> {
    return Array.from({ length: count }, () => this.i32()) as unknown as Tuple<N>;
  }

  vectors<const N extends number>(count: N): Tuple<N> {
    return Array.from({ length: count }, () => this.v128()) as unknown as Tuple<N>;
  }

  /** The declaration of all locals, one group each. */
  encode(): Code {
    return [...unsigned(this.#types.length), ...this.#types.flatMap((type) => [1, type])];
  }
}

/** `write` gets the indices of the i32 parameters and a source of locals, and gives the body. */
export function defineFunction<const Names extends readonly string[]>(
  names: Names,
  write: (parameters: Record<Names[number], Local>, locals: Locals) => Code,
): WasmFunction {
  const parameters = Object.fromEntries(names.map((name, index) => [name, index])) as Record<Names[number], Local>;
  const locals = new Locals(names.length);
  const body = write(parameters, locals);
  return { parameters: names.length, bytes: [...locals.encode(), ...body, 0x0b] };
}

/** A module that imports `env.memory` and exports function i as `f{i}`. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const counts = [...new Set(functions.map((f) => f.parameters))];
  const types = counts.map((count) => [0x60, ...unsigned(count), ...new Array<number>(count).fill(I32), 0]);
  const memory = [...name('env'), ...name('memory'), 0x02, 0, 0];
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      functions.map((f) => unsigned(counts.indexOf(f.parameters))),
    ),
    ...section(
      7,
      functions.map((_, index) => [...name(`f${index}`), 0, ...unsigned(index)]),
    ),
  ];
  const codes = functions.map((f) => [...unsigned(f.bytes.length), ...f.bytes]);
  const codeSize = codes.reduce((sum, code) => sum + code.length, 0);
  const count = unsigned(functions.length);
  const header = [10, ...unsigned(count.length + codeSize), ...count];
  const module = new Uint8Array(bytes.length + header.length + codeSize);
  module.set(bytes);
  module.set(header, bytes.length);
  let at = bytes.length + header.length;
  for (const code of codes) {
    module.set(code, at);
    at += code.length;
  }
  return module;
}

function section(id: number, items: readonly Code[]): number[] {
  const content = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [...unsigned(text.length), ...Array.from(text, (letter) => letter.charCodeAt(0))];
}
