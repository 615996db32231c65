// SPDX-License-Identifier: Apache-2.0
//
// Counts the multiplications whose operands moved and those held by pruning. kept_i comes one cycle after valid_i. Eight
// bits are counted at once, so that few of them are registered as they come.
module dw_activity #(
  parameter int unsigned Count = 0   // multipliers, a power of two
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             clear_i,
  input  logic             valid_i,
  input  logic [Count-1:0] kept_i,
  output logic [47:0]      active_o,
  output logic [47:0]      gated_o
);
  localparam int unsigned Group = Count < 8 ? Count : 8;
  localparam int unsigned Groups = Count / Group;
  localparam int unsigned Levels = $clog2(Groups);
  localparam int unsigned OnesBits = $clog2(Group) + 1;
  localparam int unsigned TermBits = OnesBits + 1;        // with a sign
  logic [Groups*TermBits-1:0] terms_q;
  logic signed [TermBits+Levels-1:0] moved;
  logic valid;
  for (genvar g = 0; g < Groups; g++) begin : gen_group
    logic [OnesBits-1:0] ones;
    always_comb begin
      ones = '0;
      for (int unsigned k = 0; k < Group; k++) ones = ones + OnesBits'(kept_i[g*Group+k]);
    end
    always_ff @(posedge clk_i) terms_q[g*TermBits +: TermBits] <= {1'b0, ones};
  end
  dw_adder_tree #(.Inputs(Groups), .Width(TermBits)) u_count (
    .clk_i, .terms_i(terms_q), .keep_i('1), .mask_i('1), .sum_o(moved)
  );
  dw_delay #(.Width(1), .Depth(Levels + 2), .Reset(1'b1)) u_valid (.clk_i, .rst_ni, .data_i(valid_i), .data_o(valid));
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      active_o <= '0;
      gated_o <= '0;
    end else if (valid) begin
      active_o <= active_o + 48'(moved);
      gated_o <= gated_o + (48'(Count) - 48'(moved));
    end
  end
endmodule
