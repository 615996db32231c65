// SPDX-License-Identifier: Apache-2.0
//
// One activation as an operand: x - z rounded to a multiple of a power of two, that is code - zero_i (the zero point less
// the rounding offset) with the low bits of mask_i; 0 where it lies in the padding; marked (bit 9) where below_i < code <
// above_i, that is |x - z| < threshold, in the padding with blank_i. A marked operand keeps its last value, so that no wire
// behind it moves. Latency one cycle.
module dw_operand (
  input  logic              clk_i,
  input  logic signed [7:0] code_i,
  input  logic              valid_i,
  input  logic              blank_i,
  input  logic signed [7:0] zero_i,
  input  logic [2:0]        mask_i,
  input  logic signed [9:0] below_i,
  input  logic signed [9:0] above_i,
  output logic [9:0]        operand_o
);
  logic pruned, clear;
  assign pruned = valid_i ? 10'(code_i) > below_i && 10'(code_i) < above_i : blank_i;
  assign clear = !valid_i && !pruned;
  always_ff @(posedge clk_i) begin
    operand_o[9] <= pruned;
    if (clear) operand_o[8:0] <= '0;
    else if (!pruned) operand_o[8:0] <= (9'(code_i) - 9'(zero_i)) & {6'h3f, mask_i};
  end
endmodule
