// SPDX-License-Identifier: Apache-2.0
//
// A FIFO of Depth words in a small memory read in the cycle of use.
//
// Latency: a word pushed in cycle t is at the output in t + 1. Throughput: one word a cycle, in and out. Both ready_o and
// valid_o come from registers alone; a full FIFO takes no word in the cycle of a pop.
module dw_fifo #(
  parameter int unsigned Width = 0, // bits, at least 1
  parameter int unsigned Depth = 0  // words, a power of two, at least 2
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             clear_i,

  input  logic             valid_i,
  output logic             ready_o,
  input  logic [Width-1:0] data_i,

  output logic             valid_o,
  input  logic             ready_i,
  output logic [Width-1:0] data_o
);
  localparam int unsigned IndexBits = $clog2(Depth);
  if (Depth < 2 || 2 ** IndexBits != Depth) $error("dw_fifo: Depth must be a power of two, at least 2, is %0d", Depth);

  (* ram_style = "distributed" *) logic [Width-1:0] words [Depth];
  logic [IndexBits-1:0] write_q, read_q;
  logic                 empty_q, full_q;
  logic                 push, pop;

  assign push    = valid_i & ready_o;
  assign pop     = valid_o & ready_i;
  assign ready_o = ~full_q;
  assign valid_o = ~empty_q;
  assign data_o  = words[read_q];

  always_ff @(posedge clk_i) if (push) words[write_q] <= data_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      write_q <= '0;
      read_q  <= '0;
      empty_q <= 1'b1;
      full_q  <= 1'b0;
    end else begin
      if (push) write_q <= write_q + 1'b1;
      if (pop) read_q <= read_q + 1'b1;
      if (push != pop) begin
        empty_q <= pop & (read_q + 1'b1 == write_q);
        full_q  <= push & (write_q + 1'b1 == read_q);
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(empty_q && full_q));
      assert (!(empty_q || full_q) || read_q == write_q);
    end
  end
`endif
`ifdef FORMAL
  // The words inside are those pushed and not yet popped, in order: `shadow_q`, the oldest first.
  logic [IndexBits:0] count_q;
  logic [Width-1:0]   shadow_q [Depth];
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) count_q <= '0;
    else count_q <= count_q + (push ? 1'b1 : 1'b0) - (pop ? 1'b1 : 1'b0);
    for (int unsigned at = 0; at < Depth; at++) begin
      if (push && count_q - (pop ? 1'b1 : 1'b0) == (IndexBits + 1)'(at)) shadow_q[at] <= data_i;
      else if (pop && at + 1 < Depth) shadow_q[at] <= shadow_q[(at+1)%Depth];
    end
    if (rst_ni) begin
      assert (count_q <= (IndexBits + 1)'(Depth));
      assert (empty_q == (count_q == '0));
      assert (full_q == (count_q == (IndexBits + 1)'(Depth)));
      assert (write_q == read_q + count_q[IndexBits-1:0]);
      for (int unsigned at = 0; at < Depth; at++) begin
        if (at < 32'(count_q)) assert (words[read_q+IndexBits'(at)] == shadow_q[at]);
      end
    end
  end
`endif
endmodule
