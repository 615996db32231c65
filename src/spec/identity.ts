/** A configuration's identity: a hash of all that a program depends on, in the program's header and in a register. */
import { type Config, ROW_SETS } from './config.ts';
import { INSTRUCTIONS, STAGE_FIELDS } from './isa.ts';

/** 32-bit FNV-1a over UTF-16 code units. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Programs run on every machine of the same identity: the same array, memories, kernels and instruction encoding. */
export function configIdentity(config: Config): number {
  const { pixels, lanes, inputs, activationDepth, weightDepth, parameterDepth, multiplierBits } = config;
  const machine = { pixels, lanes, inputs, activationDepth, weightDepth, parameterDepth, multiplierBits };
  const encoding = Object.entries(INSTRUCTIONS).map(([name, { fields }]) => [name, ...fields.map((f) => f.bits)]);
  return hash32(
    JSON.stringify([
      machine,
      ROW_SETS,
      config.windowKernels,
      config.tables,
      config.axiBytes,
      encoding,
      STAGE_FIELDS.map((f) => [f.name, f.bits]),
    ]),
  );
}
