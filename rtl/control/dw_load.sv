// SPDX-License-Identifier: Apache-2.0
//
// Data side of the LOADs: gathers beats into words of the target memory and writes them.
//
// Loads are announced (item_*) when their first burst is asked for and finish in that order. A word of several beats has
// the first beat in its lowest bytes. The word written in cycle t took its last beat in t - 1; only activation words can
// wait (for the engine's writes). No beat is taken while the last word of a LOAD waits, so that the next LOAD's first
// beat comes one cycle later.
module dw_load #(
  parameter int unsigned AxiBytes = 0,
  parameter int unsigned WeightBytes = 0,     // bytes of one word of each target
  parameter int unsigned ParameterBytes = 0,
  parameter int unsigned GroupBytes = 0,
  parameter int unsigned ActivationDepth = 0,
  localparam int unsigned WordBytes0 = WeightBytes > ParameterBytes ? WeightBytes : ParameterBytes,
  localparam int unsigned WordBytes = WordBytes0 > GroupBytes ? WordBytes0 : GroupBytes,
  localparam int unsigned Beats = WordBytes / AxiBytes
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  input  logic                        clear_i,

  input  logic                        item_valid_i,
  input  logic [1:0]                  item_target_i,
  input  logic [15:0]                 item_address_i,
  input  logic [1:0]                  item_set_i,
  input  logic [13:0]                 item_pitch_i,
  input  logic [15:0]                 item_base_i,
  input  logic [15:0]                 item_end_i,
  input  logic [31:0]                 item_words_i,

  input  logic                        beat_valid_i,
  output logic                        beat_ready_o,
  input  logic [AxiBytes*8-1:0]       beat_data_i,

  output logic                        weight_valid_o,
  output logic                        parameter_valid_o,
  output logic                        table_valid_o,
  output logic                        activation_valid_o,
  input  logic                        activation_ready_i,
  output logic [1:0]                  set_o,
  output logic [15:0]                 address_o,
  output logic [WordBytes*8-1:0]      data_o,

  output logic                        retire_o,
  output logic                        error_o
);
  localparam int unsigned ItemBits = 2 + 16 + 2 + 14 + 16 + 16 + 32;
  localparam int unsigned BeatBits = Beats > 1 ? $clog2(Beats) : 1;
  localparam int unsigned LastWeight = WeightBytes / AxiBytes - 1;
  localparam int unsigned LastParameter = ParameterBytes / AxiBytes - 1;
  localparam int unsigned LastGroup = GroupBytes / AxiBytes - 1;

  // ---- loads to come
  logic                item_valid, item_take, unused_ready;
  logic [ItemBits-1:0] item;
  logic [1:0]          target, set;
  logic [15:0]         address, base, ring_end;
  logic [13:0]         pitch;
  logic [31:0]         words;

  dw_fifo #(.Width(ItemBits), .Depth(2 * dw_pkg::OUTSTANDING_READS)) u_items (
    .clk_i,
    .rst_ni,
    .clear_i,
    .valid_i(item_valid_i),
    .ready_o(unused_ready),
    .data_i ({item_target_i, item_address_i, item_set_i, item_pitch_i, item_base_i, item_end_i, item_words_i}),
    .valid_o(item_valid),
    .ready_i(item_take),
    .data_o (item)
  );
  assign {target, address, set, pitch, base, ring_end, words} = item;

  // ---- the load under way
  logic                active_q, pending_q, write, last_word_q; // one word is left
  logic [1:0]          target_q;
  logic [31:0]         words_q;
  logic [BeatBits-1:0] beat_q, last_beat_q;
  logic                take_beat, word_done;
  logic [BeatBits-1:0] last_beat;

  assign write        = pending_q & (target_q != 2'd2 | activation_ready_i);
  assign retire_o     = write & last_word_q;
  assign item_take    = item_valid & (~active_q | retire_o);
  assign beat_ready_o = active_q & (~pending_q | (write & ~last_word_q));
  assign take_beat    = beat_valid_i & beat_ready_o;
  assign word_done    = take_beat & (beat_q == last_beat_q);

  always_comb begin
    unique case (target)
      2'd0:    last_beat = BeatBits'(LastWeight);
      2'd1:    last_beat = BeatBits'(LastParameter);
      2'd2:    last_beat = BeatBits'(LastGroup);
      default: last_beat = '0; // the table takes beats
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      active_q  <= 1'b0;
      pending_q <= 1'b0;
      beat_q    <= '0;
    end else begin
      if (item_take) active_q <= 1'b1;
      else if (retire_o) active_q <= 1'b0;
      if (word_done) pending_q <= 1'b1;
      else if (write) pending_q <= 1'b0;
      if (word_done) beat_q <= '0;
      else if (take_beat) beat_q <= beat_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (item_take) begin
      target_q    <= target;
      words_q     <= words;
      last_word_q <= words == 32'd1;
      last_beat_q <= last_beat;
    end else if (write) begin
      words_q     <= words_q - 32'd1;
      last_word_q <= words_q == 32'd2;
    end
  end

  // ---- the word
  logic [WordBytes*8-1:0] data_q;
  for (genvar beat = 0; beat < Beats; beat++) begin : g_beat
    always_ff @(posedge clk_i) begin
      if (take_beat && beat_q == BeatBits'(beat)) data_q[beat*AxiBytes*8+:AxiBytes*8] <= beat_data_i;
    end
  end

  dw_rows #(.Depth(ActivationDepth)) u_rows (
    .clk_i,
    .rst_ni   (rst_ni & ~clear_i),
    .init_i   (item_take),
    .linear_i (target != 2'd2),
    .stride_i (target == 2'd3 ? 16'(AxiBytes) : 16'd1),
    .address_i(target == 2'd3 ? {address[7:0], 8'd0} : address),
    .set_i    (set),
    .pitch_i  (pitch),
    .base_i   (base),
    .end_i    (ring_end),
    .next_i   (write),
    .set_o,
    .address_o,
    .error_o
  );

  assign data_o             = data_q;
  assign weight_valid_o     = pending_q & (target_q == 2'd0);
  assign parameter_valid_o  = pending_q & (target_q == 2'd1);
  assign activation_valid_o = pending_q & (target_q == 2'd2);
  assign table_valid_o      = pending_q & (target_q == 2'd3);

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      assert (!item_valid_i || unused_ready);
      assert (!write || active_q);
    end
  end
`endif
endmodule
