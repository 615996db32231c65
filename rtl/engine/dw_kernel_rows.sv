// SPDX-License-Identifier: Apache-2.0
//
// For each output row of a COMPUTE, which kernel rows lie inside the map: validKernelRows() of src/spec/sequence.ts.
// Rows follow each other block after block, so the sequence starts over after the last row.
//
// first = max(0, -top), count = min(kernelHeight, height - top) - first, with top = stride * row - padding.
// Three rows are in the making behind the current one, a step each, so that a row can be left every cycle.
// Latency: after load_i three advances bring the first row to state_o.
module dw_kernel_rows (
  input  logic                 clk_i,
  input  logic                 load_i,       // state from state_i
  input  dw_engine_pkg::rows_t state_i,
  input  logic                 start_i,      // first row from top_i
  input  logic [13:0]          top_i,        // signed
  input  logic [9:0]           row_last_i,
  input  logic                 stride_i,     // 0: 1, 1: 2
  input  logic [12:0]          height_i,
  input  logic [5:0]           kernel_height_i,
  input  logic                 single_i,     // rows count as one kernel row each
  input  logic                 advance_i,
  output dw_engine_pkg::rows_t state_o,
  output logic [5:0]           next_last_o
);
  dw_engine_pkg::rows_t q, d;
  logic [7:0] last;
  logic [13:0] negative;

  assign last = 8'(q.end1) - 8'(q.first1) - 8'd1;
  assign negative = -q.top3;
  assign next_last_o = single_i ? '0 : last[5:0];

  always_comb begin
    d = q;
    d.top3 = q.left3 == '0 ? top_i : q.top3 + (stride_i ? 14'd2 : 14'd1);
    d.left3 = q.left3 == '0 ? row_last_i : q.left3 - 10'd1;
    d.top2 = q.top3;
    d.first2 = q.top3[13] ? negative[6:0] : '0;
    d.limit2 = 14'(height_i) - q.top3;
    d.top1 = q.top2;
    d.first1 = q.first2;
    if (q.limit2[13]) d.end1 = '0;
    else if (q.limit2 > 14'(kernel_height_i)) d.end1 = 7'(kernel_height_i);
    else d.end1 = q.limit2[6:0];
    d.top = q.top1;
    d.row = q.top1[13] ? '0 : q.top1[12:0];
    d.none = last[7] && !single_i;
    d.last = next_last_o;
  end

  always_ff @(posedge clk_i) begin
    if (load_i) q <= state_i;
    else if (start_i) begin
      q.top3 <= top_i;
      q.left3 <= row_last_i;
    end else if (advance_i) q <= d;
  end

  assign state_o = q;

  logic unused;
  assign unused = ^{last, negative};
endmodule
