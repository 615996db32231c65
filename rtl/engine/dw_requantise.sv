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

  logic signed [31:0] sum_1q;
  logic [MultiplierBits-1:0] multiplier_1q;
  logic [5:0] shift_5;
  always_ff @(posedge clk_i) begin
    if (enable_i[0]) begin
      sum_1q <= accumulator_i + bias_i;
      multiplier_1q <= multiplier_i;
    end
  end
  dw_delay #(.Width(6), .Depth(5)) u_shift (
    .clk_i, .rst_ni(1'b1), .data_i(shift_i), .data_o(shift_5)
  );

  // With one DSP: its operands in cycles 2 and 3, its product in cycle 4. The product of the upper bits, 2 cycles from
  // adders, stands in its register for the other addend in cycle 4; the sum is its output.
  // With two: products in cycles 2 and 3, their sum and the upper product in cycle 4.
  localparam int unsigned UpperLatency = MultiplierBits <= 17 ? 2 : 3;
  logic signed [8+MultiplierBits:0] upper;
  logic signed [Width-1:0] product_5q;
  dw_soft_multiply #(.WidthA(8), .WidthB(MultiplierBits + 1), .Latency(UpperLatency), .Dsp(UpperDsp)) u_upper (
    .clk_i,
    .enable_i (enable_i[UpperLatency:1]),
    .a_i      (sum_1q[31:24]),
    .b_i      ({1'b0, multiplier_1q}),
    .product_o(upper)
  );

  if (MultiplierBits <= 17) begin : gen_single
    // The slice's two input registers share an enable: what enters the first moves on in the next cycle.
    logic inputs;
    logic [LowBits-1:0] low_2q, low_3q;
    logic [MultiplierBits-1:0] multiplier_2q, multiplier_3q;
    logic [LowBits+MultiplierBits-1:0] product_4q;
    logic signed [Width-1:0] upper_4q;
    assign inputs = enable_i[1] || enable_i[2];
    always_ff @(posedge clk_i) begin
      if (inputs) begin
        low_2q <= sum_1q[LowBits-1:0];
        low_3q <= low_2q;
        multiplier_2q <= multiplier_1q;
        multiplier_3q <= multiplier_2q;
      end
      if (enable_i[3]) begin
        product_4q <= low_3q * multiplier_3q;
        upper_4q <= {upper[7+MultiplierBits:0], {LowBits{1'b0}}};
      end
      if (enable_i[4]) product_5q <= $signed(Width'(product_4q)) + upper_4q;
    end
  end else begin : gen_double
    localparam int unsigned Half = 16;
    logic [LowBits+Half-1:0] low_2q, low_3q;
    logic [LowBits+MultiplierBits-Half-1:0] high_2q, high_3q;
    logic [LowBits+MultiplierBits-1:0] lower_4q;
    always_ff @(posedge clk_i) begin
      if (enable_i[1]) begin
        low_2q <= sum_1q[LowBits-1:0] * multiplier_1q[Half-1:0];
        high_2q <= sum_1q[LowBits-1:0] * multiplier_1q[MultiplierBits-1:Half];
      end
      if (enable_i[2]) begin
        low_3q <= low_2q;
        high_3q <= high_2q;
      end
      if (enable_i[3]) lower_4q <= {high_3q, {Half{1'b0}}} + (LowBits + MultiplierBits)'(low_3q);
      if (enable_i[4])
        product_5q <= $signed({upper[7+MultiplierBits:0], {LowBits{1'b0}}}) + $signed(Width'(lower_4q));
    end
  end

  dw_round_clamp #(.Width(Width)) u_round (
    .clk_i, .enable_i(enable_i[10:5]), .value_i(product_5q), .shift_i(shift_5), .zero_i, .low_i, .high_i, .code_o
  );

  logic unused;
  assign unused = ^upper;
endmodule
