/** Puts random pruning thresholds, shifts and skipped words into a program's stage descriptors. */
import type { Compiled } from '../../../src/compile/compile.ts';
import { DescriptorFile } from '../../../src/simulate/descriptors.ts';
import {
  type Instruction,
  MOST_PRODUCT_BITS,
  PRODUCT_BITS,
  PRUNING_LEVELS,
  SHIFT_BITS,
  SKIP_BITS,
  STAGE_PARTS,
  setInstructions,
} from '../../../src/spec/isa.ts';
import type { Random } from '../../support/random.ts';

/** The same program with random entries for every level; what it computes at level 0 does not change. */
export function withRandomLevels(compiled: Compiled, random: Random): Compiled {
  const descriptors = new DescriptorFile();
  const instructions: Instruction[] = [...compiled.program.instructions];
  let parts = 0;
  instructions.forEach((instruction, index) => {
    if (instruction.opcode !== 'SET') return;
    descriptors.write(instruction.fields);
    parts += 1;
    if (parts % STAGE_PARTS !== 0) return;
    const slot = instruction.fields.slot as number;
    const stage = descriptors.read(slot);
    let weightThresholds = 0n;
    let activationThresholds = 0n;
    let activationShifts = 0;
    let productShifts = 0;
    let skippedInputs = 0;
    let skippedOutputs = 0;
    // A step for each tap must be left; the window path and single channels skip no input.
    const inputs = stage.window || stage.diagonal || stage.sharedWeights ? 0 : stage.inputBlocks - 1;
    for (let level = 0; level < PRUNING_LEVELS; level++) {
      weightThresholds |= BigInt(random.int(0, 127)) << BigInt(7 * level);
      activationThresholds |= BigInt(random.pick([0, 1, 2, 3, 30, random.int(0, 255)])) << BigInt(8 * level);
      activationShifts |= random.int(0, 2 ** SHIFT_BITS - 1) << (SHIFT_BITS * level);
      productShifts |= random.int(0, MOST_PRODUCT_BITS - 1) << (PRODUCT_BITS * level);
      skippedInputs += random.int(0, Math.min(inputs, 63)) * 2 ** (SKIP_BITS * level);
      skippedOutputs += random.int(0, Math.min(stage.outputBlocks, 63)) * 2 ** (SKIP_BITS * level);
    }
    const levels = stage.maximum
      ? {}
      : { weightThresholds, activationThresholds, activationShifts, productShifts, alternate: random.int(0, 1) };
    const changed = { ...stage, ...levels, skippedInputs, skippedOutputs };
    setInstructions(slot, changed).forEach((replacement, part) => {
      instructions[index - STAGE_PARTS + 1 + part] = replacement;
    });
  });
  return { ...compiled, program: { ...compiled.program, instructions } };
}
