// SPDX-License-Identifier: Apache-2.0
//
// The load unit: one LOAD after the other, its bursts (dw_transfer) and what to do with their beats (dw_load).
module dw_load_unit #(
  parameter int unsigned AxiBytes = 0,
  parameter int unsigned WeightBytes = 0,     // bytes of one word of each target
  parameter int unsigned ParameterBytes = 0,
  parameter int unsigned GroupBytes = 0,
  parameter int unsigned WeightDepth = 0,
  parameter int unsigned ParameterDepth = 0,
  parameter int unsigned ActivationDepth = 0,
  localparam int unsigned TransferBits = dw_pkg::LOAD_LEVEL_STRIDE_LSB + dw_pkg::LOAD_LEVEL_STRIDE_BITS,
  localparam int unsigned WordBytes0 = WeightBytes > ParameterBytes ? WeightBytes : ParameterBytes,
  localparam int unsigned WordBytes = WordBytes0 > GroupBytes ? WordBytes0 : GroupBytes
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    clear_i,
  input  logic [2:0]              level_i,

  input  logic                    instruction_valid_i,
  output logic                    instruction_ready_o,
  input  logic [TransferBits-1:0] instruction_i,
  input  logic [15:0]             load_retired_i,
  input  logic [15:0]             compute_retired_i,
  input  logic [15:0]             store_retired_i,

  output logic                    burst_valid_o,
  input  logic                    burst_ready_i,
  output logic [31:0]             burst_address_o,
  output logic [6:0]              burst_beats_o,
  input  logic                    beat_valid_i,
  output logic                    beat_ready_o,
  input  logic [AxiBytes*8-1:0]   beat_data_i,

  output logic                    weight_valid_o,
  output logic                    parameter_valid_o,
  output logic                    table_valid_o,
  output logic                    activation_valid_o,
  input  logic                    activation_ready_i,
  output logic [1:0]              set_o,
  output logic [15:0]             address_o,
  output logic [WordBytes*8-1:0]  data_o,

  output logic                    start_o,
  output logic                    retire_o,
  output logic                    error_o
);
  logic        transfer_error, row_error, unused_last, unused_ready;
  logic [1:0]  target, set;
  logic [15:0] address, base, ring_end;
  logic [13:0] pitch;
  logic [31:0] words;

  dw_transfer #(
    .AxiBytes(AxiBytes),
    .WeightBeats(WeightBytes / AxiBytes),
    .ParameterBeats(ParameterBytes / AxiBytes),
    .GroupBeats(GroupBytes / AxiBytes),
    .TableBeats(dw_pkg::TABLE_BYTES / AxiBytes),
    .WeightDepth(WeightDepth),
    .ParameterDepth(ParameterDepth)
  ) u_transfer (
    .clk_i,
    .rst_ni,
    .clear_i,
    .level_i,
    .instruction_valid_i,
    .instruction_ready_o,
    .instruction_i,
    .load_retired_i,
    .compute_retired_i,
    .store_retired_i,
    .burst_valid_o,
    .burst_ready_i,
    .burst_address_o,
    .burst_beats_o,
    .burst_last_o (unused_last),
    .start_o,
    .ready_o      (unused_ready),
    .target_o     (target),
    .address_o    (address),
    .set_o        (set),
    .pitch_o      (pitch),
    .base_o       (base),
    .end_o        (ring_end),
    .words_o      (words),
    .error_o      (transfer_error)
  );

  dw_load #(
    .AxiBytes(AxiBytes),
    .WeightBytes(WeightBytes),
    .ParameterBytes(ParameterBytes),
    .GroupBytes(GroupBytes),
    .ActivationDepth(ActivationDepth)
  ) u_data (
    .clk_i,
    .rst_ni,
    .clear_i,
    .item_valid_i  (start_o),
    .item_target_i (target),
    .item_address_i(address),
    .item_set_i    (set),
    .item_pitch_i  (pitch),
    .item_base_i   (base),
    .item_end_i    (ring_end),
    .item_words_i  (words),
    .beat_valid_i,
    .beat_ready_o,
    .beat_data_i,
    .weight_valid_o,
    .parameter_valid_o,
    .table_valid_o,
    .activation_valid_o,
    .activation_ready_i,
    .set_o,
    .address_o,
    .data_o,
    .retire_o,
    .error_o       (row_error)
  );

  assign error_o = transfer_error | row_error;
endmodule
