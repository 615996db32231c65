/**
 * Figures of public Vivado power reports (`report_power` of real designs, vectorless activity, typical process, 25 C
 * ambient), as the reports print them: watts with three decimals, cells in use. `derive.ts` makes coefficients of them.
 *
 * A report with several clocks states the clock of most of its cells and is marked mixed; <0.001 W is kept as 0.0005.
 */
export type EvidenceFamily = 'xc7' | 'xcup';

export interface PowerReport {
  readonly name: string;
  readonly family: EvidenceFamily;
  readonly device: string;
  /** Repository on GitHub, and the report's path in it. */
  readonly source: string;
  /** Clock of most cells, MHz; the report prints periods in tenths of a nanosecond. */
  readonly mhz: number;
  readonly mixed: boolean;
  readonly routed: boolean;
  /** Core supply, V. */
  readonly vccint: number;
  readonly flipFlops: number;
  readonly luts: number;
  /** LUTs used as memory and as shift registers: clocked too. */
  readonly clockedLuts: number;
  readonly nets: number;
  readonly dsp: number;
  /** RAMB36; halves are RAMB18. */
  readonly blockRam: number;
  readonly watts: {
    readonly clocks: number;
    readonly logic: number;
    readonly signals: number;
    readonly blockRam: number;
    readonly dsp: number;
    readonly static: number;
  };
  readonly junction: number;
}

// name | device | MHz | notes | V | FF | LUT | clocked LUT | nets | DSP | RAMB36 | W: clocks, logic, signals, RAM, DSP, static | Tj
const ROWS = `
int8 tensor unit | xc7a100t-1 | 100 | | 1 | 4567 | 4184 | 105 | 10757 | 133 | 96 | 0.025 0.018 0.051 0.127 0.056 0.103 | 27.2 | NotCleo/TPU-Cores reports/power.rpt
polynomial multiplier | xc7a200t | 100 | synthesised | 1 | 9449 | 66834 | 35381 | 115748 | 570 | 0 | 0.145 0.994 0.782 0 0.455 0.145 | 33.6 | mzybest/MDC-NTT reports/power.rpt
ECG convolution, 64 channels | xc7z020-1 | 50 | | 1 | 8605 | 7558 | 167 | 17154 | 148 | 2 | 0.013 0.002 0.002 0.002 0 0.140 | 43.8 | JustABear1210/64-conv-ecg-LSTM-GRU project_1/project_1.runs/impl_1/design_1_wrapper_power_routed.rpt
ECG network | xc7z020-1 | 25 | | 1 | 1944 | 1861 | 78 | 4450 | 16 | 9.5 | 0.002 0.001 0.001 0.002 0.0005 0.140 | 43.7 | JustABear1210/ecg-CNN-full-release-GRU project_1/project_1.runs/impl_1/design_1_wrapper_power_routed.rpt
audio filters | xc7z020-1 | 100 | | 1 | 2463 | 2564 | 62 | 5261 | 18 | 8 | 0.012 0.006 0.009 0.004 0.017 0.136 | 41.7 | LexPG12138/Xilinx_MUSIC project_1/project_1.runs/impl_1/system_wrapper_power_routed.rpt
matrix processor in LUTs | xc7z020-1 | 50 | | 1 | 5792 | 24852 | 234 | 39250 | 0 | 40.5 | 0.011 0.104 0.109 0.069 0 0.158 | 49.1 | uyw4687/hsd project_2/project_2.runs/impl_1/design_1_wrapper_power_routed.rpt
bit error tester | xc7vx485t-2 | 100 | mixed | 1 | 2134 | 1878 | 168 | 3653 | 1 | 16.5 | 0.019 0.006 0.008 0.004 0.0005 0.244 | 25.5 | skhalil/BERT project_3/project_3.runs/impl_1/design_1_wrapper_power_routed.rpt
LeNet in floats | xc7z020-1 | 50 | | 1 | 10713 | 7576 | 804 | 17094 | 23 | 2 | 0.020 0.015 0.016 0.005 0.007 0.142 | 45.2 | Aurora2580/PYNQ lenet/lenet.runs/impl_1/design_1_wrapper_power_routed.rpt
video upsampling | xc7z020-1 | 100 | mixed | 1 | 18434 | 9523 | 1422 | 25812 | 0 | 52.5 | 0.095 0.009 0.017 0.031 0 0.157 | 47.6 | demon060/4K-Upsampling-System-on-Zynq vivado/vivado.runs/impl_1/design_1_wrapper_power_routed.rpt
PCIe to DDR3 bridge | xc7a100t-2 | 125 | mixed | 1 | 40407 | 26607 | 8769 | 67124 | 0 | 68.5 | 0.194 0.092 0.124 0.109 0 0.116 | 30.9 | picarro-kokunev/dig_board_xdma_plus_ddr project_1/project_1.runs/impl_1/design_1_wrapper_power_routed.rpt
3x3 convolution in LUTs | xc7z020-1 | 125 | | 1 | 441 | 863 | 16 | 1403 | 0 | 0 | 0.004 0.005 0.006 0 0 0.107 | 27.1 | ThirstySALMON/conv3x3-edge-accelerator fpga/reports/power.rpt
FrodoKEM | xc7a35t-2 | 100 | | 1 | 7797 | 14048 | 150 | 20934 | 56 | 27.5 | 0.029 0.108 0.187 0.081 0.033 0.070 | 26.7 | GitHub-lancel/FrodoKEM-Hardware-Implementation project_1/project_1.runs/impl_1/TOP_power_routed.rpt
software radio | xc7a100t-2 | 200 | mixed | 1 | 9676 | 6043 | 1401 | 17765 | 69 | 16.5 | 0.068 0.042 0.080 0.072 0.051 0.099 | 26.9 | hvwyl/2024FPGA-Competition project_1/project_1.runs/impl_1/top_power_routed.rpt
Zynq peripherals | xc7z020-1 | 100 | | 1 | 1703 | 1392 | 34 | 2685 | 0 | 0 | 0.009 0.003 0.003 0 0 0.138 | 41.3 | cmosinverter/pynq-examples project_1/project_1.runs/impl_1/top_wrapper_power_routed.rpt
AES | xc7z020-1 | 142.9 | | 1 | 17979 | 15428 | 3162 | 28375 | 0 | 18.5 | 0.091 0.170 0.247 0.027 0 0.159 | 50.8 | theCow61/AES-Accelerator project_1/project_1.runs/impl_1/design_1_wrapper_power_routed.rpt
radio receiver with FIR filters | xczu48dr-2 | 147.1 | mixed | 0.85 | 25689 | 9113 | 20879 | 54993 | 376 | 66.5 | 0.157 0.060 0.042 0.025 0.057 1.290 | 29.7 | samuelkravitz/RFSOC project_1/project_1.runs/impl_1/design_1_wrapper_power_routed.rpt
FSRCNN expanding layer | xczu9eg-2 | 303 | | 0.85 | 2846 | 3884 | 1 | 9284 | 192 | 4 | 0.031 0.075 0.070 0.008 0.125 0.623 | 26.0 | mfkiwl/FSRCNN_ZCU102_accelerator ip_repo/Expanding_Layer/Expanding_Layer.runs/impl_1/Expanding_Layer_power_routed.rpt
FSRCNN shrinking layer | xczu9eg-2 | 303 | | 0.85 | 4244 | 4699 | 1 | 8634 | 166 | 3 | 0.036 0.084 0.078 0.006 0.116 0.623 | 26.0 | mfkiwl/FSRCNN_ZCU102_accelerator ip_repo/Shrinking_Layer/Shrinking_Layer.runs/impl_1/Shrinking_Layer_power_routed.rpt
colour conversion | xczu9eg-2 | 303 | | 0.85 | 199 | 103 | 8 | 271 | 0 | 0 | 0.004 0.0005 0.0005 0 0 0.620 | 25.6 | mfkiwl/FSRCNN_ZCU102_accelerator ip_repo/RGB2YCbCr_Converter/RGB2YCbCr_Converter.runs/impl_1/RGB2YCbCr_power_routed.rpt
FIR filter | xczu7ev-2 | 128.2 | | 0.85 | 778 | 1329 | 8 | 2623 | 21 | 0 | 0.004 0.008 0.006 0 0.003 0.592 | 25.6 | RaviduHM99/FIR_Katim reports/impl_power.rpt
SRCNN, first | xck26-2LV | 100 | | 0.72 | 12301 | 8083 | 2199 | 18138 | 6 | 3 | 0.018 0.020 0.014 0.0005 0.0005 0.302 | 31.7 | Risamp/ELEN90096-Group-2 project_1/project_1.runs/impl_1/design_1_wrapper_power_routed.rpt
SRCNN, second | xck26-2LV | 100 | | 0.72 | 36717 | 47796 | 10057 | 90106 | 102 | 144 | 0.075 0.090 0.117 0.049 0.015 0.304 | 32.4 | Risamp/ELEN90096-Group-2 project_2/project_2.runs/impl_1/design_1_wrapper_power_routed.rpt
SRCNN, third | xck26-2LV | 100 | | 0.72 | 27441 | 29212 | 2872 | 57606 | 150 | 144 | 0.049 0.087 0.112 0.062 0.066 0.304 | 32.5 | Risamp/ELEN90096-Group-2 project_3/project_3.runs/impl_1/design_1_wrapper_power_routed.rpt
systolic array in LUTs | xck26-2LV | 100 | | 0.72 | 5997 | 4704 | 562 | 10196 | 0 | 14.5 | 0.012 0.013 0.006 0.008 0 0.301 | 31.4 | stateless-loop-58/ai-chip-starter vivado/vivado.runs/impl_1/design_1_wrapper_power_routed.rpt
regular expressions | xcu50 | 180 | mixed | 0.85 | 665852 | 475034 | 13034 | 1062891 | 4 | 412.5 | 2.464 1.894 3.132 1.532 0.0005 2.599 | 34.8 | cyansemi/csre-demo-v1 README.md
`;

export const REPORTS: readonly PowerReport[] = ROWS.trim()
  .split('\n')
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [
      name,
      device,
      mhz,
      notes,
      vccint,
      flipFlops,
      luts,
      clockedLuts,
      nets,
      dsp,
      blockRam,
      power,
      junction,
      source,
    ] = cells as [string, string, ...string[]];
    const [clocks, logic, signals, ram, multipliers, leakage] = power!.split(' ').map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return {
      name,
      family: device.startsWith('xc7') ? 'xc7' : 'xcup',
      device,
      source: source!,
      mhz: Number(mhz),
      mixed: notes === 'mixed',
      routed: notes !== 'synthesised',
      vccint: Number(vccint),
      flipFlops: Number(flipFlops),
      luts: Number(luts),
      clockedLuts: Number(clockedLuts),
      nets: Number(nets),
      dsp: Number(dsp),
      blockRam: Number(blockRam),
      watts: { clocks, logic, signals, blockRam: ram, dsp: multipliers, static: leakage },
      junction: Number(junction),
    };
  });

/** A part of a design in a report's table by hierarchy: watts of all its copies together, and how many units work in them. */
export interface HierarchyRow {
  readonly part: 'adder tree' | 'requantiser';
  /** Name of the report in REPORTS. */
  readonly report: string;
  readonly watts: number;
  /** Products a cycle that the trees add; codes a cycle that the requantisers make. */
  readonly units: number;
}

export const HIERARCHY: readonly HierarchyRow[] = [
  { part: 'adder tree', report: 'FSRCNN expanding layer', watts: 0.103, units: 16 * 12 },
  { part: 'adder tree', report: 'FSRCNN shrinking layer', watts: 0.107, units: 12 * 14 },
  { part: 'requantiser', report: 'FSRCNN expanding layer', watts: 0.016, units: 16 },
  { part: 'requantiser', report: 'FSRCNN shrinking layer', watts: 0.036, units: 12 },
];

/** Watts of external-memory interfaces in reports, and bits a second at their full rate. */
export const MEMORY_INTERFACES = {
  ddr3: {
    watts: 0.525 + 0.25,
    bitsPerSecond: 32 * 800e6,
    source: 'I/O and PHASER of the PCIe to DDR3 bridge report: 32 bits at 800 MT/s',
  },
  ddr4: {
    watts: 0.592 * 1.2 + 0.726 * 0.85,
    bitsPerSecond: 64 * 2400e6,
    source: 'VCCO_PSDDR and VCC_PSINTFP_DDR of the systolic array report (xck26); 64 bits at 2400 MT/s assumed',
  },
} as const;

/** Watts of the processing systems that Zynq reports add to what the fabric takes. */
export const PROCESSING_SYSTEM = { zynq7: [1.256, 1.472, 1.544], zynqmp: [2.382, 2.419, 2.552] } as const;
