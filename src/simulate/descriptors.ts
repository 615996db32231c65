/** The stage descriptors that SET writes and COMPUTE reads. */
import {
  type FieldValues,
  SET_PAYLOAD_BITS,
  STAGE_FIELDS,
  STAGE_PARTS,
  STAGE_SLOTS,
  type Stage,
  unpackFields,
} from '../spec/isa.ts';

export class DescriptorFile {
  private readonly parts: bigint[][] = Array.from({ length: STAGE_SLOTS }, () => new Array(STAGE_PARTS).fill(0n));
  private readonly unpacked: (Stage | undefined)[] = new Array(STAGE_SLOTS).fill(undefined);

  /** Fields of a SET instruction. */
  write(fields: FieldValues): void {
    const slot = fields.slot as number;
    this.parts[slot]![fields.part as number] = BigInt(fields.payload!);
    this.unpacked[slot] = undefined;
  }

  /** The descriptor in a slot, codes as signed numbers. */
  read(slot: number): Stage {
    let stage = this.unpacked[slot];
    if (stage === undefined) {
      let packed = 0n;
      this.parts[slot]!.forEach((part, index) => {
        packed |= part << BigInt(index * SET_PAYLOAD_BITS);
      });
      stage = signStage(unpackFields(STAGE_FIELDS, packed));
      this.unpacked[slot] = stage;
    }
    return stage;
  }
}

const signed8 = (value: number): number => (value << 24) >> 24;

/** Codes of an unpacked descriptor as signed numbers, thresholds as bigint. */
function signStage(values: FieldValues): Stage {
  const stage: { [name: string]: number | bigint } = {};
  for (const { name } of STAGE_FIELDS) {
    const value = values[name]!;
    if (name.endsWith('Thresholds')) stage[name] = BigInt(value);
    else stage[name] = /(Zero|Low|High)$/.test(name) ? signed8(Number(value)) : Number(value);
  }
  return stage as unknown as Stage;
}
