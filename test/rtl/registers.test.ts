import { describe, expect, it } from 'vitest';
import { verifyRegisters } from './support/registers.ts';

const seed = Number(process.env.DEPTHWRIGHT_SEED ?? 20_250_301);

describe('the registers', () => {
  it(`keep, show, answer and interrupt under any order of channels (seed ${seed})`, async () => {
    const { complaints, compared } = await verifyRegisters(seed);
    expect(complaints).toEqual([]);
    expect(compared).toBeGreaterThan(1000);
  });
});
