// SPDX-License-Identifier: Apache-2.0
//
// Follows the groups of output pixels: where they lie in the output and the residual tensor.
//
// A group's P slots are output pixels of one row, or of two on the flat path: a slot that straddles the row end belongs
// to the next row, whose columns start at a word of their own. The walk counts half columns on the window path with
// stride 2, where every other slot has no output.
// Latency: position_* one cycle after step_i, write_* four cycles after. One step a cycle, no stalls.
module dw_pixel_walker #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  localparam int unsigned PixelBits = $clog2(Pixels),
  localparam int unsigned ColumnBits = Pixels == 1 ? 1 : PixelBits,
  localparam int unsigned RatioBits = $clog2(Inputs / Lanes),
  localparam int unsigned OffsetBits = RatioBits == 0 ? 1 : RatioBits
) (
  input  logic                         clk_i,
  input  dw_engine_pkg::step_t         step_i,
  input  dw_engine_pkg::work_t         work_i,
  // The group of the step before.
  output logic [13:0]                  position_column_o,   // first pixel
  output logic [1:0]                   position_set_o,      // row set of its row
  output logic [15:0]                  position_words_o,    // residual words from column 0 to its bank group
  output logic [15:0]                  position_slot_o,     // residual row
  output logic [15:0]                  position_next_o,     // residual row after it
  output logic [9:0]                   position_block_o,    // word of a pixel that the block's lanes lie in
  output logic [OffsetBits-1:0]        position_offset_o,   // lanes' place in the word, in units of Lanes
  output logic [Pixels-1:0]            position_in_o,       // flat path: slots that hold a pixel
  output logic [Pixels-1:0]            position_used_o,     // slots that have an output; three cycles after step_i
  // For the write: words of the first row by column, of the row after it.
  output logic [15:0]                  write_address_o,     // columns from `first` on
  output logic [15:0]                  write_wrapped_o,     // columns below `first`
  output logic [15:0]                  write_next_o,        // row after
  output logic [ColumnBits-1:0]        write_first_o,
  output logic [1:0]                   write_set_o,
  output logic [OffsetBits-1:0]        write_offset_o,
  output logic [Pixels-1:0]            write_valid_o,       // slot has an output
  output logic [Pixels-1:0]            write_straddle_o,    // in the row after
  output logic [Pixels*ColumnBits-1:0] write_column_o
);
  // ---- stage 1: the group
  logic signed [13:0] walk_q, walk_next, wrapped;
  logic [15:0] out_words_q, res_words_q, out_slot_q, out_next_q, res_slot_q, res_next_q;
  logic [1:0] set_q;
  logic [9:0] block_q;
  logic [19:0] pixels_q;
  logic first_block_q;
  logic half, halves, turn, wrap, fresh, new_row, next_row;
  logic [15:0] out_from, out_after, res_from, res_after;

  assign half = !work_i.window && work_i.stride_x && Pixels > 1;
  assign halves = work_i.window && work_i.stride_x;
  assign walk_next = walk_q + (half ? 14'(Pixels / 2) : 14'(Pixels));
  assign wrapped = walk_q + 14'(Pixels) - 14'(work_i.output_width);
  assign wrap = work_i.flat && !wrapped[13];
  if (Pixels == 1) begin : gen_cross_one
    assign turn = !halves || walk_q[0];
  end else begin : gen_cross
    assign turn = halves ? walk_q[PixelBits] : !half || walk_q[PixelBits-1];
  end
  assign fresh = step_i.valid && step_i.group_first && step_i.compute;
  assign new_row = step_i.row_first;
  assign next_row = (new_row || wrap) && set_q == 2'd3;
  assign out_from = step_i.block_first ? work_i.output_row : out_next_q;
  assign res_from = step_i.block_first ? work_i.residual_row : res_next_q;
  dw_next_slot u_out_next (
    .slot_i(out_from), .base_i(work_i.output_base), .last_i(work_i.output_last), .pitch_i(work_i.output_pitch),
    .next_o(out_after)
  );
  dw_next_slot u_res_next (
    .slot_i(res_from), .base_i(work_i.residual_base), .last_i(work_i.residual_last), .pitch_i(work_i.residual_pitch),
    .next_o(res_after)
  );

  always_ff @(posedge clk_i) begin
    if (fresh) begin
      if (step_i.block_first || next_row) begin
        out_slot_q <= out_from;
        out_next_q <= out_after;
        res_slot_q <= res_from;
        res_next_q <= res_after;
      end
      if (step_i.block_first) begin
        set_q <= work_i.row[1:0];
        block_q <= first_block_q || step_i.first ? work_i.block : block_q + 10'd1;
        first_block_q <= 1'b0;
        pixels_q <= work_i.flat_pixels;
      end else begin
        if (new_row || wrap) set_q <= set_q + 2'd1;
        pixels_q <= pixels_q - 20'(Pixels);
      end
      if (new_row) begin
        walk_q <= work_i.output_left;
        out_words_q <= work_i.output_left_words;
        res_words_q <= '0;
      end else if (wrap) begin
        walk_q <= wrapped;
        out_words_q <= '0;
        res_words_q <= '0;
      end else begin
        walk_q <= walk_next;
        if (turn) out_words_q <= out_words_q + 16'(work_i.output_blocks);
        if (turn) res_words_q <= res_words_q + 16'(work_i.residual_blocks);
      end
    end else if (step_i.valid && step_i.first) begin
      // A window COMPUTE reads ahead before its first group.
      first_block_q <= 1'b1;
    end
  end

  assign position_column_o = walk_q;
  assign position_set_o = set_q;
  assign position_words_o = res_words_q;
  assign position_slot_o = res_slot_q;
  assign position_next_o = res_next_q;
  assign position_block_o = block_q >> RatioBits;
  if (RatioBits == 0) begin : gen_no_offset
    assign position_offset_o = '0;
  end else begin : gen_offset
    assign position_offset_o = block_q[RatioBits-1:0];
  end
  for (genvar p = 0; p < Pixels; p++) begin : gen_in
    assign position_in_o[p] = pixels_q > 20'(p);
  end

  // ---- stages 2 to 4: words and columns
  dw_engine_pkg::work_t work_1q, work_2q, work_3q;
  logic [15:0] words_2q, own_2q, slot_2q, next_2q, address_3q, next_3q;
  logic signed [13:0] first_2q;
  logic [1:0] set_2q, set_3q;
  logic [OffsetBits-1:0] offset_2q, offset_3q;
  logic [Pixels-1:0] in_2q, valid_3q, straddle_3q;
  logic [ColumnBits-1:0] first_3q;
  logic [Pixels*ColumnBits-1:0] column_3q;
  logic halves_1, half_1;
  assign halves_1 = work_1q.window && work_1q.stride_x;
  assign half_1 = !work_1q.window && work_1q.stride_x && Pixels > 1;

  always_ff @(posedge clk_i) begin
    work_1q <= work_i;
    work_2q <= work_1q;
    work_3q <= work_2q;
    words_2q <= out_words_q + 16'(position_block_o);
    own_2q <= 16'(position_block_o);
    slot_2q <= out_slot_q;
    next_2q <= out_next_q;
    set_2q <= set_q;
    offset_2q <= position_offset_o;
    in_2q <= position_in_o;
    first_2q <= halves_1 ? walk_q >>> 1 : walk_q;
    address_3q <= slot_2q + words_2q;
    // The row after lies in the same slot but for the last of four.
    next_3q <= (set_2q == 2'd3 ? next_2q : slot_2q) + own_2q;
    set_3q <= set_2q;
    offset_3q <= offset_2q;
    first_3q <= Pixels == 1 ? '0 : first_2q[ColumnBits-1:0];
    write_address_o <= address_3q;
    write_wrapped_o <= address_3q + 16'(work_3q.output_blocks);
    write_next_o <= next_3q;
    write_set_o <= set_3q;
    write_offset_o <= offset_3q;
    write_first_o <= first_3q;
    write_valid_o <= valid_3q;
    write_straddle_o <= straddle_3q;
    write_column_o <= column_3q;
  end

  assign position_used_o = valid_3q;
  for (genvar p = 0; p < Pixels; p++) begin : gen_slot
    logic signed [13:0] raw, column_2q, beyond;
    logic exists_2q;
    assign raw = halves_1 ? walk_q - 14'sd1 + 14'(p) : walk_q + 14'(p);
    assign beyond = column_2q - 14'(work_2q.output_width);
    always_ff @(posedge clk_i) begin
      column_2q <= halves_1 ? raw >>> 1 : raw;
      exists_2q <= !(halves_1 && raw[0]) && !(half_1 && p >= Pixels / 2);
      valid_3q[p] <= work_2q.flat ? in_2q[p] : exists_2q && !column_2q[13] && beyond[13];
      straddle_3q[p] <= work_2q.flat && !beyond[13];
      column_3q[p*ColumnBits +: ColumnBits] <=
        Pixels == 1 ? '0 : work_2q.flat && !beyond[13] ? beyond[ColumnBits-1:0] : column_2q[ColumnBits-1:0];
    end
    logic unused_slot;
    assign unused_slot = ^beyond;
  end

  logic unused;
  assign unused = ^{step_i, work_3q, first_2q};
endmodule
