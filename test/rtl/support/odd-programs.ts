/** Programs that the compiler does not make of small layers, or of none. */
import type { Compiled } from '../../../src/compile/compile.ts';
import { DescriptorFile } from '../../../src/simulate/descriptors.ts';
import {
  type Instruction,
  MOST_PRODUCT_BITS,
  PRODUCT_BITS,
  PRUNING_LEVELS,
  SHIFT_BITS,
  STAGE_PARTS,
  setInstructions,
} from '../../../src/spec/isa.ts';
import { validKernelRows } from '../../../src/spec/sequence.ts';
import type { Random } from '../../support/random.ts';

/**
 * The sequencer skips rows without a tap: the program with so much padding above its map that one output row at least has no tap, the last one has some.
 * Undefined where it has more than one COMPUTE (rows could be gone when they are read), one row, or the window path.
 */
export function withRowsOutside({ program, ...rest }: Compiled, random: Random): Compiled | undefined {
  const { instructions } = program;
  const computes = instructions.filter(({ opcode }) => opcode === 'COMPUTE');
  const sets = instructions.flatMap(({ opcode }, index) => (opcode === 'SET' ? [index] : []));
  if (computes.length !== 1 || sets.length !== STAGE_PARTS) return undefined;
  const rows = computes[0]!.fields.rows as number;
  const descriptors = new DescriptorFile();
  for (const index of sets) descriptors.write(instructions[index]!.fields);
  const slot = instructions[sets[0]!]!.fields.slot as number;
  const stage = descriptors.read(slot);
  if (stage.window || stage.flat || rows < 2) return undefined;
  const tapless = (paddingTop: number): boolean[] =>
    Array.from({ length: rows }, (_, row) => validKernelRows({ ...stage, paddingTop }, row).count === 0);
  const wanted = Array.from({ length: 63 }, (_, at) => at + 1).filter((paddingTop) => {
    const none = tapless(paddingTop);
    return none[0] && !none.at(-1);
  });
  if (wanted.length === 0) return undefined;
  const changed: Instruction[] = [...instructions];
  setInstructions(slot, { ...stage, paddingTop: random.pick(wanted) }).forEach((replacement, part) => {
    changed[sets[part]!] = replacement;
  });
  return { ...rest, program: { ...program, instructions: changed } };
}

/**
 * The program with many products half way between two multiples of what its levels round them to: every level rounds
 * activations and products and prunes nothing. Undefined where a stage is not one with weights of its own on the diagonal.
 */
export function withTies({ program, ...rest }: Compiled, random: Random): Compiled | undefined {
  const instructions: Instruction[] = [...program.instructions];
  const descriptors = new DescriptorFile();
  for (const [index, { opcode, fields }] of program.instructions.entries()) {
    if (opcode !== 'SET') continue;
    descriptors.write(fields);
    if (fields.part !== STAGE_PARTS - 1) continue;
    const slot = fields.slot as number;
    const stage = descriptors.read(slot);
    if (!stage.diagonal || stage.sharedWeights || stage.maximum) return undefined;
    let activationShifts = 0;
    let productShifts = 0;
    for (let level = 0; level < PRUNING_LEVELS; level++) {
      activationShifts += random.pick([2, 3]) * 2 ** (SHIFT_BITS * level);
      productShifts += random.int(5, MOST_PRODUCT_BITS - 1) * 2 ** (PRODUCT_BITS * level);
    }
    const changed = { ...stage, weightThresholds: 0n, activationThresholds: 0n, activationShifts, productShifts };
    setInstructions(slot, changed).forEach((replacement, part) => {
      instructions[index - STAGE_PARTS + 1 + part] = replacement;
    });
  }
  return { ...rest, program: { ...program, instructions } };
}

/**
 * The program with COMPUTEs that wait for all STOREs before them, as those of a map larger than the memories do.
 * Undefined where none comes after a STORE.
 */
export function withStoreWaits({ program, ...rest }: Compiled): Compiled | undefined {
  let stores = 0;
  let waiting = 0;
  const instructions = program.instructions.map((instruction): Instruction => {
    if (instruction.opcode === 'STORE') stores += 1;
    if (instruction.opcode !== 'COMPUTE' || stores === 0) return instruction;
    waiting += 1;
    return { ...instruction, fields: { ...instruction.fields, waitStore: stores } };
  });
  return waiting === 0 ? undefined : { ...rest, program: { ...program, instructions } };
}
