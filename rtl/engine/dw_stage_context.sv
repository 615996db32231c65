// SPDX-License-Identifier: Apache-2.0
//
// Numbers of a stage for the parts of the pipeline, each of which may be at another COMPUTE: small memories by the number
// of the COMPUTE, which travels along. Outputs: activation_o (mask of the low bits that are kept, zero point less rounding
// offset, activation threshold, zero point) BankData + 2 cycles after number_i, array_o (do ties of products at odd inputs
// go down, number of low bits of products that are rounded away, weight threshold) Operands cycles after it, post_o two
// cycles after close_i (which comes Sums cycles after number_i) until the next.
module dw_stage_context #(
  parameter int unsigned MultiplierBits = 16,
  parameter int unsigned BankData = 0,      // cycles from the step to the words from the banks,
  parameter int unsigned Operands = 0,      // ... to the operands,
  parameter int unsigned Sums = 0,          // ... to the sums
  localparam int unsigned StageBits = dw_pkg::STAGE_BITS,
  localparam int unsigned PostBits = 2 + 3 + 7 * 8 + 2 * MultiplierBits + 6
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [2:0]           level_i,
  input  logic [2:0]           number_i,
  input  logic [StageBits-1:0] stage_i,
  input  logic                 close_i,
  output logic [26:0]          activation_o,
  output logic [11:0]          array_o,
  output logic [PostBits-1:0]  post_o
);
  logic [2:0] number_1q, number_activation, number_array, number_sums, number_post_q;
  logic [6:0] weight_threshold, weight_threshold_1q;
  logic [7:0] activation_threshold, activation_threshold_1q;
  logic [1:0] shift, shift_1q;
  logic [3:0] product_shift, product_shift_1q;
  logic [2:0] half, offset, dropped;    // of the low bits: half of 2^shift, what is added, those that are rounded away
  logic [7:0] zero, above_lowest, below_highest;
  logic [StageBits-1:0] stage_1q;
  logic [PostBits-1:0] post_d;
  (* ram_style = "distributed" *) logic [26:0] activation_context [8];
  (* ram_style = "distributed" *) logic [11:0] array_context [8];
  (* ram_style = "distributed" *) logic [PostBits-1:0] post_context [8];
  always_ff @(posedge clk_i) begin
    number_1q <= number_i;
    stage_1q <= stage_i;
    weight_threshold_1q <= weight_threshold;
    activation_threshold_1q <= activation_threshold;
    shift_1q <= shift;
    product_shift_1q <= product_shift;
    activation_context[number_1q] <= {~dropped, zero - 8'(offset), activation_threshold_1q, zero};
    array_context[number_1q] <= {stage_1q[dw_pkg::STAGE_ALTERNATE_LSB], product_shift_1q, weight_threshold_1q};
    post_context[number_1q] <= post_d;
    activation_o <= activation_context[number_activation];
    array_o <= array_context[number_array];
    if (close_i) number_post_q <= number_sums;
    post_o <= post_context[number_post_q];
  end
  always_comb begin
    weight_threshold = '0;
    activation_threshold = '0;
    shift = '0;
    product_shift = '0;
    for (int unsigned level = 1; level <= dw_pkg::PRUNING_LEVELS; level++) begin
      if (level_i == 3'(level) && !stage_i[dw_pkg::STAGE_MAXIMUM_LSB]) begin
        weight_threshold = weight_threshold | stage_i[dw_pkg::STAGE_WEIGHT_THRESHOLDS_LSB + (level - 1) * 7 +: 7];
        activation_threshold = activation_threshold
                             | stage_i[dw_pkg::STAGE_ACTIVATION_THRESHOLDS_LSB + (level - 1) * 8 +: 8];
        shift = shift | stage_i[dw_pkg::STAGE_ACTIVATION_SHIFTS_LSB + (level - 1) * 2 +: 2];
        product_shift = product_shift | stage_i[dw_pkg::STAGE_PRODUCT_SHIFTS_LSB + (level - 1) * 4 +: 4];
      end
    end
  end
  // x - z is rounded to nearest; down or up where the zero point is so near to an end that nearest would leave 9 bits.
  assign zero = stage_1q[dw_pkg::STAGE_INPUT_ZERO_LSB +: 8];
  assign above_lowest = {~zero[7], zero[6:0]};
  assign below_highest = ~above_lowest;
  assign dropped = {shift_1q == 2'd3, shift_1q[1], shift_1q != '0};
  assign half = dropped ^ (dropped >> 1);
  assign offset = above_lowest < 8'(half) ? '0 : below_highest + 8'd1 < 8'(half) ? dropped : half;
  assign post_d = {
    stage_1q[dw_pkg::STAGE_RESIDUAL_SHIFT_LSB +: 6],
    stage_1q[dw_pkg::STAGE_RESIDUAL_MULTIPLIER_LSB +: MultiplierBits],
    stage_1q[dw_pkg::STAGE_MIDDLE_MULTIPLIER_LSB +: MultiplierBits],
    stage_1q[dw_pkg::STAGE_OUTPUT_HIGH_LSB +: 8],
    stage_1q[dw_pkg::STAGE_OUTPUT_LOW_LSB +: 8],
    stage_1q[dw_pkg::STAGE_OUTPUT_ZERO_LSB +: 8],
    stage_1q[dw_pkg::STAGE_RESIDUAL_ZERO_LSB +: 8],
    stage_1q[dw_pkg::STAGE_MIDDLE_HIGH_LSB +: 8],
    stage_1q[dw_pkg::STAGE_MIDDLE_LOW_LSB +: 8],
    stage_1q[dw_pkg::STAGE_MIDDLE_ZERO_LSB +: 8],
    stage_1q[dw_pkg::STAGE_TABLE_LSB +: 3],
    stage_1q[dw_pkg::STAGE_RESIDUAL_LSB +: 2]
  };
  dw_delay #(.Width(3), .Depth(BankData + 1)) u_number_activation (
    .clk_i, .rst_ni, .data_i(number_i), .data_o(number_activation)
  );
  dw_delay #(.Width(3), .Depth(Operands - 1 - (BankData + 1))) u_number_array (
    .clk_i, .rst_ni, .data_i(number_activation), .data_o(number_array)
  );
  dw_delay #(.Width(3), .Depth(Sums - (Operands - 1))) u_number_sums (
    .clk_i, .rst_ni, .data_i(number_array), .data_o(number_sums)
  );

  logic unused;
  assign unused = ^{stage_i, stage_1q};
endmodule
