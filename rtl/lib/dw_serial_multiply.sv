// SPDX-License-Identifier: Apache-2.0
//
// Product of two unsigned numbers by shift and add, one bit of a_i a cycle. start_i takes the operands; product_o is
// right from WidthA + 1 cycles later on until the next start_i. No stalls.
module dw_serial_multiply #(
  parameter int unsigned WidthA = 6,
  parameter int unsigned WidthB = 16,
  parameter int unsigned WidthProduct = 16
) (
  input  logic                    clk_i,
  input  logic                    start_i,
  input  logic [WidthA-1:0]       a_i,
  input  logic [WidthB-1:0]       b_i,
  output logic [WidthProduct-1:0] product_o
);
  logic [WidthA-1:0] a_q;
  logic [WidthProduct-1:0] b_q, sum_q;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      a_q <= a_i;
      b_q <= WidthProduct'(b_i);
      sum_q <= '0;
    end else begin
      a_q <= a_q >> 1;
      b_q <= b_q << 1;
      if (a_q[0]) sum_q <= sum_q + b_q;
    end
  end

  assign product_o = sum_q;
endmodule
