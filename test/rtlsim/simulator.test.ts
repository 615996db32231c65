import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { AxiBench } from '../../src/rtlsim/axi-bench.ts';
import { randomBits } from '../../src/rtlsim/initialise.ts';
import { simulatorOf } from './support/compare.ts';

const seed = 4711;

/** What `operators.sv` computes from its registers a, b and s: field name to value and width, most significant first. */
function operatorsOf(W: number, a: bigint, b: bigint, s: number): [string, bigint, number][] {
  const [sa, sb] = [BigInt.asIntN(W, a), BigInt.asIntN(W, b)];
  const [w, n] = [BigInt(W), BigInt(s)];
  const cut = (value: bigint, width: number): bigint => BigInt.asUintN(width, value);
  const bit = (...values: boolean[]): bigint => values.reduce((sum, value) => (sum << 1n) | BigInt(value), 0n);
  const ones = (1n << w) - 1n;
  const parity = (value: bigint): boolean => [...value.toString(2)].filter((digit) => digit === '1').length % 2 === 1;
  const flags = bit(
    a === b,
    a !== b,
    a < b,
    a <= b,
    a > b,
    a >= b,
    sa < sb,
    sa <= sb,
    sa > sb,
    sa >= sb,
    a === ones,
    a !== 0n,
    parity(a),
    !parity(b),
    a !== 0n && b !== 0n,
    a === 0n || (b & 1n) === 1n,
  );
  return [
    ['add', cut(a + b, W), W],
    ['sub', cut(a - b, W), W],
    ['mul', cut(a * b, W), W],
    ['smul', cut(sa * sb, W), W],
    ['and', a & b, W],
    ['or', a | b, W],
    ['xor', a ^ b, W],
    ['xnor', cut(~(a ^ b), W), W],
    ['not', cut(~a, W), W],
    ['neg', cut(-a, W), W],
    ['shl', cut(a << n, W), W],
    ['shr', a >> n, W],
    ['ashr', cut(sa >> n, W), W],
    ['mux', (n & 1n) === 1n ? a : b, W],
  ].concat([
    ['wide', cut(a * b, 2 * W), 2 * W],
    ['swide', cut(sa * sb, 2 * W), 2 * W],
    ['cat', ((a << w) | b) >> n, 2 * W],
    ['flags', flags, 16],
  ] as never) as [string, bigint, number][];
}

describe('the WebAssembly simulator', () => {
  it.each([8, 31, 32, 33, 63, 64, 65, 100])(`computes every operator on words of %i bits (seed ${seed})`, async (W) => {
    const S = W <= 8 ? 3 : W <= 64 ? 7 : 8;
    const design = { files: ['operators.sv'], top: 'operators', parameters: { W, S } };
    const sim = await simulatorOf(design, { wires: true });
    const random = randomBits(seed + W);
    const word = (): bigint => {
      const kind = random() % 8;
      let value = 0n;
      for (let i = 0; i < W; i += 32) value = (value << 32n) | BigInt(random());
      return BigInt.asUintN(W, kind === 0 ? 0n : kind === 1 ? -1n : kind === 2 ? 1n << BigInt(W - 1) : value);
    };
    sim.poke('rst_ni', 1);
    sim.poke('en_i', 1);
    let compared = 0;
    for (let i = 0; i < 60; i++) {
      const [a, b, s] = [word(), i % 9 === 0 ? sim.peek('a_i') : word(), random() % 2 ** S];
      sim.poke('a_i', a);
      sim.poke('b_i', b);
      sim.poke('s_i', s);
      sim.step(2);
      for (const [name, value] of operatorsOf(W, a, b, s)) {
        expect(sim.peek(`${name}_q`), `${name} of ${a} and ${b}, shift ${s}`).toBe(value);
        compared++;
      }
    }
    expect(compared).toBe(60 * 18);
  });

  it('writes bytes, reads with and without a clock, and lets memories be reached from outside', async () => {
    const sim = await simulatorOf({ files: ['memories.sv'], top: 'memories', parameters: { W: 32, D: 24 } });
    const random = randomBits(seed);
    const [bytes, words] = [new Array<bigint>(24).fill(0n), new Array<bigint>(24).fill(0n)];
    sim.poke('rst_ni', 1);
    for (let i = 0; i < 500; i++) {
      const [waddr, raddr, be, we, data] = [
        random() % 24,
        random() % 24,
        random() % 16,
        random() % 2,
        BigInt(random()),
      ];
      for (const [port, value] of Object.entries({
        waddr_i: waddr,
        raddr_i: raddr,
        be_i: be,
        we_i: we,
        re_i: 1,
        wdata_i: data,
      }))
        sim.poke(port, value);
      expect(sim.peek('async_o')).toBe(words[raddr]);
      const before = bytes[raddr];
      sim.step();
      for (let byte = 0; byte < 4; byte++)
        if ((be >> byte) & 1) {
          const mask = 0xffn << BigInt(8 * byte);
          bytes[waddr] = (bytes[waddr]! & ~mask) | (data & mask);
        }
      if (we) words[waddr] = data;
      expect(sim.peek('sync_o')).toBe(before);
      expect(sim.peek('first_o')).toBe(words[raddr]);
      expect(sim.peek('table_o')).toBe(BigInt((raddr % 16) ** 2 % 256));
    }
    const view = sim.memoryAt('words');
    expect([view.width, view.rows, view.stride]).toEqual([32, 24, 4]);
    expect(Array.from({ length: 24 }, (_, row) => view.read(row))).toEqual(words);
    view.write(7, 0xdeadbeefn);
    sim.poke('raddr_i', 7);
    expect(sim.peek('async_o')).toBe(0xdeadbeefn);
  });

  it('follows valid/ready paths through instances in both directions', async () => {
    const sim = await simulatorOf(
      { files: ['pipeline.sv'], top: 'pipeline', parameters: { N: 5 } },
      { inlineLimit: 0 },
    );
    sim.step(2);
    sim.poke('rst_ni', 1);
    const random = randomBits(seed);
    const [sent, got]: [number, number][] | number[][] = [[], []];
    for (let i = 0; i < 400; i++) {
      const data = random() % 65536;
      sim.poke('data_i', data);
      sim.poke('valid_i', random() % 2);
      sim.poke('ready_i', random() % 2);
      if (sim.peek('ready_o') === 1n && sim.peek('valid_i') === 1n) sent!.push((data + 5) % 65536);
      if (sim.peek('valid_o') === 1n && sim.peek('ready_i') === 1n) got!.push(Number(sim.peek('data_o')));
      expect(Number(sim.peek('crossed_o'))).toBe((((data & 0xff) + 3) & 0xff) ^ 5);
      sim.step();
    }
    expect(got!.length).toBeGreaterThan(100);
    expect(got).toEqual(sent!.slice(0, got!.length));
  });

  it('names the words of a combinational loop', async () => {
    const failure = await simulatorOf({ files: ['loop.sv'], top: 'loop' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toMatch(/module 'loop' has a combinational loop through .*'(ring|next)'/);
  });

  it('reports a failed assertion with its instance, source and cycle, and stops', async () => {
    const sim = await simulatorOf({ files: ['fifo.sv'], top: 'fifo', parameters: { FAULT: 1 } });
    sim.step(1);
    sim.poke('rst_ni', 1);
    sim.poke('push_i', 1);
    // Five pushes into four places: full after 4, over after 5, seen at the edge after that.
    expect(sim.step(100)).toBe(6);
    expect(sim.failures).toEqual([
      { assertion: 'bounded', instance: '', source: expect.stringMatching(/^fifo\.sv:\d+/), cycle: 6 },
    ]);
  });

  it('runs until a signal has a value, traces, counts toggles and starts at random', async () => {
    const design = { files: ['fifo.sv'], top: 'fifo' };
    const sim = await simulatorOf(design, { toggles: (_, register) => register === 'tail_q' });
    sim.step(1);
    sim.poke('rst_ni', 1);
    sim.poke('push_i', 1);
    expect(sim.runUntil('full_o', 1, 50)).toBe(4);
    expect(sim.cycle).toBe(5);
    // 00, 01, 10, 11, 00: 1 + 2 + 1 + 2 bits.
    expect(sim.toggles()).toEqual([{ path: 'tail_q', width: 2, toggles: 6n }]);
    const seen: string[] = [];
    sim.poke('pop_i', 1);
    sim.trace(['fill_q', 'empty_o'], 3, (cycle, values) => {
      seen.push(`${cycle}: ${values.join(' ')}`);
      return true;
    });
    expect(seen).toEqual(['5: 4 0', '6: 3 0', '7: 3 0']);
    const random = await simulatorOf(design, { randomStart: 5 });
    expect(Array.from({ length: 4 }, (_, row) => random.memoryAt('mem').read(row)).some((row) => row !== 0n)).toBe(
      true,
    );
  });

  it('copies memory over AXI and counts the errors of a forbidden range', async () => {
    const bench = new AxiBench(await simulatorOf({ files: ['axi_copy.sv'], top: 'axi_copy', parameters: { DW: 128 } }));
    const memory = bench.addMemory({ prefix: 'm_axi_', latency: 9, size: 8192, stalls: { seed: 3, rate: 60 } });
    memory.bytes.forEach((_, i) => {
      memory.bytes[i] = (i * 37) >> 3;
    });
    const before = memory.bytes.slice();
    bench.step(2);
    bench.sim.poke('rst_ni', 1);
    for (const [address, data] of [
      [0, 0],
      [4, 4096],
      [8, 20],
      [12, 1],
    ] as const)
      expect(bench.writeRegister(address, data).response).toBe(0);
    expect(bench.runUntil('done_o', 1, 5000)).toBeLessThan(5000);
    const copied = 20 * 8 * 16;
    expect(memory.bytes.slice(4096, 4096 + copied)).toEqual(before.slice(0, copied).map((byte) => byte + 1));
    expect(memory.statistics()).toMatchObject({ readBursts: 20, writeBursts: 20, violations: [] });
    memory.errors.push({ first: 0, end: 16, response: 3 });
    bench.writeRegister(0, 0);
    bench.writeRegister(4, 4096);
    bench.writeRegister(12, 1);
    bench.runUntil('done_o', 1, 5000);
    expect(bench.readRegister(12).data >>> 16).toBe(1);
  });
});
