/** Random AXI4-Lite traffic on the register module alone, both directions, with strobes and with stalls. */
import { moduleSources, type RtlReplacements } from '../../../src/node/rtl-sources.ts';
import { elaborate } from '../../../src/node/yosys.ts';
import { compileNetlist } from '../../../src/rtlsim/simulator.ts';
import { REGISTERS, registerOffset } from '../../../src/spec/registers.ts';
import { Random } from '../../support/random.ts';

/** Registers that keep what is written, and the bits that they have. */
const KEPT: readonly (readonly [name: string, mask: number, port: string])[] = [
  ['baseLow', 0xffff_f000, ''],
  ['baseHigh', 0xff, ''],
  ['programOffset', 0xffff_ffff, 'offset_o'],
  ['programCount', 0xffff_ffff, 'count_o'],
  ['level', 7, 'level_o'],
  ['interruptEnable', 3, ''],
];
const INPUTS: readonly (readonly [register: string, port: string, bits: number])[] = [
  ['errorIndex', 'index_i', 32],
  ['retiredLoad', 'load_retired_i', 16],
  ['retiredCompute', 'compute_retired_i', 16],
  ['retiredStore', 'store_retired_i', 16],
];
const COUNTERS: readonly (readonly [register: string, port: string])[] = [
  ['cycles', 'cycles_i'],
  ['activeMultiplies', 'active_i'],
  ['prunedMultiplies', 'pruned_i'],
  ['readBytes', 'read_bytes_i'],
  ['writeBytes', 'write_bytes_i'],
];
const LIMIT = 40;

export interface RegistersResult {
  readonly complaints: readonly string[];
  readonly compared: number;
}

export async function verifyRegisters(seed: number, replace?: RtlReplacements): Promise<RegistersResult> {
  const top = 'dw_registers';
  const sources = (await moduleSources(['control'], replace)).filter(({ name }) =>
    /^dw_(pkg|registers)\.sv$/.test(name),
  );
  const simulator = await compileNetlist(
    await elaborate({ sources, top, parameters: { Identity: 0x1234_5678, Array: 7, Options: 9 } }),
    top,
  );
  const random = new Random(seed);
  const complaints: string[] = [];
  let compared = 0;
  const same = (what: string, got: number | bigint, wanted: number | bigint): void => {
    compared += 1;
    if (BigInt(got) !== BigInt(wanted)) complaints.push(`${what}: expected ${wanted}, got ${got}`);
  };
  const model = new Map(KEPT.map(([name]) => [registerOffset(name), 0]));
  let starts = 0;
  let stops = 0;
  const tick = (): void => {
    starts += Number(simulator.peek('start_o'));
    stops += Number(simulator.peek('stop_o'));
    simulator.step(1);
  };
  /** Until `port` is 1, and the cycle in which it is. */
  const wait = (port: string): void => {
    for (let waited = 0; simulator.peek(port) === 0n; waited++) {
      if (waited === LIMIT) throw new Error(`${port} stays 0`);
      tick();
    }
  };
  const idle = (most: number): void => {
    for (let left = random.int(0, most); left > 0; left--) tick();
  };

  const write = (offset: number, data: number, strobe: number): void => {
    const first = random.pick(['aw', 'w']);
    const second = first === 'aw' ? 'w' : 'aw';
    simulator.poke('awaddr_i', offset + random.int(0, 3));
    simulator.poke('wdata_i', data);
    simulator.poke('wstrb_i', strobe);
    simulator.poke(`${first}valid_i`, 1);
    idle(2);
    same('response before the write', simulator.peek('bvalid_o'), 0);
    simulator.poke(`${second}valid_i`, 1);
    wait('awready_o');
    same('both channels at once', simulator.peek('wready_o'), 1);
    tick();
    simulator.poke('awvalid_i', 0);
    simulator.poke('wvalid_i', 0);
    for (let held = random.int(0, 3); held > 0; held--) {
      same('response held', simulator.peek('bvalid_o'), 1);
      tick();
    }
    simulator.poke('bready_i', 1);
    same('response', simulator.peek('bvalid_o'), 1);
    tick();
    simulator.poke('bready_i', 0);
    same('response taken', simulator.peek('bvalid_o'), 0);
    idle(1);
  };
  const read = (offset: number): bigint => {
    simulator.poke('araddr_i', offset + random.int(0, 3));
    simulator.poke('arvalid_i', 1);
    wait('arready_o');
    tick();
    simulator.poke('arvalid_i', 0);
    wait('rvalid_o');
    const data = simulator.peek('rdata_o');
    for (let held = random.int(0, 3); held > 0; held--) {
      tick();
      same('data held', simulator.peek('rdata_o'), data);
    }
    simulator.poke('rready_i', 1);
    same('data offered', simulator.peek('rvalid_o'), 1);
    tick();
    simulator.poke('rready_i', 0);
    same('data taken', simulator.peek('rvalid_o'), 0);
    return data;
  };
  const maskOf = (strobe: number): number =>
    [0, 1, 2, 3].reduce((mask, byte) => ((strobe >> byte) & 1 ? mask | (0xff << (8 * byte)) : mask), 0);

  try {
    simulator.poke('rst_ni', 0);
    simulator.step(2);
    simulator.poke('rst_ni', 1);
    for (let round = 0; round < 200; round++) {
      const [name, bits, port] = random.pick(KEPT);
      const offset = registerOffset(name);
      const data = random.uint32();
      const strobe = random.pick([15, random.int(0, 15)]);
      write(offset, data, strobe);
      const mask = maskOf(strobe);
      model.set(offset, (((data & mask) | (model.get(offset)! & ~mask)) & bits) >>> 0);
      for (const [other, , out] of KEPT) {
        const at = registerOffset(other);
        if (other === name || random.oneIn(6)) same(other, read(at), model.get(at)!);
        if (out !== '') same(out, simulator.peek(out), model.get(at)!);
      }
      if (port === '') {
        const base = BigInt(model.get(registerOffset('baseHigh'))!) << 20n;
        same('base_o', simulator.peek('base_o'), base | (BigInt(model.get(registerOffset('baseLow'))!) >> 12n));
      }
    }
    for (const [name, port, bits] of INPUTS) {
      const value = random.uint32() >>> (32 - bits);
      simulator.poke(port, value);
      same(name, read(registerOffset(name)), value);
    }
    for (const [name, port] of COUNTERS) {
      const [low, high] = [random.uint32(), random.uint32() >>> 16];
      simulator.poke(port, (BigInt(high) << 32n) | BigInt(low));
      same(`${name}Low`, read(registerOffset(`${name}Low`)), low);
      same(`${name}High`, read(registerOffset(`${name}High`)), high);
    }
    for (let status = 0; status < 8; status++) {
      ['busy_i', 'done_i', 'error_i'].forEach((port, bit) => {
        simulator.poke(port, (status >> bit) & 1);
      });
      same('status', read(registerOffset('status')), status);
    }
    simulator.poke('code_i', 11);
    simulator.poke('unit_i', 5);
    same('errorCode', read(registerOffset('errorCode')), 11 | (5 << 8));
    same('identity', read(registerOffset('identity')), 0x1234_5678);
    same('array', read(registerOffset('array')), 7);
    same('options', read(registerOffset('options')), 9);
    const [before, stopped] = [starts, stops];
    write(registerOffset('control'), 1, 15);
    write(registerOffset('control'), 2, 15);
    write(registerOffset('control'), 3, 14);
    tick();
    same('starts', starts - before, 1);
    same('stops', stops - stopped, 1);
    for (let enabled = 0; enabled < 4; enabled++) {
      write(registerOffset('interruptEnable'), enabled, 1);
      ['finished_i', 'failed_i'].forEach((port, bit) => {
        simulator.poke(port, 1);
        tick();
        simulator.poke(port, 0);
        tick();
        same('interruptStatus', read(registerOffset('interruptStatus')), 1 << bit);
        same(`irq with ${port}`, simulator.peek('irq_o'), (enabled >> bit) & 1);
        write(registerOffset('interruptStatus'), 2 >> bit, 15);
        same('kept', read(registerOffset('interruptStatus')), 1 << bit);
        write(registerOffset('interruptStatus'), 1 << bit, 15);
        same('cleared', read(registerOffset('interruptStatus')), 0);
        same('irq after', simulator.peek('irq_o'), 0);
      });
    }
    const known = new Set(REGISTERS.map(({ offset }) => offset));
    for (let offset = 0; offset < 256; offset += 4) if (!known.has(offset)) same(`register ${offset}`, read(offset), 0);
  } catch (error) {
    complaints.push((error as Error).message);
  }
  return { complaints, compared };
}
