// SPDX-License-Identifier: Apache-2.0
//
// One lane's requantisation, the twin of requantise() in src/network/numerics.ts:
// code = clamp((((acc + bias) * multiplier + 2^(shift-1)) >> shift) + zero, low, high), the sum modulo 2^32.
//
// The product of the sum's low 24 bits takes one DSP (two for 31-bit multipliers), its upper 8 bits adders or,
// with UpperDsp, another.
// Latency 11 cycles, one value a cycle, no stalls. zero_i belongs to cycle 9, low_i and high_i to cycle 10.
// enable_i[k]: the value of this cycle came k cycles ago; without it the registers of cycle k + 1 hold.
module dw_requantise #(
  parameter int unsigned MultiplierBits = 16,  // 16 or 31
  parameter bit          UpperDsp = 1'b0
) (
  input  logic                      clk_i,
  input  logic [10:0]               enable_i,
  input  logic signed [31:0]        accumulator_i,
  input  logic signed [31:0]        bias_i,
  input  logic [MultiplierBits-1:0] multiplier_i,
  input  logic [5:0]                shift_i,
  input  logic signed [7:0]         zero_i,
  input  logic signed [7:0]         low_i,
  input  logic signed [7:0]         high_i,
  output logic signed [7:0]         code_o
);
  localparam int unsigned Width = 32 + MultiplierBits;
  localparam int unsigned LowBits = 24;

  logic signed [31:0] sum;
  logic signed [7:0] upper_1q;
  logic [MultiplierBits-1:0] multiplier_1q;
  logic [5:0] shift_5;
  assign sum = accumulator_i + bias_i;
  always_ff @(posedge clk_i) begin
    if (enable_i[0]) begin
      upper_1q <= sum[31:24];
      multiplier_1q <= multiplier_i;
    end
  end
  dw_delay #(.Width(6), .Depth(5)) u_shift (
    .clk_i, .rst_ni(1'b1), .data_i(shift_i), .data_o(shift_5)
  );

  // Upper 8 bits: cycles 2 to 4.
  logic signed [8+MultiplierBits:0] upper_4;
  dw_soft_multiply #(.WidthA(8), .WidthB(MultiplierBits + 1), .Dsp(UpperDsp)) u_upper (
    .clk_i,
    .enable_i (enable_i[3:1]),
    .a_i      (upper_1q),
    .b_i      ({1'b0, multiplier_1q}),
    .product_o(upper_4)
  );

  // Lower 24 bits: cycles 1 to 4 in the DSP, whose two input registers share an enable (a value that enters the first
  // moves on in the next cycle); with two DSPs cycles 2 and 3, and cycle 4 for their sum.
  logic [LowBits+MultiplierBits-1:0] lower_4q;
  if (MultiplierBits <= 17) begin : gen_single
    logic inputs;
    logic [LowBits-1:0] low_1q, low_2q;
    logic [MultiplierBits-1:0] multiplier_2q;
    logic [LowBits+MultiplierBits-1:0] product_3q;
    assign inputs = enable_i[0] || enable_i[1];
    always_ff @(posedge clk_i) begin
      if (inputs) begin
        low_1q <= sum[LowBits-1:0];
        low_2q <= low_1q;
      end
      if (enable_i[1]) multiplier_2q <= multiplier_1q;
      if (enable_i[2]) product_3q <= low_2q * multiplier_2q;
      if (enable_i[3]) lower_4q <= product_3q;
    end
  end else begin : gen_double
    localparam int unsigned Half = 16;
    logic [LowBits-1:0] low_1q;
    logic [LowBits+Half-1:0] low_2q, low_3q;
    logic [LowBits+MultiplierBits-Half-1:0] high_2q, high_3q;
    always_ff @(posedge clk_i) begin
      if (enable_i[0]) low_1q <= sum[LowBits-1:0];
      if (enable_i[1]) begin
        low_2q <= low_1q * multiplier_1q[Half-1:0];
        high_2q <= low_1q * multiplier_1q[MultiplierBits-1:Half];
      end
      if (enable_i[2]) begin
        low_3q <= low_2q;
        high_3q <= high_2q;
      end
      if (enable_i[3]) lower_4q <= {high_3q, {Half{1'b0}}} + (LowBits + MultiplierBits)'(low_3q);
    end
  end

  logic signed [Width-1:0] product_5q;
  always_ff @(posedge clk_i)
    if (enable_i[4])
      product_5q <= $signed({upper_4[7+MultiplierBits:0], {LowBits{1'b0}}}) + $signed(Width'(lower_4q));

  dw_round_clamp #(.Width(Width)) u_round (
    .clk_i, .enable_i(enable_i[10:5]), .value_i(product_5q), .shift_i(shift_5), .zero_i, .low_i, .high_i, .code_o
  );

  logic unused;
  assign unused = ^{upper_4};
endmodule
