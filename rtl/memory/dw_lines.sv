// SPDX-License-Identifier: Apache-2.0
//
// A chain of delay lines as long as a group has steps: what was pushed one, two, ... groups ago at the same step.
//
// first_i names a group's first step; lines_o (line 1 in the lowest bits) answers push_i in the same cycle. Lines keep
// what a shorter or longer group left; the caller masks what does not belong to the row.
module dw_lines #(
  parameter int unsigned Width = 1,
  parameter int unsigned Lines = 1,
  parameter int unsigned Depth = 2     // steps of the longest group, at least 2
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   next_push_i,   // push_i of the next cycle
  input  logic                   next_first_i,
  input  logic                   push_i,
  input  logic [Width-1:0]       data_i,
  output logic [Lines*Width-1:0] lines_o
);
  localparam int unsigned IndexBits = $clog2(Depth);
  logic [IndexBits-1:0] index_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) index_q <= '0;
    else if (next_push_i) index_q <= next_first_i ? '0 : index_q + IndexBits'(1);
  end

  for (genvar l = 0; l < Lines; l++) begin : gen_line
    (* ram_style = "distributed" *) logic [Width-1:0] words [Depth];
    logic [Width-1:0] in;
    if (l == 0) begin : gen_first
      assign in = data_i;
    end else begin : gen_more
      assign in = lines_o[(l-1)*Width +: Width];
    end
    assign lines_o[l*Width +: Width] = words[index_q];
    always_ff @(posedge clk_i) if (push_i) words[index_q] <= in;
  end
endmodule
