// SPDX-License-Identifier: Apache-2.0
//
// Sum of Inputs signed numbers. Every level is registered: latency log2(Inputs) cycles, one sum a cycle, no stalls.
// With Gated, a term whose bit of keep_i is low counts as 0; that costs a look-up table a bit for every first term of two.
// With Masked, so do the low bits of all terms where mask_i is low; tables of six inputs take that in.
//
// With Offset, the first sums of the first half of the terms lie so much higher and those of the second half so much
// lower; the last level adds the halves, where both cancel. Small sums of either sign then share their upper bits, which
// would all change with the sign. It makes every level but the last a bit wider. A tree of one level has none.
module dw_adder_tree #(
  parameter int unsigned Inputs = 0,   // power of two
  parameter int unsigned Width = 16,
  parameter bit          Gated = 1'b0,
  parameter int unsigned Offset = 0,   // a multiple of 2^(Width-5), at most 2^(Width-2)
  parameter int unsigned Masked = 0,   // low bits under mask_i; with Gated only, at most Width - 5
  localparam int unsigned MaskBits = Masked == 0 ? 1 : Masked,
  localparam int unsigned Levels = $clog2(Inputs)
) (
  input  logic                           clk_i,
  input  logic [Inputs*Width-1:0]        terms_i,
  input  logic [Inputs-1:0]              keep_i,
  input  logic [MaskBits-1:0]            mask_i,
  output logic signed [Width+Levels-1:0] sum_o
);
  localparam int unsigned Extra = Offset != 0 && Levels > 1 ? 1 : 0;
  localparam int unsigned Low = Extra == 1 ? Width - 5 : 0;
  localparam int unsigned Step = Offset >> Low;

  logic unused;
  assign unused = ^{keep_i, mask_i, clk_i};

  logic [Width-1:0] mask;
  if (Masked == 0) begin : gen_all
    assign mask = '1;
  end else begin : gen_masked
    assign mask = {{(Width-Masked){1'b1}}, mask_i};
  end
  if (Levels == 0) begin : gen_wire
    assign sum_o = Gated && !keep_i[0] ? '0 : terms_i & mask;
  end else begin : gen_tree
    for (genvar l = 1; l <= Levels; l++) begin : gen_level
      localparam int unsigned Count = Inputs >> l;
      localparam int unsigned From = l == 1 ? Width + 1 : Width + l - 1 + Extra;
      localparam int unsigned To = l == Levels ? Width + l : Width + l + Extra;
      logic [Count*To-1:0] sums;
      for (genvar k = 0; k < Count; k++) begin : gen_sum
        logic signed [From-1:0] a, b;
        if (l == 1) begin : gen_terms
          logic signed [Width-1:0] first, second;
          logic keep;
          assign keep = !Gated || keep_i[2*k];
          assign first = terms_i[(2*k)*Width +: Width] & mask;
          assign second = Gated && !keep_i[2*k+1] ? '0 : terms_i[(2*k+1)*Width +: Width] & mask;
          // Apart, for yosys trims a sign extension, and the wider operand's gate would go into the adder's table, not this one's.
          assign b[Width-1:0] = second;
          assign b[Width] = Gated && !keep_i[2*k+1] ? 1'b0 : terms_i[(2*k+2)*Width-1];
          if (Extra == 0) begin : gen_plain
            assign a = keep ? From'(first) : '0;
          end else begin : gen_offset
            assign a[Low-1:0] = keep ? first[Low-1:0] : '0;
            dw_offset #(.Step(Step), .Minus(2 * k >= Count)) u_offset (
              .keep_i (keep),
              .upper_i(first[Width-1:Low]),
              .sum_o  (a[Width:Low])
            );
          end
        end else begin : gen_below
          assign a = gen_level[l-1].sums[(2*k)*From +: From];
          assign b = gen_level[l-1].sums[(2*k+1)*From +: From];
        end
        always_ff @(posedge clk_i) sums[k*To +: To] <= To'(a) + To'(b);
      end
    end
    assign sum_o = gen_level[Levels].sums;
  end
endmodule
