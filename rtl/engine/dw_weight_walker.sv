// SPDX-License-Identifier: Apache-2.0
//
// Addresses of the weight and parameter words of a step. Weight words lie [block][round][kernel row][column][channel];
// kernel rows outside the map are passed over, and so are channel words that the pruning level skips.
// Latency: weight_address_o three cycles after step_i, parameter_address_o one. One step a cycle, no stalls.
module dw_weight_walker #(
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  localparam int unsigned RatioBits = $clog2(Inputs / Lanes)
) (
  input  logic                 clk_i,
  input  dw_engine_pkg::step_t step_i,
  input  dw_engine_pkg::work_t work_i,
  output logic [15:0]          weight_address_o,
  output logic [15:0]          parameter_address_o
);
  logic start, first_q, fresh_1q, tap_1q;
  logic valid_1q;
  logic [15:0] block_q, round_q, skip_q, next_round, offset_2q, base_2q, parameter_q;
  logic [16:0] less;
  logic [9:0] number_q;
  logic [9:0] gap_1q;
  logic shared_1q;
  logic [15:0] picked;

  // The first group of a COMPUTE may come after groups that are only read.
  assign start = step_i.first || first_q;
  assign next_round = round_q + work_i.set_words;
  assign less = {1'b0, skip_q} - (work_i.stride_y ? {work_i.row_words, 1'b0} : {1'b0, work_i.row_words});

  always_ff @(posedge clk_i) begin
    if (step_i.valid && step_i.compute && step_i.round_first) begin
      first_q <= 1'b0;
      if (step_i.block_first) begin
        block_q <= start ? work_i.weights : work_i.shared_window ? block_q : next_round;
        round_q <= start ? work_i.weights : work_i.shared_window ? block_q : next_round;
        number_q <= start ? work_i.block : number_q + 10'd1;
        parameter_q <= start ? work_i.parameters : parameter_q + 16'd1;
      end else if (step_i.group_first) round_q <= block_q;
      else round_q <= next_round;
      if (step_i.block_first) skip_q <= work_i.skipped_words;
      else if (step_i.row_first) skip_q <= less[16] ? '0 : less[15:0];
    end else if (step_i.valid && step_i.first) first_q <= 1'b1;
    fresh_1q <= step_i.round_first;
    tap_1q <= step_i.tap_first;
    valid_1q <= step_i.valid && step_i.compute;
    gap_1q <= work_i.tap_gap;
    shared_1q <= work_i.shared_direct;
  end

  if (RatioBits == 0) begin : gen_no_pick
    assign picked = '0;
  end else begin : gen_pick
    assign picked = 16'(number_q[RatioBits-1:0]);
  end

  always_ff @(posedge clk_i) begin
    if (valid_1q) begin
      base_2q <= round_q;
      if (shared_1q) offset_2q <= picked;
      else if (fresh_1q) offset_2q <= skip_q;
      else offset_2q <= offset_2q + 16'd1 + (tap_1q ? 16'(gap_1q) : '0);
    end
    weight_address_o <= base_2q + offset_2q;
  end
  assign parameter_address_o = parameter_q;

  logic unused;
  assign unused = ^{step_i, work_i, number_q};
endmodule
