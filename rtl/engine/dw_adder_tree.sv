// SPDX-License-Identifier: Apache-2.0
//
// Sum of Inputs signed numbers. Every level is registered: latency log2(Inputs) cycles, one sum a cycle, no stalls.
// With Gated, a term whose bit of keep_i is low counts as 0; that costs a look-up table a bit for every second term.
module dw_adder_tree #(
  parameter int unsigned Inputs = 0,   // power of two
  parameter int unsigned Width = 16,
  parameter bit          Gated = 1'b0,
  localparam int unsigned Levels = $clog2(Inputs)
) (
  input  logic                           clk_i,
  input  logic [Inputs*Width-1:0]        terms_i,
  input  logic [Inputs-1:0]              keep_i,
  output logic signed [Width+Levels-1:0] sum_o
);
  logic unused;
  assign unused = ^keep_i ^ clk_i;
  if (Levels == 0) begin : gen_wire
    assign sum_o = Gated && !keep_i[0] ? '0 : terms_i;
  end else begin : gen_tree
    for (genvar l = 1; l <= Levels; l++) begin : gen_level
      localparam int unsigned Count = Inputs >> l;
      localparam int unsigned From = Width + l - 1;
      logic [Count*(Width+l)-1:0] sums;
      for (genvar k = 0; k < Count; k++) begin : gen_sum
        logic signed [From-1:0] a, b;
        if (l == 1) begin : gen_terms
          assign a = Gated && !keep_i[2*k] ? '0 : terms_i[(2*k)*Width +: Width];
          assign b = Gated && !keep_i[2*k+1] ? '0 : terms_i[(2*k+1)*Width +: Width];
        end else begin : gen_below
          assign a = gen_level[l-1].sums[(2*k)*From +: From];
          assign b = gen_level[l-1].sums[(2*k+1)*From +: From];
        end
        always_ff @(posedge clk_i) sums[k*(Width+l) +: Width+l] <= (Width+l)'(a) + (Width+l)'(b);
      end
    end
    assign sum_o = gen_level[Levels].sums;
  end
endmodule
