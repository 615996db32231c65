// SPDX-License-Identifier: Apache-2.0
//
// Product of two signed numbers from adders alone (no DSP): one row a bit of a_i, summed by a tree of registered
// adders. Latency $clog2(WidthA) cycles, one product a cycle, no stalls. With Dsp, a DSP slice of the same latency, its
// registers inside; WidthA is then 5 to 16. enable_i[k]: the numbers of this cycle came k cycles ago; without it the
// registers of step k hold.
module dw_soft_multiply #(
  parameter int unsigned WidthA = 9,
  parameter int unsigned WidthB = 17,
  parameter bit          Dsp = 1'b0,
  localparam int unsigned WidthProduct = WidthA + WidthB,
  localparam int unsigned Levels = $clog2(WidthA),
  localparam int unsigned Enables = Levels == 0 ? 1 : Levels
) (
  input  logic                           clk_i,
  input  logic [Enables-1:0]             enable_i,
  input  logic signed [WidthA-1:0]       a_i,
  input  logic signed [WidthB-1:0]       b_i,
  output logic signed [WidthProduct-1:0] product_o
);
  if (Dsp) begin : gen_slice
    logic signed [WidthA-1:0] a_1q, a_q;
    logic signed [WidthB-1:0] b_1q, b_q;
    logic signed [WidthProduct-1:0] product_q;
    always_ff @(posedge clk_i) begin
      if (enable_i[0]) begin
        a_1q <= a_i;
        b_1q <= b_i;
      end
      if (enable_i[Levels-2]) product_q <= a_q * b_q;
      if (enable_i[Levels-1]) product_o <= product_q;
    end
    if (Levels == 3) begin : gen_one
      assign a_q = a_1q;
      assign b_q = b_1q;
    end else begin : gen_two
      always_ff @(posedge clk_i) begin
        if (enable_i[1]) begin
          a_q <= a_1q;
          b_q <= b_1q;
        end
      end
    end
  end else begin : gen_adders
    // A row of level l is the product of 2^l bits of a_i, without the zeros below it.
    for (genvar l = 0; l <= Levels; l++) begin : gen_level
      localparam int unsigned Rows = (WidthA + (1 << l) - 1) >> l;
      localparam int unsigned Width = WidthB + (1 << l);
      logic [Rows*Width-1:0] rows;
      if (l == 0) begin : gen_first
        logic signed [Width-1:0] b;
        assign b = {b_i[WidthB-1], b_i};
        for (genvar r = 0; r < Rows; r++) begin : gen_row
          // The sign bit of a_i weighs negative.
          if (r == WidthA - 1) begin : gen_sign
            assign rows[r*Width +: Width] = a_i[r] ? -b : '0;
          end else begin : gen_bit
            assign rows[r*Width +: Width] = a_i[r] ? b : '0;
          end
        end
      end else begin : gen_sum
        localparam int unsigned Below = (WidthA + (1 << (l - 1)) - 1) >> (l - 1);
        localparam int unsigned WidthBelow = WidthB + (1 << (l - 1));
        for (genvar r = 0; r < Rows; r++) begin : gen_row
          logic [WidthBelow-1:0] below;
          logic signed [Width-1:0] lower;
          assign below = gen_level[l-1].rows[(2*r)*WidthBelow +: WidthBelow];
          assign lower = {{(Width - WidthBelow) {below[WidthBelow-1]}}, below};
          if (2 * r + 1 < Below) begin : gen_add
            logic [WidthBelow-1:0] above;
            logic signed [Width-1:0] upper;
            assign above = gen_level[l-1].rows[(2*r+1)*WidthBelow +: WidthBelow];
            assign upper = {{(Width - WidthBelow) {above[WidthBelow-1]}}, above};
            always_ff @(posedge clk_i)
              if (enable_i[l-1]) rows[r*Width +: Width] <= lower + (upper <<< (1 << (l - 1)));
          end else begin : gen_pass
            always_ff @(posedge clk_i) if (enable_i[l-1]) rows[r*Width +: Width] <= lower;
          end
        end
      end
    end
    assign product_o = WidthProduct'($signed(gen_level[Levels].rows));
    logic unused;
    assign unused = ^{gen_level[Levels].rows, clk_i, enable_i};
  end
endmodule
