// SPDX-License-Identifier: Apache-2.0
//
// Two products of one weight and two pixels in one DSP: ((x1 << 16) + x0) * w + 2^15 + (round << 16) + round. A product
// and what rounds it sum to 16 bits signed; adding half of 2^16 makes the upper half exactly x1 * w + round, and the
// lower x0 * w + round with its sign bit inverted. round = 128 takes weights of -127 and more.
//
// A pruned operand (keep low) does not move: its register holds, and its product counts as 0 (keep_o low: the adder tree
// leaves it out). Where both are pruned the weight holds as well, and with it every register of the DSP.
// Products and keep_o come 4 cycles after the operands (one for the operand registers), addend_i 3 cycles after. No stalls.
module dw_multiply_pair (
  input  logic               clk_i,
  input  logic signed [7:0]  weight_i,
  input  logic               keep0_i,       // operand valid and not pruned
  input  logic               keep1_i,
  input  logic               either_i,      // keep0_i || keep1_i, from outside because it comes late
  input  logic signed [8:0]  x0_i,
  input  logic signed [8:0]  x1_i,
  input  logic signed [32:0] addend_i,      // 2^15 + (round << 16) + round, 0 <= round <= 128
  output logic signed [15:0] product0_o,
  output logic signed [15:0] product1_o,
  output logic               keep0_o,
  output logic               keep1_o,
  output logic [1:0]         moved_o        // keep1_i, keep0_i one cycle later
);
  logic signed [7:0] weight_q, weight_qq;
  logic signed [8:0] x0_q, x1_q;
  logic signed [24:0] pair_q;
  logic signed [32:0] product_q, biased_q;
  logic [3:0] keep0_q, keep1_q;

  always_ff @(posedge clk_i) begin
    if (keep0_i) x0_q <= x0_i;
    if (keep1_i) x1_q <= x1_i;
    if (either_i) weight_q <= weight_i;
    if (keep0_q[0] || keep1_q[0]) begin
      weight_qq <= weight_q;
      pair_q <= $signed({x1_q, 16'd0}) + 25'(x0_q);
    end
    if (keep0_q[1] || keep1_q[1]) product_q <= pair_q * weight_qq;
    if (keep0_q[2] || keep1_q[2]) biased_q <= product_q + addend_i;
    keep0_q <= {keep0_q[2:0], keep0_i};
    keep1_q <= {keep1_q[2:0], keep1_i};
  end

  assign product0_o = {~biased_q[15], biased_q[14:0]};
  assign product1_o = biased_q[31:16];
  assign keep0_o = keep0_q[3];
  assign keep1_o = keep1_q[3];
  assign moved_o = {keep1_q[0], keep0_q[0]};

  logic unused;
  assign unused = biased_q[32];
endmodule
