import { readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { describe, expect, it } from 'vitest';
import { noCounts, OperandRegisters } from '../../src/energy/array.ts';
import { operandRegisters, VectorRegisters } from '../../src/energy/vector-registers.ts';
import { namedConfig } from '../../src/spec/configs.ts';
import { Random } from '../support/random.ts';

const source = new URL('../../assembly/operands.ts', import.meta.url);
const generated = new URL('../../src/energy/generated/operands.ts', import.meta.url);
const seed = 9;

describe('operand registers in WebAssembly', () => {
  it('are what their source compiles to (UPDATE_GENERATED=1 rewrites them)', async () => {
    const base64 = Buffer.from(await compile()).toString('base64');
    const text = `/** Compiled from assembly/operands.ts; a test rebuilds and compares it. */\nexport const OPERANDS_BASE64: string =\n  '${base64}';\n`;
    if (process.env.UPDATE_GENERATED) writeFileSync(generated, text);
    expect(readFileSync(generated, 'utf8')).toBe(text);
  });

  it(`count what the plain ones count, step by step (seed ${seed})`, () => {
    const random = new Random(seed);
    for (const [pixels, lanes, inputs] of [
      [1, 1, 8],
      [2, 4, 8],
      [4, 16, 16],
      [8, 3, 32],
    ] as const) {
      const config = { ...namedConfig('tiny'), pixels, lanes, inputs };
      const plain = new OperandRegisters(config);
      const vector = operandRegisters(config);
      expect(vector).toBeInstanceOf(VectorRegisters);
      const [one, other] = [noCounts(), noCounts()];
      for (let step = 0; step < 60; step++) {
        const zeroPoint = random.pick([-128, 127, random.int(-128, 127)]);
        const weights = Int8Array.from({ length: 2 * lanes * inputs }, () =>
          random.pick([0, -128, random.int(-128, 127)]),
        );
        const x = Array.from({ length: lanes * pixels * inputs }, () =>
          random.pick([
            0,
            127 - zeroPoint,
            -128 - zeroPoint,
            Math.max(-128 - zeroPoint, Math.min(127 - zeroPoint, random.int(-9, 9))),
          ]),
        );
        plain.operands.set(x);
        vector.operands.set(x);
        const at = random.int(0, lanes * inputs);
        const stride = random.pick([0, pixels * inputs]);
        const pruning = {
          weightThreshold: random.pick([0, 1, 127, random.int(0, 127)]),
          activationThreshold: random.pick([0, 1, random.int(0, 255)]),
          activationShift: random.int(0, 3),
          productShift: random.int(0, 7),
          alternate: random.oneIn(2),
        };
        plain.step(one, weights, at, stride, pruning, zeroPoint);
        vector.step(other, weights, at, stride, pruning, zeroPoint);
        if (random.oneIn(8))
          for (const [registers, counts] of [
            [plain, one],
            [vector, other],
          ] as const)
            registers.idle(counts);
        expect(other).toEqual(one);
      }
      expect(one.active).toBeGreaterThan(0);
      expect(one.gatedWeight).toBeGreaterThan(0);
      expect(one.treeToggles).toBeGreaterThan(0);
    }
  });
});

async function compile(): Promise<Uint8Array> {
  const flags = ['operands.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory'];
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([...flags, '--outFile', 'operands.wasm'], {
    readFile: (name) => (name === 'operands.ts' ? readFileSync(source, 'utf8') : null),
    writeFile: (name, contents) => {
      if (name === 'operands.wasm' && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  expect(error, stderr.toString()).toBeNull();
  return binary!;
}
