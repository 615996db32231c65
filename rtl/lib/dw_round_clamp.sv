// SPDX-License-Identifier: Apache-2.0
//
// clamp(((value + 2^(shift-1)) >> shift) + zero, low, high), ties upward; mirrors requantise() and roundShift() of
// src/network/numerics.ts. shift_i counts for 1 where it is 0.
//
// floor((v + 2^(s-1)) / 2^s) = floor((floor(v / 2^(s-1)) + 1) / 2): a three-step barrel shift by s - 1, a saturation
// that the clamp cannot see, one addition. Latency 6 cycles, one value a cycle, no stalls. shift_i comes with value_i,
// zero_i four cycles and low_i, high_i five cycles after it.
module dw_round_clamp #(
  parameter int unsigned Width = 48            // 16 to 64
) (
  input  logic                    clk_i,
  input  logic signed [Width-1:0] value_i,
  input  logic [5:0]              shift_i,
  input  logic signed [7:0]       zero_i,
  input  logic signed [7:0]       low_i,
  input  logic signed [7:0]       high_i,
  output logic signed [7:0]       code_o
);
  localparam int unsigned Kept = 12;

  logic [5:0] places;
  logic signed [Width-1:0] coarse_q, middle_q, fine_q;
  logic [3:0] places_q;
  logic [1:0] places_qq;
  logic signed [Kept-1:0] kept_q, sum_q;
  logic signed [Kept:0] sum;
  logic fits;

  assign places = shift_i == '0 ? '0 : shift_i - 6'd1;
  assign fits = fine_q[Width-1:Kept-1] == '0 || fine_q[Width-1:Kept-1] == '1;
  assign sum = (Kept + 1)'(kept_q) + (Kept + 1)'($signed({zero_i, 1'b1}));

  always_ff @(posedge clk_i) begin
    coarse_q <= value_i >>> {places[5:4], 4'd0};
    places_q <= places[3:0];
    middle_q <= coarse_q >>> {places_q[3:2], 2'd0};
    places_qq <= places_q[1:0];
    fine_q <= middle_q >>> places_qq;
    if (fits) kept_q <= fine_q[Kept-1:0];
    else kept_q <= {fine_q[Width-1], {(Kept - 1) {~fine_q[Width-1]}}};
    sum_q <= sum[Kept:1];
    if (sum_q < Kept'(low_i)) code_o <= low_i;
    else if (sum_q > Kept'(high_i)) code_o <= high_i;
    else code_o <= sum_q[7:0];
  end

  logic unused;
  assign unused = ^{sum};
endmodule
