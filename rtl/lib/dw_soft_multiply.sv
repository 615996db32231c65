// SPDX-License-Identifier: Apache-2.0
//
// Product of two signed numbers from adders alone (no DSP): one row a bit of a_i, summed by a tree of registered
// adders. Latency $clog2(WidthA) cycles, one product a cycle, no stalls. With Dsp, a DSP slice of the same latency, its
// registers inside; WidthA is then 5 to 16.
module dw_soft_multiply #(
  parameter int unsigned WidthA = 9,
  parameter int unsigned WidthB = 17,
  parameter bit          Dsp = 1'b0,
  localparam int unsigned WidthProduct = WidthA + WidthB
) (
  input  logic                           clk_i,
  input  logic signed [WidthA-1:0]       a_i,
  input  logic signed [WidthB-1:0]       b_i,
  output logic signed [WidthProduct-1:0] product_o
);
  localparam int unsigned Levels = $clog2(WidthA);

  if (Dsp) begin : gen_slice
    logic signed [WidthA-1:0] a_1q, a_q;
    logic signed [WidthB-1:0] b_1q, b_q;
    logic signed [WidthProduct-1:0] product_q;
    always_ff @(posedge clk_i) begin
      a_1q <= a_i;
      b_1q <= b_i;
      product_q <= a_q * b_q;
      product_o <= product_q;
    end
    if (Levels == 3) begin : gen_one
      assign a_q = a_1q;
      assign b_q = b_1q;
    end else begin : gen_two
      always_ff @(posedge clk_i) begin
        a_q <= a_1q;
        b_q <= b_1q;
      end
    end
  end else begin : gen_adders
    for (genvar l = 0; l <= Levels; l++) begin : gen_level
      localparam int unsigned Rows = (WidthA + (1 << l) - 1) >> l;
      logic [Rows*WidthProduct-1:0] rows;
      if (l == 0) begin : gen_first
        logic signed [WidthProduct-1:0] b;
        assign b = WidthProduct'(b_i);
        for (genvar r = 0; r < Rows; r++) begin : gen_row
          // The sign bit of a_i weighs negative.
          if (r == WidthA - 1) begin : gen_sign
            assign rows[r*WidthProduct +: WidthProduct] = a_i[r] ? -(b <<< r) : '0;
          end else begin : gen_bit
            assign rows[r*WidthProduct +: WidthProduct] = a_i[r] ? b <<< r : '0;
          end
        end
      end else begin : gen_sum
        localparam int unsigned Below = (WidthA + (1 << (l - 1)) - 1) >> (l - 1);
        for (genvar r = 0; r < Rows; r++) begin : gen_row
          if (2 * r + 1 < Below) begin : gen_add
            always_ff @(posedge clk_i)
              rows[r*WidthProduct +: WidthProduct] <= gen_level[l-1].rows[(2*r)*WidthProduct +: WidthProduct]
                                                    + gen_level[l-1].rows[(2*r+1)*WidthProduct +: WidthProduct];
          end else begin : gen_pass
            always_ff @(posedge clk_i)
              rows[r*WidthProduct +: WidthProduct] <= gen_level[l-1].rows[(2*r)*WidthProduct +: WidthProduct];
          end
        end
      end
    end
    assign product_o = gen_level[Levels].rows;
  end
endmodule
