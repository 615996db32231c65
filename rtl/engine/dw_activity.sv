// SPDX-License-Identifier: Apache-2.0
//
// Counts the multiplications whose operands moved and those held by pruning. kept_i comes one cycle after valid_i.
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
  localparam int unsigned Levels = $clog2(Count);
  logic [Count*2-1:0] terms;
  logic signed [Levels+1:0] moved;
  logic valid;
  for (genvar k = 0; k < Count; k++) begin : gen_term
    assign terms[2*k +: 2] = {1'b0, kept_i[k]};
  end
  dw_adder_tree #(.Inputs(Count), .Width(2)) u_count (
    .clk_i, .terms_i(terms), .keep_i('1), .sum_o(moved)
  );
  dw_delay #(.Width(1), .Depth(Levels + 1), .Reset(1'b1)) u_valid (.clk_i, .rst_ni, .data_i(valid_i), .data_o(valid));
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
