// SPDX-License-Identifier: Apache-2.0
//
// One product in one DSP, and what rounds it, for arrays of a single pixel; timing and pruning as dw_multiply_pair.
module dw_multiply (
  input  logic               clk_i,
  input  logic signed [7:0]  weight_i,
  input  logic               keep_i,
  input  logic signed [8:0]  x_i,
  input  logic signed [15:0] round_i,   // 0..128 (0..64 with weights of -128), 3 cycles after the operands
  output logic signed [15:0] product_o,
  output logic               keep_o,
  output logic               moved_o    // keep_i one cycle later
);
  logic signed [7:0] weight_q, weight_qq;
  logic signed [8:0] x_q, x_qq;
  logic signed [15:0] product_q, product_qq;
  logic [3:0] keep_q;

  always_ff @(posedge clk_i) begin
    if (keep_i) begin
      weight_q <= weight_i;
      x_q <= x_i;
    end
    if (keep_q[0]) begin
      weight_qq <= weight_q;
      x_qq <= x_q;
    end
    if (keep_q[1]) product_q <= 16'(x_qq * weight_qq);
    if (keep_q[2]) product_qq <= product_q + round_i;
    keep_q <= {keep_q[2:0], keep_i};
  end

  assign product_o = product_qq;
  assign keep_o = keep_q[3];
  assign moved_o = keep_q[0];
endmodule
