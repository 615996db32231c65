// SPDX-License-Identifier: Apache-2.0
//
// One lane's residual: both addends (or factors) rescaled together with one rounding,
//   add:      clamp(round((middle - zm) * mm + (addend - zr) * mr, shift) + zo, lo, ho)
//   multiply: clamp(round((middle - zm) * (addend - zr) * mm, shift) + zo, lo, ho)
// addend_i comes five cycles before code_i. Latency 12 cycles from code_i to code_o, one value a cycle, no stalls.
// enable_i[k]: the addend of this cycle's value came k cycles ago; without it the registers of that step hold.
module dw_residual #(
  parameter int unsigned MultiplierBits = 16,
  parameter bit          Dsp = 1'b0                    // products in DSP slices
) (
  input  logic                      clk_i,
  input  logic [16:0]               enable_i,
  input  logic signed [7:0]         addend_i,
  input  logic signed [7:0]         residual_zero_i,    // with addend_i
  input  logic [MultiplierBits-1:0] addend_factor_i,    // one cycle after addend_i: mr, or mm to multiply
  input  logic signed [7:0]         code_i,
  input  logic signed [7:0]         middle_zero_i,      // with code_i
  input  logic                      multiply_i,         // with code_i
  input  logic [MultiplierBits-1:0] middle_multiplier_i,// with code_i
  input  logic [5:0]                shift_i,            // 6 cycles after code_i
  input  logic signed [7:0]         output_zero_i,      // 10
  input  logic signed [7:0]         output_low_i,       // 11
  input  logic signed [7:0]         output_high_i,      // 11
  output logic signed [7:0]         code_o
);
  localparam int unsigned FactorBits = MultiplierBits + 9;    // (addend - zr) * multiplier, at most 255 * (2^MultiplierBits - 1)
  localparam int unsigned Width = 9 + FactorBits;

  // Addend: difference 1 cycle, product 4 cycles; ready with code_i.
  logic signed [8:0] difference_q;
  logic signed [FactorBits-1:0] scaled, scaled_1q, scaled_5;
  logic signed [FactorBits:0] addend_product;
  always_ff @(posedge clk_i) if (enable_i[0]) difference_q <= 9'(addend_i) - 9'(residual_zero_i);
  dw_soft_multiply #(.WidthA(9), .WidthB(MultiplierBits + 1), .Latency(4), .Dsp(Dsp)) u_addend (
    .clk_i, .enable_i(enable_i[4:1]), .a_i(difference_q), .b_i({1'b0, addend_factor_i}), .product_o(addend_product)
  );
  assign scaled = addend_product[FactorBits-1:0];

  logic signed [8:0] middle_1q;
  logic signed [FactorBits-1:0] factor_1q;
  logic multiply_1q, multiply_5;
  always_ff @(posedge clk_i) begin
    if (enable_i[5]) begin
      middle_1q <= 9'(code_i) - 9'(middle_zero_i);
      factor_1q <= multiply_i ? scaled : $signed(FactorBits'(middle_multiplier_i));
      scaled_1q <= scaled;
      multiply_1q <= multiply_i;
    end
  end
  logic signed [Width-1:0] product_5, sum_6q;
  dw_soft_multiply #(.WidthA(9), .WidthB(FactorBits), .Latency(4), .Dsp(Dsp)) u_middle (
    .clk_i, .enable_i(enable_i[9:6]), .a_i(middle_1q), .b_i(factor_1q), .product_o(product_5)
  );
  dw_delay #(.Width(FactorBits + 1), .Depth(4)) u_scaled (
    .clk_i, .rst_ni(1'b1), .data_i({multiply_1q, scaled_1q}), .data_o({multiply_5, scaled_5})
  );
  always_ff @(posedge clk_i) if (enable_i[10]) sum_6q <= multiply_5 ? product_5 : product_5 + Width'(scaled_5);

  dw_round_clamp #(.Width(Width)) u_round (
    .clk_i, .enable_i(enable_i[16:11]), .value_i(sum_6q), .shift_i, .zero_i(output_zero_i), .low_i(output_low_i), .high_i(output_high_i),
    .code_o
  );

  logic unused;
  assign unused = addend_product[FactorBits];
endmodule
