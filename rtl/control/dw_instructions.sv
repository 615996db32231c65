// SPDX-License-Identifier: Apache-2.0
//
// From the program in external memory to a queue of instructions for each unit: fetch, dispatch, QUEUE_DEPTH places each.
module dw_instructions #(
  parameter logic [31:0] Identity = '0,
  parameter int unsigned AxiBytes = 0,
  localparam int unsigned TransferBits = dw_pkg::LOAD_LEVEL_STRIDE_LSB + dw_pkg::LOAD_LEVEL_STRIDE_BITS
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    clear_i,       // takes offset and count of the next frame
  input  logic                    run_i,
  input  logic [31:0]             offset_i,      // bytes, a multiple of a burst
  input  logic [31:0]             count_i,

  output logic                    burst_valid_o,
  input  logic                    burst_ready_i,
  output logic [31:0]             burst_address_o,
  output logic [8:0]              burst_beats_o,
  input  logic                    beat_valid_i,
  output logic                    beat_ready_o,
  input  logic [AxiBytes*8-1:0]   beat_data_i,

  output logic                    load_valid_o,
  input  logic                    load_ready_i,
  output logic [TransferBits-1:0] load_instruction_o,
  output logic                    compute_valid_o,
  input  logic                    compute_ready_i,
  output logic [255:0]            compute_instruction_o,
  output logic                    store_valid_o,
  input  logic                    store_ready_i,
  output logic [TransferBits-1:0] store_instruction_o,

  input  logic [15:0]             load_retired_i,
  input  logic [15:0]             compute_retired_i,
  input  logic [15:0]             store_retired_i,

  output logic                    done_o,
  output logic [31:0]             index_o,
  output logic                    error_o,
  output logic [3:0]              error_code_o
);
  logic         valid, ready;
  logic [255:0] instruction;
  logic         load_push, load_push_ready, compute_push, compute_push_ready, store_push, store_push_ready;

  // The count stays what it was at the frame's start.
  logic [31:0] count_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) count_q <= count_i;
  end

  dw_fetch #(.AxiBytes(AxiBytes)) u_fetch (
    .clk_i,
    .rst_ni,
    .clear_i,
    .offset_i,
    .count_i,
    .burst_valid_o,
    .burst_ready_i,
    .burst_address_o,
    .burst_beats_o,
    .beat_valid_i,
    .beat_ready_o,
    .beat_data_i,
    .valid_o      (valid),
    .ready_i      (ready),
    .instruction_o(instruction)
  );

  dw_dispatch #(.Identity(Identity)) u_dispatch (
    .clk_i,
    .rst_ni,
    .clear_i,
    .run_i,
    .count_i          (clear_i ? count_i : count_q),
    .valid_i          (valid),
    .ready_o          (ready),
    .instruction_i    (instruction),
    .load_valid_o     (load_push),
    .load_ready_i     (load_push_ready),
    .compute_valid_o  (compute_push),
    .compute_ready_i  (compute_push_ready),
    .store_valid_o    (store_push),
    .store_ready_i    (store_push_ready),
    .load_retired_i,
    .compute_retired_i,
    .store_retired_i,
    .compute_waiting_i(compute_valid_o),
    .done_o,
    .index_o,
    .error_o,
    .error_code_o
  );

  dw_fifo #(.Width(TransferBits), .Depth(dw_pkg::QUEUE_DEPTH)) u_load_queue (
    .clk_i,
    .rst_ni,
    .clear_i,
    .valid_i(load_push),
    .ready_o(load_push_ready),
    .data_i (instruction[TransferBits-1:0]),
    .valid_o(load_valid_o),
    .ready_i(load_ready_i),
    .data_o (load_instruction_o)
  );

  dw_fifo #(.Width(256), .Depth(dw_pkg::QUEUE_DEPTH)) u_compute_queue (
    .clk_i,
    .rst_ni,
    .clear_i,
    .valid_i(compute_push),
    .ready_o(compute_push_ready),
    .data_i (instruction),
    .valid_o(compute_valid_o),
    .ready_i(compute_ready_i),
    .data_o (compute_instruction_o)
  );

  dw_fifo #(.Width(TransferBits), .Depth(dw_pkg::QUEUE_DEPTH)) u_store_queue (
    .clk_i,
    .rst_ni,
    .clear_i,
    .valid_i(store_push),
    .ready_o(store_push_ready),
    .data_i (instruction[TransferBits-1:0]),
    .valid_o(store_valid_o),
    .ready_i(store_ready_i),
    .data_o (store_instruction_o)
  );
endmodule
