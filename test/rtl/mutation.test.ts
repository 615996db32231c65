/** The table of faults fits the RTL; `bench/mutate.ts` runs them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTANTS, type Mutant, plant } from '../../bench/mutation/mutant.ts';

const folder = fileURLToPath(new URL('../../rtl/', import.meta.url));
const read = (file: string): string => readFileSync(folder + file, 'utf8');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.sv') && !name.startsWith('generated/'));

const complaintOf = (mutant: Mutant): string[] => {
  try {
    plant(mutant, read(mutant.file));
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
};

describe('the mutants', () => {
  it('can all be planted', () => {
    expect(MUTANTS.flatMap(complaintOf)).toEqual([]);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it('are refused where their text is gone', () => {
    const [first] = MUTANTS;
    expect(() => plant(first!, 'module other; endmodule')).toThrow('occurs 0 times');
    expect(() => plant(first!, first!.find + first!.find)).toThrow('occurs 2 times');
    expect(() => plant({ ...first!, replace: first!.find }, first!.find)).toThrow('changes nothing');
  });

  it('leave out no module', () => {
    const modules = files.filter((file) => /^module /m.test(read(file)));
    expect(modules.length).toBeGreaterThan(30);
    const struck = new Set(MUTANTS.map(({ file }) => file));
    expect(modules.filter((file) => !struck.has(file))).toEqual([]);
  });
});
