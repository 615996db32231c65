/** Random programs of LOADs and STOREs alone, and what they leave behind. */
import { type Config, parameterBytes, ROW_SETS } from '../../../src/spec/config.ts';
import { configIdentity } from '../../../src/spec/identity.ts';
import { encodeProgram, INSTRUCTION_BYTES, type Instruction, MAGIC, TABLES } from '../../../src/spec/isa.ts';
import { groupBytes } from '../../../src/spec/layout.ts';
import type { Random } from '../../support/random.ts';

export interface TransferProgram {
  readonly instructions: readonly Instruction[];
  /** External memory: program, then random data; STOREs write to its second half. */
  readonly memory: Uint8Array;
}

export const HALF = 1 << 18;

export function transferProgram(config: Config, random: Random, transfers: number): TransferProgram {
  const memory = new Uint8Array(2 * HALF);
  const instructions: Instruction[] = [];
  const counts = { load: 0, store: 0 };
  const wordBytes = [config.lanes * config.inputs, config.lanes * parameterBytes(config), groupBytes(config), 256];
  const depths = [config.weightDepth, config.parameterDepth, config.activationDepth, TABLES];
  const dataStart = (transfers + 2) * INSTRUCTION_BYTES;
  for (let index = 0; index < transfers; index++) {
    const store = random.oneIn(3);
    const target = store ? 2 : random.int(0, 3);
    const size = wordBytes[target]!;
    let count = Math.min(depths[target]!, random.pick([1, 2, random.int(1, 40), random.int(1, 200)]));
    let pitch = 0;
    let base = 0;
    let end = 0;
    let address = random.int(0, depths[target]! - count);
    if (target === 2) {
      pitch = random.pick([1, random.int(1, 9), random.int(1, 40)]);
      const slots = random.int(1, 3);
      base = random.int(0, config.activationDepth - slots * pitch);
      end = base + slots * pitch;
      count = random.int(1, 4 * slots + 3);
      address = base + random.int(0, slots - 1) * pitch;
    }
    const bytes = count * size * Math.max(1, pitch);
    const room = Math.floor((HALF - dataStart - bytes) / config.axiBytes);
    if (room < 0) continue;
    const first = Math.ceil(dataStart / config.axiBytes) * config.axiBytes;
    let memoryAddress = store
      ? HALF + config.axiBytes * random.int(0, Math.floor((HALF - bytes) / config.axiBytes))
      : first + config.axiBytes * random.int(0, Math.max(0, room - 1));
    // Starts just before a 4 kB boundary are the interesting ones.
    if (random.oneIn(2)) memoryAddress = Math.max(store ? HALF : first, (memoryAddress & ~4095) - config.axiBytes);
    if (!store && memoryAddress + bytes > HALF) continue;
    if (store && memoryAddress + bytes > 2 * HALF) continue;
    instructions.push({
      opcode: store ? 'STORE' : 'LOAD',
      fields: {
        // Everything before has retired, so that the order among the units does not matter.
        waitLoad: store || random.oneIn(3) ? counts.load : 0,
        waitCompute: 0,
        waitStore: !store ? counts.store : 0,
        target,
        memoryAddress,
        count,
        address,
        rowSet: target === 2 ? random.int(0, ROW_SETS - 1) : 0,
        pitch,
        base,
        end,
      },
    });
    counts[store ? 'store' : 'load'] += 1;
  }
  const count = instructions.length + 2;
  instructions.unshift({ opcode: 'HEADER', fields: { magic: MAGIC, identity: configIdentity(config), count } });
  instructions.push({ opcode: 'END', fields: {} });
  for (let at = 0; at < HALF; at++) memory[at] = random.int(0, 255);
  memory.set(encodeProgram(instructions));
  return { instructions, memory };
}
