// SPDX-License-Identifier: Apache-2.0
//
// The store unit: copies activation rows to external memory, one STORE after the other.
//
// Read side: asks for one word of P x N bytes a cycle where the engine leaves its row set free, at most STORE_BUFFER ahead.
// Data side: one beat a cycle from the oldest word; each burst begins with a cycle for its address. A STORE retires when
// the response of its last burst has come.
// stop_i (held): the bursts that have begun are finished with beats that write nothing, then idle_o rises.
module dw_store #(
  parameter int unsigned AxiBytes = 0,
  parameter int unsigned GroupBytes = 0,
  parameter int unsigned ActivationDepth = 0,
  localparam int unsigned TransferBits = dw_pkg::LOAD_LEVEL_STRIDE_LSB + dw_pkg::LOAD_LEVEL_STRIDE_BITS
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              clear_i,
  input  logic                              stop_i,
  input  logic [dw_pkg::AXI_ADDRESS_BITS-1:12] base_i,

  input  logic                              instruction_valid_i,
  output logic                              instruction_ready_o,
  input  logic [TransferBits-1:0]           instruction_i,
  input  logic [15:0]                       load_retired_i,
  input  logic [15:0]                       compute_retired_i,
  input  logic [15:0]                       store_retired_i,

  input  logic [3:0]                        read_free_i,
  output logic                              read_request_o,
  output logic [1:0]                        read_set_o,
  output logic [15:0]                       read_address_o,
  input  logic                              read_valid_i,
  input  logic [GroupBytes*8-1:0]           read_data_i,

  output logic                              awvalid_o,
  input  logic                              awready_i,
  output logic [dw_pkg::AXI_ADDRESS_BITS-1:0] awaddr_o,
  output logic [7:0]                        awlen_o,
  output logic                              wvalid_o,
  input  logic                              wready_i,
  output logic [AxiBytes*8-1:0]             wdata_o,
  output logic [AxiBytes-1:0]               wstrb_o,
  output logic                              wlast_o,
  input  logic                              bvalid_i,
  output logic                              bready_o,
  input  logic [1:0]                        bresp_i,

  output logic                              start_o,
  output logic                              retire_o,
  output logic                              idle_o,
  output logic                              address_error_o,
  output logic                              slave_error_o,
  output logic                              decode_error_o
);
  localparam int unsigned Beats = GroupBytes / AxiBytes;
  localparam int unsigned BeatBits = Beats > 1 ? $clog2(Beats) : 1;

  // ---- address side
  logic        hold, busy_q, take, burst_valid, burst_ready, burst_last, setup;
  logic        transfer_error, row_error, transfer_ready;
  logic [31:0] burst_address, words;
  logic [6:0]  burst_beats;
  logic [15:0] address, base, ring_end;
  logic [13:0] pitch;
  logic [1:0]  set, unused_target;

  assign hold                = clear_i | stop_i;
  assign take                = instruction_valid_i & instruction_ready_o;
  assign instruction_ready_o = transfer_ready & ~busy_q;

  dw_transfer #(.Rows(1'b1), .AxiBytes(AxiBytes), .GroupBeats(Beats)) u_transfer (
    .clk_i,
    .rst_ni,
    .clear_i            (hold),
    .level_i            (3'd0),
    .instruction_valid_i(instruction_valid_i & ~busy_q),
    .instruction_ready_o(transfer_ready),
    .instruction_i,
    .load_retired_i,
    .compute_retired_i,
    .store_retired_i,
    .burst_valid_o      (burst_valid),
    .burst_ready_i      (burst_ready),
    .burst_address_o    (burst_address),
    .burst_beats_o      (burst_beats),
    .burst_last_o       (burst_last),
    .start_o,
    .ready_o            (setup),
    .target_o           (unused_target),
    .address_o          (address),
    .set_o              (set),
    .pitch_o            (pitch),
    .base_o             (base),
    .end_o              (ring_end),
    .words_o            (words),
    .error_o            (transfer_error)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni || hold) busy_q <= 1'b0;
    else if (take) busy_q <= 1'b1;
    else if (retire_o) busy_q <= 1'b0;
  end

  // ---- read side
  localparam int unsigned RoomBits = $clog2(dw_pkg::STORE_BUFFER + 1);
  logic                    reading_q, word_valid, word_pop, unused_ready;
  logic [31:0]             words_q;
  logic [RoomBits-1:0]     room_q;
  logic [GroupBytes*8-1:0] word;

  assign read_request_o  = reading_q & (room_q != '0) & read_free_i[read_set_o];
  assign address_error_o = transfer_error | row_error;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || hold) begin
      reading_q <= 1'b0;
      room_q    <= RoomBits'(dw_pkg::STORE_BUFFER);
    end else begin
      if (start_o) reading_q <= 1'b1;
      else if (read_request_o && words_q == 32'd1) reading_q <= 1'b0;
      if (read_request_o != word_pop) room_q <= read_request_o ? room_q - 1'b1 : room_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (setup) words_q <= words;
    else if (read_request_o) words_q <= words_q - 32'd1;
  end

  dw_rows #(.Depth(ActivationDepth)) u_rows (
    .clk_i,
    .rst_ni   (rst_ni & ~hold),
    .init_i   (setup),
    .linear_i (1'b0),
    .stride_i (16'd1),
    .address_i(address),
    .set_i    (set),
    .pitch_i  (pitch),
    .base_i   (base),
    .end_i    (ring_end),
    .next_i   (read_request_o),
    .set_o    (read_set_o),
    .address_o(read_address_o),
    .error_o  (row_error)
  );

  dw_fifo #(.Width(GroupBytes * 8), .Depth(dw_pkg::STORE_BUFFER)) u_words (
    .clk_i,
    .rst_ni,
    .clear_i(hold),
    .valid_i(read_valid_i),
    .ready_o(unused_ready),
    .data_i (read_data_i),
    .valid_o(word_valid),
    .ready_i(word_pop),
    .data_o (word)
  );

  // ---- data side
  logic [6:0]          left_q;
  logic                last_q, all_sent_q, aw_ready, w_ready, beat, burst_taken;
  logic [BeatBits-1:0] beat_q;
  logic [7:0]          responses_q;
  logic                response;

  assign burst_ready = (left_q == '0) & aw_ready & ~stop_i;
  assign burst_taken = burst_valid & burst_ready;
  assign beat        = (left_q != '0) & w_ready & (word_valid | stop_i);
  assign word_pop    = beat & ~stop_i & (beat_q == BeatBits'(Beats - 1));
  assign bready_o    = 1'b1;
  assign response    = bvalid_i;
  assign retire_o    = response & all_sent_q & (responses_q == 8'd1) & ~stop_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q      <= '0;
      responses_q <= '0;
    end else begin
      if (burst_taken) left_q <= burst_beats;
      else if (beat) left_q <= left_q - 7'd1;
      if (burst_taken != response) responses_q <= burst_taken ? responses_q + 8'd1 : responses_q - 8'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || hold) begin
      beat_q     <= '0;
      all_sent_q <= 1'b0;
      last_q     <= 1'b0;
    end else begin
      if (burst_taken) last_q <= burst_last;
      if (beat) beat_q <= word_pop ? '0 : beat_q + 1'b1;
      if (beat && last_q && left_q == 7'd1) all_sent_q <= 1'b1;
      else if (retire_o) all_sent_q <= 1'b0;
    end
  end

  logic [AxiBytes*8-1:0] beat_data;
  assign beat_data = word[32'(beat_q)*AxiBytes*8+:AxiBytes*8];

  dw_slice #(.Width(dw_pkg::AXI_ADDRESS_BITS + 8)) u_aw (
    .clk_i,
    .rst_ni,
    .valid_i(burst_taken),
    .ready_o(aw_ready),
    .data_i ({base_i + {8'd0, burst_address[31:12]}, burst_address[11:0], 8'(burst_beats) - 8'd1}),
    .valid_o(awvalid_o),
    .ready_i(awready_i),
    .data_o ({awaddr_o, awlen_o})
  );

  dw_slice #(.Width(AxiBytes * 9 + 1)) u_w (
    .clk_i,
    .rst_ni,
    .valid_i(beat),
    .ready_o(w_ready),
    .data_i ({beat_data, {AxiBytes{~stop_i}}, left_q == 7'd1}),
    .valid_o(wvalid_o),
    .ready_i(wready_i),
    .data_o ({wdata_o, wstrb_o, wlast_o})
  );

  assign slave_error_o  = bvalid_i & (bresp_i == 2'd2);
  assign decode_error_o = bvalid_i & (bresp_i == 2'd3);
  assign idle_o         = (left_q == '0) & (responses_q == '0);

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !hold) assert (!read_valid_i || unused_ready);
    if (rst_ni) assert (!response || responses_q != '0);
    if (rst_ni) assert (!burst_taken || responses_q != '1);
  end
`endif
endmodule
