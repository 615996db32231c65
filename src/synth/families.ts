/** What the cells of each FPGA family cost, and which yosys command maps to it. */

export const families = ['xc7', 'xcup', 'ecp5', 'ice40'] as const;
export type Family = (typeof families)[number];

/** Resources of one cell, or of a module. */
export interface Resources {
  /** DSP slices (DSP48E1, DSP48E2, MULT18X18D, SB_MAC16). */
  readonly dsp: number;
  /** Look-up tables, those of distributed memory included. */
  readonly lut: number;
  readonly ff: number;
  /** Block memories, in units of the family's block (36 kbit, 18 kbit in ECP5, 4 kbit in iCE40); halves count 0.5. */
  readonly bram: number;
  /** Large memories: UltraRAM, single-port RAM of iCE40 UltraPlus. */
  readonly uram: number;
  /** Carry cells. */
  readonly carry: number;
}

export const noResources: Resources = { dsp: 0, lut: 0, ff: 0, bram: 0, uram: 0, carry: 0 };

export function addResources(a: Resources, b: Resources, times = 1): Resources {
  return {
    dsp: a.dsp + b.dsp * times,
    lut: a.lut + b.lut * times,
    ff: a.ff + b.ff * times,
    bram: a.bram + b.bram * times,
    uram: a.uram + b.uram * times,
    carry: a.carry + b.carry * times,
  };
}

/** How a cell takes part in a path: what starts at its outputs, what ends at its inputs. */
export type Timing = 'lut' | 'free' | 'carry' | 'register' | 'dsp' | 'memory' | 'lut-memory';

export interface CellClass {
  readonly timing: Timing;
  readonly resources: Partial<Resources>;
}

const lut = (count: number): CellClass => ({ timing: 'lut', resources: { lut: count } });
const lutMemory = (count: number): CellClass => ({ timing: 'lut-memory', resources: { lut: count } });
const block = (count: number): CellClass => ({ timing: 'memory', resources: { bram: count } });
const large: CellClass = { timing: 'memory', resources: { uram: 1 } };
const dsp: CellClass = { timing: 'dsp', resources: { dsp: 1 } };
const register: CellClass = { timing: 'register', resources: { ff: 1 } };
const free: CellClass = { timing: 'free', resources: {} };
const carry = (luts: number): CellClass => ({ timing: 'carry', resources: { carry: 1, lut: luts } });

const exact: Readonly<Record<string, CellClass>> = {
  INV: free,
  BUFG: free,
  VCC: free,
  GND: free,
  LUT6_2: lut(1),
  MUXF7: free,
  MUXF8: free,
  MUXF9: free,
  CARRY4: carry(0),
  CARRY8: carry(0),
  RAM32M: lutMemory(4),
  RAM64M: lutMemory(4),
  RAM32M16: lutMemory(8),
  RAM64M8: lutMemory(8),
  RAM32X1D: lutMemory(2),
  RAM64X1D: lutMemory(2),
  RAM128X1D: lutMemory(4),
  RAM256X1D: lutMemory(8),
  RAM32X1S: lutMemory(1),
  RAM64X1S: lutMemory(1),
  RAM128X1S: lutMemory(2),
  RAM256X1S: lutMemory(4),
  SRL16E: lutMemory(1),
  SRLC16E: lutMemory(1),
  SRLC32E: lutMemory(1),
  RAMB36E1: block(1),
  RAMB36E2: block(1),
  RAMB18E1: block(0.5),
  RAMB18E2: block(0.5),
  URAM288: large,
  URAM288_BASE: large,
  DSP48E1: dsp,
  DSP48E2: dsp,
  MULT18X18D: dsp,
  ALU54B: free,
  CCU2C: carry(2),
  PFUMX: free,
  L6MUX21: free,
  DP16KD: block(1),
  PDPW16KD: block(1),
  TRELLIS_DPR16X4: lutMemory(4),
  TRELLIS_FF: register,
  SB_LUT4: lut(1),
  SB_CARRY: carry(0),
  SB_MAC16: dsp,
  SB_RAM40_4K: block(1),
  SB_SPRAM256KA: large,
};

/** The class of a mapped cell, undefined for a type that is not one (an instance, or something unknown). */
export function classOf(type: string): CellClass | undefined {
  if (Object.hasOwn(exact, type)) return exact[type];
  if (/^LUT[1-6]$/.test(type)) return lut(1);
  if (/^(FD[RSCP]E(_1)?|SB_DFF[NESR]*S?)$/.test(type)) return register;
  if (/^SB_RAM40_4K/.test(type)) return block(1);
  return undefined;
}

/** The yosys command that maps a design to the family, modules kept apart. */
export function synthCommand(family: Family, top: string): string {
  switch (family) {
    case 'xc7':
    case 'xcup':
      return `synth_xilinx -family ${family} -noiopad -noclkbuf -top ${top}`;
    case 'ecp5':
      return `synth_ecp5 -noflatten -top ${top}`;
    case 'ice40':
      // The family has no distributed memory: what asks for it becomes block memory or flip-flops.
      // Products that are registers must stay: the mapper deletes one of two registered products that are added.
      return `setattr -unset ram_style m:*\nsynth_ice40 -dsp -noflatten -top ${top}`;
  }
}

/** yosys' simulation models of a family's cells, where it has them. */
export const modelFiles: Readonly<Record<Family, string>> = {
  xc7: '+/xilinx/cells_sim.v',
  xcup: '+/xilinx/cells_sim.v',
  ecp5: '+/ecp5/cells_sim.v',
  ice40: '+/ice40/cells_sim.v',
};
