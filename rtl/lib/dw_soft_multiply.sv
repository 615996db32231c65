// SPDX-License-Identifier: Apache-2.0
//
// Product of two signed numbers from adders alone (no DSP): rows of four bits of a_i times b_i, summed by a tree of
// registered adders. Latency cycles, at least one and one more a doubling of the rows; one product a cycle, no stalls. With
// Dsp, a DSP slice of the same latency (2 to 4), its registers inside. enable_i[k]: the numbers of this cycle came k cycles
// ago; without it the registers of step k hold.
module dw_soft_multiply #(
  parameter int unsigned WidthA = 9,
  parameter int unsigned WidthB = 17,
  parameter int unsigned Latency = 4,
  parameter bit          Dsp = 1'b0,
  localparam int unsigned WidthProduct = WidthA + WidthB
) (
  input  logic                           clk_i,
  input  logic [Latency-1:0]             enable_i,
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
    end
    if (Latency == 4) begin : gen_two
      always_ff @(posedge clk_i) begin
        if (enable_i[1]) begin
          a_q <= a_1q;
          b_q <= b_1q;
        end
      end
    end else begin : gen_one
      assign a_q = a_1q;
      assign b_q = b_1q;
    end
    if (Latency == 2) begin : gen_product
      always_ff @(posedge clk_i) if (enable_i[1]) product_q <= a_q * b_q;
      assign product_o = product_q;
    end else begin : gen_products
      always_ff @(posedge clk_i) begin
        if (enable_i[Latency-2]) product_q <= a_q * b_q;
        if (enable_i[Latency-1]) product_o <= product_q;
      end
    end
  end else begin : gen_adders
    // A row of level l, after l + 1 cycles, is the product of 4 * 2^l bits of a_i, without the zeros below it.
    localparam int unsigned Padded = (WidthA + 3) / 4 * 4;
    logic [Padded-1:0] a;
    assign a = {{(Padded - WidthA + 1) {a_i[WidthA-1]}}, a_i[WidthA-2:0]};
    for (genvar l = 0; l < Latency; l++) begin : gen_level
      localparam int unsigned Rows = (WidthA + (4 << l) - 1) / (4 << l);
      localparam int unsigned Width = WidthB + (4 << l);
      logic [Rows*Width-1:0] rows;
      if (l == 0) begin : gen_first
        logic signed [Width-1:0] b;
        assign b = {{4 {b_i[WidthB-1]}}, b_i};
        for (genvar r = 0; r < Rows; r++) begin : gen_row
          // Only the last row's upper bit weighs negative, as the sign of a_i.
          logic signed [Width-1:0] low, high, top;
          assign low = (a[4*r] ? b : '0) + (a[4*r+1] ? b <<< 1 : '0);
          assign top = a[4*r+3] ? b <<< 1 : '0;
          assign high = r == Rows - 1 ? (a[4*r+2] ? b : '0) - top : (a[4*r+2] ? b : '0) + top;
          always_ff @(posedge clk_i) if (enable_i[0]) rows[r*Width +: Width] <= low + (high <<< 2);
        end
      end else begin : gen_sum
        localparam int unsigned Below = (WidthA + (4 << (l - 1)) - 1) / (4 << (l - 1));
        localparam int unsigned WidthBelow = WidthB + (4 << (l - 1));
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
              if (enable_i[l]) rows[r*Width +: Width] <= lower + (upper <<< (4 << (l - 1)));
          end else begin : gen_pass
            always_ff @(posedge clk_i) if (enable_i[l]) rows[r*Width +: Width] <= lower;
          end
        end
      end
    end
    assign product_o = WidthProduct'($signed(gen_level[Latency-1].rows));
    logic unused;
    assign unused = ^gen_level[Latency-1].rows;
  end
endmodule
