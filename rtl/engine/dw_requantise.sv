// SPDX-License-Identifier: Apache-2.0
//
// One lane's requantisation, the twin of requantise() in src/network/numerics.ts:
// code = clamp((((acc + bias) * multiplier + 2^(shift-1)) >> shift) + zero, low, high), the sum modulo 2^32.
//
// The product of the sum's low 24 bits takes one DSP (two for 31-bit multipliers), its upper 8 bits adders or,
// with UpperDsp, another.
// Latency 11 cycles, one value a cycle, no stalls. zero_i belongs to cycle 9, low_i and high_i to cycle 10.
module dw_requantise #(
  parameter int unsigned MultiplierBits = 16,  // 16 or 31
  parameter bit          UpperDsp = 1'b0
) (
  input  logic                      clk_i,
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

  logic signed [31:0] sum_1q;
  logic [MultiplierBits-1:0] multiplier_1q;
  logic [5:0] shift_5;
  always_ff @(posedge clk_i) begin
    sum_1q <= accumulator_i + bias_i;
    multiplier_1q <= multiplier_i;
  end
  dw_delay #(.Width(6), .Depth(5)) u_shift (
    .clk_i, .rst_ni(1'b1), .data_i(shift_i), .data_o(shift_5)
  );

  // Upper 8 bits: cycles 2 to 4.
  logic signed [8+MultiplierBits:0] upper_4;
  dw_soft_multiply #(.WidthA(8), .WidthB(MultiplierBits + 1), .Dsp(UpperDsp)) u_upper (
    .clk_i,
    .a_i      (sum_1q[31:24]),
    .b_i      ({1'b0, multiplier_1q}),
    .product_o(upper_4)
  );

  // Lower 24 bits: cycles 2 and 3 in the DSP, cycle 4 for the second one's sum.
  logic [LowBits+MultiplierBits-1:0] lower_4q;
  if (MultiplierBits <= 17) begin : gen_single
    logic [LowBits+MultiplierBits-1:0] product_2q, product_3q;
    always_ff @(posedge clk_i) begin
      product_2q <= sum_1q[LowBits-1:0] * multiplier_1q;
      product_3q <= product_2q;
      lower_4q <= product_3q;
    end
  end else begin : gen_double
    localparam int unsigned Half = 16;
    logic [LowBits+Half-1:0] low_2q, low_3q;
    logic [LowBits+MultiplierBits-Half-1:0] high_2q, high_3q;
    always_ff @(posedge clk_i) begin
      low_2q <= sum_1q[LowBits-1:0] * multiplier_1q[Half-1:0];
      low_3q <= low_2q;
      high_2q <= sum_1q[LowBits-1:0] * multiplier_1q[MultiplierBits-1:Half];
      high_3q <= high_2q;
      lower_4q <= {high_3q, {Half{1'b0}}} + (LowBits + MultiplierBits)'(low_3q);
    end
  end

  logic signed [Width-1:0] product_5q;
  always_ff @(posedge clk_i)
    product_5q <= $signed({upper_4[7+MultiplierBits:0], {LowBits{1'b0}}}) + $signed(Width'(lower_4q));

  dw_round_clamp #(.Width(Width)) u_round (
    .clk_i, .value_i(product_5q), .shift_i(shift_5), .zero_i, .low_i, .high_i, .code_o
  );

  logic unused;
  assign unused = ^{upper_4};
endmodule
