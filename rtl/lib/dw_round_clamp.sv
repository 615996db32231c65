// SPDX-License-Identifier: Apache-2.0
//
// clamp(((value + 2^(shift-1)) >> shift) + zero, low, high), ties upward; mirrors requantise() and roundShift() of
// src/network/numerics.ts. shift_i counts for 1 where it is 0.
//
// floor((v + 2^(s-1)) / 2^s) = floor((floor(v / 2^(s-1)) + 1) / 2): a three-step barrel shift by s - 1, a saturation
// that the clamp cannot see (to 10 bits: half of 512 is beyond any code with any zero point), one addition. Every step
// saturates to what the steps after it may still shift into these bits.
// Latency 6 cycles, one value a cycle, no stalls. shift_i comes with value_i, zero_i four cycles and low_i, high_i five
// cycles after it. enable_i[k]: the value of this cycle came k cycles ago; without it the registers of step k hold.
module dw_round_clamp #(
  parameter int unsigned Width = 48            // 26 to 64
) (
  input  logic                    clk_i,
  input  logic [5:0]              enable_i,
  input  logic signed [Width-1:0] value_i,
  input  logic [5:0]              shift_i,
  input  logic signed [7:0]       zero_i,
  input  logic signed [7:0]       low_i,
  input  logic signed [7:0]       high_i,
  output logic signed [7:0]       code_o
);
  localparam int unsigned Kept = 10;
  localparam int unsigned Middle = Kept + 3;     // bits that a shift by up to 3 leaves Kept of,
  localparam int unsigned Coarse = Middle + 12;  // ... by up to 15

  logic [5:0] places;
  logic signed [Width-1:0] coarse;
  logic signed [Coarse-1:0] coarse_q, middle;
  logic signed [Middle-1:0] middle_q, fine;
  logic signed [Kept-1:0] fine_q, kept_q, sum_q;
  logic [3:0] places_q;
  logic [1:0] places_qq;
  logic signed [Kept:0] sum;
  logic coarse_fits, middle_fits, fine_fits;

  assign places = shift_i == '0 ? '0 : shift_i - 6'd1;
  assign coarse = value_i >>> {places[5:4], 4'd0};
  assign middle = coarse_q >>> {places_q[3:2], 2'd0};
  assign fine = middle_q >>> places_qq;
  assign coarse_fits = coarse[Width-1:Coarse-1] == '0 || coarse[Width-1:Coarse-1] == '1;
  assign middle_fits = middle[Coarse-1:Middle-1] == '0 || middle[Coarse-1:Middle-1] == '1;
  assign fine_fits = fine[Middle-1:Kept-1] == '0 || fine[Middle-1:Kept-1] == '1;
  assign sum = (Kept + 1)'(kept_q) + (Kept + 1)'($signed({zero_i, 1'b1}));

  always_ff @(posedge clk_i) begin
    if (enable_i[0]) begin
      coarse_q <= coarse_fits ? coarse[Coarse-1:0] : {value_i[Width-1], {(Coarse - 1) {~value_i[Width-1]}}};
      places_q <= places[3:0];
    end
    if (enable_i[1]) begin
      middle_q <= middle_fits ? middle[Middle-1:0] : {coarse_q[Coarse-1], {(Middle - 1) {~coarse_q[Coarse-1]}}};
      places_qq <= places_q[1:0];
    end
    if (enable_i[2])
      fine_q <= fine_fits ? fine[Kept-1:0] : {middle_q[Middle-1], {(Kept - 1) {~middle_q[Middle-1]}}};
    if (enable_i[3]) kept_q <= fine_q;
    if (enable_i[4]) sum_q <= sum[Kept:1];
    if (enable_i[5]) begin
      if (sum_q < Kept'(low_i)) code_o <= low_i;
      else if (sum_q > Kept'(high_i)) code_o <= high_i;
      else code_o <= sum_q[7:0];
    end
  end

  logic unused;
  assign unused = ^{sum};
endmodule
